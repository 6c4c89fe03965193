/** Section L of the cases from public bug reports: determinism, snapshots, toolchains. */

import { afterEach, describe, expect, it, vi } from 'vitest'
import { clang, compileArgs } from '../../examples/toolchain.ts'
import { OFLAG_CREAT } from '../../src/abi/types.ts'
import { Machine, type MachineOptions, type Run, type RunOptions } from '../../src/index.ts'
import { check } from '../../vfs/check.ts'
import { compileFile } from '../support/compile.ts'
import { READ_WRITE } from '../support/hostcalls.ts'
import { Posix } from './posix.ts'

/** Its memory is the host's to give, so that it can be taken and put back. */
const leaky = new WebAssembly.Module(compileFile('cases/l_determinism.c', { ldflags: ['--import-memory'] }))
const { module: llvm, files: sysroot } = clang()

/** Runs a case with a memory of its own; `pause` is called where the guest asks for it. */
function run(
  machine: Machine,
  what: string,
  pause: (memory: WebAssembly.Memory) => void = () => undefined,
  options: RunOptions = {},
): Run {
  const memory = new WebAssembly.Memory({ initial: 32 })
  const result = machine.run(leaky, {
    args: ['main', what],
    imports: { env: { memory, pause: () => pause(memory) } },
    ...options,
  })
  expect([result.exitCode, result.stderr.text()]).toEqual([0, ''])
  expect(check(machine.tree)).toEqual([])
  return result
}

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

describe('L. Determinism, snapshots, toolchains', () => {
  it('145. Time and entropy leak through stat', () => {
    const told = (options: MachineOptions): [string, string | undefined] => {
      const { stdout, traceDigest } = run(new Machine(options), 'leaks')
      return [stdout.text(), traceDigest]
    }
    const first = told({ seed: 'a' })
    expect(first[0].split('\n').length).toBeGreaterThan(30)
    // Another time and place on the host, and other luck, change nothing: it is not even asked.
    const asked = (): never => {
      throw new Error('the host was asked')
    }
    vi.stubEnv('TZ', 'Asia/Tokyo')
    vi.stubEnv('HOME', '/elsewhere')
    vi.spyOn(Date, 'now').mockImplementation(asked)
    vi.spyOn(performance, 'now').mockImplementation(asked)
    vi.spyOn(Math, 'random').mockImplementation(asked)
    vi.spyOn(crypto, 'getRandomValues').mockImplementation(asked)
    const second = told({ seed: 'a' })
    vi.restoreAllMocks()
    expect(second).toEqual(first)

    // With another seed only what is random differs; with another epoch nothing that is.
    const lines = (text: string, random: boolean): string[] =>
      text.split('\n').filter((line) => line.startsWith('random') === random)
    const [seeded] = told({ seed: 'b' })
    expect(lines(seeded, false)).toEqual(lines(first[0], false))
    expect(lines(seeded, true)).not.toEqual(lines(first[0], true))
    const [later] = told({ seed: 'a', epoch: '2030-01-01' })
    expect(lines(later, true)).toEqual(lines(first[0], true))
    expect(later).toContain('local Tue Jan  1 00:00:0')
    expect(first[0]).toContain('local Sat Jan  1 00:00:0')
    // All times of the tree are the epoch or later: none is the host's, none is zero.
    for (const line of first[0].split('\n').filter((text) => text.startsWith('/'))) {
      for (const time of line.split(' ').slice(4)) expect(Number(time)).toBeGreaterThanOrEqual(946_684_800)
      for (const time of line.split(' ').slice(4)) expect(Number(time)).toBeLessThan(946_684_801)
    }
  })

  it('146. Preopens frozen into a pre-initialised image', () => {
    const files = { '/one/file': 'of one', '/two/file': 'of two', '/secret': 'secret' }
    const preopens = (name: string, path: string): RunOptions => ({ preopens: { [name]: path } })
    let image = new Uint8Array()
    const take = (memory: WebAssembly.Memory): void => {
      image = new Uint8Array(memory.buffer).slice()
    }
    const put = (memory: WebAssembly.Memory): void => {
      new Uint8Array(memory.buffer).set(image)
    }
    const refused = ['/a/../secret: Operation not permitted', '/b/file: No such file or directory', '']
    const taken = run(new Machine({ files }), 'frozen', take, preopens('/a', '/one'))
    expect(taken.stdout.text().split('\n')).toEqual(['/a/file: of one', ...refused])

    // The image goes on where its preopens are as they were. Elsewhere libc finds what its numbers now mean, or nothing:
    // never more than the descriptors give.
    const again = run(new Machine({ files }), 'frozen', put, preopens('/a', '/one'))
    expect(again.stdout.text()).toBe(taken.stdout.text())
    const other = run(new Machine({ files }), 'frozen', put, preopens('/a', '/two'))
    expect(other.stdout.text().split('\n')).toEqual(['/a/file: of two', ...refused])
    const none = run(new Machine({ files }), 'frozen', put, { preopens: [] })
    expect(none.stdout.text().split('\n')[0]).toBe('/a/file: Bad file descriptor')
    expect(none.stdout.text()).not.toContain('of ')
  })

  it('146. Preopens frozen into a pre-initialised image: a snapshot has no processes, so nothing in it can go stale', () => {
    const h = new Posix({ '/f': 'kept', '/d': null })
    const fd = h.opened('f', { rights: READ_WRITE })
    const made = h.opened('d/made', { oflags: OFLAG_CREAT, rights: READ_WRITE })
    h.write(made, 'before')
    h.unlink('f')
    const snapshot = h.machine.snapshot()
    h.write(made, ' and after')
    h.unlink('d/made')
    // The live process goes on with all that it has.
    expect(h.read(fd, 10)).toBe('kept')
    expect(h.pread(made, 100, 0)).toBe('before and after')
    const [first, second] = [Machine.from(snapshot), Machine.from(snapshot)]
    for (const machine of [first, second]) {
      expect(check(machine.tree)).toEqual([])
      expect(machine.fs.readdirSync('/')).toEqual(['d'])
      expect(machine.fs.readFileSync('/d/made', 'utf8')).toBe('before')
      // Only the root, the directory and the file: what the process held open is not in it.
      expect(machine.tree.table.count).toBe(3)
    }
    // What goes on from one snapshot is the same everywhere, numbers, clocks and randomness included.
    const digests = [first, second, h.machine.fork()].map((machine) => run(machine, 'frozen').traceDigest)
    expect(digests[0]).toBe(digests[1])
    expect(digests[2]).not.toBe(digests[0])
  })

  it('148. Unseeded temp names in builds', () => {
    const source = '#include <stdio.h>\nint main(void) { puts(__FILE__ " " __TIME__); return __COUNTER__; }\n'
    const build = (machine: Machine, name = 'x'): { names: unknown[]; object: string; digest: string | undefined } => {
      const result = machine.run(llvm, { args: compileArgs('/src/x.c', `/src/${name}.o`), trace: 'records' })
      expect([result.exitCode, result.stderr.text()]).toEqual([0, ''])
      expect(check(machine.tree)).toEqual([])
      const names = result.trace
        .filter(({ call, args }) => call === 'path_open' && /EXCL/.test(String(args.oflags)))
        .map(({ args }) => args.path)
      const object = Buffer.from(machine.fs.readFileSync(`/src/${name}.o`)).toString('hex')
      return { names, object, digest: result.traceDigest }
    }
    const machineOf = (seed: string): Machine => new Machine({ seed, files: { ...sysroot, '/src/x.c': source } })
    const machine = machineOf('a')
    const first = build(machine)
    expect(first.names).toEqual([expect.stringMatching(/^src\/x-[0-9a-f]{8}\.o\.tmp$/)])
    expect(build(machineOf('a'))).toEqual(first)
    const other = build(machineOf('b'))
    expect(other.names).not.toEqual(first.names)
    expect(other.object).toBe(first.object)
    // The names of a second run are its own, and nothing of the first is left.
    const second = build(machine, 'y')
    expect(second.names).not.toEqual(first.names)
    expect(machine.fs.readdirSync('/src')).toEqual(['x.c', 'x.o', 'y.o'])
  })

  it('149. Compiler drivers cannot spawn', () => {
    const machine = new Machine({ files: { ...sysroot, '/src/x.c': 'int main(void) { return 0; }\n' } })
    const result = machine.run(llvm, { args: ['clang', '/src/x.c', '-o', '/src/x.wasm'], trace: 'records' })
    expect(result.end).toEqual({ kind: 'exit', code: 1 })
    expect(result.stdout.text()).toBe('')
    expect(result.stderr.text()).toMatch(/does not support spawning/)
    // It made its object's place before it knew, and took it away again.
    const made = result.trace.filter(({ call, args }) => call === 'path_open' && /CREAT/.test(String(args.oflags)))
    expect(made.map(({ args }) => args.path)).toEqual([expect.stringMatching(/^tmp\/x-[0-9a-f]+\.o$/)])
    expect(machine.fs.readdirSync('/tmp')).toEqual([])
    expect(machine.fs.readdirSync('/src')).toEqual(['x.c'])
    expect(check(machine.tree)).toEqual([])
    // Without a place for it the driver says so, and ends by itself too.
    machine.fs.rmdirSync('/tmp')
    const without = machine.run(llvm, { args: ['clang', '/src/x.c', '-o', '/src/x.wasm'] })
    expect(without.end).toEqual({ kind: 'exit', code: 1 })
    expect(without.stderr.text()).toMatch(/unable to make temporary file/)
  })
})
