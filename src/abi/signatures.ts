/**
 * The 46 calls of wasi_snapshot_preview1, in witx order, as data: what wasm passes, what it means, and what memory a
 * call may read and write. It drives the import objects, the trampoline, the decoding of arguments in a trace, and
 * the fuzzer, which checks that a call has written nowhere else.
 */

import { KernelBug } from '../../vfs/bug.ts'
import { EVENT_SIZE, FDSTAT_SIZE, FILESTAT_SIZE, IOVEC_SIZE, PRESTAT_SIZE, SUBSCRIPTION_SIZE } from './layout.ts'

/** The name of a call, as WASI spells it. */
export type CallName =
  | 'args_get'
  | 'args_sizes_get'
  | 'environ_get'
  | 'environ_sizes_get'
  | 'clock_res_get'
  | 'clock_time_get'
  | 'fd_advise'
  | 'fd_allocate'
  | 'fd_close'
  | 'fd_datasync'
  | 'fd_fdstat_get'
  | 'fd_fdstat_set_flags'
  | 'fd_fdstat_set_rights'
  | 'fd_filestat_get'
  | 'fd_filestat_set_size'
  | 'fd_filestat_set_times'
  | 'fd_pread'
  | 'fd_prestat_get'
  | 'fd_prestat_dir_name'
  | 'fd_pwrite'
  | 'fd_read'
  | 'fd_readdir'
  | 'fd_renumber'
  | 'fd_seek'
  | 'fd_sync'
  | 'fd_tell'
  | 'fd_write'
  | 'path_create_directory'
  | 'path_filestat_get'
  | 'path_filestat_set_times'
  | 'path_link'
  | 'path_open'
  | 'path_readlink'
  | 'path_remove_directory'
  | 'path_rename'
  | 'path_symlink'
  | 'path_unlink_file'
  | 'poll_oneoff'
  | 'proc_exit'
  | 'proc_raise'
  | 'sched_yield'
  | 'random_get'
  | 'sock_accept'
  | 'sock_recv'
  | 'sock_send'
  | 'sock_shutdown'

/** The type of a parameter in wasm. */
export type WasmType = 'i32' | 'i64'

/** What a number passed by value means; all are unsigned but `filedelta`. */
export type ValueKind =
  /** A descriptor. */
  | 'fd'
  /** RIGHT_* flags. */
  | 'rights'
  /** FDFLAG_* flags. */
  | 'fdflags'
  /** OFLAG_* flags. */
  | 'oflags'
  /** LOOKUP_SYMLINK_FOLLOW or 0. */
  | 'lookupflags'
  /** FSTFLAG_* flags. */
  | 'fstflags'
  /** RIFLAG_* flags. */
  | 'riflags'
  /** No flags are defined: 0. */
  | 'siflags'
  /** SDFLAG_* flags. */
  | 'sdflags'
  /** WHENCE_*; in wasi_unstable of another order. */
  | 'whence'
  /** CLOCK_*. */
  | 'clockid'
  /** ADVICE_*. */
  | 'advice'
  /** SIGNAL_*. */
  | 'signal'
  /** Exit code. */
  | 'exitcode'
  /** Offset or size in a file, bytes. */
  | 'filesize'
  /** Difference of offsets, bytes, signed. */
  | 'filedelta'
  /** Nanoseconds. */
  | 'timestamp'
  /** Where to go on in a directory. */
  | 'dircookie'
  /** How many bytes or elements the pointer has whose `count` is this parameter. */
  | 'size'

/** What a pointer points to that the call reads. */
export type InKind =
  /** The bytes of a path; not NUL-terminated. */
  | 'path'
  /** Regions whose bytes the call reads. */
  | 'ciovs'
  /** Subscriptions. */
  | 'subscriptions'

/** What a pointer points to that the call writes, or of which it writes the targets; `results` has the extent. */
export type OutKind =
  /** Regions whose bytes the call writes; the array itself is only read. */
  | 'iovs'
  /** Bytes. */
  | 'buffer'
  /** Events. */
  | 'events'
  /** An array of pointers to strings. */
  | 'pointers'
  /** One value of a fixed size. */
  | 'pointer'

/** One parameter in wasm. A path or an array is two of them: the pointer and, somewhere after it, its count. */
export interface Param {
  /** The name in witx; a string's or list's length has `_len` after it; a result has a name of what it is. */
  readonly name: string
  readonly type: WasmType
  readonly kind: ValueKind | InKind | OutKind
  /** Of a pointer to elements: the name of the parameter that says how many there are. Absent with `args_get` and `environ_get`. */
  readonly count?: string
  /** Of a pointer to elements that the call reads: bytes of each in wasi_snapshot_preview1 (a path 1, iovs 8, …). */
  readonly unit?: number
}

/** What one value written to a fixed-size result means. */
export type ResultKind = 'size' | 'fd' | 'filesize' | 'timestamp' | 'roflags' | 'fdstat' | 'filestat' | 'prestat'

/** Memory that a call may write: it writes none besides. A call that fails has written none of fixed size. */
export type Result =
  /** `size` bytes at the pointer `param`: all are written if the call succeeds, none if it fails. */
  | { readonly param: string; readonly kind: ResultKind; readonly size: number }
  /** At most `unit` bytes times the value of `count`, at `param`. */
  | { readonly param: string; readonly kind: 'buffer' | 'events'; readonly count: string; readonly unit: number }
  /** The regions that the `count` iovecs at `param` name, at most all of their bytes. */
  | { readonly param: string; readonly kind: 'iovs'; readonly count: string }
  /** `unit` bytes times what the call `sizes` gives as its result `count`, at `param`. */
  | {
      readonly param: string
      readonly kind: 'buffer' | 'pointers'
      readonly sizes: 'args_sizes_get' | 'environ_sizes_get'
      readonly count: string
      readonly unit: number
    }

/** One call. */
export interface Signature {
  readonly name: CallName
  readonly params: readonly Param[]
  /** What wasm gets back: an errno number, or nothing since the call does not return. */
  readonly returns: 'errno' | 'never'
  readonly results: readonly Result[]
}

const value = (name: string, kind: ValueKind): Param => ({ name, type: 'i32', kind })
const value64 = (name: string, kind: ValueKind): Param => ({ name, type: 'i64', kind })
const fd: Param = value('fd', 'fd')
const out = (name: string): Param => ({ name, type: 'i32', kind: 'pointer' })

/** A pointer to elements and their number, next to each other. */
const list = (name: string, kind: InKind | OutKind, unit?: number): readonly Param[] => [
  unit === undefined
    ? { name, type: 'i32', kind, count: `${name}_len` }
    : { name, type: 'i32', kind, count: `${name}_len`, unit },
  value(`${name}_len`, 'size'),
]
const path = (name: string): readonly Param[] => list(name, 'path', 1)
const ciovs = (name: string): readonly Param[] => list(name, 'ciovs', IOVEC_SIZE)
const iovs = (name: string): readonly Param[] => list(name, 'iovs', IOVEC_SIZE)
const buffer = (name: string): readonly Param[] => list(name, 'buffer')

const written = (param: string, kind: ResultKind, size: number): Result => ({ param, kind, size })
const filled = (param: string): Result => ({ param, kind: 'buffer', count: `${param}_len`, unit: 1 })
const scattered = (param: string): Result => ({ param, kind: 'iovs', count: `${param}_len` })

const call = (name: CallName, params: readonly Param[], results: readonly Result[] = []): Signature => ({
  name,
  params,
  returns: name === 'proc_exit' ? 'never' : 'errno',
  results,
})

/** `args_get` and `environ_get`: strings, and an array of pointers to them. */
const strings = (
  name: CallName,
  pointers: string,
  sizes: 'args_sizes_get' | 'environ_sizes_get',
  count: string,
): Signature =>
  call(
    name,
    [
      { name: pointers, type: 'i32', kind: 'pointers' },
      { name: `${pointers}_buf`, type: 'i32', kind: 'buffer' },
    ],
    [
      { param: pointers, kind: 'pointers', sizes, count, unit: 4 },
      { param: `${pointers}_buf`, kind: 'buffer', sizes, count: `${pointers}_buf_size`, unit: 1 },
    ],
  )

const stringSizes = (name: CallName, count: string, size: string): Signature =>
  call(name, [out(count), out(size)], [written(count, 'size', 4), written(size, 'size', 4)])

/** Every call by its name; a name more or less does not compile. */
export const signatures: { readonly [name in CallName]: Signature } = {
  args_get: strings('args_get', 'argv', 'args_sizes_get', 'argc'),
  args_sizes_get: stringSizes('args_sizes_get', 'argc', 'argv_buf_size'),
  environ_get: strings('environ_get', 'environ', 'environ_sizes_get', 'environc'),
  environ_sizes_get: stringSizes('environ_sizes_get', 'environc', 'environ_buf_size'),
  clock_res_get: call(
    'clock_res_get',
    [value('id', 'clockid'), out('resolution')],
    [written('resolution', 'timestamp', 8)],
  ),
  clock_time_get: call(
    'clock_time_get',
    [value('id', 'clockid'), value64('precision', 'timestamp'), out('time')],
    [written('time', 'timestamp', 8)],
  ),
  fd_advise: call('fd_advise', [
    fd,
    value64('offset', 'filesize'),
    value64('len', 'filesize'),
    value('advice', 'advice'),
  ]),
  fd_allocate: call('fd_allocate', [fd, value64('offset', 'filesize'), value64('len', 'filesize')]),
  fd_close: call('fd_close', [fd]),
  fd_datasync: call('fd_datasync', [fd]),
  fd_fdstat_get: call('fd_fdstat_get', [fd, out('stat')], [written('stat', 'fdstat', FDSTAT_SIZE)]),
  fd_fdstat_set_flags: call('fd_fdstat_set_flags', [fd, value('flags', 'fdflags')]),
  fd_fdstat_set_rights: call('fd_fdstat_set_rights', [
    fd,
    value64('fs_rights_base', 'rights'),
    value64('fs_rights_inheriting', 'rights'),
  ]),
  fd_filestat_get: call('fd_filestat_get', [fd, out('buf')], [written('buf', 'filestat', FILESTAT_SIZE)]),
  fd_filestat_set_size: call('fd_filestat_set_size', [fd, value64('size', 'filesize')]),
  fd_filestat_set_times: call('fd_filestat_set_times', [
    fd,
    value64('atim', 'timestamp'),
    value64('mtim', 'timestamp'),
    value('fst_flags', 'fstflags'),
  ]),
  fd_pread: call(
    'fd_pread',
    [fd, ...iovs('iovs'), value64('offset', 'filesize'), out('nread')],
    [scattered('iovs'), written('nread', 'size', 4)],
  ),
  fd_prestat_get: call('fd_prestat_get', [fd, out('buf')], [written('buf', 'prestat', PRESTAT_SIZE)]),
  fd_prestat_dir_name: call('fd_prestat_dir_name', [fd, ...buffer('path')], [filled('path')]),
  fd_pwrite: call(
    'fd_pwrite',
    [fd, ...ciovs('iovs'), value64('offset', 'filesize'), out('nwritten')],
    [written('nwritten', 'size', 4)],
  ),
  fd_read: call('fd_read', [fd, ...iovs('iovs'), out('nread')], [scattered('iovs'), written('nread', 'size', 4)]),
  fd_readdir: call(
    'fd_readdir',
    [fd, ...buffer('buf'), value64('cookie', 'dircookie'), out('bufused')],
    [filled('buf'), written('bufused', 'size', 4)],
  ),
  fd_renumber: call('fd_renumber', [fd, value('to', 'fd')]),
  fd_seek: call(
    'fd_seek',
    [fd, value64('offset', 'filedelta'), value('whence', 'whence'), out('newoffset')],
    [written('newoffset', 'filesize', 8)],
  ),
  fd_sync: call('fd_sync', [fd]),
  fd_tell: call('fd_tell', [fd, out('offset')], [written('offset', 'filesize', 8)]),
  fd_write: call('fd_write', [fd, ...ciovs('iovs'), out('nwritten')], [written('nwritten', 'size', 4)]),
  path_create_directory: call('path_create_directory', [fd, ...path('path')]),
  path_filestat_get: call(
    'path_filestat_get',
    [fd, value('flags', 'lookupflags'), ...path('path'), out('buf')],
    [written('buf', 'filestat', FILESTAT_SIZE)],
  ),
  path_filestat_set_times: call('path_filestat_set_times', [
    fd,
    value('flags', 'lookupflags'),
    ...path('path'),
    value64('atim', 'timestamp'),
    value64('mtim', 'timestamp'),
    value('fst_flags', 'fstflags'),
  ]),
  path_link: call('path_link', [
    value('old_fd', 'fd'),
    value('old_flags', 'lookupflags'),
    ...path('old_path'),
    value('new_fd', 'fd'),
    ...path('new_path'),
  ]),
  path_open: call(
    'path_open',
    [
      fd,
      value('dirflags', 'lookupflags'),
      ...path('path'),
      value('oflags', 'oflags'),
      value64('fs_rights_base', 'rights'),
      value64('fs_rights_inheriting', 'rights'),
      value('fdflags', 'fdflags'),
      out('opened_fd'),
    ],
    [written('opened_fd', 'fd', 4)],
  ),
  path_readlink: call(
    'path_readlink',
    [fd, ...path('path'), ...buffer('buf'), out('bufused')],
    [filled('buf'), written('bufused', 'size', 4)],
  ),
  path_remove_directory: call('path_remove_directory', [fd, ...path('path')]),
  path_rename: call('path_rename', [fd, ...path('old_path'), value('new_fd', 'fd'), ...path('new_path')]),
  path_symlink: call('path_symlink', [...path('old_path'), fd, ...path('new_path')]),
  path_unlink_file: call('path_unlink_file', [fd, ...path('path')]),
  poll_oneoff: call(
    'poll_oneoff',
    [
      { name: 'in', type: 'i32', kind: 'subscriptions', count: 'nsubscriptions', unit: SUBSCRIPTION_SIZE },
      { name: 'out', type: 'i32', kind: 'events', count: 'nsubscriptions' },
      value('nsubscriptions', 'size'),
      out('nevents'),
    ],
    [{ param: 'out', kind: 'events', count: 'nsubscriptions', unit: EVENT_SIZE }, written('nevents', 'size', 4)],
  ),
  proc_exit: call('proc_exit', [value('rval', 'exitcode')]),
  proc_raise: call('proc_raise', [value('sig', 'signal')]),
  sched_yield: call('sched_yield', []),
  random_get: call('random_get', [...buffer('buf')], [filled('buf')]),
  sock_accept: call(
    'sock_accept',
    [fd, value('flags', 'fdflags'), out('accepted_fd')],
    [written('accepted_fd', 'fd', 4)],
  ),
  sock_recv: call(
    'sock_recv',
    [fd, ...iovs('ri_data'), value('ri_flags', 'riflags'), out('nread'), out('ro_flags')],
    [scattered('ri_data'), written('nread', 'size', 4), written('ro_flags', 'roflags', 2)],
  ),
  sock_send: call(
    'sock_send',
    [fd, ...ciovs('si_data'), value('si_flags', 'siflags'), out('nwritten')],
    [written('nwritten', 'size', 4)],
  ),
  sock_shutdown: call('sock_shutdown', [fd, value('how', 'sdflags')]),
}

/** The names of all calls, in witx order. */
export const callNames: readonly CallName[] = Object.keys(signatures) as CallName[]

/** Whether `name` is the name of a call. */
export function isCallName(name: string): name is CallName {
  return Object.hasOwn(signatures, name)
}

/** The wasm type of a call, as `(i32,i64)i32`. */
export function signatureText(signature: Signature): string {
  const params = signature.params.map((param) => param.type).join()
  return `(${params})${signature.returns === 'errno' ? 'i32' : ''}`
}

/** Which word of a call a parameter is, where an i64 takes two. */
export function wordOf(signature: Signature, name: string): number {
  let word = 0
  for (const param of signature.params) {
    if (param.name === name) return word
    word += param.type === 'i64' ? 2 : 1
  }
  throw new KernelBug(`${signature.name} has no parameter ${name}`)
}
