/** One compiled module run many times: a run takes what a run before it leaves, and nothing of that shows. */

import { describe, expect, it } from 'vitest'
import { Machine } from '../../../src/index.ts'
import { wasiWat } from '../../support/wasi_wat.ts'

/** Writes eight random bytes to stdout and ends with the code that its second argument's first byte is. */
const ECHO = `
  (memory (export "memory") 1)
  (table (export "table") 1 funcref)
  (func (export "other"))
  (func (export "_start")
    (drop (call $args_get (i32.const 64) (i32.const 128)))
    (drop (call $random_get (i32.const 16) (i32.const 8)))
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const 8))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (if (i32.eq (i32.load8_u (i32.load (i32.const 68))) (i32.const 33)) (then unreachable))
    (call $proc_exit (i32.load8_u (i32.load (i32.const 68)))))`

async function echo(): Promise<WebAssembly.Module> {
  return new WebAssembly.Module(await wasiWat(ECHO))
}

describe('a module that is run again', () => {
  it('gives what the module gives when it is run for the first time', async () => {
    const module = await echo()
    const outcome = (run: WebAssembly.Module, seed: string, arg: string): unknown => {
      const { end, stdout, calls, traceDigest } = new Machine({ seed }).run(run, { args: ['x', arg] })
      return { end: end?.kind === 'trap' ? { ...end, stack: '' } : end, bytes: stdout.bytes, calls, traceDigest }
    }
    for (const [seed, arg] of [
      ['a', 'A'],
      ['b', 'B'],
      ['a', '!'],
      ['a', 'A'],
      ['b', '!'],
      ['b', 'B'],
    ] as const) {
      expect(outcome(module, seed, arg)).toEqual(outcome(await echo(), seed, arg))
    }
  })

  it('runs several times in one pipeline, and after one', async () => {
    const module = await echo()
    const stage = { module, args: ['x', 'A'] }
    const [first, second] = [new Machine(), new Machine()].map((machine) =>
      machine.pipeline([stage, stage, stage]).map((run) => [run.exitCode, run.pid, run.traceDigest]),
    )
    expect(first).toEqual(second)
    expect(first?.map(([code, pid]) => [code, pid])).toEqual([
      [65, 1],
      [65, 2],
      [65, 3],
    ])
  })

  it('leaves of its exports nothing that could make a call', async () => {
    const { exports } = new Machine().run(await echo(), { args: ['x', 'A'] })
    expect(Object.keys(exports)).toEqual(['memory'])
    expect(exports.memory).toBeInstanceOf(WebAssembly.Memory)
  })

  it('is another instance each time', async () => {
    const module = await echo()
    const [a, b] = [1, 2].map(() => new Machine().run(module, { args: ['x', 'A'] }).exports.memory)
    expect(a).not.toBe(b)
  })

  it('sees no memory in a start section, whatever memory the run before it had', async () => {
    const module = new WebAssembly.Module(
      await wasiWat(`
        (memory (export "memory") 1)
        (global $errno (mut i32) (i32.const 0))
        (func $begin (global.set $errno (call $random_get (i32.const 0) (i32.const 8))))
        (start $begin)
        (func (export "_start") (call $proc_exit (global.get $errno)))`),
    )
    const fault = 21
    expect([1, 2, 3].map(() => new Machine().run(module).exitCode)).toEqual([fault, fault, fault])
  })

  it('can be traced in between', async () => {
    const module = await echo()
    const digests = (['digest', 'records', 'digest', 'off', 'digest'] as const).map((trace) => {
      const run = new Machine().run(module, { args: ['x', 'A'], trace })
      return [run.traceDigest, run.trace.length]
    })
    const [digest] = digests[0] as [string, number]
    expect(digests).toEqual([
      [digest, 0],
      [digest, 4],
      [digest, 0],
      [undefined, 0],
      [digest, 0],
    ])
  })

  it('can be run from within one of its own runs', async () => {
    const module = await echo()
    const inner: (number | undefined)[] = []
    const stdout = (): void => {
      inner.push(new Machine().run(module, { args: ['x', 'B'] }).exitCode)
    }
    const outer = [1, 2].map(() => new Machine().run(module, { args: ['x', 'A'], stdout }))
    expect(outer.map(({ exitCode }) => exitCode)).toEqual([65, 65])
    expect(inner).toEqual([66, 66])
    expect(new Set(outer.map(({ traceDigest }) => traceDigest)).size).toBe(1)
  })
})
