/** Wrong options are refused by name, with what they may be, before anything has happened. */

import { describe, expect, it } from 'vitest'
import { ImportError, Machine, type MachineOptions, type RunOptions } from '../../../src/index.ts'
import { callerModule } from '../../support/caller.ts'
import { errorOf } from '../../support/error_of.ts'
import { wasiWat } from '../../support/wasi_wat.ts'

const MACHINE: readonly (readonly [unknown, string])[] = [
  [{ sead: 1 }, 'Machine: there is no option "sead"; there are seed, epoch, tick, files, image, quota'],
  [null, 'Machine: null was given; it has to be an object with some of seed, epoch, tick, files, image, quota'],
  [{ seed: {} }, 'seed: an object was given; it has to be text or a number'],
  [{ seed: null }, 'seed: null was given'],
  [{ tick: -1 }, 'tick: -1 was given; it has to be whole nanoseconds from 0 to 1,000,000,000'],
  [{ tick: 0.5 }, 'tick: 0.5 was given'],
  [{ tick: 1e9 + 1 }, 'tick: 1000000001 was given'],
  [{ tick: 1n }, 'tick: 1 was given'],
  [{ image: 'debian' }, `image: "debian" was given; it has to be 'standard' or 'empty'`],
  [{ quota: { bytes: -1 } }, 'quota.bytes: -1 was given; it has to be a whole number from 0 up, or Infinity'],
  [{ quota: { inodes: NaN } }, 'quota.inodes: NaN was given'],
  [{ quota: { blocks: 1 } }, 'quota: there is no option "blocks"; there are bytes, inodes, entries'],
  [{ quota: 5 }, 'quota: 5 was given; it has to be an object with some of bytes, inodes, entries'],
  [{ epoch: 'yesterday' }, 'epoch: '],
  [{ epoch: '2026-13-01T00:00:00Z' }, 'epoch: '],
  [{ epoch: '1969-12-31T23:59:59Z' }, 'epoch: '],
  [{ epoch: {} }, 'epoch: '],
  [{ files: 'x' }, 'files: "x" was given; it has to be an object that maps absolute paths to contents'],
  [{ files: ['/x'] }, 'files: an array was given'],
]

const RUN: readonly (readonly [unknown, string])[] = [
  [{ argv: [] }, 'run: there is no option "argv"; there are args, env, stdin, stdout'],
  [null, 'run: null was given; it has to be an object with some of args'],
  [{ args: 'ls -l' }, `args: "ls -l" was given; it has to be an array of strings, the program's name first`],
  [{ args: ['a', 5] }, 'args[1]: 5 was given; it has to be text'],
  [{ args: ['a\0b'] }, 'args[0]: "a\\u0000b" was given; it has to be text without a NUL character'],
  [{ env: { '': 'x' } }, 'env: "" was given; it has to be names that are not empty and have no "="'],
  [{ env: { 'A=B': 'x' } }, 'env: "A=B" was given'],
  [{ env: { A: 5 } }, 'env.A: 5 was given; it has to be text'],
  [{ env: { A: 'x\0' } }, 'env.A: "x\\u0000" was given; it has to be text without a NUL character'],
  [{ env: ['A=B'] }, 'env: an array was given; it has to be an object that maps names to texts'],
  [{ env: null }, 'env: null was given'],
  [{ limits: { time: 5 } }, 'limits: there is no option "time"; there are calls, output, descriptors, pipe'],
  [{ limits: { calls: '5' } }, 'limits.calls: "5" was given; it has to be a whole number from 0 up, or Infinity'],
  [{ limits: { output: -0.1 } }, 'limits.output: -0.1 was given'],
  [{ trace: true }, `trace: true was given; it has to be 'off', 'digest' or 'records'`],
  [{ stdout: 'file.txt' }, 'stdout: "file.txt" was given; it has to be a function that takes the bytes written'],
  [{ stderr: {} }, 'stderr: an object was given; it has to be a function'],
  [{ stdin: 5 }, "stdin: 5 was given; it has to be text, a Uint8Array, an iterable of these, or { file: '/path' }"],
  [{ stdin: {} }, 'stdin: an object was given'],
  [{ stdin: null }, 'stdin: null was given'],
  [{ stdin: { file: 5 } }, 'stdin.file: 5 was given; it has to be text'],
  [{ stdin: { file: '/x', from: 3 } }, 'stdin: there is no option "from"; there are file'],
  [{ tty: 'yes' }, 'tty: "yes" was given; it has to be an object with some of stdin, stdout, stderr'],
  [{ tty: { stdio: true } }, 'tty: there is no option "stdio"; there are stdin, stdout, stderr'],
  [{ tty: { stdin: 1 } }, 'tty.stdin: 1 was given; it has to be true or false'],
  [{ preopens: '/' }, 'preopens: "/" was given'],
  [{ preopens: { '/': 5 } }, 'preopens[0].path: 5 was given; it has to be text'],
  [{ preopens: { '/': 'tmp' } }, `preopens[0].path: "tmp" was given; it has to be an absolute path of the machine`],
  [{ preopens: [{ name: '/', path: '/' }, { path: '/' }] }, 'preopens[1].name: undefined was given'],
  [{ preopens: ['/'] }, 'preopens[0]: "/" was given; it has to be an object with some of name, path'],
  [{ preopens: [{ name: '/', path: '/', rights: 0 }] }, 'preopens[0]: there is no option "rights"'],
  [{ listen: 8080 }, 'listen: 8080 was given; it has to be an array with an array of peers for each listening socket'],
  [{ listen: [{ send: 'x' }] }, 'listen[0]: an object was given; it has to be an array of peers'],
  [{ listen: [[{ sends: 'x' }]] }, 'listen[0][0]: there is no option "sends"; there are send, respond, keepOpen'],
  [{ listen: [[], [{}, { send: 5 }]] }, 'listen[1][1].send: 5 was given; it has to be text or a Uint8Array'],
  [{ listen: [[{ respond: 'hello' }]] }, 'listen[0][0].respond: "hello" was given; it has to be a function'],
  [{ listen: [[{ keepOpen: 0 }]] }, 'listen[0][0].keepOpen: 0 was given; it has to be true or false'],
  [{ imports: [] }, 'imports: an array was given; it has to be an object that maps modules to what they export'],
  [
    { imports: { env: () => 5 } },
    'imports.env: a function was given; it has to be an object that maps names to values',
  ],
]

describe('new Machine()', () => {
  it.each(MACHINE)('refuses %o', (options, message) => {
    const error = errorOf(() => new Machine(options as MachineOptions))
    expect(error.code).toBe('BAD_OPTION')
    expect(error.message.slice(0, message.length)).toBe(message)
    expect(error.message.length).toBeGreaterThan('epoch: '.length)
  })

  it('names the path of a file that cannot be', () => {
    for (const [files, problem] of [
      [{ relative: '' }, '"relative": the path is not absolute: start it with "/"'],
      [{ '/a/../b': '' }, '"/a/../b": has "." or ".." in it: say the path itself'],
      [{ '/a': '', '/a/b': '' }, '"/a/b": a is there and is no directory'],
      [{ '/a': { data: '', symlink: 'x' } }, '"/a": give exactly one of data, symlink, hardlink, directory, device'],
      [{ '/a': { hardlink: '/b' } }, '"/a": '],
      [{ [`/${'n'.repeat(256)}`]: '' }, 'File name too long'],
    ] as const) {
      expect(() => new Machine({ files })).toThrow(ImportError)
      expect(() => new Machine({ files })).toThrow(problem)
    }
  })

  it('takes all that it says it takes', () => {
    for (const seed of ['', 'a', 0, -1.5, 2 ** 60]) expect(new Machine({ seed })).toBeInstanceOf(Machine)
    for (const tick of [0, 1, 1e9]) expect(new Machine({ tick })).toBeInstanceOf(Machine)
    for (const bytes of [0, 4096, Infinity]) expect(new Machine({ quota: { bytes } })).toBeInstanceOf(Machine)
  })
})

describe('run()', () => {
  it.each(RUN)('refuses %o', (options, message) => {
    const machine = new Machine()
    const error = errorOf(() => machine.run(callerModule(), options as RunOptions))
    expect(error.code).toBe('BAD_OPTION')
    expect(error.message.slice(0, message.length)).toBe(message)
    expect(machine.run(callerModule()).pid).toBe(1)
  })

  it('refuses files and directories that are not there, and nothing has happened', () => {
    const machine = new Machine({ files: { '/dir/file': 'x', '/loop': { symlink: 'loop' } } })
    for (const [options, message] of [
      [{ preopens: { '/': '/none' } }, 'preopens: /none: No such file or directory'],
      [{ preopens: { '/': '/dir/file' } }, 'preopens: /dir/file is not a directory'],
      [{ preopens: { '/': '/dir', '/x': '/loop' } }, 'preopens: /loop: '],
      [{ stdin: { file: '/none' } }, 'stdin: /none: No such file or directory'],
      [{ stdin: { file: '/dir' } }, 'stdin: /dir is a directory, not a file'],
      [{ stdin: { file: '/dir/file' }, preopens: { '/': '/none' } }, 'preopens: /none: '],
    ] as const) {
      const error = errorOf(() => machine.run(callerModule(), options))
      expect(error.code).toBe('NO_SUCH_FILE')
      expect(error.message.slice(0, message.length)).toBe(message)
    }
    expect(machine.run(callerModule()).pid).toBe(1)
    machine.fs.rmSync('/dir', { recursive: true })
    machine.fs.rmSync('/loop')
    expect(machine.tree.table.count).toBe(new Machine().tree.table.count)
  })
})

describe('pipeline()', () => {
  it('refuses a stream that is a pipe, a wrong option of any stage, and then no stage has begun', async () => {
    const machine = new Machine()
    const module = await wasiWat('(func (export "_start"))')
    const sink = (): void => {}
    for (const [stages, message] of [
      [[{ module }, { module, stdin: 'x' }], 'stages[1].stdin: it is the pipe to the stage before it; leave it out'],
      [[{ module, stdout: sink }, { module }], 'stages[0].stdout: it is the pipe to the stage after it; leave it out'],
      [[{ module }, { module, args: 5 as never }], 'args: 5 was given'],
    ] as const) {
      expect(errorOf(() => machine.pipeline(stages)).message.slice(0, message.length)).toBe(message)
    }
    expect(errorOf(() => machine.pipeline([{ module }, { module: new Uint8Array(3) }])).code).toBe('BAD_MODULE')
    expect(machine.run(module).pid).toBe(1)
  })
})

describe('add()', () => {
  it('adds all or nothing', () => {
    const machine = new Machine({ files: { '/a': 'old' } })
    expect(() => machine.add({ '/b': 'new', '/a': 'new' })).toThrow(ImportError)
    expect(machine.fs.existsSync('/b')).toBe(false)
    machine.add({ '/b': 'new', '/dir/c': 'new' })
    expect(machine.fs.readFileSync('/dir/c', 'utf8')).toBe('new')
  })
})
