/** The table of calls, against the wasm types of the preview1 document and those that a shipped guest imports. */

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { callNames, isCallName, type Param, signatures, signatureText } from '../../../src/abi/signatures.ts'
import { importedFunctions } from '../../support/wasm_imports.ts'

/** Every call in witx order with its wasm type, as the document's ABI gives it. */
const DOCUMENT = `
args_get(i32,i32)i32
args_sizes_get(i32,i32)i32
environ_get(i32,i32)i32
environ_sizes_get(i32,i32)i32
clock_res_get(i32,i32)i32
clock_time_get(i32,i64,i32)i32
fd_advise(i32,i64,i64,i32)i32
fd_allocate(i32,i64,i64)i32
fd_close(i32)i32
fd_datasync(i32)i32
fd_fdstat_get(i32,i32)i32
fd_fdstat_set_flags(i32,i32)i32
fd_fdstat_set_rights(i32,i64,i64)i32
fd_filestat_get(i32,i32)i32
fd_filestat_set_size(i32,i64)i32
fd_filestat_set_times(i32,i64,i64,i32)i32
fd_pread(i32,i32,i32,i64,i32)i32
fd_prestat_get(i32,i32)i32
fd_prestat_dir_name(i32,i32,i32)i32
fd_pwrite(i32,i32,i32,i64,i32)i32
fd_read(i32,i32,i32,i32)i32
fd_readdir(i32,i32,i32,i64,i32)i32
fd_renumber(i32,i32)i32
fd_seek(i32,i64,i32,i32)i32
fd_sync(i32)i32
fd_tell(i32,i32)i32
fd_write(i32,i32,i32,i32)i32
path_create_directory(i32,i32,i32)i32
path_filestat_get(i32,i32,i32,i32,i32)i32
path_filestat_set_times(i32,i32,i32,i32,i64,i64,i32)i32
path_link(i32,i32,i32,i32,i32,i32,i32)i32
path_open(i32,i32,i32,i32,i32,i64,i64,i32,i32)i32
path_readlink(i32,i32,i32,i32,i32,i32)i32
path_remove_directory(i32,i32,i32)i32
path_rename(i32,i32,i32,i32,i32,i32)i32
path_symlink(i32,i32,i32,i32,i32)i32
path_unlink_file(i32,i32,i32)i32
poll_oneoff(i32,i32,i32,i32)i32
proc_exit(i32)
proc_raise(i32)i32
sched_yield()i32
random_get(i32,i32)i32
sock_accept(i32,i32,i32)i32
sock_recv(i32,i32,i32,i32,i32,i32)i32
sock_send(i32,i32,i32,i32,i32)i32
sock_shutdown(i32,i32)i32
`

const POINTERS: readonly string[] = [
  'path',
  'ciovs',
  'subscriptions',
  'iovs',
  'buffer',
  'events',
  'pointers',
  'pointer',
]
const isPointer = ({ kind }: Param): boolean => POINTERS.includes(kind)

describe('signatures', () => {
  it('are the 46 of the document, in its order', () => {
    expect(callNames).toHaveLength(46)
    expect(callNames.map((name) => name + signatureText(signatures[name]))).toEqual(DOCUMENT.trim().split('\n'))
  })

  it('have the types that a guest made by wasi-libc imports', () => {
    const prism = createRequire(import.meta.url).resolve('@ruby/prism/package.json')
    const imports = importedFunctions(readFileSync(prism.replace('package.json', 'src/prism.wasm')))
    const calls = imports.filter(({ module }) => module === 'wasi_snapshot_preview1')
    expect(calls.length).toBeGreaterThan(40)
    for (const { name, type } of calls) {
      expect(isCallName(name) && `${name}${signatureText(signatures[name])}`).toBe(name + type)
    }
  })

  it('know names from others', () => {
    expect(isCallName('fd_read')).toBe(true)
    expect(['fd_dup', 'toString', '__proto__', ''].some(isCallName)).toBe(false)
  })

  describe.each(callNames.map((name) => signatures[name]))('$name', ({ name, params, results }) => {
    const byName = new Map(params.map((param) => [param.name, param]))

    it('has a parameter of each name once, under its own name', () => {
      expect(byName.size).toBe(params.length)
      expect(signatures[name].name).toBe(name)
    })

    it('has 32-bit pointers, each with a count or a result that says its extent', () => {
      for (const param of params.filter(isPointer)) {
        expect(param.type).toBe('i32')
        const isRead = ['path', 'ciovs', 'subscriptions'].includes(param.kind)
        const written = results.filter((result) => result.param === param.name)
        expect(written).toHaveLength(isRead ? 0 : 1)
        if (isRead) expect(param).toMatchObject({ count: expect.any(String), unit: expect.any(Number) })
        if (param.count !== undefined) expect(byName.get(param.count)).toMatchObject({ type: 'i32', kind: 'size' })
      }
    })

    it('has results only at its pointers, of kinds that agree', () => {
      for (const result of results) {
        const param = byName.get(result.param) as Param
        expect('size' in result ? 'pointer' : result.kind).toBe(param.kind)
        if ('sizes' in result) expect(kindOf(result.sizes, result.count)).toBe('pointer')
        else if ('count' in result) expect(result.count).toBe(param.count)
      }
    })

    it('passes 64 bits for what has 64', () => {
      const wide = ['rights', 'filesize', 'filedelta', 'timestamp', 'dircookie']
      for (const param of params)
        expect([param.name, param.type]).toEqual([param.name, wide.includes(param.kind) ? 'i64' : 'i32'])
    })
  })
})

/** The kind of the parameter `param` of the call `call`. */
function kindOf(call: 'args_sizes_get' | 'environ_sizes_get', param: string): string | undefined {
  return signatures[call].params.find(({ name }) => name === param)?.kind
}
