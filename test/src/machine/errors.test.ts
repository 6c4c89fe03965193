/** What the host's own code throws during a run reaches whoever ran the guest, and the machine lives on. */

import { describe, expect, it } from 'vitest'
import { Machine, type Run, type RunOptions } from '../../../src/index.ts'
import { check } from '../../../vfs/check.ts'
import { callerModule } from '../../support/caller.ts'
import { compileC } from '../../support/compile.ts'
import { wasiWat } from '../../support/wasi_wat.ts'

/** Makes one call within a catch_all, then as many more as `after` says, each within a catch_all of its own. */
const CATCHES = (call: string, after: string): string => `
  (data (i32.const 0) "\\20\\00\\00\\00\\04\\00\\00\\00")
  (func $made (drop ${call}))
  (func (export "_start")
    (try (do (call $made)) (catch_all))
    ${after})`
const YIELD = '(try (do (drop (call $sched_yield))) (catch_all))'
const READ = '(call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8))'
const WRITE = '(call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))'
const POLL = `(block (result i32)
  (i32.store8 (i32.const 136) (i32.const 1))
  (call $poll_oneoff (i32.const 128) (i32.const 256) (i32.const 1) (i32.const 8)))`
const SEND = `(block (result i32)
  (drop (call $sock_accept (i32.const 4) (i32.const 0) (i32.const 8)))
  (call $sock_send (i32.const 5) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 8)))`
const EXCEPTIONS = { exceptions: true }

class Mine extends Error {}
const mine = new Mine('thrown by the host')
const throws = (): never => {
  throw mine
}
function* throwing(): Generator<string> {
  yield 'ab'
  throws()
}
const THROWERS: readonly (readonly [string, string, RunOptions])[] = [
  ['stdout', WRITE, { stdout: throws }],
  ['stdin', `(block (result i32) (drop ${READ}) ${READ})`, { stdin: throwing() }],
  ['stdin that is polled', POLL, { stdin: { [Symbol.iterator]: () => ({ next: throws }) } }],
  ["a socket's peer", SEND, { listen: [[{ respond: throws }]] }],
]

function thrownBy(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

describe.each(THROWERS)('an error of %s', (_, call, options) => {
  // A generator that threw is at its end, so each test needs its own.
  const fresh = (): RunOptions => ('stdin' in options && _ === 'stdin' ? { ...options, stdin: throwing() } : options)

  it('reaches the caller of run()', async () => {
    const module = await wasiWat(
      `${CATCHES(call, '')}`.replace('try (do (call $made)) (catch_all)', 'call $made'),
      EXCEPTIONS,
    )
    expect(thrownBy(() => new Machine().run(module, fresh()))).toBe(mine)
  })

  it.each([
    ['returns', ''],
    ['makes another call', YIELD],
    ['makes many', YIELD.repeat(20)],
    ['exits', '(try (do (call $proc_exit (i32.const 0))) (catch_all))'],
    ['traps', 'unreachable'],
  ])('reaches it where the guest catches everything and then %s', async (_what, after) => {
    const module = await wasiWat(CATCHES(call, after), EXCEPTIONS)
    const machine = new Machine()
    expect(thrownBy(() => machine.run(module, fresh()))).toBe(mine)
    expect(check(machine.tree)).toEqual([])
    expect(machine.run(callerModule()).call('sched_yield')).toBe(0)
  })

  it('is the last that the guest does, though it catches everything', async () => {
    const module = await wasiWat(`(import "env" "after" (func $after)) ${CATCHES(call, '(call $after)')}`, EXCEPTIONS)
    let afters = 0
    const imports = { env: { after: () => afters++ } }
    expect(thrownBy(() => new Machine().run(module, { ...fresh(), imports }))).toBe(mine)
    expect(afters).toBe(0)
  })
})

describe('an error of the host', () => {
  it('may be any value', async () => {
    const module = await wasiWat(CATCHES(WRITE, YIELD), EXCEPTIONS)
    for (const value of [undefined, null, 0, 'text', { code: 1 }]) {
      const stdout = (): never => {
        throw value
      }
      let thrown: unknown = 'nothing'
      try {
        new Machine().run(module, { stdout })
      } catch (error) {
        thrown = error
      }
      expect(thrown).toBe(value)
    }
  })

  it("may be a trap of another guest, which is not taken for this one's", async () => {
    const module = await wasiWat(CATCHES(WRITE, YIELD), EXCEPTIONS)
    const other = await wasiWat('(func (export "fall") unreachable)')
    const fall = new Machine().run(other).exports.fall as () => void
    expect(thrownBy(() => new Machine().run(module, { stdout: fall }))).toBeInstanceOf(WebAssembly.RuntimeError)
  })

  it("in a function of imports passes through the guest as JavaScript's errors do", async () => {
    const text = (catches: boolean): string => `
      (import "env" "f" (func $f))
      (func (export "_start") ${catches ? '(try (do (call $f)) (catch_all))' : '(call $f)'})`
    const imports = { env: { f: throws } }
    const machine = new Machine()
    const [passes, caught] = [await wasiWat(text(false), EXCEPTIONS), await wasiWat(text(true), EXCEPTIONS)]
    expect(thrownBy(() => machine.run(passes, { imports }))).toBe(mine)
    expect(machine.run(caught, { imports }).exitCode).toBe(0)
  })

  it('in a call of a reactor ends it, and says so afterwards', () => {
    const run = new Machine().run(callerModule(), { stdout: throws })
    const view = new DataView((run.exports.memory as WebAssembly.Memory).buffer)
    view.setUint32(4, 1, true)
    expect(thrownBy(() => run.call('fd_write', 1, 0, 1, 8))).toBe(mine)
    expect(run.end).toMatchObject({ kind: 'trap', message: 'thrown by the host' })
    expect(thrownBy(() => run.call('sched_yield'))).toMatchObject({ code: 'ENDED' })
  })

  it('in one stage of a pipeline reaches the caller, and the machine can run another', () => {
    const cat = compileC(
      '#include <stdio.h>\nint main(void) { int c; while ((c = getchar()) >= 0) putchar(c); return 0; }',
    )
    const machine = new Machine()
    for (const stages of [
      [{ module: cat, stdin: throwing() }, { module: cat }, { module: cat }],
      [{ module: cat, stdin: 'x' }, { module: cat }, { module: cat, stdout: throws }],
    ]) {
      expect(thrownBy(() => machine.pipeline(stages))).toBe(mine)
    }
    const runs = machine.pipeline([{ module: cat, stdin: 'well' }, { module: cat }])
    expect(runs.at(-1)?.stdout.text()).toBe('well')
    expect(check(machine.tree)).toEqual([])
  })

  it('is that of the library where an iterator or a peer gives what is no bytes', async () => {
    const read = await wasiWat(CATCHES(READ, YIELD), EXCEPTIONS)
    const send = await wasiWat(CATCHES(SEND, YIELD), EXCEPTIONS)
    for (const value of [5, null, {}, [1], new ArrayBuffer(2), new Uint16Array(2)]) {
      for (const [module, options] of [
        [read, { stdin: [value] }],
        [send, { listen: [[{ respond: () => value }]] }],
      ] as const) {
        const error = thrownBy(() => new Machine().run(module, options as RunOptions))
        expect(error).toMatchObject({ code: 'BAD_OPTION', message: expect.stringContaining('text or a Uint8Array') })
      }
    }
  })

  it('frees what the run had open', () => {
    const module = compileC(`
      #include <stdio.h>
      int main(void) { FILE *f = fopen("/left", "w"); remove("/left"); puts("x"); return 0; }`)
    const machine = new Machine()
    const { count } = machine.tree.table
    expect(thrownBy(() => machine.run(module, { stdout: throws }))).toBe(mine)
    expect(machine.tree.table.count).toBe(count)
    expect(machine.run(module).exitCode).toBe(0)
  })
})

describe('guest code that is called from within a call', () => {
  const writer = (): { run: Run; write: () => unknown; set: (sink: () => void) => void } => {
    let sink = (): void => {}
    const run = new Machine().run(callerModule(), { stdout: () => sink() })
    new DataView((run.exports.memory as WebAssembly.Memory).buffer).setUint32(4, 1, true)
    return {
      run,
      write: () => run.call('fd_write', 1, 0, 1, 8),
      set: (given) => {
        sink = given
      },
    }
  }

  it('is refused by run.call', () => {
    const { run, write, set } = writer()
    const call = (): unknown => run.call('memory_grow', 0)
    set(call)
    expect(thrownBy(write)).toMatchObject({
      code: 'BUSY',
      message: 'memory_grow cannot be called from within a call of the same guest, as from a sink',
    })
    expect(run.end?.kind).toBe('trap')
  })

  it('is refused without harm where the sink catches that', () => {
    const { run, write, set } = writer()
    set(() => expect(thrownBy(() => run.call('memory_grow', 0))).toMatchObject({ code: 'BUSY' }))
    expect(write()).toBe(0)
    expect(run.call('memory_grow', 0)).toBe(1)
    expect(run.end).toBeUndefined()
  })

  it.each(['fd_write', 'sched_yield', 'proc_exit'])('must not make another call through an export: %s', (name) => {
    const { run, write, set } = writer()
    const errors: unknown[] = []
    set(() => {
      try {
        ;(run.exports[name] as (...args: number[]) => unknown)(0, 0, 0, 0)
      } catch (error) {
        errors.push(error)
      }
    })
    expect(thrownBy(write)).toMatchObject({ code: 'ENDED' })
    expect(errors).toEqual([expect.any(WebAssembly.RuntimeError)])
    expect(run.end).toMatchObject({
      kind: 'trap',
      message: `${name} was called while another call of the same guest was running`,
    })
  })
})

describe('a run after one that failed', () => {
  it('works, whatever the failure was', async () => {
    const machine = new Machine()
    const good = compileC(`
      #include <stdio.h>
      int main(void) { FILE *f = fopen("/log", "a"); fputs("ran\\n", f); return fclose(f); }`)
    const failures: (() => unknown)[] = [
      () => machine.run(new Uint8Array(4)),
      () => machine.run(good, { args: 5 } as never),
      () => machine.run(good, { preopens: { '/': '/none' } }),
      () => machine.run(good, { limits: { calls: 5 } }),
      () => machine.run(good, { stdout: throws }),
    ]
    const trapping = await wasiWat('(func (export "_start") unreachable)')
    const deep = await wasiWat('(func $deep (export "_start") (call $deep))')
    failures.push(
      () => machine.run(trapping),
      () => machine.run(deep),
    )
    for (const fail of failures) {
      try {
        fail()
      } catch {
        // Some are thrown and some are data; what counts is what comes after.
      }
      expect(machine.run(good).exitCode).toBe(0)
      expect(check(machine.tree)).toEqual([])
    }
    // The run with a sink that is never called is a good one as well.
    expect(machine.fs.readFileSync('/log', 'utf8')).toBe('ran\n'.repeat(failures.length + 1))
  })
})
