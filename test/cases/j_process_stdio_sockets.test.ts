/** Section J of the cases from public bug reports: process, environment, stdio, sockets. */

import { describe, expect, it } from 'vitest'
import { callNames, signatures } from '../../src/abi/signatures.ts'
import { OFLAG_CREAT } from '../../src/abi/types.ts'
import { exitStatus } from '../../src/cli/exit_status.ts'
import { Machine, type Run, type RunOptions, VivariumError } from '../../src/index.ts'
import { unstableCallNames } from '../../src/unstable/signatures.ts'
import { check } from '../../vfs/check.ts'
import { ERRNOS } from '../../vfs/errno.ts'
import { callerModule } from '../support/caller.ts'
import { ENDED, Hostcalls, READ_WRITE } from '../support/hostcalls.ts'
import { wasiWat } from '../support/wasi_wat.ts'
import { CGuest } from './c_guest.ts'
import { Posix } from './posix.ts'

const c = new CGuest('j_process_stdio_sockets.c')

/** The arguments and the environment as the raw calls pack them. */
function packed(
  run: RunOptions,
  what: 'args' | 'environ',
): { count: number; size: number; bytes: string; at: number[] } {
  const h = new Hostcalls({ run })
  const [count, size] = [h.out(4), h.out(4)]
  h.must(`${what}_sizes_get`, count, size)
  const [pointers, buffer] = [h.out(4 * h.u32(count)), h.out(h.u32(size))]
  h.must(`${what}_get`, pointers, buffer)
  return {
    count: h.u32(count),
    size: h.u32(size),
    bytes: h.text({ ptr: buffer, len: h.u32(size) }),
    at: Array.from({ length: h.u32(count) }, (_, index) => h.u32(pointers + 4 * index) - buffer),
  }
}

describe('J. Process, environment, stdio, sockets', () => {
  it('130. Exit codes above 125 and above 255', () => {
    for (const code of [0, 1, 3, 125, 126, 127, 128, 200, 255, 256, 257, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]) {
      const h = new Hostcalls()
      expect(h.call('proc_exit', code)).toBe(ENDED)
      expect(h.run.end).toEqual({ kind: 'exit', code })
      expect(h.run.exitCode).toBe(code)
      // The command line shows what a shell can.
      expect(exitStatus(h.run.end)).toBe(code & 255)
      for (const how of ['exit', '_exit', 'return']) {
        expect(c.run(new Machine(), [how, `${code}`]).end, `${how} ${code}`).toEqual({ kind: 'exit', code })
      }
    }
    expect(c.run(new Machine(), ['abort']).end?.kind).toBe('trap')
  })

  it('131. proc_exit from the start function or a nested instance', async () => {
    const seven = { kind: 'exit', code: 7 }
    const machine = new Machine()
    const run = (module: Uint8Array, options: RunOptions = {}): Run => machine.run(module, options)
    const [leave, start] = ['(func $leave (call $proc_exit (i32.const 7)))', '(func (export "_start")']
    expect(run(await wasiWat(`${leave} (start $leave)`)).end).toEqual(seven)
    expect(run(await wasiWat(`${leave} (start $leave) ${start})`)).end).toEqual(seven)
    expect(run(await wasiWat(`(func (export "_initialize") (call $proc_exit (i32.const 7)))`)).end).toEqual(seven)
    const caught = `${leave} ${start} (try (do (call $leave)) (catch_all (call $proc_exit (i32.const 9)))))`
    expect(run(await wasiWat(caught, { exceptions: true })).end).toEqual(seven)
    // What the guest does without the kernel on its way out cannot be seen; and a trap is told apart.
    expect(run(await wasiWat(`${start} unreachable)`)).end?.kind).toBe('trap')

    // A guest that calls into another guest, which exits: that one has its code, this one does not go on.
    const first = run(await wasiWat(`(func (export "quit") (call $proc_exit (i32.const 7)))`))
    const other = await wasiWat(
      `(import "first" "quit" (func $quit)) ${start} (try (do (call $quit)) (catch_all)) (drop (call $sched_yield)))`,
      { exceptions: true },
    )
    const second = run(other, { imports: { first: { quit: first.exports.quit as () => void } } })
    expect([first.end, second.end?.kind, second.calls]).toEqual([seven, 'trap', 0])

    // An export below JavaScript that catches all.
    const module = await wasiWat(
      `(import "env" "between" (func $between)) ${leave} (export "leave" (func $leave))
      (func (export "outer") (call $between) (drop (call $sched_yield)))`,
    )
    let inner = (): unknown => undefined
    const between = (): void => {
      try {
        inner()
      } catch {
        // What a host may do.
      }
    }
    const outer = run(module, { imports: { env: { between } } })
    inner = () => (outer.exports.leave as () => void)()
    expect(() => outer.call('outer')).toThrow(VivariumError)
    expect([outer.end, outer.calls]).toEqual([seven, 1])
    expect(() => outer.call('leave')).toThrow(/has ended/)
    // The machine lives on.
    expect(c.text(machine, ['nothing'])).toBe('')
    expect(check(machine.tree)).toEqual([])
  })

  it('133. Reactor or command', async () => {
    const say = (text: string): string =>
      `(func $say (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const ${text.length}))
        (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
      (data (i32.const 16) "${text}")`
    const machine = new Machine()
    const start = machine.run(await wasiWat(`${say('start')} (export "_start" (func $say))`))
    expect([start.stdout.text(), start.end]).toEqual(['start', { kind: 'exit', code: 0 }])
    expect(() => start.call('_start')).toThrow(/has ended/)

    const initialize = await wasiWat(
      `${say('init')} (global $done (mut i32) (i32.const 0)) (export "say" (func $say))
      (func (export "_initialize") (if (global.get $done) (then unreachable)) (global.set $done (i32.const 1)) (call $say))`,
    )
    const reactor = machine.run(initialize)
    expect([reactor.stdout.text(), reactor.end]).toEqual(['init', undefined])
    reactor.call('say')
    expect(reactor.stdout.text()).toBe('initinit')
    // The C library's own guard traps when it is initialised twice, and that is the guest's end.
    expect(() => reactor.call('_initialize')).toThrow(/unreachable/)
    expect(reactor.end?.kind).toBe('trap')

    const neither = machine.run(await wasiWat(`${say('call')} (export "go" (func $say))`))
    expect([neither.stdout.text(), neither.end, neither.calls]).toEqual(['', undefined, 0])
    neither.call('go')
    neither.call('go')
    expect(neither.stdout.text()).toBe('callcall')
    neither.close()
    expect(neither.end).toEqual({ kind: 'exit', code: 0 })

    const both = await wasiWat(`${say('both')} (export "_start" (func $say)) (export "_initialize" (func $say))`)
    expect(() => machine.run(both)).toThrow(/both _start and _initialize/)
    // Only a function is a way in.
    const data = machine.run(
      await wasiWat(`${say('x')} (global (export "_start") i32 (i32.const 1)) (export "go" (func $say))`),
    )
    expect(data.end).toBeUndefined()

    const imported = await wasiWat(`(import "env" "memory" (memory 1)) ${say('mine')} (export "_start" (func $say))`)
    const memory = new WebAssembly.Memory({ initial: 1 })
    expect(machine.run(imported, { imports: { env: { memory } } }).stdout.text()).toBe('mine')

    // A run that could not begin leaves nothing behind: the next is as in a new machine.
    const [tried, fresh] = [new Machine(), new Machine()]
    for (const module of [both, imported, new Uint8Array(4), callerModule({ memory: 'imported' })]) {
      expect(() => tried.run(module)).toThrow(VivariumError)
    }
    expect(() => tried.run(initialize, { preopens: { '/': '/no' } })).toThrow(VivariumError)
    const [a, b] = [tried.run(initialize), fresh.run(initialize)]
    expect([a.pid, a.traceDigest, tried.time]).toEqual([b.pid, b.traceDigest, fresh.time])
  })

  it('134. environ and args packing', () => {
    const run = { args: ['', 'a b', ''], env: { A: '', B: 'x=y', C: 'ü' } }
    expect(packed(run, 'args')).toEqual({ count: 3, size: 6, bytes: '\0a b\0\0', at: [0, 1, 5] })
    expect(packed(run, 'environ')).toEqual({ count: 3, size: 14, bytes: 'A=\0B=x=y\0C=ü\0', at: [0, 3, 9] })
    const none = { args: [], env: {} }
    for (const what of ['args', 'environ'] as const) {
      expect(packed(none, what)).toEqual({ count: 0, size: 0, bytes: '', at: [] })
    }
    const long = 'é'.repeat(30_000)
    expect(packed({ args: [long, '\u{10ffff}'] }, 'args')).toMatchObject({ count: 2, size: 60_001 + 5 })
    const lines = c.lines(new Machine(), ['tell', '', 'a b', '', 'ü'], { env: run.env })
    expect(lines).toEqual([
      'arg <>',
      'arg <a b>',
      'arg <>',
      'arg <ü>',
      'env <A=>',
      'env <B=x=y>',
      'env <C=ü>',
      'A <>',
      'B <x=y>',
      'C <ü>',
      'NO <(none)>',
    ])
    for (const env of [{ '': 'x' }, { 'a=b': 'x' }, { A: 'x\0y' }]) {
      expect(() => new Machine().run(c.module, { env })).toThrow(VivariumError)
    }
  })

  it('136. stdio buffering seen by the host', () => {
    // libc writes the first line before it asks what stdout is; what it has not written is lost at _exit.
    const writes: string[] = []
    const run = c.run(new Machine(), ['lines', '_exit'], {
      stdout: (bytes) => writes.push(Buffer.from(bytes).toString()),
    })
    expect([run.stdout.text(), run.stderr.text(), run.exitCode]).toEqual(['first\n', 'error\n', 1])
    expect(writes).toEqual(['first\n'])
    expect(c.run(new Machine(), ['lines', 'exit']).stdout.text()).toBe('first\nsecond\nthird')
    const lines: string[] = []
    const sink = (bytes: Uint8Array): void => {
      lines.push(Buffer.from(bytes).toString())
    }
    const terminal = c.run(new Machine(), ['lines', '_exit'], { tty: true, stdout: sink, stderr: sink })
    expect(terminal.stdout.text()).toBe('first\nsecond\n')
    expect(lines).toEqual(['first\n', 'second\n', 'error\n'])

    // A sink is called once for each write that moves bytes, whatever ranges it is made of.
    const sunk: number[][] = []
    const h = new Hostcalls({ run: { stdout: (bytes) => sunk.push([...bytes]) } })
    const sizesOfWrites = [[1], [1, 2, 3], [0, 5, 0, 5], [0], [300, 1], [60_000, 70_000, 9], [7]]
    const ranges = sizesOfWrites.map((sizes) => sizes.map((size, index) => new Uint8Array(size).fill(size + index)))
    for (const parts of ranges) {
      const { ptr, len } = h.iovs(...parts)
      h.must('fd_write', 1, ptr, len, h.out(4))
    }
    const joined = ranges.map((parts) => parts.flatMap((part) => [...part])).filter(({ length }) => length > 0)
    expect(sunk).toEqual(joined)
    expect([...h.run.stdout.bytes]).toEqual(joined.flat())
  })

  it('137. Unsupported call returns -1', () => {
    const errnos = ['ESUCCESS', ...ERRNOS.map(({ name }) => name)]
    for (const name of callNames) {
      const h = new Hostcalls()
      const answer = h.call(name, ...signatures[name].params.map(({ type }) => (type === 'i64' ? 0n : 0)))
      if (name === 'proc_exit') expect(h.run.end).toEqual({ kind: 'exit', code: 0 })
      else expect(errnos, name).toContain(answer)
    }
    const run = new Machine().run(callerModule({ module: 'wasi_unstable' }))
    expect(unstableCallNames).toHaveLength(callNames.length - 1)
    for (const name of unstableCallNames.filter((name) => name !== 'proc_exit')) {
      const number = run.call(name, ...signatures[name].params.map(({ type }) => (type === 'i64' ? 0n : 0)))
      expect(number, name).toSatisfy((value: number) => Number.isInteger(value) && value >= 0 && value <= ERRNOS.length)
    }
    expect(ERRNOS).toHaveLength(76)
  })

  it('139. Pipe at end of file', () => {
    const stage = (...args: string[]) => ({ module: c.module, args: ['j_process_stdio_sockets.c', ...args] })
    const told = (...stages: ReturnType<typeof stage>[]): [string, string][] => {
      const machine = new Machine()
      const runs = machine.pipeline(stages)
      expect(check(machine.tree)).toEqual([])
      for (const { end } of runs) expect(end).toEqual({ kind: 'exit', code: 0 })
      return runs.map(({ stdout, stderr }) => [stdout.text(), stderr.text()])
    }
    // The writer ends without closing anything; the reader sees what it wrote, and then the end.
    const atEnd = 'ready 1 in 1 hangup 1 read'
    expect(told(stage('ten'), stage('read'))[1]?.[0]).toBe(`${atEnd} 4\n${atEnd} 4\n${atEnd} 2\n${atEnd} 0\n`)
    expect(told(stage('nothing'), stage('read'))[1]?.[0]).toBe(`${atEnd} 0\n`)
    // The reader ends, or only closes its end: the writer is told at once, however much room there is.
    const broken = 'write 10: Broken pipe\nwrite 0: ok\nwrite 1: Broken pipe\n'
    expect(told(stage('write'), stage('nothing'))[0]?.[1]).toBe(broken)
    expect(told(stage('write'), stage('close'))[0]?.[1]).toBe(broken)
    expect(told(stage('write'), stage('nothing'), stage('read'))[0]?.[1]).toBe(broken)

    // The same with a fifo and with sockets, call by call.
    const h = new Posix()
    h.mknod('p', 'fifo')
    const writer = h.opened('p', { rights: READ_WRITE })
    const reader = h.opened('p', { fdflags: 4 })
    expect(h.read(reader, 10)).toBe('EAGAIN')
    expect(h.write(writer, '0123456789')).toBe(10)
    expect(h.close(writer)).toBe('ok')
    expect([h.read(reader, 6), h.read(reader, 6), h.read(reader, 6)]).toEqual(['012345', '6789', ''])
    const [near, far] = h.socketPair()
    expect(h.write(near, 'abc')).toBe(3)
    expect(h.close(near)).toBe('ok')
    expect([h.read(far, 9), h.read(far, 9)]).toEqual(['abc', ''])
    expect(h.write(far, 'x')).toBe('EPIPE')
  })

  it('140. Host-side file API and guest view disagree', () => {
    const h = new Posix({ '/d': null })
    const { fs } = h.machine
    fs.writeFileSync('/d/host', 'from the host', { mode: 0o600 })
    const fd = h.opened('d/host', { rights: READ_WRITE })
    expect(h.read(fd, 100)).toBe('from the host')
    expect(h.fstat(fd).ino).toBe(BigInt(fs.statSync('/d/host').ino))
    expect(h.names(h.opened('d'))).toEqual(['.', '..', 'host'])

    // Each sees what the other writes, at once, while it is open.
    const made = h.opened('d/guest', { oflags: OFLAG_CREAT, rights: READ_WRITE })
    expect(h.write(made, 'one')).toBe(3)
    expect(fs.readFileSync('/d/guest', 'utf8')).toBe('one')
    fs.appendFileSync('/d/guest', ' two')
    expect(h.pread(made, 100, 0)).toBe('one two')
    expect(h.write(made, '!')).toBe(1)
    expect(fs.readFileSync('/d/guest', 'utf8')).toBe('one!two')
    expect(Number(h.fstat(made).ino)).toBe(fs.statSync('/d/guest').ino)
    expect(h.stat('d/guest')).toMatchObject({ size: 7n, mtim: fs.statSync('/d/guest', { bigint: true }).mtimeNs })
    fs.truncateSync('/d/guest', 2)
    expect(h.fstat(made).size).toBe(2n)
    // writeFile empties the same inode; rename and unlink on either side leave what is open.
    fs.writeFileSync('/d/guest', 'new')
    expect(h.pread(made, 100, 0)).toBe('new')
    fs.renameSync('/d/guest', '/moved')
    expect(h.statFails('d/guest')).toBe('ENOENT')
    expect(h.pread(made, 100, 0)).toBe('new')
    const host = fs.openSync('/moved', 'r')
    expect(h.unlink('moved')).toBe('ok')
    expect(h.close(made)).toBe('ok')
    expect(fs.readFileSync(host, 'utf8')).toBe('new')
    fs.closeSync(host)
    // Permission bits are shown and keep nobody out.
    fs.chmodSync('/d/host', 0)
    expect(h.opens('d/host', { rights: READ_WRITE })).toBe('ok')
    expect(fs.readFileSync('/d/host', 'utf8')).toBe('from the host')
  })
})
