/** How runs end: every kind of end, told apart without reading text, and caught by nothing in the guest. */

import { describe, expect, it } from 'vitest'
import { SIGNAL_NAMES } from '../../src/abi/types.ts'
import { type End, Machine, type RunOptions, VivariumError } from '../../src/index.ts'
import { callerModule } from '../support/caller.ts'
import { compileC } from '../support/compile.ts'
import { wasiWat } from '../support/wasi_wat.ts'
import { type WatFeatures, wat } from '../support/wat.ts'

async function endOf(fields: string, options: RunOptions = {}, features: WatFeatures = {}): Promise<End | undefined> {
  return new Machine().run(await wasiWat(fields, features), options).end
}

const START = (body: string): string => `(func (export "_start") ${body})`

describe('exit', () => {
  it.each([0, 3, 125, 126, 200, 255, 256, 0xffff_ffff])('is told with all 32 bits: %i', async (code) => {
    const run = new Machine().run(await wasiWat(START(`(call $proc_exit (i32.const ${code | 0}))`)))
    expect(run.end).toEqual({ kind: 'exit', code })
    expect(run.exitCode).toBe(code)
  })

  it('is the first, whoever ends the run again', async () => {
    const run = new Machine().run(await wasiWat(START('(call $proc_exit (i32.const 3))')))
    run.close()
    expect(run.end).toEqual({ kind: 'exit', code: 3 })
  })

  it('is 0 where a command returns', async () => {
    const run = new Machine().run(await wasiWat(START('')))
    expect(run.end).toEqual({ kind: 'exit', code: 0 })
    expect(run.exitCode).toBe(0)
    expect(run.calls).toBe(0)
  })

  it('is what a C program returns from main or gives to exit', () => {
    const module = compileC('#include <stdlib.h>\nint main(int c, char **v) { if (c > 1) exit(7); return 9; }')
    expect(new Machine().run(module).exitCode).toBe(9)
    expect(new Machine().run(module, { args: ['a', 'b'] }).exitCode).toBe(7)
  })

  it('comes from a start section, which the engine runs before there is an instance', async () => {
    const fields =
      '(func $main (call $proc_exit (i32.const 7)) unreachable) (start $main) (func (export "_start") unreachable)'
    const bytes = await wasiWat(fields)
    const runs = (['strict', 'engine'] as const).map((cpu) => new Machine({ cpu }).run(bytes))
    expect(runs.map(({ end }) => end)).toEqual(new Array(2).fill({ kind: 'exit', code: 7 }))
    expect(runs.map(({ exports }) => Object.keys(exports))).toEqual([['memory'], []])
  })

  it("comes from a reactor's initialisation", async () => {
    const run = new Machine().run(await wasiWat('(func (export "_initialize") (call $proc_exit (i32.const 4)))'))
    expect(run.exitCode).toBe(4)
  })

  it("comes from a reactor's export, and then nothing in it can be called", async () => {
    const fields =
      '(func (export "leave") (call $proc_exit (i32.const 5))) (func (export "one") (result i32) (i32.const 1))'
    const run = new Machine().run(await wasiWat(fields))
    expect(run.end).toBeUndefined()
    expect(run.exitCode).toBeUndefined()
    expect(run.call('one')).toBe(1)
    expect(() => run.call('leave')).toThrow(expect.objectContaining({ code: 'ENDED' }))
    expect(run.end).toEqual({ kind: 'exit', code: 5 })
    expect(() => run.call('one')).toThrow(new VivariumError('ENDED', 'one cannot be called: the run has ended (exit)'))
  })

  it('is not swallowed by a catch_all of the guest', async () => {
    const body = `
      (try (do (call $proc_exit (i32.const 3))) (catch_all))
      (call $proc_exit (i32.const 99))`
    expect(await endOf(START(body), {}, { exceptions: true })).toEqual({ kind: 'exit', code: 3 })
  })

  it('is not swallowed by JavaScript that catches everything between two frames of the guest', async () => {
    const module = await wasiWat(`
      (import "env" "between" (func $between))
      (import "env" "table" (table 1 funcref))
      (elem (i32.const 0) $leave)
      (func $leave (call $proc_exit (i32.const 6)))
      (func (export "_start")
        (call $between)
        (drop (call $sched_yield))
        (call $proc_exit (i32.const 99)))`)
    const tables = new WebAssembly.Module(await wat('(module (table (export "table") 1 funcref))'))
    const { table } = new WebAssembly.Instance(tables).exports as { table: { get(index: number): () => void } }
    const caught: unknown[] = []
    const between = (): void => {
      try {
        table.get(0)()
      } catch (error) {
        caught.push(error)
      }
    }
    const run = new Machine().run(module, { imports: { env: { between, table } } })
    expect(run.end).toEqual({ kind: 'exit', code: 6 })
    expect(run.calls).toBe(1)
    expect(caught).toEqual([expect.any(WebAssembly.RuntimeError)])
  })

  it('is not swallowed where a reactor exits below JavaScript that catches everything', async () => {
    const module = await wasiWat(`
      (import "env" "between" (func $between))
      (func (export "leave") (call $proc_exit (i32.const 6)))
      (func (export "outer") (result i32)
        (call $between)
        (drop (call $sched_yield))
        (i32.const 1))
      (func (export "quiet") (result i32) (call $between) (i32.const 1))`)
    for (const name of ['outer', 'quiet']) {
      const caught: unknown[] = []
      let inner = (): unknown => undefined
      const between = (): void => {
        try {
          inner()
        } catch (error) {
          caught.push(error)
        }
      }
      const run = new Machine().run(module, { imports: { env: { between } } })
      inner = () => (run.exports.leave as () => void)()
      expect(() => run.call(name)).toThrow(expect.objectContaining({ code: 'ENDED' }))
      expect(run.exitCode).toBe(6)
      expect(caught[0]).toBeInstanceOf(WebAssembly.RuntimeError)
    }
  })

  it('keeps its first cause, whatever the guest does on its way out', async () => {
    const run = new Machine().run(callerModule())
    const call = (name: string, ...args: number[]): unknown =>
      (run.exports[name] as (...args: number[]) => unknown)(...args)
    expect(() => call('proc_exit', 1)).toThrow(WebAssembly.RuntimeError)
    const { calls } = run
    expect(() => call('proc_exit', 2)).toThrow(WebAssembly.RuntimeError)
    expect(() => call('sched_yield')).toThrow(WebAssembly.RuntimeError)
    expect(run.end).toEqual({ kind: 'exit', code: 1 })
    expect(run.calls).toBe(calls)
  })
})

describe('signal', () => {
  const IGNORED = ['PIPE', 'CHLD', 'CONT', 'URG', 'WINCH']
  const STOPPING = ['STOP', 'TSTP', 'TTIN', 'TTOU']
  const plain = SIGNAL_NAMES.map((name) => name.replace(/^SIG/, ''))

  it.each(plain.map((name, signal) => ({ name, signal })))('$signal is $name', ({ name, signal }) => {
    const run = new Machine().run(callerModule())
    const raise = (): unknown => run.call('proc_raise', signal)
    if (signal === 0) expect(raise()).toBe(28)
    else if (IGNORED.includes(name)) expect(raise()).toBe(0)
    else if (STOPPING.includes(name)) expect(raise()).toBe(58)
    else {
      expect(raise).toThrow(expect.objectContaining({ code: 'ENDED' }))
      expect(run.end).toEqual({ kind: 'signal', signal, name: SIGNAL_NAMES[signal] })
      expect(run.exitCode).toBeUndefined()
      return
    }
    expect(run.end).toBeUndefined()
  })

  it('there is none beyond the last', () => {
    const run = new Machine().run(callerModule())
    expect(run.call('proc_raise', SIGNAL_NAMES.length)).toBe(28)
    expect(run.call('proc_raise', -1)).toBe(28)
  })

  it('ends what abort() of a C program ends', () => {
    const run = new Machine().run(compileC('#include <stdlib.h>\nint main(void) { abort(); }'))
    expect(['signal', 'trap']).toContain(run.end?.kind)
  })
})

describe('trap', () => {
  const EXCEPTIONS = { exceptions: true }
  it.each([
    ['unreachable', 'unreachable', {}],
    ['a load beyond memory', '(drop (i32.load (i32.const -4)))', {}],
    ['a division by zero', '(drop (i32.div_s (i32.const 1) (i32.const 0)))', {}],
    ['the overflow of a division', '(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))', {}],
    ['a conversion that does not fit', '(drop (i32.trunc_f64_s (f64.const 1e300)))', {}],
    ['an exception nobody caught', '(throw $tag)', EXCEPTIONS],
  ] as const)('is the end by %s', async (_, body, features) => {
    const tag = features === EXCEPTIONS ? '(tag $tag)' : ''
    const end = await endOf(`${tag} ${START(body)}`, {}, features)
    expect(end).toEqual({ kind: 'trap', message: expect.stringMatching(/./), stack: expect.any(String) })
  })

  it.each([
    ['through null', '(call_indirect (type $none) (i32.const 0))'],
    ['through the wrong type', '(call_indirect (type $one) (i32.const 1))'],
    ['beyond the table', '(call_indirect (type $none) (i32.const 9))'],
  ])('is the end by a call %s', async (_, body) => {
    const fields = `
      (type $none (func)) (type $one (func (param i32)))
      (table 2 funcref) (elem (i32.const 1) $some) (func $some)
      (func (export "_start") (i32.const 1) ${body.includes('$one') ? '' : 'drop'} ${body})`
    expect((await endOf(fields))?.kind).toBe('trap')
  })

  it('is caught by no catch_all, and what was written before it is kept', async () => {
    const fields = `
      (data (i32.const 16) "before")
      (data (i32.const 0) "\\10\\00\\00\\00\\06\\00\\00\\00")
      ${START(`
        (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
        (try (do unreachable) (catch_all (call $proc_exit (i32.const 9))))`)}`
    const run = new Machine().run(await wasiWat(fields, { exceptions: true }))
    expect(run.end?.kind).toBe('trap')
    expect(run.stdout.text()).toBe('before')
  })

  it('ends a reactor by what its export does', async () => {
    const run = new Machine().run(await wasiWat('(func (export "fall") unreachable)'))
    expect(() => run.call('fall')).toThrow(/the run ended in fall: .*unreachable/)
    expect(run.end?.kind).toBe('trap')
  })
})

describe('limit', () => {
  const CALLS = START('(loop $l (drop (call $sched_yield)) (br $l))')

  it('calls: as many as were allowed are made', async () => {
    const run = new Machine().run(await wasiWat(CALLS), { limits: { calls: 1000 } })
    expect(run.end).toEqual({ kind: 'limit', limit: 'calls', message: expect.stringContaining('limits.calls') })
    expect(run.calls).toBe(1000)
    expect(await endOf(CALLS, { limits: { calls: 0 } })).toMatchObject({ kind: 'limit', limit: 'calls' })
  })

  it('calls: no catch_all gets around it', async () => {
    const body = `(loop $l
      (try (do (drop (call $sched_yield))) (catch_all))
      (br $l))`
    const end = await endOf(START(body), { limits: { calls: 10 } }, { exceptions: true })
    expect(end).toMatchObject({ kind: 'limit', limit: 'calls' })
  })

  it('output: exactly so many bytes are kept, of both streams together', async () => {
    const fields = `
      (data (i32.const 0) "\\10\\00\\00\\00\\07\\00\\00\\00")
      ${START(`(loop $l
        (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
        (drop (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8)))
        (br $l))`)}`
    const run = new Machine().run(await wasiWat(fields), { limits: { output: 100 } })
    expect(run.end).toEqual({ kind: 'limit', limit: 'output', message: expect.stringContaining('limits.output') })
    expect(run.stdout.bytes.length + run.stderr.bytes.length).toBe(100)
    expect(run.stdout.bytes.length).toBe(51)
  })

  it('descriptors: the guest sees EMFILE and lives on', () => {
    const module = compileC(`
      #include <errno.h>
      #include <fcntl.h>
      #include <stdio.h>
      int main(void) {
        int last = -1, fd;
        while ((fd = open("/", O_RDONLY)) >= 0) last = fd;
        printf("%d %d", last, errno == EMFILE);
        return 0;
      }`)
    const run = new Machine().run(module, { limits: { descriptors: 20 } })
    expect(run.stdout.text()).toBe('19 1')
    expect(run.exitCode).toBe(0)
  })

  it('pipe: what a writer leaves in a pipe whose reader cannot run', () => {
    const writer = compileC('#include <stdio.h>\nint main(void) { for (;;) if (puts("0123456789") < 0) return 1; }')
    const reader = compileC(
      '#include <stdio.h>\nint main(void) { int n = 0; while (getchar() >= 0) n++; return n > 0; }',
    )
    const runs = new Machine().pipeline([{ module: writer, limits: { pipe: 200_000 } }, { module: reader }])
    expect(runs[0]?.end).toEqual({ kind: 'limit', limit: 'pipe', message: expect.stringContaining('limits.pipe') })
    expect(runs[1]?.end).toEqual({ kind: 'exit', code: 1 })
  })

  it('stack: recursion without end', async () => {
    const deep = '(func $deep (export "_start") (call $deep))'
    const ends = await Promise.all(
      (['strict', 'engine'] as const).map(async (cpu) => new Machine({ cpu }).run(await wasiWat(deep)).end),
    )
    expect(ends).toEqual([
      { kind: 'limit', limit: 'stack', message: expect.stringContaining('raise cpu.stack') },
      { kind: 'limit', limit: 'stack', message: expect.stringContaining('depends on the engine') },
    ])
  })
})

describe('deadlock', () => {
  it('names the process, the call and the descriptor', () => {
    const module = callerModule()
    const run = new Machine().run(module, { listen: [[]] })
    expect(() => run.call('sock_accept', 4, 0, 8)).toThrow(expect.objectContaining({ code: 'ENDED' }))
    const waits = [{ pid: 1, call: 'sock_accept', fds: [{ fd: 4, for: 'readable' }] }]
    expect(run.end).toEqual({ kind: 'deadlock', waits, message: expect.stringContaining('descriptor 4') })
  })

  it('names every descriptor that a poll waits for', () => {
    const run = new Machine().run(callerModule(), { listen: [[], []] })
    const view = new DataView((run.exports.memory as WebAssembly.Memory).buffer)
    for (const [index, fd] of [4, 5].entries()) {
      view.setUint8(48 * index + 8, 1)
      view.setUint32(48 * index + 16, fd, true)
    }
    expect(() => run.call('poll_oneoff', 0, 1024, 2, 4096)).toThrow(expect.objectContaining({ code: 'ENDED' }))
    const fds = [
      { fd: 4, for: 'readable' },
      { fd: 5, for: 'readable' },
    ]
    expect(run.end).toMatchObject({ kind: 'deadlock', waits: [{ pid: 1, call: 'poll_oneoff', fds }] })
  })

  it('names every process of a pipeline that waits', () => {
    // The first stage waits for a connection, within the second's wait for input.
    const accepts = compileC(`
      #include <sys/socket.h>
      int main(void) { return accept(4, 0, 0) < 0; }`)
    const reads = compileC('#include <stdio.h>\nint main(void) { return getchar() < 0 ? 3 : 4; }')
    const [first, second] = new Machine().pipeline([{ module: accepts, listen: [[]] }, { module: reads }])
    expect(first?.end).toMatchObject({
      kind: 'deadlock',
      waits: [
        { pid: 2, call: 'fd_read', fds: [{ fd: 0, for: 'readable' }] },
        { pid: 1, call: 'sock_accept', fds: [{ fd: 4, for: 'readable' }] },
      ],
    })
    expect(second?.end).toEqual({ kind: 'exit', code: 3 })
  })
})
