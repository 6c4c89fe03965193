/**
 * One instance for many runs: what a run finds is what a new instance has, whatever the run before it did and however
 * it ended, and only what nobody else can reach is used again.
 */

import { afterEach, describe, expect, it } from 'vitest'
import type { CompileOptions } from '../../../src/compile.ts'
import { compile, Machine, type Run, type RunOptions } from '../../../src/index.ts'
import { fc } from '../../support/property.ts'
import { wasiWat } from '../../support/wasi_wat.ts'

function compileMarked(bytes: Uint8Array, options: CompileOptions = {}): WebAssembly.Module {
  return compile(bytes, { ...options, short: true })
}

const STATE = 4096
const FEATURES = { simd: true, reference_types: true, bulk_memory: true } as const

/**
 * Tells, on stdout, all the state that it can see: every global's bits, what the table calls, the memory's size and a
 * sum of all of it. Then it makes all of it something else, and ends as the first byte of its second argument says.
 */
const SPOILER = `
  (memory (export "memory") 2 8)
  (table $table (export "table") 2 funcref)
  (elem (i32.const 0) $one $two)
  (data (i32.const 1024) "static")
  (data (i32.const 70000) "and far \\ff\\00\\00 away")
  (global $sp (mut i32) (i32.const 65536))
  (global $i64 (mut i64) (i64.const -2))
  (global $f32 (export "f32") (mut f32) (f32.const nan:0x200001))
  (global $f64 (mut f64) (f64.const -nan:0x4000000000001))
  (global $v128 (mut v128) (v128.const i32x4 0x7fa00001 0xffc12345 1 0x80000000))
  (global $func (mut funcref) (ref.func $one))
  (func $one (result i32) (i32.const 1))
  (func $two (result i32) (i32.const 2))
  (func $sum (result i64) (local $at i32) (local $sum i64)
    (loop $next
      (local.set $sum (i64.add (i64.rotl (local.get $sum) (i64.const 7)) (i64.load (local.get $at))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.mul (memory.size) (i32.const 65536)))))
    (local.get $sum))
  (func $tell (local $sum i64)
    (local.set $sum (call $sum))
    (i64.store (i32.const ${STATE}) (local.get $sum))
    (i32.store (i32.const ${STATE + 8}) (memory.size))
    (i32.store (i32.const ${STATE + 12}) (global.get $sp))
    (i64.store (i32.const ${STATE + 16}) (global.get $i64))
    (f32.store (i32.const ${STATE + 24}) (global.get $f32))
    (i32.store (i32.const ${STATE + 28}) (call_indirect (result i32) (i32.const 1)))
    (f64.store (i32.const ${STATE + 32}) (global.get $f64))
    (i32.store (i32.const ${STATE + 40}) (ref.is_null (global.get $func)))
    (v128.store (i32.const ${STATE + 48}) (global.get $v128))
    (i32.store (i32.const 0) (i32.const ${STATE}))
    (i32.store (i32.const 4) (i32.const 64))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func $spoil
    (global.set $sp (i32.const 77))
    (global.set $i64 (i64.const 77))
    (global.set $f32 (f32.const 77))
    (global.set $f64 (f64.const 77))
    (global.set $v128 (v128.const i64x2 77 77))
    (global.set $func (ref.null func))
    (drop (call $random_get (i32.const 1000) (i32.const 3000)))
    (drop (call $random_get (i32.const 131064) (i32.const 8)))
    (memory.fill (i32.const 60000) (i32.const 255) (i32.const 30000)))
  (func $deep (call $deep) (global.set $sp (i32.const 78)))
  (func (export "_start") (local $how i32)
    (call $tell)
    (drop (call $args_get (i32.const 64) (i32.const 128)))
    (local.set $how (i32.load8_u (i32.load (i32.const 68))))
    (call $spoil)
    (if (i32.eq (local.get $how) (i32.const ${'x'.charCodeAt(0)})) (then (call $proc_exit (i32.const 3))))
    (if (i32.eq (local.get $how) (i32.const ${'t'.charCodeAt(0)})) (then unreachable))
    (if (i32.eq (local.get $how) (i32.const ${'b'.charCodeAt(0)})) (then (drop (i32.load (i32.const -1)))))
    (if (i32.eq (local.get $how) (i32.const ${'s'.charCodeAt(0)})) (then (call $deep)))
    (if (i32.eq (local.get $how) (i32.const ${'f'.charCodeAt(0)})) (then (loop $ever (br $ever))))
    (if (i32.eq (local.get $how) (i32.const ${'y'.charCodeAt(0)}))
      (then (loop $ever (drop (call $sched_yield)) (br $ever))))
    (if (i32.eq (local.get $how) (i32.const ${'d'.charCodeAt(0)}))
      (then (drop (call $sock_accept (i32.const 4) (i32.const 0) (i32.const 2048)))))
    (if (i32.eq (local.get $how) (i32.const ${'k'.charCodeAt(0)})) (then (drop (call $proc_raise (i32.const 9)))))
    (if (i32.eq (local.get $how) (i32.const ${'n'.charCodeAt(0)})) (then (drop (memory.grow (i32.const 0)))))
    (if (i32.eq (local.get $how) (i32.const ${'g'.charCodeAt(0)}))
      (then (drop (memory.grow (i32.const 1))) (memory.fill (i32.const 131072) (i32.const 9) (i32.const 65536)))))`

/** How it can end, by name, with what the end then is. */
const ENDS = {
  r: 'exit',
  x: 'exit',
  t: 'trap',
  b: 'trap',
  s: 'limit',
  f: 'limit',
  y: 'limit',
  d: 'deadlock',
  k: 'signal',
  n: 'exit',
  g: 'exit',
} as const
type How = keyof typeof ENDS
const HOWS = Object.keys(ENDS) as How[]

const OPTIONS: RunOptions = { fuel: 5_000_000, limits: { calls: 40 }, listen: [[]] }

/** All that is left of a run: its outcome, and the machine after it. */
function outcome(machine: Machine, run: Run): unknown {
  const { end, stdout, stderr, calls, traceDigest, fuelUsed, pid } = run
  const rest = {
    bytes: [...stdout.bytes],
    stderr: stderr.text(),
    calls,
    traceDigest,
    fuelUsed,
    pid,
    time: machine.time,
  }
  return { end: end?.kind === 'trap' ? { ...end, stack: '' } : end, ...rest }
}

const Native = WebAssembly.Instance
afterEach(() => {
  WebAssembly.Instance = Native
})

/** How many instances `work` makes of `module`. */
function instancesOf(module: WebAssembly.Module, work: () => void): number {
  let count = 0
  class Counted extends Native {
    constructor(of: WebAssembly.Module, imports?: WebAssembly.Imports) {
      super(of, imports)
      if (of === module) count++
    }
  }
  WebAssembly.Instance = Counted
  work()
  WebAssembly.Instance = Native
  return count
}

const WAYS = [
  ['strict', 'all that there is', compile],
  ['engine', 'all that there is', compile],
  ['strict', 'what was written', compileMarked],
  ['engine', 'what was written', compileMarked],
] as const

describe.each(WAYS)('a command that is run again (cpu %s, %s put back)', (cpu, _, compileAs) => {
  const setting = { cpu, seed: 'again' } as const
  const make = async () => {
    const bytes = await wasiWat(SPOILER, FEATURES)
    return () => compileAs(bytes.slice(), { cpu, fuel: true })
  }

  it('finds what a new instance has, however the runs before it ended', async () => {
    const fresh = await make()
    const used = fresh()
    const again = new Machine(setting)
    const anew = new Machine(setting)
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...HOWS), { minLength: 1, maxLength: 12 }), (hows) => {
        for (const how of hows) {
          const options = { ...OPTIONS, args: ['x', how] }
          const run = again.run(used, options)
          expect(run.end?.kind).toBe(ENDS[how])
          expect(outcome(again, run)).toEqual(outcome(anew, anew.run(fresh(), options)))
        }
      }),
      { numRuns: 25 },
    )
    expect(again.snapshot().digest).toBe(anew.snapshot().digest)
  })

  it.each(HOWS)('uses the instance of a run that ended as %s, but one whose memory has grown', async (how) => {
    const fresh = await make()
    const used = fresh()
    const run = () => new Machine(setting).run(used, { ...OPTIONS, args: ['x', how] })
    expect(instancesOf(used, () => [1, 2, 3].forEach(run))).toBe(how === 'g' ? 3 : 1)
  })

  it('is the same within a pipeline, where several are used at once', async () => {
    const fresh = await make()
    const used = fresh()
    const stages = (module: () => WebAssembly.Module) =>
      ['x', 't', 'r', 'y', 'x'].map((how) => ({ ...OPTIONS, listen: [], module: module(), args: ['x', how] }))
    const runs = (module: () => WebAssembly.Module) => {
      const machine = new Machine(setting)
      return machine.pipeline(stages(module)).map((run) => outcome(machine, run))
    }
    for (let i = 0; i < 3; i++) expect(runs(() => used)).toEqual(runs(fresh))
  })

  it('takes no instance that is in use', async () => {
    const used = (await make())()
    const nested: unknown[] = []
    const machine = () => new Machine(setting)
    const inner = () =>
      nested.push(
        machine()
          .run(used, { ...OPTIONS, args: ['x', 'x'] })
          .stdout.text(),
      )
    const [plain, outer] = [{}, { stdout: inner }].map((sink) =>
      machine().run(used, { ...OPTIONS, ...sink, args: ['x', 'r'] }),
    )
    expect(outer?.traceDigest).toBe(plain?.traceDigest)
    expect(nested).toEqual([plain?.stdout.text()])
  })
})

describe('the exports of a command that has ended', () => {
  const module = async () => compile(await wasiWat(SPOILER, FEATURES), { fuel: true })
  const run = (used: WebAssembly.Module) => new Machine({ cpu: 'strict' }).run(used, { ...OPTIONS, args: ['x', 'x'] })
  const byteOf = ({ exports }: Run) => new Uint8Array((exports.memory as WebAssembly.Memory).buffer)[60_000]

  it('are its memories, which no other run changes once they were asked for', async () => {
    const used = await module()
    const first = run(used)
    const { memory } = first.exports
    expect(Object.keys(first.exports)).toEqual(['memory'])
    expect(byteOf(first)).toBe(255)
    new Uint8Array((memory as WebAssembly.Memory).buffer).fill(7)
    const second = run(used)
    expect(second.exports.memory).not.toBe(memory)
    expect(second.stdout.bytes).toEqual(first.stdout.bytes)
    run(used)
    expect(first.exports.memory).toBe(memory)
    expect(byteOf(first)).toBe(7)
    expect(byteOf(second)).toBe(255)
  })

  it('are nothing where the module was run again before they were asked for', async () => {
    const used = await module()
    const first = run(used)
    const second = run(used)
    expect([first.exports, first.exports]).toEqual([{}, {}])
    expect(byteOf(second)).toBe(255)
  })

  it('have the fuel that the run used besides, whatever the next one uses', async () => {
    const used = await module()
    const first = run(used)
    const fuel = first.fuelUsed
    expect(fuel).toBeGreaterThan(100)
    new Machine({ cpu: 'strict' }).run(used, { ...OPTIONS, args: ['x', 'f'] })
    expect(first.fuelUsed).toBe(fuel)
  })
})

describe('an instance that is not used again', () => {
  const count = (module: WebAssembly.Module, options: RunOptions = {}) =>
    instancesOf(module, () => {
      for (let i = 0; i < 3; i++) new Machine().run(module, { args: ['x', 'x'], ...options })
    })
  const command = (fields = '') => wasiWat(`${fields} (func (export "_start"))`, FEATURES)

  it('is of a run whose calls are kept, or that was given imports', async () => {
    const module = compile(await command())
    expect(count(module)).toBe(1)
    expect(count(module, { trace: 'records' })).toBe(3)
    expect(count(module, { imports: {} })).toBe(3)
    expect(count(module)).toBe(0)
  })

  it('is of a reactor or a library', async () => {
    expect(count(compile(await wasiWat('(func (export "_initialize"))')))).toBe(3)
    expect(count(compile(await wasiWat('(func (export "f"))')))).toBe(3)
  })

  it('is of a run that a sink ended', async () => {
    const module = compile(await wasiWat(SPOILER, FEATURES))
    const stdout = (): never => {
      throw new Error('of the sink')
    }
    const run = () => expect(() => new Machine().run(module, { args: ['x', 'x'], stdout })).toThrow('of the sink')
    expect(instancesOf(module, () => [1, 2].forEach(run))).toBe(2)
  })

  it('is one for which putting back is not offered, or not worth it', async () => {
    const grows = '(table $t 1 funcref) (func (drop (table.grow $t (ref.null func) (i32.const 1))))'
    expect(count(compile(await command(grows)))).toBe(3)
    expect(count(compile(await command('(memory (export "memory") 257)')))).toBe(3)
    expect(count(compile(await command('(memory (export "memory") 256)')))).toBe(1)
    const stores = '(func (i32.store (i32.const 0) (i32.const 0)))'
    expect(count(compileMarked(await command(`(memory (export "memory") 1024) ${stores}`)))).toBe(1)
    expect(count(compileMarked(await command(`(memory (export "memory") 1025) ${stores}`)))).toBe(3)
  })

  it('is of a module that was compiled by the engine', async () => {
    expect(count(new WebAssembly.Module(await command()))).toBe(3)
  })
})

describe("compile() with cpu 'engine'", () => {
  it('gives a module that computes as the engine has it', async () => {
    const bytes = await wasiWat('(func (export "_start") (call $proc_exit (i32.const 4)))')
    const module = compile(bytes, { cpu: 'engine' })
    expect(new Machine().run(module).exitCode).toBe(4)
    expect(new Machine({ cpu: 'engine' }).run(module).fuelUsed).toBeUndefined()
    expect(() => new Machine({ cpu: 'strict' }).run(module)).toThrow(/rewritten for it/)
    expect(() => new Machine().run(module, { fuel: 1 })).toThrow(/rewritten for it/)
  })

  it('takes what the rewriter does not know as it is', async () => {
    const text = '(memory 1 1) (func (export "_start") (drop (memory.atomic.notify (i32.const 0) (i32.const 0))))'
    const waits = text
      .replace('notify (i32.const 0)', 'wait32 (i32.const 0) (i32.const 1)')
      .replace('(i32.const 0))))', '(i64.const 0))))')
    const bytes = await wasiWat(waits, { threads: true })
    expect(() => compile(bytes)).toThrow(/memory.atomic.wait/)
    expect(new Machine().run(compile(bytes, { cpu: 'engine' })).end?.kind).toBe('trap')
  })

  it('leaves the start function to the engine, which runs it before anybody has the memory', async () => {
    const bytes = await wasiWat(`
      (global $errno (mut i32) (i32.const 0))
      (func $begin (global.set $errno (call $random_get (i32.const 0) (i32.const 8))))
      (start $begin)
      (func (export "_start") (call $proc_exit (global.get $errno)))`)
    const fault = 21
    const module = compile(bytes, { cpu: 'engine' })
    expect([1, 2].map(() => new Machine().run(module).exitCode)).toEqual([fault, fault])
    const strict = compile(bytes)
    expect([1, 2].map(() => new Machine().run(strict).exitCode)).toEqual([0, 0])
  })

  it('keeps the names that are reserved for modules that are not rewritten', async () => {
    const bytes = await wasiWat('(func (export "vivarium:reset") unreachable) (func (export "_start"))')
    const module = compile(bytes, { cpu: 'engine' })
    expect([1, 2].map(() => new Machine().run(module).exitCode)).toEqual([0, 0])
    expect(() => compile(bytes)).toThrow(/reserved/)
  })
})
