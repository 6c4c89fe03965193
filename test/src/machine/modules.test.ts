/** What can be run: commands, reactors, modules with neither; whose memory it is; and what is refused, with what to do. */

import { describe, expect, it } from 'vitest'
import { callNames, signatures } from '../../../src/abi/signatures.ts'
import { Machine, type VivariumError } from '../../../src/index.ts'
import { unstableCallNames } from '../../../src/unstable/signatures.ts'
import { CALLER_MAX_PAGES, callerModule } from '../../support/caller.ts'
import { errorOf } from '../../support/error_of.ts'
import { wasiWat } from '../../support/wasi_wat.ts'
import { wat } from '../../support/wat.ts'

const SET = (name: string, value: number): string =>
  `(func (export "${name}") (global.set $state (i32.const ${value})))`
const STATE = '(global $state (mut i32) (i32.const 0)) (func (export "state") (result i32) (global.get $state))'

describe('commands, reactors and libraries', () => {
  it('runs _start of a command, to its end', async () => {
    const run = new Machine().run(await wasiWat('(func (export "_start") (i32.store (i32.const 8) (i32.const 1)))'))
    expect(run.end).toEqual({ kind: 'exit', code: 0 })
    const { buffer } = run.exports.memory as WebAssembly.Memory
    expect(new Int32Array(buffer, 8, 1)[0]).toBe(1)
  })

  it('runs _initialize of a reactor, once, and leaves it alive', async () => {
    const module = await wasiWat(`
      (global $count (mut i32) (i32.const 0))
      (func (export "_initialize") (global.set $count (i32.add (global.get $count) (i32.const 1))))
      (func (export "count") (result i32) (global.get $count))`)
    const run = new Machine().run(module)
    expect(run.end).toBeUndefined()
    expect(run.call('count')).toBe(1)
    run.close()
    expect(run.end).toEqual({ kind: 'exit', code: 0 })
    run.close()
    expect(errorOf(() => run.call('count')).code).toBe('ENDED')
  })

  it('runs nothing of a library, and offers its exports', async () => {
    const run = new Machine().run(await wasiWat(`${STATE} ${SET('set', 5)}`))
    expect(run.call('state')).toBe(0)
    expect(run.call('set')).toBeUndefined()
    expect(run.call('state')).toBe(5)
  })

  it('passes numbers and bigints to exports, and gives back what they return', async () => {
    const run = new Machine().run(
      await wasiWat(
        '(func (export "sum") (param i32 i64) (result i64) (i64.add (i64.extend_i32_s (local.get 0)) (local.get 1)))',
      ),
    )
    expect(run.call('sum', -2, 2n ** 40n)).toBe(2n ** 40n - 2n)
  })

  it('says which exports there are when a wrong one is called', async () => {
    const run = new Machine().run(await wasiWat(`${STATE} ${SET('set', 5)}`))
    const error = errorOf(() => run.call('get'))
    expect(error.code).toBe('NO_SUCH_EXPORT')
    expect(error.message).toBe('the module exports no function get; it exports state, set')
    expect(errorOf(() => run.call('memory')).code).toBe('NO_SUCH_EXPORT')
  })

  it('refuses a module that says that it is both', async () => {
    const error = errorOf.bind(undefined, () => new Machine().run(both))
    const both = await wasiWat(`${STATE} ${SET('_start', 1)} ${SET('_initialize', 2)}`)
    expect(error().code).toBe('BAD_MODULE')
    expect(error().message).toContain('exports both _start and _initialize')
    expect(error().message).toContain('link it as one of the two')
  })

  it('takes a compiled module, and the same one for many runs', async () => {
    const module = new WebAssembly.Module(await wasiWat(`${STATE} ${SET('set', 5)}`))
    const machine = new Machine()
    const [one, two] = [machine.run(module), machine.run(module)]
    one.call('set')
    expect([one.call('state'), two.call('state')]).toEqual([5, 0])
    expect([one.pid, two.pid]).toEqual([1, 2])
  })

  it('runs a module that imports nothing and has no memory', async () => {
    expect(new Machine().run(await wat('(module (func (export "_start")))')).exitCode).toBe(0)
    expect(new Machine().run(await wat('(module)')).end).toBeUndefined()
  })

  it('answers EFAULT to pointers of a module without a memory', async () => {
    const run = new Machine().run(
      await wat(`(module
        (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
        (func (export "at") (param i32 i32) (result i32) (call $random_get (local.get 0) (local.get 1))))`),
    )
    expect(run.call('at', 0, 1)).toBe(21)
    expect(run.call('at', 0, 0)).toBe(0)
  })
})

describe('memory', () => {
  it.each(['own', 'imported', 'shared', 'imported shared'] as const)('every call works on one that is %s', (kind) => {
    const run = runWithMemory(kind)
    const memory = run.memory
    if (kind.includes('shared')) expect(memory.buffer).toBeInstanceOf(SharedArrayBuffer)
    const { view, text, call } = run
    // A path at 16, an iovec at 64 for 5 bytes at 128, results from 256 on.
    text(16, 'made')
    view().setUint32(64, 128, true)
    view().setUint32(68, 5, true)
    text(128, 'hello')
    const answers = new Map<string, unknown>()
    const make = (name: string, ...args: (number | bigint)[]): void => {
      answers.set(name, call(name, ...args))
    }
    make('args_sizes_get', 256, 260)
    make('args_get', 300, 400)
    make('environ_sizes_get', 256, 260)
    make('environ_get', 300, 400)
    make('clock_res_get', 0, 256)
    make('clock_time_get', 1, 0n, 256)
    make('random_get', 512, 64)
    make('path_create_directory', 3, 16, 3)
    make('path_open', 3, 1, 16, 4, 1, 0x1fff_ffffn, 0x1fff_ffffn, 0, 256)
    expect(view().getUint32(256, true)).toBe(5)
    make('fd_write', 5, 64, 1, 260)
    make('fd_pwrite', 5, 64, 1, 5n, 260)
    make('fd_seek', 5, 0n, 0, 264)
    make('fd_read', 5, 64, 1, 260)
    expect(view().getUint32(260, true)).toBe(5)
    make('fd_pread', 5, 64, 1, 5n, 260)
    make('fd_tell', 5, 264)
    make('fd_advise', 5, 0n, 0n, 0)
    make('fd_allocate', 5, 0n, 100n)
    make('fd_filestat_set_size', 5, 10n)
    make('fd_filestat_set_times', 5, 1n, 2n, 5)
    make('fd_filestat_get', 5, 600)
    expect(view().getBigUint64(632, true)).toBe(10n)
    make('fd_fdstat_get', 5, 600)
    make('fd_fdstat_set_flags', 5, 1)
    make('fd_datasync', 5)
    make('fd_sync', 5)
    make('fd_fdstat_set_rights', 5, 0xffn, 0n)
    make('fd_prestat_get', 3, 600)
    make('fd_prestat_dir_name', 3, 600, 1)
    make('path_filestat_get', 3, 0, 16, 4, 700)
    make('path_filestat_set_times', 3, 0, 16, 4, 1n, 2n, 5)
    make('path_symlink', 16, 4, 3, 128, 5)
    make('path_readlink', 3, 128, 5, 800, 100, 256)
    expect(read(view(), 800, view().getUint32(256, true))).toBe('made')
    make('path_unlink_file', 3, 128, 5)
    make('path_link', 3, 0, 16, 4, 3, 128, 5)
    make('path_rename', 3, 128, 5, 3, 129, 4)
    make('fd_readdir', 3, 1024, 1024, 0n, 256)
    expect(read(view(), 1024, view().getUint32(256, true))).toContain('made')
    make('path_remove_directory', 3, 16, 3)
    make('fd_renumber', 5, 4)
    // A socket listens on 4 no more; the second one is where accept put it.
    make('sched_yield')
    make('fd_close', 4)
    view().setUint8(2056, 0)
    make('poll_oneoff', 2048, 2100, 1, 256)
    make('proc_raise', 17)
    const rest = callNames.filter((name) => !answers.has(name))
    expect(rest).toEqual(['proc_exit', 'sock_accept', 'sock_recv', 'sock_send', 'sock_shutdown'])
    expect(Object.fromEntries([...answers].filter(([, answer]) => answer !== 0))).toEqual({})
    expect(new TextDecoder().decode(run.machine.fs.readFileSync('/made'))).toBe('hellohello')
  })

  it.each(['own', 'shared', 'imported shared'] as const)('sockets work on one that is %s', (kind) => {
    const { call, view, text } = runWithMemory(kind)
    expect(call('sock_accept', 4, 0, 256)).toBe(0)
    const fd = view().getUint32(256, true)
    view().setUint32(64, 128, true)
    view().setUint32(68, 4, true)
    expect(call('sock_recv', fd, 64, 1, 0, 256, 260)).toBe(0)
    expect(read(view(), 128, 4)).toBe('hail')
    text(128, 'echo')
    expect(call('sock_send', fd, 64, 1, 0, 256)).toBe(0)
    expect(call('sock_shutdown', fd, 3)).toBe(0)
  })

  it.each(['own', 'imported', 'shared', 'imported shared'] as const)('one that is %s grows between calls', (kind) => {
    const { call, view, text, machine } = runWithMemory(kind)
    const iovecTo = (ptr: number): void => {
      view().setUint32(64, ptr, true)
      view().setUint32(68, 5, true)
    }
    iovecTo(70_000)
    expect(call('fd_write', 1, 64, 1, 256)).toBe(21)
    expect(call('memory_grow', 1)).toBe(1)
    text(70_000, 'grown')
    expect(call('fd_write', 1, 64, 1, 256)).toBe(0)
    expect(call('memory_grow', CALLER_MAX_PAGES - 2)).toBe(2)
    expect(call('random_get', 65_536 * CALLER_MAX_PAGES - 8, 8)).toBe(0)
    expect(call('random_get', 65_536 * CALLER_MAX_PAGES - 8, 9)).toBe(21)
    expect(call('memory_grow', 1)).toBe(-1)
    expect(machine.time).toBeGreaterThan(0n)
  })

  it('is seen by an import in JavaScript that grows it between two calls of one export', async () => {
    const module = await wasiWat(`
      (import "env" "grow" (func $grow))
      (memory (export "memory") 1 4)
      (func (export "go") (result i32)
        (drop (call $random_get (i32.const 0) (i32.const 8)))
        (call $grow)
        (call $random_get (i32.const 65536) (i32.const 8)))`)
    let memory: WebAssembly.Memory | undefined
    const run = new Machine().run(module, { imports: { env: { grow: () => memory?.grow(2) } } })
    memory = run.exports.memory as WebAssembly.Memory
    expect(run.call('go')).toBe(0)
    expect(new Uint8Array(memory.buffer, 65_536, 8).some((byte) => byte !== 0)).toBe(true)
  })

  it('can hold as many subscriptions as one call takes, and one more, which is EINVAL', async () => {
    // All zeros: each is a clock that strikes at once.
    const run = new Machine().run(
      await wasiWat(`(memory (export "memory") 100)
        (func (export "poll") (param i32) (result i32)
          (call $poll_oneoff (i32.const 65536) (i32.const 4194304) (local.get 0) (i32.const 32)))`),
    )
    const view = new DataView((run.exports.memory as WebAssembly.Memory).buffer)
    expect(run.call('poll', 65_537)).toBe(28)
    expect([run.call('poll', 65_536), view.getUint32(32, true)]).toEqual([0, 65_536])
  })

  it('can be named so often by one call that its ranges have 2^31 bytes together, which is EINVAL', async () => {
    const run = new Machine().run(
      await wasiWat(`(memory (export "memory") 33)
        (func (export "read") (result i32)
          (call $fd_read (i32.const 0) (i32.const 64) (i32.const 1024) (i32.const 32)))`),
      { stdin: 'x' },
    )
    const view = new DataView((run.exports.memory as WebAssembly.Memory).buffer)
    for (let i = 0; i < 1024; i++) {
      view.setUint32(64 + 8 * i, 16_384, true)
      view.setUint32(68 + 8 * i, 2 ** 21, true)
    }
    expect(run.call('read')).toBe(28)
    view.setUint32(68, 2 ** 21 - 1, true)
    expect([run.call('read'), view.getUint32(32, true)]).toEqual([0, 1])
  })
})

describe('imports', () => {
  it('may be functions, globals, memories and tables of the user', async () => {
    const module = await wat(`(module
      (import "math" "twice" (func $twice (param i32) (result i32)))
      (import "math" "offset" (global $offset i32))
      (import "env" "memory" (memory 1))
      (func (export "go") (param i32) (result i32)
        (i32.store (i32.const 0) (call $twice (local.get 0)))
        (i32.add (i32.load (i32.const 0)) (global.get $offset))))`)
    const memory = new WebAssembly.Memory({ initial: 1 })
    const run = new Machine().run(module, {
      imports: { math: { twice: (value: number) => 2 * value, offset: 100 }, env: { memory } },
    })
    expect(run.call('go', 21)).toBe(142)
    expect(new DataView(memory.buffer).getUint32(0, true)).toBe(42)
  })

  it('can take the place of single calls of WASI', async () => {
    const module = await wasiWat(`
      (func (export "yield") (result i32) (call $sched_yield))
      (func (export "random") (result i32) (call $random_get (i32.const 0) (i32.const 1)))`)
    const run = new Machine().run(module, { imports: { wasi_snapshot_preview1: { sched_yield: () => 77 } } })
    expect(run.call('yield')).toBe(77)
    expect(run.call('random')).toBe(0)
    expect(run.calls).toBe(1)
  })

  it('that are missing are named, with how to give them', async () => {
    const missing = (text: string, imports = {}): VivariumError =>
      errorOf(() => new Machine().run(bytesOf(text), { imports }))
    const texts = new Map<string, Uint8Array>()
    const bytesOf = (text: string): Uint8Array => texts.get(text) as Uint8Array
    for (const text of [
      '(import "env" "log" (func))',
      '(import "env" "memory" (memory 1))',
      '(import "wasi_snapshot_preview1" "fd_dup" (func))',
      '(import "wasi_unstable" "sock_accept" (func))',
      '(import "wasi:cli/run" "run" (func))',
    ]) {
      texts.set(text, await wat(`(module ${text})`))
    }
    const log = missing('(import "env" "log" (func))')
    expect(log.code).toBe('MISSING_IMPORT')
    expect(log.message).toBe(
      'the module imports the function env.log, which is not WASI; give it in the options as imports: { "env": { "log": … } }',
    )
    expect(missing('(import "env" "log" (func))', { env: {} }).code).toBe('MISSING_IMPORT')
    expect(missing('(import "env" "memory" (memory 1))').message).toContain('the memory env.memory')
    const dup = missing('(import "wasi_snapshot_preview1" "fd_dup" (func))')
    expect(dup.code).toBe('MISSING_IMPORT')
    expect(dup.message).toContain(`none of the ${callNames.length} calls of wasi_snapshot_preview1`)
    const accept = missing('(import "wasi_unstable" "sock_accept" (func))')
    expect(accept.message).toContain(`none of the ${unstableCallNames.length} calls of wasi_unstable`)
    expect(missing('(import "wasi:cli/run" "run" (func))').code).toBe('MISSING_IMPORT')
  })

  it('of the wrong type are refused, and nothing has happened', async () => {
    const machine = new Machine({ files: { '/in': 'x' } })
    const before = machine.run(callerModule()).pid
    for (const [text, imports] of [
      ['(import "wasi_snapshot_preview1" "fd_write" (func (param i64)))', {}],
      ['(import "wasi_snapshot_preview1" "sched_yield" (func (result i64)))', {}],
      ['(import "wasi_snapshot_preview1" "fd_seek" (func (param i32 i32 i32 i32) (result i32)))', {}],
      ['(import "wasi_snapshot_preview1" "fd_tell" (global i32))', {}],
      ['(import "env" "f" (func))', { env: { f: 5 } }],
      ['(import "env" "g" (global i32))', { env: { g: 'text' } }],
      ['(import "env" "memory" (memory 2))', { env: { memory: new WebAssembly.Memory({ initial: 1 }) } }],
    ] as const) {
      const bytes = await wat(`(module ${text} (func (export "_start")))`)
      const error = errorOf(() => machine.run(bytes, { imports, stdin: { file: '/in' } } as never))
      expect(error.code).toBe('BAD_MODULE')
      expect(error.message).toContain('imports something as what it is not')
    }
    expect(machine.run(callerModule()).pid).toBe(before + 1)
    machine.fs.unlinkSync('/in')
    expect(machine.tree.table.count).toBe(new Machine().tree.table.count)
  })

  it('of both WASI modules can be in one module', async () => {
    const run = new Machine().run(
      await wat(`(module
        (import "wasi_snapshot_preview1" "fd_filestat_get" (func $new (param i32 i32) (result i32)))
        (import "wasi_unstable" "fd_filestat_get" (func $old (param i32 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "new") (result i32) (call $new (i32.const 3) (i32.const 0)))
        (func (export "old") (result i32) (call $old (i32.const 3) (i32.const 128))))`),
    )
    expect([run.call('new'), run.call('old')]).toEqual([0, 0])
    const view = new DataView((run.exports.memory as WebAssembly.Memory).buffer)
    expect(view.getBigUint64(8, true)).toBe(view.getBigUint64(136, true))
    expect(view.getBigUint64(24, true)).toBe(BigInt(view.getUint32(148, true)))
    expect(run.calls).toBe(2)
  })

  it('of one call, twice, are two imports of the same function', async () => {
    const twice = '(import "wasi_snapshot_preview1" "sched_yield"'
    const run = new Machine().run(
      await wat(`(module ${twice} (func $a (result i32))) ${twice} (func $b (result i32)))
        (func (export "both") (result i32) (i32.add (call $a) (call $b))))`),
    )
    expect(run.call('both')).toBe(0)
    expect(run.calls).toBe(2)
  })
})

describe('what is no module', () => {
  it.each([
    ['no bytes', new Uint8Array(0)],
    ['text', new TextEncoder().encode('#!/bin/sh')],
    ['half of one', callerModule().subarray(0, 100)],
  ])('%s is refused', (_, bytes) => {
    const error = errorOf(() => new Machine().run(bytes))
    expect(error.code).toBe('BAD_MODULE')
    expect(error.message).toMatch(/^the bytes are no valid WebAssembly module: ./)
  })

  it.each([[undefined], [null], ['path/to.wasm'], [5], [new ArrayBuffer(8)], [{}]])('%o is refused', (value) => {
    const error = errorOf(() => new Machine().run(value as never))
    expect(error.code).toBe('BAD_MODULE')
    expect(error.message).toContain('WebAssembly.Module, or the bytes of one as a Uint8Array')
  })
})

function read(view: DataView, ptr: number, length: number): string {
  return new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + ptr, length).slice())
}

/** A caller whose memory is of that kind, with one listening socket on 4 and a peer that says hail. */
function runWithMemory(kind: 'own' | 'imported' | 'shared' | 'imported shared') {
  const shared = kind.includes('shared')
  const memory = new WebAssembly.Memory({ initial: 1, maximum: CALLER_MAX_PAGES, shared })
  const machine = new Machine()
  const run = machine.run(callerModule({ memory: kind }), {
    args: ['a', 'b'],
    env: { A: 'b' },
    listen: [[{ send: 'hail' }]],
    ...(kind.includes('imported') ? { imports: { env: { memory } } } : {}),
  })
  const used = kind.includes('imported') ? memory : (run.exports.memory as WebAssembly.Memory)
  return {
    machine,
    memory: used,
    view: (): DataView => new DataView(used.buffer),
    text: (ptr: number, value: string): void => {
      new Uint8Array(used.buffer).set(new TextEncoder().encode(value), ptr)
    },
    call: (name: string, ...args: (number | bigint)[]): unknown => {
      if (name in signatures || name === 'memory_grow') return run.call(name, ...args)
      throw new TypeError(name)
    },
  }
}
