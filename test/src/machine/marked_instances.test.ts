/**
 * Instances that are put back by what was written: what each call writes to the guest's memory is put back too, and that
 * is so because it was marked.
 */

import { afterEach, describe, expect, it, vi } from 'vitest'
import { WrittenMarks } from '../../../src/abi/written_marks.ts'
import { type CompileOptions, compile, fuelOfShort } from '../../../src/compile.ts'
import { DIRTY, MEMORY } from '../../../src/cpu/options.ts'
import { GuestInstance } from '../../../src/guest_instance.ts'
import { Machine, type RunOptions } from '../../../src/index.ts'
import { wasiWat } from '../../support/wasi_wat.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

function compileMarked(bytes: Uint8Array, options: CompileOptions = {}): WebAssembly.Module {
  return compile(bytes, { ...options, short: true })
}

const OPTIONS: RunOptions = {
  args: ['name', 'one', 'another'],
  env: { HOME: '/', EMPTY: '' },
  listen: [[{ send: 'of a peer, which is long enough' }]],
}
const FILES = { '/file': 'a file of some bytes', '/link': { symlink: 'where it points' } }

/** Where a granule begins, of which each has 2 KiB. */
const BORDER = 24 * 2048
/**
 * What the guest stores itself is in the first granule: paths, descriptors that it has opened, and four ranges, of which
 * one is empty and one goes over the border.
 */
const RANGES = [
  [40_000, 3],
  [90_000, 0],
  [80_000, 5],
  [BORDER - 2, 9],
] as const
const [FD, AT, RANGE_LIST] = [200, 100, 300]
const ranges = RANGES.map(([at, length], index) => {
  const store = (by: number, value: number): string =>
    `(i32.store (i32.const ${RANGE_LIST + 8 * index + by}) (i32.const ${value}))`
  return `${store(0, at)} ${store(4, length)}`
}).join('\n')
const fd = `(i32.load (i32.const ${FD}))`
const all = (...values: readonly (number | string)[]): string =>
  values.map((value) => (typeof value === 'number' ? `(i32.const ${value})` : value)).join(' ')
const rights = '(i64.const 0x1fffffff)'
const open = `(call $path_open ${all(3, 0, AT, 4, 0, rights, rights, 0, FD)})`
const opened = `(drop ${open})`
const accepted = `(drop (call $sock_accept ${all(4, 0, FD)}))`
const zero = '(i64.const 0)'
const OUT = 50_001
const OTHER = 60_000
const READ = [40_000, 80_000, BORDER - 1, BORDER]

/** What comes before a call, the call, and places at which it has written something that is not zero. */
const CALLS: readonly (readonly [name: string, before: string, call: string, written: readonly number[]])[] = [
  ['args_get', '', all(OUT, OTHER), [OUT, OTHER, OTHER + 15]],
  ['args_sizes_get', '', all(OUT, OTHER), [OUT, OTHER]],
  ['environ_get', '', all(OUT, OTHER), [OUT, OTHER]],
  ['environ_sizes_get', '', all(OUT, OTHER), [OUT, OTHER]],
  ['clock_res_get', '', all(0, OUT), [OUT]],
  ['clock_time_get', '', all(0, zero, OUT), [OUT + 1]],
  ['fd_fdstat_get', '', all(3, OUT), [OUT]],
  ['fd_filestat_get', '', all(3, BORDER - 20), [BORDER - 4, BORDER + 4]],
  ['fd_prestat_get', '', all(3, OUT), [OUT + 4]],
  ['fd_prestat_dir_name', '', all(3, OUT, 1), [OUT]],
  ['path_open', '', all(3, 0, AT, 4, 0, rights, rights, 0, OUT), [OUT]],
  ['fd_read', opened + ranges, all(fd, RANGE_LIST, 4, OUT), [...READ, OUT]],
  ['fd_pread', opened + ranges, all(fd, RANGE_LIST, 4, '(i64.const 1)', OUT), [...READ, OUT]],
  ['fd_write', ranges, all(1, RANGE_LIST, 4, OUT), [OUT]],
  ['fd_pwrite', opened + ranges, all(fd, RANGE_LIST, 4, zero, OUT), [OUT]],
  ['fd_readdir', '', all(3, OTHER, 3000, zero, OUT), [OTHER, OTHER + 24, OUT]],
  ['fd_seek', opened, all(fd, '(i64.const 5)', 0, OUT), [OUT]],
  ['fd_tell', `${opened} (drop (call $fd_seek ${all(fd, '(i64.const 5)', 0, FD + 8)}))`, all(fd, OUT), [OUT]],
  ['path_filestat_get', '', all(3, 0, AT, 4, OUT), [OUT + 8, OUT + 16]],
  ['path_readlink', '', all(3, AT + 4, 4, OTHER, 20, OUT), [OTHER, OTHER + 14, OUT]],
  ['poll_oneoff', '', all(400, OTHER, 1, OUT), [OUT]],
  ['random_get', '', all(BORDER - 5, 5000), [BORDER - 5, BORDER + 4990]],
  ['sock_accept', '', all(4, 0, OUT), [OUT]],
  ['sock_recv', accepted + ranges, all(fd, RANGE_LIST, 4, 0, OUT, OTHER), [...READ, OUT]],
  ['sock_send', accepted + ranges, all(fd, RANGE_LIST, 4, 0, OUT), [OUT]],
]

const guest = (name: string, before: string, call: string): Promise<Uint8Array> =>
  wasiWat(
    `
    (memory (export "memory") 2)
    (data (i32.const ${AT}) "filelink")
    (data (i32.const ${OUT - 1000}) "here something was") (data (i32.const BORDER) "here too")
    (func (export "_start") ${before} (call $proc_exit (call $${name} ${call})))`.replace('BORDER', String(BORDER)),
  )

/** The memory of a new instance, which nothing has run in. */
function freshMemory(module: WebAssembly.Module): Uint8Array {
  const imports: Record<string, Record<string, () => number>> = {}
  for (const { module: from, name } of WebAssembly.Module.imports(module))
    imports[from] = { ...imports[from], [name]: () => 0 }
  const { exports } = new WebAssembly.Instance(module, imports)
  return new Uint8Array((exports[MEMORY] as WebAssembly.Memory).buffer)
}

function memoryOf({ cpu }: GuestInstance): Uint8Array {
  return new Uint8Array(cpu?.memory?.buffer ?? new ArrayBuffer(0))
}

/** Runs the module; the memory before it was put back the first time, and after the last. */
function putBack(
  module: WebAssembly.Module,
  runs: number = 2,
): { readonly before: Uint8Array; readonly after: Uint8Array } {
  const { reset } = GuestInstance.prototype
  const seen: Uint8Array[] = []
  vi.spyOn(GuestInstance.prototype, 'reset').mockImplementation(function (this: GuestInstance) {
    seen.push(memoryOf(this).slice())
    reset.call(this)
    seen.push(memoryOf(this).slice())
  })
  for (let i = 0; i < runs; i++) {
    const run = new Machine({ cpu: 'strict', files: FILES }).run(module, OPTIONS)
    expect(run.end).toEqual({ kind: 'exit', code: 0 })
  }
  expect(seen.length).toBe(2 * (runs - 1))
  return { before: seen[0] as Uint8Array, after: seen.at(-1) as Uint8Array }
}

describe('what a call writes', () => {
  it.each(CALLS)('is put back: %s', async (name, code, call, written) => {
    const module = compileMarked(await guest(name, code, call))
    const fresh = freshMemory(module)
    const { before, after } = putBack(module)
    expect(written.filter((at) => before[at] === fresh[at])).toEqual([])
    expect(Buffer.compare(after, fresh)).toBe(0)
  })

  it.each(CALLS)('is not put back where it is not marked: %s', async (name, code, call) => {
    vi.spyOn(WrittenMarks.prototype, 'mark').mockImplementation(() => {})
    const module = compileMarked(await guest(name, code, call))
    expect(Buffer.compare(putBack(module).after, freshMemory(module))).not.toBe(0)
  })

  it('is put back where a guest imports from both WASI modules', async () => {
    const module = compileMarked(
      await wasiWat(`
        (import "wasi_unstable" "random_get" (func $old (param i32 i32) (result i32)))
        (memory (export "memory") 2)
        (func (export "_start") (drop (call $random_get (i32.const 50000) (i32.const 9)))
          (call $proc_exit (call $old (i32.const 90000) (i32.const 9))))`),
    )
    const { before, after } = putBack(module)
    expect([before[50_000], before[90_000]]).not.toContain(0)
    expect(Buffer.compare(after, freshMemory(module))).toBe(0)
  })

  it('is put back where the host reads edges through the memory, and what it shows of comparisons', async () => {
    const code =
      '(if (i32.lt_u (i32.load (i32.const 4)) (i32.const 5)) (then (i32.store (i32.const 0) (i32.const -1))))'
    const module = compileMarked(await guest('random_get', code, all(OUT, 9)), { coverage: true, comparisons: true })
    const { before, after } = putBack(module, 3)
    expect([before[0], before[1]]).toEqual([255, 255])
    expect(Buffer.compare(after, freshMemory(module))).toBe(0)
    vi.restoreAllMocks()
    const { coverage, comparisons } = new Machine({ cpu: 'strict', files: FILES }).run(module, OPTIONS)
    expect([coverage?.length, comparisons?.length]).toEqual([1, 1])
  })

  it('is put back after every run', async () => {
    // Each writes to where the first bytes say that it is to, of which it makes others.
    const module = compileMarked(
      await guest(
        'random_get',
        '(i32.store (i32.const 0) (i32.const 70000))',
        '(i32.load (i32.const 0)) (i32.const 9)',
      ),
    )
    expect(Buffer.compare(putBack(module, 5).after, freshMemory(module))).toBe(0)
  })
})

describe('compile() with marks', () => {
  const text = '(memory (export "memory") 2) (func (export "_start") (i32.store (i32.const 5) (i32.const 1)))'
  const marks = (module: WebAssembly.Module): boolean =>
    WebAssembly.Module.exports(module).some(({ name }) => name === DIRTY)

  it('gives a module that marks, and computes as what is compiled without', async () => {
    const bytes = await wasiWat(text)
    const marked = compileMarked(bytes, { fuel: true })
    const plain = compile(bytes, { fuel: true })
    expect([marks(marked), marks(plain)]).toEqual([true, false])
    expect(compileMarked(bytes, { fuel: true })).toBe(marked)
    const run = (module: WebAssembly.Module) => {
      const { end, fuelUsed, traceDigest } = new Machine({ cpu: 'strict' }).run(module, { fuel: 1000 })
      return { end, fuelUsed, traceDigest }
    }
    expect(run(marked)).toEqual(run(plain))
    expect(marks(compileMarked(bytes, { fuel: true, coverage: true }))).toBe(true)
  })

  it('is for guests that compute as the engine does too', async () => {
    const module = compileMarked(await wasiWat(text), { cpu: 'engine' })
    expect(marks(module)).toBe(true)
    expect(new Machine().run(module).exitCode).toBe(0)
  })
})

describe('fuelOfShort()', () => {
  it('is more the larger the memory is, and nothing where instances do not keep it', async () => {
    const of = async (pages: number) => fuelOfShort(await wasiWat(`(memory ${pages}) (func (export "_start"))`))
    expect([await of(2), await of(16), await of(1024), await of(1025)]).toEqual([16_384, 131_072, 8_388_608, 0])
  })
})
