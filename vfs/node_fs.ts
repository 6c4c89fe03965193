/**
 * A `node:fs`-shaped facade over a tree: the sync calls, the same as promises, and with callbacks, for libraries that
 * take an `fs`. Its rules are Linux's for a process of root with cwd `/`. It differs from node where the host would
 * show: bytes are a plain `Uint8Array`, never a `Buffer`; times come from the clock that it was given; names list in
 * byte order; there are no streams and no watchers, since there is no event loop in the core.
 */

import type { Filesystem } from './filesystem.ts'
import type { Instant } from './inode.ts'
import type { Mode, PathLike } from './node_fs/arguments.ts'
import { constants } from './node_fs/constants.ts'
import { Core } from './node_fs/core.ts'
import { type CalledBack, calledBack, type Promised, promised } from './node_fs/derive.ts'
import { Dir } from './node_fs/dir.ts'
import type { TextEncoding } from './node_fs/encoding.ts'
import type { NodeError } from './node_fs/errors.ts'
import { FileCalls, type ReadFileOptions, type WriteFileOptions } from './node_fs/file_calls.ts'
import { FileHandle } from './node_fs/file_handle.ts'
import { BigIntStats, Dirent, Stats } from './node_fs/stats.ts'
import { type ReaddirOptions, TreeCalls } from './node_fs/tree_calls.ts'

export type { FileUrl, Mode, PathLike, TimeLike } from './node_fs/arguments.ts'
export type { CopyOptions } from './node_fs/copy_tree.ts'
export type { Dir } from './node_fs/dir.ts'
export type { TextEncoding } from './node_fs/encoding.ts'
export type { NodeError } from './node_fs/errors.ts'
export type { RangeOptions, ReadFileOptions, StatOptions, WriteFileOptions } from './node_fs/file_calls.ts'
export type { FileHandle } from './node_fs/file_handle.ts'
export type { BigIntStats, Dirent, Stats } from './node_fs/stats.ts'
export type { MkdirOptions, NameOptions, ReaddirOptions, RmOptions } from './node_fs/tree_calls.ts'

/** Sync calls on open files; the other forms have the same names without `Sync`. */
const FILE_CALLS = [
  'openSync',
  'closeSync',
  'readSync',
  'readvSync',
  'writeSync',
  'writevSync',
  'readFileSync',
  'writeFileSync',
  'appendFileSync',
  'fstatSync',
  'ftruncateSync',
  'truncateSync',
  'fsyncSync',
  'fdatasyncSync',
  'futimesSync',
  'fchmodSync',
  'fchownSync',
  'copyFileSync',
] as const

/** Sync calls on names. */
const TREE_CALLS = [
  'mkdirSync',
  'mkdtempSync',
  'readdirSync',
  'opendirSync',
  'statSync',
  'lstatSync',
  'accessSync',
  'chmodSync',
  'chownSync',
  'lchownSync',
  'utimesSync',
  'lutimesSync',
  'linkSync',
  'symlinkSync',
  'readlinkSync',
  'realpathSync',
  'renameSync',
  'unlinkSync',
  'rmdirSync',
  'rmSync',
  'cpSync',
] as const

/** The calls that `promises` has as they are: those that take no descriptor, but for the ones with handles. */
const PROMISED: readonly (TreeCall | 'truncateSync' | 'copyFileSync')[] = [
  ...TREE_CALLS,
  'truncateSync',
  'copyFileSync',
]

type FileCall = (typeof FILE_CALLS)[number]
type TreeCall = (typeof TREE_CALLS)[number]
type Unsuffixed<Name extends string> = Name extends `${infer Start}Sync` ? Start : Name
type Calls = Pick<FileCalls, FileCall> & Pick<TreeCalls, TreeCall>
type Overloaded = 'readdirSync' | 'statSync' | 'lstatSync' | 'mkdirSync'
type NamesOptions =
  | (ReaddirOptions & {
      readonly withFileTypes?: false | undefined
      readonly encoding?: TextEncoding | null | undefined
    })
  | TextEncoding
  | null
type TypesOptions = ReaddirOptions & {
  readonly withFileTypes: true
  readonly encoding?: TextEncoding | null | undefined
}
type Then<R> = (error: NodeError | null, result: R) => void

/** Sync calls, bound: they may be taken out of the object. */
export interface SyncFs extends Pick<FileCalls, FileCall>, Pick<TreeCalls, TreeCall | 'existsSync'> {}

/** Calls with a callback. */
export type CallbackFs = {
  readonly [Name in Exclude<
    FileCall | TreeCall,
    'readFileSync' | 'realpathSync' | 'fstatSync' | Overloaded
  > as Unsuffixed<Name>]: CalledBack<Calls[Name]>
} & {
  readFile(path: PathLike | number, callback: Then<Uint8Array>): void
  readFile(
    path: PathLike | number,
    options: TextEncoding | { readonly encoding: TextEncoding },
    callback: Then<string>,
  ): void
  readFile(
    path: PathLike | number,
    options: ReadFileOptions | null | undefined,
    callback: Then<string | Uint8Array>,
  ): void
  mkdir(path: PathLike, callback: Then<string | undefined>): void
  mkdir(path: PathLike, options: Parameters<TreeCalls['mkdirSync']>[1], callback: Then<string | undefined>): void
  readdir(path: PathLike, callback: Then<string[]>): void
  readdir(path: PathLike, options: NamesOptions | undefined, callback: Then<string[]>): void
  readdir(path: PathLike, options: TypesOptions, callback: Then<Dirent[]>): void
  stat(path: PathLike, callback: Then<Stats>): void
  stat(path: PathLike, options: { readonly bigint: true }, callback: Then<BigIntStats>): void
  lstat(path: PathLike, callback: Then<Stats>): void
  lstat(path: PathLike, options: { readonly bigint: true }, callback: Then<BigIntStats>): void
  fstat(fd: number, callback: Then<Stats>): void
  fstat(fd: number, options: { readonly bigint: true }, callback: Then<BigIntStats>): void
  /** Gives only whether something is there. */
  exists(path: PathLike, callback: (exists: boolean) => void): void
  readonly realpath: CalledBack<TreeCalls['realpathSync']> & { readonly native: CalledBack<TreeCalls['realpathSync']> }
}

/** Calls that give promises, with `open` for handles. */
export type PromisesFs = {
  readonly [Name in Exclude<(typeof PROMISED)[number], Overloaded> as Unsuffixed<Name>]: Promised<Calls[Name]>
} & {
  open(path: PathLike, flags?: string | number | null, mode?: Mode | null): Promise<FileHandle>
  readFile(
    path: PathLike | FileHandle,
    options?:
      | { readonly encoding?: 'buffer' | null | undefined; readonly flag?: string | number | undefined }
      | 'buffer'
      | null,
  ): Promise<Uint8Array>
  readFile(
    path: PathLike | FileHandle,
    options: TextEncoding | { readonly encoding: TextEncoding; readonly flag?: string | number | undefined },
  ): Promise<string>
  readFile(
    path: PathLike | FileHandle,
    options?: ReadFileOptions | TextEncoding | 'buffer' | null,
  ): Promise<string | Uint8Array>
  writeFile(
    path: PathLike | FileHandle,
    data: string | ArrayBufferView,
    options?: WriteFileOptions | TextEncoding | null,
  ): Promise<void>
  appendFile(
    path: PathLike | FileHandle,
    data: string | ArrayBufferView,
    options?: WriteFileOptions | TextEncoding | null,
  ): Promise<void>
  mkdir(path: PathLike, options?: Parameters<TreeCalls['mkdirSync']>[1]): Promise<string | undefined>
  readdir(path: PathLike, options?: NamesOptions): Promise<string[]>
  readdir(path: PathLike, options: TypesOptions): Promise<Dirent[]>
  readdir(
    path: PathLike,
    options: (ReaddirOptions & { readonly withFileTypes?: false | undefined; readonly encoding: 'buffer' }) | 'buffer',
  ): Promise<Uint8Array[]>
  stat(path: PathLike, options?: { readonly bigint?: false | undefined }): Promise<Stats>
  stat(path: PathLike, options: { readonly bigint: true }): Promise<BigIntStats>
  lstat(path: PathLike, options?: { readonly bigint?: false | undefined }): Promise<Stats>
  lstat(path: PathLike, options: { readonly bigint: true }): Promise<BigIntStats>
  readonly constants: typeof constants
}

export type NodeFs = SyncFs &
  CallbackFs & {
    readonly promises: PromisesFs
    readonly constants: typeof constants
    readonly Stats: typeof Stats
    readonly BigIntStats: typeof BigIntStats
    readonly Dirent: typeof Dirent
    readonly Dir: typeof Dir
    readonly F_OK: 0
    readonly R_OK: 4
    readonly W_OK: 2
    readonly X_OK: 1
  }

/** Calls by name, while they are put together; `NodeFs` types them again where they leave. */
type Table = Record<string, (...args: unknown[]) => unknown>

/** A facade over `fs`. `now` is asked once for each call that sets a time. Descriptors are the facade's own. */
export function createNodeFs(fs: Filesystem, now: () => Instant): NodeFs {
  const core = new Core(fs, now)
  const files = new FileCalls(core)
  const tree = new TreeCalls(core, files)
  const sync: Table = {}
  for (const name of FILE_CALLS) sync[name] = bound(files, name)
  for (const name of TREE_CALLS) sync[name] = bound(tree, name)
  return {
    ...sync,
    existsSync: tree.existsSync.bind(tree),
    realpathSync: tree.realpathSync,
    ...callbacks(sync, tree),
    promises: promises(sync, files),
    constants,
    Stats,
    BigIntStats,
    Dirent,
    Dir,
    F_OK: constants.F_OK,
    R_OK: constants.R_OK,
    W_OK: constants.W_OK,
    X_OK: constants.X_OK,
  } as unknown as NodeFs
}

function bound<T extends object>(owner: T, name: keyof T): (...args: unknown[]) => unknown {
  return (...args) => (owner[name] as (...args: unknown[]) => unknown).apply(owner, args)
}

function callbacks(sync: Table, tree: TreeCalls): object {
  const calls: Record<string, unknown> = {}
  for (const [name, call] of Object.entries(sync)) {
    const short = name.slice(0, -'Sync'.length)
    calls[short] = calledBack(call, short, /^(read|write)v?$/.test(short))
  }
  const exists = (path: PathLike, callback: (exists: boolean) => void) => {
    const there = tree.existsSync(path)
    void Promise.resolve().then(() => callback(there))
  }
  const realpath = Object.assign(calledBack(tree.realpathSync, 'realpath', false), {
    native: calledBack(tree.realpathSync, 'realpath', false),
  })
  return { ...calls, exists, realpath }
}

function promises(sync: Table, files: FileCalls): object {
  const calls: Table = {}
  for (const name of PROMISED) calls[name.slice(0, -'Sync'.length)] = promised(sync[name] as Table[string])
  const open = async (path: PathLike, flags?: string | number | null, mode?: Mode | null) =>
    new FileHandle(files, files.openSync(path, flags, mode))
  const onHandle = (name: 'readFileSync' | 'writeFileSync' | 'appendFileSync') => {
    const call = bound(files, name)
    return async (path: unknown, ...rest: unknown[]) =>
      call(path instanceof FileHandle ? path.descriptor : path, ...rest)
  }
  return {
    ...calls,
    open,
    readFile: onHandle('readFileSync'),
    writeFile: onHandle('writeFileSync'),
    appendFile: onHandle('appendFileSync'),
    constants,
  }
}
