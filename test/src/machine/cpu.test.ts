/** The option `cpu` and fuel: what they ask of a module, how they end a run, and what stays. */

import { describe, expect, it } from 'vitest'
import { type Cpu, compile, Machine } from '../../../src/index.ts'
import { errorOf } from '../../support/error_of.ts'
import { wasiWat } from '../../support/wasi_wat.ts'

/** Calls itself `depth` times, or for ever below 0; then writes a file if it comes back. */
const RECURSE = `
  (memory (export "memory") 1)
  (data (i32.const 64) "out")
  (func $down (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
    (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))
  (func (export "down") (param i32) (result i32) (call $down (local.get 0)))
  (func (export "make") (result i32)
    (call $path_create_directory (i32.const 3) (i32.const 64) (i32.const 3)))
  (func (export "spin") (loop (br 0)))
  (func (export "count") (param i32)
    (loop (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br_if 0 (local.get 0))))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))`

describe('a machine with cpu strict', () => {
  it('takes bytes, and what compile made of them for the same cpu; not what was compiled elsewhere', async () => {
    const bytes = await wasiWat(RECURSE)
    const machine = new Machine({ cpu: 'strict' })
    for (const module of [bytes, compile(bytes), compile(bytes, { fuel: true })]) {
      expect(machine.run(module).call('down', 5)).toBe(5)
    }
    for (const module of [new WebAssembly.Module(bytes), compile(bytes, { cpu: { nan: false } })]) {
      const error = errorOf(() => machine.run(module))
      expect([error.code, error.message]).toEqual(['BAD_MODULE', expect.stringContaining('compile(bytes')])
    }
    expect(errorOf(() => machine.run(compile(bytes), { fuel: 5 })).message).toContain('fuel')
    // What compile made is deterministic on any machine.
    expect(new Machine().run(compile(bytes)).call('down', 5)).toBe(5)
  })

  it('compiles an array of bytes once, and again when its content has changed', async () => {
    const bytes = await wasiWat(RECURSE)
    expect(compile(bytes)).toBe(compile(bytes))
    expect(compile(bytes, { cpu: { stack: 1000 } })).not.toBe(compile(bytes))
    const before = compile(bytes)
    const at = Buffer.from(bytes).indexOf('out')
    bytes.set(Buffer.from('two'), at)
    expect(compile(bytes)).not.toBe(before)
  })

  it('ends a recursion without end at its limit, always at the same call, and keeps what was done before', async () => {
    const bytes = await wasiWat(RECURSE)
    const depthOf = (cpu: Cpu): number => {
      const run = new Machine({ cpu }).run(bytes)
      let [low, high] = [0, 1_000_000]
      while (high - low > 1) {
        const middle = (low + high) >> 1
        const trial = new Machine({ cpu }).run(bytes)
        try {
          trial.call('down', middle)
          low = middle
        } catch {
          expect(trial.end).toMatchObject({ kind: 'limit', limit: 'stack' })
          high = middle
        }
      }
      run.close()
      return low
    }
    const depth = depthOf('strict')
    expect(depth).toBeGreaterThan(2000)
    expect(depthOf('strict')).toBe(depth)
    expect(depthOf({ stack: 262_144 })).toBeLessThan(depth)

    const machine = new Machine({ cpu: 'strict' })
    const run = machine.run(bytes)
    expect(run.call('make')).toBe(0)
    expect(errorOf(() => run.call('down', -1)).code).toBe('ENDED')
    expect(run.end).toMatchObject({ kind: 'limit', limit: 'stack', message: expect.stringContaining('524288') })
    expect(machine.fs.existsSync('/out')).toBe(true)
  })

  it('knows its limits in a start function too, which sees the memory', async () => {
    const deep = await wasiWat(
      '(func $d (call $d) (i32.store (i32.const 0) (i32.const 1))) (start $d) (func (export "_start"))',
    )
    expect(new Machine().run(deep).end).toMatchObject({
      kind: 'limit',
      limit: 'stack',
      message: expect.stringContaining('raise cpu.stack'),
    })
    const reads = await wasiWat(`
      (global $errno (mut i32) (i32.const 99))
      (func $begin (global.set $errno (call $random_get (i32.const 0) (i32.const 8))))
      (start $begin)
      (func (export "_start") (call $proc_exit (global.get $errno)))`)
    expect(new Machine().run(reads).exitCode).toBe(0)
    expect(new Machine({ cpu: 'engine' }).run(reads).exitCode).toBe(21)
  })

  it('has its whole stack again for every call', async () => {
    const run = new Machine({ cpu: 'strict' }).run(await wasiWat(RECURSE))
    for (let i = 0; i < 20; i++) expect(run.call('down', 2000)).toBe(2000)
  })

  it('refuses growth over its bound as any refused growth', async () => {
    const run = new Machine({ cpu: { memoryPages: 10 } }).run(await wasiWat(RECURSE))
    expect([9, 1, 0, -1].map((pages) => run.call('grow', pages))).toEqual([1, -1, 10, -1])
  })

  it('shows nothing of what was added among the exports', async () => {
    const bytes = await wasiWat(RECURSE)
    const names = Object.keys(new Machine({ cpu: 'strict' }).run(bytes, { fuel: 1e9 }).exports)
    expect(names).toEqual(Object.keys(new Machine().run(bytes).exports))
    expect(names.join()).not.toContain('vivarium')
  })

  it('goes with its snapshots and forks', async () => {
    const machine = new Machine({ cpu: { memoryPages: 3 } })
    for (const each of [Machine.from(machine.snapshot()), machine.fork()]) {
      expect(each.run(await wasiWat(RECURSE)).call('grow', 9)).toBe(-1)
    }
  })

  it('says what is wrong with the option', () => {
    const messages = [
      { cpu: 'fast' },
      { cpu: { stack: 0 } },
      { cpu: { nan: 1 } },
      { cpu: { speed: 2 } },
      { cpu: null },
    ].map((options) => errorOf(() => new Machine(options as never)).message)
    expect(messages).toEqual([
      "cpu: \"fast\" was given; it has to be 'strict', 'engine', or an object with settings",
      'cpu.stack: 0 was given; it has to be bytes, from 1 to 2,147,483,647, or false',
      'cpu.nan: 1 was given; it has to be true or false',
      'cpu: there is no option "speed"; there are nan, relaxedSimd, stack, memoryPages, tableElements',
      "cpu: null was given; it has to be 'strict', 'engine', or an object with settings",
    ])
  })

  it('refuses an invalid module in the words of the engine, though what is added might make it valid', async () => {
    const bytes = await wasiWat('(func (export "f") (result i32) (i32.const 7)) (global $g (mut i32) (i32.const 1))')
    const at = Buffer.from(bytes).lastIndexOf(Buffer.from([0x41, 7]))
    // global.get 1, of one global.
    bytes.set([0x23, 1], at)
    expect(errorOf(() => new Machine({ cpu: 'strict' }).run(bytes)).message).toMatch(/no valid WebAssembly module/)
  })
})

describe('fuel', () => {
  it('ends a run that computes for ever, under any cpu', async () => {
    const bytes = await wasiWat(RECURSE)
    for (const cpu of ['strict', 'engine'] as const) {
      const run = new Machine({ cpu }).run(bytes, { fuel: 100_000 })
      expect(errorOf(() => run.call('spin')).message).toContain('all of its 100000 units of fuel')
      expect(run.end).toMatchObject({ kind: 'limit', limit: 'fuel' })
      expect(run.fuelUsed).toBe(100_000)
    }
  })

  it('counts instructions, the same each time', async () => {
    const bytes = await wasiWat(RECURSE)
    const used = [10, 10, 20, 1000].map((times) => {
      const run = new Machine().run(bytes, { fuel: 1e6 })
      run.call('count', times)
      return run.fuelUsed as number
    })
    const [ten, again, twenty, thousand] = used as [number, number, number, number]
    expect(again).toBe(ten)
    expect(thousand - ten).toBe(99 * (twenty - ten))
    expect(new Machine().run(bytes).fuelUsed).toBeUndefined()
  })

  it('lets a run end that needs exactly what there is, and not one with a unit less', async () => {
    const bytes = await wasiWat(RECURSE)
    const needed = new Machine().run(bytes, { fuel: 1e6 })
    needed.call('count', 50)
    const enough = needed.fuelUsed as number
    const run = (fuel: number) => new Machine().run(bytes, { fuel })
    expect(run(enough).call('count', 50)).toBeUndefined()
    expect(errorOf(() => run(enough - 1).call('count', 50)).code).toBe('ENDED')
  })

  it('is a whole number from 0 up', async () => {
    const bytes = await wasiWat(RECURSE)
    for (const fuel of [-1, 0.5, Number.NaN, '9']) {
      expect(errorOf(() => new Machine().run(bytes, { fuel: fuel as number })).message).toMatch(
        /^fuel: .* whole number/,
      )
    }
  })

  it('counts the start function too', async () => {
    const bytes = await wasiWat('(func $s (loop (br 0))) (start $s) (func (export "_start"))')
    expect(new Machine().run(bytes, { fuel: 500 }).end).toMatchObject({ kind: 'limit', limit: 'fuel' })
  })
})

describe('time by fuel', () => {
  const CLOCKS = `
    (memory (export "memory") 1)
    (func (export "work") (param i32)
      (loop (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br_if 0 (local.get 0))))
    (func (export "now") (param i32) (result i64)
      (drop (call $clock_time_get (local.get 0) (i64.const 0) (i32.const 8)))
      (i64.load (i32.const 8)))`
  const [REALTIME, MONOTONIC, CPU] = [0, 1, 2]

  async function times(time: 'calls' | 'fuel' | 'fuel everywhere', clock: number): Promise<readonly [bigint, bigint]> {
    const run = new Machine({ time, tick: 1000, epoch: '1970-01-01T00:00:00Z' }).run(await wasiWat(CLOCKS))
    const before = run.call('now', clock) as bigint
    run.call('work', 100_000)
    return [before, (run.call('now', clock) as bigint) - before]
  }

  it('moves CPU time by a nanosecond an instruction, and the other clocks by calls alone', async () => {
    const [, worked] = await times('fuel', CPU)
    expect(worked).toBeGreaterThan(500_000n)
    expect(worked).toBeLessThan(700_000n)
    expect(await times('fuel', CPU)).toEqual(await times('fuel', CPU))
    for (const clock of [REALTIME, MONOTONIC]) expect((await times('fuel', clock))[1]).toBe(1000n)
    expect((await times('calls', CPU))[1]).toBe(1000n)
  })

  it('moves all clocks alike where it is to', async () => {
    const [cpu, monotonic, realtime] = await Promise.all(
      [CPU, MONOTONIC, REALTIME].map((clock) => times('fuel everywhere', clock)),
    )
    expect(monotonic).toEqual(cpu)
    expect(realtime).toEqual(cpu)
  })

  it('moves the machine on by what a run took after its last call, and goes with forks', async () => {
    const machine = new Machine({ time: 'fuel everywhere', tick: 0, epoch: '1970-01-01T00:00:00Z' }).fork()
    const bytes = await wasiWat(CLOCKS)
    machine.run(bytes).call('work', 1000)
    const { time } = machine
    expect(time).toBeGreaterThan(5000n)
    machine.run(bytes, { fuel: 3000 })
    expect(machine.time).toBe(time)
  })

  it('is one of three words', () => {
    expect(errorOf(() => new Machine({ time: 'sun' as never })).message).toBe(
      "time: \"sun\" was given; it has to be 'calls', 'fuel' or 'fuel everywhere'",
    )
  })
})
