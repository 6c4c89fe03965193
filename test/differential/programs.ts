/**
 * Programs of preview1 calls: what an operation is, how it is written down for `interpreter.c`, how it reads, and how
 * fast-check draws programs in which names collide, links lead into links, and what is open gets renamed and unlinked.
 */

import fc from 'fast-check'
import {
  RIGHT_FD_ALLOCATE,
  RIGHT_FD_DATASYNC,
  RIGHT_FD_FILESTAT_SET_SIZE,
  RIGHT_FD_READ,
  RIGHT_FD_SEEK,
  RIGHT_FD_TELL,
  RIGHT_FD_WRITE,
  RIGHTS_DIRECTORY,
  RIGHTS_FILE,
} from '../../kernel/rights.ts'
import { byteString, encodeLatin1 } from '../../vfs/bytes.ts'

/** What an argument is: `path` and `target` are texts, `time` is in seconds, the others are numbers. */
type Kind = 'fd' | 'path' | 'target' | 'number' | 'rights' | 'time'

/**
 * Each operation's number and arguments, as `interpreter.c` takes them. Most are a call of that name; the others:
 * - `list`: a whole listing through a buffer of `length` bytes; `sweep`: the same, unlinking what is found on the way;
 * - `pieces`: how many ranges the bytes are cut into; `seed`: which bytes are written.
 */
const CALLS = {
  path_open: [
    1,
    {
      fd: 'fd',
      dirflags: 'number',
      path: 'path',
      oflags: 'number',
      base: 'rights',
      inheriting: 'rights',
      fdflags: 'number',
    },
  ],
  fd_close: [2, { fd: 'fd' }],
  fd_read: [3, { fd: 'fd', length: 'number', pieces: 'number' }],
  fd_write: [4, { fd: 'fd', length: 'number', pieces: 'number', seed: 'number' }],
  fd_pread: [5, { fd: 'fd', length: 'number', pieces: 'number', offset: 'number' }],
  fd_pwrite: [6, { fd: 'fd', length: 'number', pieces: 'number', seed: 'number', offset: 'number' }],
  fd_seek: [7, { fd: 'fd', delta: 'number', whence: 'number' }],
  fd_tell: [8, { fd: 'fd' }],
  fd_renumber: [9, { fd: 'fd', to: 'fd' }],
  fd_filestat_get: [10, { fd: 'fd' }],
  fd_filestat_set_size: [11, { fd: 'fd', size: 'number' }],
  fd_filestat_set_times: [12, { fd: 'fd', atim: 'time', mtim: 'time', flags: 'number' }],
  fd_allocate: [13, { fd: 'fd', offset: 'number', length: 'number' }],
  fd_advise: [14, { fd: 'fd', offset: 'number', length: 'number', advice: 'number' }],
  fd_sync: [15, { fd: 'fd' }],
  fd_datasync: [16, { fd: 'fd' }],
  fd_fdstat_get: [17, { fd: 'fd' }],
  fd_fdstat_set_flags: [18, { fd: 'fd', flags: 'number' }],
  fd_fdstat_set_rights: [19, { fd: 'fd', base: 'rights', inheriting: 'rights' }],
  list: [20, { fd: 'fd', length: 'number' }],
  fd_readdir: [21, { fd: 'fd', length: 'number', cookie: 'number' }],
  path_create_directory: [22, { fd: 'fd', path: 'path' }],
  path_filestat_get: [23, { fd: 'fd', flags: 'number', path: 'path' }],
  path_filestat_set_times: [
    24,
    { fd: 'fd', flags: 'number', path: 'path', atim: 'time', mtim: 'time', fstflags: 'number' },
  ],
  path_link: [25, { fd: 'fd', flags: 'number', path: 'path', toFd: 'fd', to: 'path' }],
  path_readlink: [26, { fd: 'fd', path: 'path', length: 'number' }],
  path_remove_directory: [27, { fd: 'fd', path: 'path' }],
  path_rename: [28, { fd: 'fd', path: 'path', toFd: 'fd', to: 'path' }],
  path_symlink: [29, { target: 'target', fd: 'fd', path: 'path' }],
  path_unlink_file: [30, { fd: 'fd', path: 'path' }],
  sweep: [31, { fd: 'fd', length: 'number' }],
  fd_prestat_get: [32, { fd: 'fd' }],
  fd_prestat_dir_name: [33, { fd: 'fd', length: 'number' }],
} as const satisfies { readonly [call: string]: readonly [number, { readonly [name: string]: Kind }] }

type Calls = typeof CALLS
/** The name of an operation. */
export type Call = keyof Calls
type ValueOf<K> = K extends 'path' | 'target' ? string : number
type OperationOf<C extends Call> = {
  readonly call: C
} & { readonly [name in keyof Calls[C][1]]: ValueOf<Calls[C][1][name]> }

/** One operation: plain data, so that a program can be printed, kept and run again. */
export type Operation = { [C in Call]: OperationOf<C> }[Call]
export type Program = readonly Operation[]

/** The arguments of an operation, in the interpreter's order. */
function argumentsOf(operation: Operation): { name: string; kind: Kind; value: string | number }[] {
  const values = operation as unknown as { readonly [name: string]: string | number }
  return Object.entries(CALLS[operation.call][1]).map(([name, kind]) => ({ name, kind, value: values[name] ?? 0 }))
}

/** A time in seconds as what preview1 takes: nanoseconds. Milliseconds are exact. */
export function nanoseconds(seconds: number): bigint {
  return BigInt(Math.round(seconds * 1000)) * 1_000_000n
}

/** The program as `interpreter.c` reads it. */
export function encode(program: Program): Uint8Array {
  const strings: string[] = []
  const body: number[] = []
  const put = (bytes: number[], number: bigint): void => {
    let rest = BigInt.asUintN(64, number)
    for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
    bytes.push(Number(rest))
  }
  for (const operation of program) {
    body.push(CALLS[operation.call][0])
    for (const { kind, value } of argumentsOf(operation)) {
      if (typeof value === 'string') {
        if (!strings.includes(value)) strings.push(value)
        put(body, BigInt(strings.indexOf(value)))
      } else put(body, kind === 'time' ? nanoseconds(value) : BigInt(value))
    }
  }
  const head: number[] = []
  put(head, BigInt(strings.length))
  for (const text of strings) {
    const bytes = encodeLatin1(byteString(text))
    put(head, BigInt(bytes.length))
    head.push(...bytes)
  }
  return Uint8Array.from([...head, ...body])
}

/** An operation as a call is written: `path_open(fd=3, dirflags=1, path="a", …)`; rights in hexadecimal. */
export function print(operation: Operation): string {
  const text = argumentsOf(operation).map(({ name, kind, value }) => {
    const shown =
      typeof value === 'string' ? JSON.stringify(value) : kind === 'rights' ? `0x${value.toString(16)}` : value
    return `${name}=${shown}`
  })
  return `${operation.call}(${text.join(', ')})`
}

/** The rights of a directory: what both worlds take to make sense for a directory, so that they start as equals. */
export const DIRECTORY_RIGHTS: number = RIGHTS_DIRECTORY & ~RIGHT_FD_DATASYNC
/** What may be done with what is opened from one. */
export const INHERITED_RIGHTS: number = RIGHTS_DIRECTORY | RIGHTS_FILE

/** What every program begins with. */
export const PREAMBLE: Program = [
  { call: 'fd_fdstat_set_rights', fd: 3, base: DIRECTORY_RIGHTS, inheriting: INHERITED_RIGHTS },
  { call: 'fd_fdstat_set_rights', fd: 4, base: DIRECTORY_RIGHTS, inheriting: INHERITED_RIGHTS },
]

/** Seconds that programs set; a time that is read and is none of them is the world's own clock. */
export const TIMES: readonly number[] = [0, 1, 1_000_000_000, 1_700_000_000, 1_700_000_000.25]

const oftenOr = <T>(weight: number, often: fc.Arbitrary<T>, rarely: fc.Arbitrary<T>) =>
  fc.oneof({ weight, arbitrary: often }, { weight: 1, arbitrary: rarely })

const name = oftenOr(8, fc.constantFrom('a', 'b', 'c'), fc.constantFrom('ab', 'é'))
const part = oftenOr(25, name, fc.constantFrom('.', '..', '', 'x'.repeat(255), 'x'.repeat(256)))
const parts = (size: number) => fc.array(part, { minLength: size, maxLength: size })
const slash = oftenOr(20, fc.constant(''), fc.constantFrom('/', '/.', '//'))
/** Along the links that are there from the start. */
const along = fc
  .tuple(
    fc.constantFrom('d', 'd/up', 'd/side', 'd/e', 'd/e/far', 'd/e/here', 'out'),
    fc.constantFrom('', '', '/', '/a', '/b', '/d/up/c', '/..'),
  )
  .map((both) => both.join(''))
const inside = oftenOr(
  60,
  fc
    .tuple(
      fc.oneof(
        { weight: 10, arbitrary: parts(1) },
        { weight: 5, arbitrary: parts(2) },
        { weight: 1, arbitrary: parts(3) },
      ),
      slash,
    )
    .map(([names, end]) => names.join('/') + end),
  fc.constantFrom('', '/', '/a', '.', '..', 'a\0b', 'a/..', '../one/a', '../ab'),
)
const path = oftenOr(12, inside, along)
/** What links say. Most lead somewhere in the same directory, to each other, or nowhere. */
const target = oftenOr(12, path, fc.constantFrom('.', '..', '../a', '../b/c', 'a/', './b', 'missing', '/a', ''))
const fd = fc.oneof(
  { weight: 40, arbitrary: fc.integer({ min: 5, max: 8 }) },
  { weight: 4, arbitrary: fc.constantFrom(3, 4) },
  { weight: 1, arbitrary: fc.constantFrom(9, 10, 64, 4_000_000_000) },
)
const dirfd = fc.oneof(
  { weight: 12, arbitrary: fc.constant(3) },
  { weight: 4, arbitrary: fc.constant(4) },
  { weight: 4, arbitrary: fc.integer({ min: 5, max: 8 }) },
)
const size = fc.oneof(
  { weight: 4, arbitrary: fc.nat({ max: 12 }) },
  { weight: 1, arbitrary: fc.constantFrom(4095, 4096, 5000, 70_000) },
)
const offset = oftenOr(15, size, fc.constantFrom(-1, 2 ** 62))
const delta = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -8, max: 12 }) },
  { weight: 1, arbitrary: fc.constantFrom(-5000, 5000, -(2 ** 62)) },
)
const pieces = oftenOr(6, fc.constantFrom(1, 2, 3), fc.constant(0))
const seed = fc.nat({ max: 7 })
const time = fc.constantFrom(...TIMES)
const follow = oftenOr(30, fc.constantFrom(1, 1, 1, 0), fc.constant(2))
/** Which times are set; few that are no combination. */
const fstflags = fc.constantFrom(0, 1, 2, 4, 5, 6, 8, 9, 10)
const times = oftenOr(12, fstflags, fc.constantFrom(3, 12, 16))
const someRights = fc
  .subarray(Array.from({ length: 30 }, (_, bit) => 2 ** bit))
  .map((bits) => bits.reduce((a, b) => a | b, 0))
const READ_ONLY = RIGHTS_FILE & ~(RIGHT_FD_WRITE | RIGHT_FD_DATASYNC | RIGHT_FD_ALLOCATE | RIGHT_FD_FILESTAT_SET_SIZE)
const base = fc.oneof(
  { weight: 12, arbitrary: fc.constant(RIGHTS_FILE) },
  { weight: 5, arbitrary: fc.constant(READ_ONLY) },
  { weight: 2, arbitrary: fc.constant(RIGHTS_FILE & ~RIGHT_FD_READ) },
  { weight: 1, arbitrary: fc.constant(RIGHT_FD_READ | RIGHT_FD_WRITE | RIGHT_FD_SEEK | RIGHT_FD_TELL) },
  { weight: 1, arbitrary: someRights.map((rights) => rights & INHERITED_RIGHTS) },
)
const inheriting = oftenOr(8, fc.constant(INHERITED_RIGHTS), fc.oneof(fc.constant(0), someRights))
const fdflags = fc.oneof(
  { weight: 6, arbitrary: fc.constant(0) },
  { weight: 3, arbitrary: fc.constant(1) },
  { weight: 1, arbitrary: fc.nat({ max: 32 }) },
)
const CREAT = 1
const DIRECTORY = 2
const EXCL = 4
const TRUNC = 8
const oflags = fc.oneof(
  { weight: 6, arbitrary: fc.constant(0) },
  { weight: 10, arbitrary: fc.constant(CREAT) },
  { weight: 3, arbitrary: fc.constantFrom(CREAT | EXCL, CREAT | TRUNC, TRUNC) },
  // CREAT with DIRECTORY is left out: what Linux says to it changed with 6.4.
  { weight: 1, arbitrary: fc.nat({ max: 16 }).filter((flags) => (flags & (CREAT | DIRECTORY)) !== 3) },
)
const length = fc.constantFrom(4096, 256, 64, 40, 30, 24, 10, 0)

function operation<C extends Call>(
  weight: number,
  call: C,
  model: { [name in Exclude<keyof OperationOf<C>, 'call'>]: fc.Arbitrary<OperationOf<C>[name]> },
) {
  const record = fc.record(model as { [name: string]: fc.Arbitrary<string | number> })
  return { weight, arbitrary: record.map((values) => ({ call, ...values }) as unknown as Operation) }
}

const anyOperation: fc.Arbitrary<Operation> = fc.oneof(
  operation(26, 'path_open', { fd: dirfd, dirflags: follow, path, oflags, base, inheriting, fdflags }),
  operation(9, 'path_open', {
    fd: dirfd,
    dirflags: fc.constant(1),
    path,
    oflags: fc.constant(DIRECTORY),
    base: fc.constant(DIRECTORY_RIGHTS),
    inheriting,
    fdflags: fc.constant(0),
  }),
  operation(3, 'fd_close', { fd }),
  operation(6, 'fd_read', { fd, length: size, pieces }),
  operation(7, 'fd_write', { fd, length: size, pieces, seed }),
  operation(3, 'fd_pread', { fd, length: size, pieces, offset }),
  operation(3, 'fd_pwrite', { fd, length: size, pieces, seed, offset }),
  operation(5, 'fd_seek', { fd, delta, whence: oftenOr(30, fc.nat({ max: 2 }), fc.constant(3)) }),
  operation(2, 'fd_tell', { fd }),
  operation(2, 'fd_renumber', { fd, to: fd }),
  operation(4, 'fd_filestat_get', { fd }),
  operation(3, 'fd_filestat_set_size', { fd, size: offset }),
  operation(2, 'fd_filestat_set_times', { fd, atim: time, mtim: time, flags: times }),
  operation(2, 'fd_allocate', { fd, offset, length: offset }),
  operation(1, 'fd_advise', { fd, offset, length: offset, advice: fc.nat({ max: 6 }) }),
  operation(1, 'fd_sync', { fd }),
  operation(1, 'fd_datasync', { fd }),
  operation(3, 'fd_fdstat_get', { fd }),
  operation(1, 'fd_fdstat_set_flags', { fd, flags: fdflags }),
  operation(1, 'fd_fdstat_set_rights', { fd, base: oftenOr(1, base, someRights), inheriting }),
  // A buffer that holds `..`, which node:wasi does not list.
  operation(6, 'list', { fd: oftenOr(1, dirfd, fd), length: fc.constantFrom(4096, 256, 64, 40, 30, 26) }),
  operation(1, 'fd_readdir', { fd: oftenOr(1, dirfd, fd), length, cookie: fc.nat({ max: 4 }) }),
  operation(1, 'sweep', { fd: dirfd, length: fc.constantFrom(4096, 64, 40) }),
  operation(9, 'path_create_directory', { fd: dirfd, path }),
  operation(8, 'path_filestat_get', { fd: dirfd, flags: follow, path }),
  // Flags that are none leave node:wasi's descriptor locked, and the next use of it waits for ever.
  operation(2, 'path_filestat_set_times', {
    fd: dirfd,
    flags: follow,
    path,
    atim: time,
    mtim: time,
    fstflags,
  }),
  operation(8, 'path_link', { fd: dirfd, flags: follow, path, toFd: dirfd, to: path }),
  operation(4, 'path_readlink', { fd: dirfd, path, length: oftenOr(3, fc.constant(300), fc.nat({ max: 6 })) }),
  operation(6, 'path_remove_directory', { fd: dirfd, path }),
  operation(14, 'path_rename', { fd: dirfd, path, toFd: dirfd, to: path }),
  operation(10, 'path_symlink', { target, fd: dirfd, path }),
  operation(8, 'path_unlink_file', { fd: dirfd, path }),
  operation(1, 'fd_prestat_get', { fd: dirfd }),
  operation(1, 'fd_prestat_dir_name', { fd: dirfd, length: fc.nat({ max: 8 }) }),
)

const open = (path: string, oflags: number, base: number): Operation => ({
  call: 'path_open',
  fd: 3,
  dirflags: 1,
  path,
  oflags,
  base,
  inheriting: INHERITED_RIGHTS,
  fdflags: 0,
})

/** Something to work on, so that not all fails: each line is in most programs. */
const BEGINNINGS: Program = [
  { call: 'path_create_directory', fd: 3, path: 'a' },
  { call: 'path_create_directory', fd: 3, path: 'a/b' },
  open('a', DIRECTORY, DIRECTORY_RIGHTS),
  open('b', CREAT, RIGHTS_FILE),
  { call: 'fd_write', fd: 6, length: 10, pieces: 1, seed: 1 },
  open('a/c', CREAT, RIGHTS_FILE),
  { call: 'path_symlink', target: 'a', fd: 3, path: 'c' },
  { call: 'path_symlink', target: 'missing', fd: 3, path: 'ab' },
  { call: 'path_symlink', target: 'c', fd: 3, path: 'é' },
  { call: 'path_create_directory', fd: 4, path: 'a' },
  { call: 'path_link', fd: 3, flags: 0, path: 'b', toFd: 4, to: 'b' },
]

/** Each line at 3 in 4, and none when shrunk. */
const beginning = fc
  .tuple(...BEGINNINGS.map((line) => fc.nat({ max: 3 }).map((keep) => (keep > 0 ? [line] : []))))
  .map((lines) => lines.flat())

/** Programs; they shrink to fewer and simpler operations. */
export const programs: fc.Arbitrary<Program> = fc
  .tuple(beginning, fc.array(anyOperation, { maxLength: 50, size: 'max' }))
  .map(([first, rest]) => [...first, ...rest])
