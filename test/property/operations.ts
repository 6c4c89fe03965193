/**
 * The list of operations that both worlds run: what each is, and how fast-check draws programs of them.
 * Names come from a small pool, so that operations meet each other's results.
 */

import { constants } from 'node:fs'
import fc from 'fast-check'

/** One operation. `slot` picks one of the descriptors that are open, by its place modulo their number; `times` repeats the data. */
export type Operation =
  | { readonly call: 'open'; readonly path: string; readonly flags: string | number }
  | { readonly call: 'close'; readonly slot: number }
  | { readonly call: 'read'; readonly slot: number; readonly length: number; readonly position: number | null }
  | {
      readonly call: 'write'
      readonly slot: number
      readonly data: string
      readonly times: number
      readonly position: number | null
    }
  | { readonly call: 'ftruncate'; readonly slot: number; readonly size: number }
  | { readonly call: 'fstat'; readonly slot: number }
  | { readonly call: 'futimes'; readonly slot: number; readonly atime: number; readonly mtime: number }
  | { readonly call: 'readFile'; readonly path: string }
  | {
      readonly call: 'writeFile'
      readonly path: string
      readonly data: string
      readonly times: number
      readonly flag: string
    }
  | { readonly call: 'truncate'; readonly path: string; readonly size: number }
  | { readonly call: 'mkdir'; readonly path: string; readonly recursive: boolean }
  | { readonly call: 'rmdir' | 'unlink' | 'readlink' | 'readdir' | 'realpath'; readonly path: string }
  | { readonly call: 'stat' | 'lstat' | 'access' | 'exists'; readonly path: string }
  | { readonly call: 'symlink'; readonly target: string; readonly path: string }
  | { readonly call: 'link' | 'rename' | 'copyFile'; readonly path: string; readonly to: string }
  | { readonly call: 'utimes' | 'lutimes'; readonly path: string; readonly atime: number; readonly mtime: number }
  | { readonly call: 'rm'; readonly path: string; readonly recursive: boolean; readonly force: boolean }
  | {
      readonly call: 'cp'
      readonly path: string
      readonly to: string
      readonly force: boolean
      readonly errorOnExist: boolean
    }

const name = fc.constantFrom('a', 'b', 'é')
const part = fc.oneof({ weight: 12, arbitrary: name }, { weight: 1, arbitrary: fc.constantFrom('.', '..', '') })
const slash = fc.oneof({ weight: 12, arbitrary: fc.constant('') }, { weight: 1, arbitrary: fc.constant('/') })
const parts = (size: number) => fc.array(part, { minLength: size, maxLength: size })

/** An absolute path, mostly short; the worlds map `/` to their own roots. */
const path = fc
  .tuple(
    fc.oneof(
      { weight: 5, arbitrary: parts(1) },
      { weight: 4, arbitrary: parts(2) },
      { weight: 2, arbitrary: parts(3) },
      { weight: 1, arbitrary: parts(4) },
    ),
    slash,
  )
  .map(([names, end]) => `/${names.join('/')}${end}`)
/** What a link may say: like a path, relative or absolute, or a long way up. */
const target = fc.oneof(
  path,
  path.map((text) => text.replace(/^\/+/, '')).filter((text) => text !== ''),
  fc.constantFrom('.', '..', '../a', '../../b', 'a/', './a', 'missing', '/'),
)
const slot = fc.nat({ max: 5 })
const length = fc.oneof(fc.nat({ max: 12 }), fc.constantFrom(4095, 4096, 32_768, 40_000))
const position = fc.oneof(fc.constant(null), fc.nat({ max: 12 }), fc.constantFrom(4090, 32_760, 70_000))
const data = fc.string({ maxLength: 3, unit: fc.constantFrom('x', 'y', 'z') })
const times = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(1, 2) },
  { weight: 1, arbitrary: fc.constantFrom(4097, 11_000) },
)
/** Seconds that are the same in binary and in microseconds. */
const time = fc.constantFrom(0, 1, 1.5, 1_000_000_000, 1_700_000_000.25)
const { O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } = constants
const flags = fc.oneof(
  fc.constantFrom('r', 'r+', 'w', 'wx', 'w+', 'wx+', 'a', 'ax', 'a+', 'ax+'),
  fc
    .tuple(
      fc.constantFrom(O_RDONLY, O_WRONLY, O_RDWR, O_WRONLY | O_RDWR),
      fc.subarray([O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_DIRECTORY, O_NOFOLLOW]),
    )
    .map(([access, more]) => more.reduce((all, flag) => all | flag, access)),
)

function operation<T extends Operation>(weight: number, model: { [K in keyof T]: fc.Arbitrary<T[K]> }) {
  return { weight, arbitrary: fc.record(model) as unknown as fc.Arbitrary<Operation> }
}

type Of<Call, Each = Operation> = Each extends { readonly call: infer Calls }
  ? Call extends Calls
    ? Each
    : never
  : never
const call = <T extends string>(...names: T[]) => fc.constantFrom(...names)

const anyOperation: fc.Arbitrary<Operation> = fc.oneof(
  operation<Of<'open'>>(8, { call: call('open'), path, flags }),
  operation<Of<'close'>>(2, { call: call('close'), slot }),
  operation<Of<'read'>>(4, { call: call('read'), slot, length, position }),
  operation<Of<'write'>>(6, { call: call('write'), slot, data, times, position }),
  operation<Of<'ftruncate'>>(3, { call: call('ftruncate'), slot, size: length }),
  operation<Of<'fstat'>>(2, { call: call('fstat'), slot }),
  operation<Of<'futimes'>>(1, { call: call('futimes'), slot, atime: time, mtime: time }),
  operation<Of<'readFile'>>(3, { call: call('readFile'), path }),
  operation<Of<'writeFile'>>(8, {
    call: call('writeFile'),
    path,
    data,
    times,
    flag: fc.constantFrom('w', 'a', 'wx', 'r+'),
  }),
  operation<Of<'truncate'>>(2, { call: call('truncate'), path, size: length }),
  operation<Of<'mkdir'>>(8, { call: call('mkdir'), path, recursive: fc.constant(false) }),
  operation<Of<'mkdir'>>(4, { call: call('mkdir'), path, recursive: fc.constant(true) }),
  operation<Of<'rmdir'>>(9, { call: call('rmdir', 'unlink', 'readlink', 'readdir', 'realpath'), path }),
  operation<Of<'stat'>>(6, { call: call('stat', 'lstat', 'access', 'exists'), path }),
  operation<Of<'symlink'>>(8, { call: call('symlink'), target, path }),
  operation<Of<'link'>>(12, { call: call('link', 'rename', 'rename', 'copyFile'), path, to: path }),
  operation<Of<'utimes'>>(2, { call: call('utimes', 'lutimes'), path, atime: time, mtime: time }),
  operation<Of<'rm'>>(3, { call: call('rm'), path, recursive: fc.boolean(), force: fc.boolean() }),
  operation<Of<'cp'>>(4, { call: call('cp'), path, to: path, force: fc.boolean(), errorOnExist: fc.boolean() }),
)

/** Something to work on, so that not all fails: each line is in about half of the programs. */
const PRELUDE: readonly Operation[] = [
  { call: 'mkdir', path: '/a', recursive: false },
  { call: 'mkdir', path: '/a/b', recursive: false },
  { call: 'mkdir', path: '/b/a', recursive: true },
  { call: 'writeFile', path: '/é', data: 'é', times: 1, flag: 'w' },
  { call: 'writeFile', path: '/a/a', data: 'xy', times: 2, flag: 'w' },
  { call: 'symlink', target: '../a', path: '/a/é' },
  { call: 'symlink', target: '/b', path: '/b/b' },
]

/** Programs; they shrink to fewer and simpler operations. */
export const programs: fc.Arbitrary<Operation[]> = fc
  .tuple(fc.subarray([...PRELUDE]), fc.array(anyOperation, { minLength: 1, maxLength: 60, size: 'max' }))
  .map(([prelude, program]) => [...prelude, ...program])
