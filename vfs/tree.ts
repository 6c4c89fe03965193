/** A tree as a plain object, in and out: `{ '/path': text | bytes | null | Entry }`. Import then export gives the same. */

import { type ByteString, byteString, contentBytes, textOf } from './bytes.ts'
import { Errno } from './errno.ts'
import { type Filesystem, OPEN_CREATE, OPEN_NOFOLLOW } from './filesystem.ts'
import type { DeviceName, Inode, Instant } from './inode.ts'
import { ROOT_INO } from './inode_table.ts'
import { type Epoch, instantOf } from './instant.ts'

/** One entry with its metadata said in full. Exactly one of the first five is given. */
export interface Entry {
  readonly data?: string | Uint8Array
  /** The text of a symbolic link, stored as given. */
  readonly symlink?: string
  /** The path, anywhere in the same object or already in the tree, of the file that this is another name of. */
  readonly hardlink?: string
  readonly directory?: true
  /** A character device, by its name in `/dev`. */
  readonly device?: DeviceName
  /** True gives mode 0755 instead of 0644. */
  readonly executable?: boolean
  /** Modification and access time; the time of the import when absent. */
  readonly mtime?: Epoch
}

/** A path maps to text, bytes, `null` for a directory, or an `Entry`. Paths are absolute; parents are made. */
export type Files = { readonly [path: string]: string | Uint8Array | null | Entry }

/** What `importTree` says of an object that it cannot take; nothing has been changed for good where it throws. */
export class ImportError extends Error {
  override readonly name = 'ImportError'
  readonly path: string

  constructor(path: string, problem: string) {
    super(`files: ${JSON.stringify(path)}: ${problem}`)
    this.path = path
  }
}

/** What `exportTree` says of a file that no array can hold. */
export class ExportError extends Error {
  override readonly name = 'ExportError'
  readonly path: string

  constructor(path: string, problem: string) {
    super(`${JSON.stringify(path)}: ${problem}`)
    this.path = path
  }
}

/** The largest file that is exported as one array, in bytes; a sparse file can be far larger at no cost. */
export const EXPORT_FILE_MAX: number = 2 ** 31

/**
 * Adds `files` to the tree. Parents that are missing are made; a directory that is there already stays; anything else
 * that is there is an error, as is a parent that is no directory. Links are never followed on the way.
 * @throws ImportError naming the path. The tree may then hold a part of `files`: import into a fork where that matters.
 */
export function importTree(fs: Filesystem, files: Files, now: Instant): void {
  const paths = Object.keys(files)
  const later: string[] = []
  for (const path of paths) {
    const entry = entryOf(path, files[path] ?? null)
    if (entry.hardlink !== undefined) later.push(path)
    else add(fs, path, entry, now)
  }
  for (const path of later) add(fs, path, entryOf(path, files[path] ?? null), now)
  // Times last: filling a directory would change them.
  for (const path of paths) {
    const { mtime } = entryOf(path, files[path] ?? null)
    if (mtime === undefined) continue
    const { dir, name } = locate(fs, path, now)
    const ino = name === undefined ? dir : childOf(fs, dir, name)
    const instant = timeOf(path, mtime)
    fs.setTimes(ino, instant, instant, now)
  }
}

/**
 * The tree below `base` as an object, in byte order of the paths within each directory, with hard links under all
 * names but the first, and only such directories as need a line of their own unless `directories` is set: empty ones.
 * Names that are not UTF-8 cannot be there. Devices, fifos and sockets are left out.
 * @throws ExportError for a file over `EXPORT_FILE_MAX`.
 */
export function exportTree(
  fs: Filesystem,
  base: number = ROOT_INO,
  options: { readonly directories?: boolean; readonly times?: boolean } = {},
): { [path: string]: string | Uint8Array | null | Entry } {
  const files: { [path: string]: string | Uint8Array | null | Entry } = Object.create(null)
  const firstName = new Map<number, string>()
  visitTree(fs, base, (path, inode) => {
    if (inode.isDirectory() && inode.body.size > 0 && options.directories !== true && options.times !== true) return
    const text = textOf(path)
    const times =
      options.times === true ? { mtime: BigInt(inode.mtimSec) * 1_000_000_000n + BigInt(inode.mtimNsec) } : {}
    if (inode.isDirectory()) {
      files[text] = options.times === true ? { directory: true, ...times } : null
      return
    }
    const first = firstName.get(inode.ino)
    if (first !== undefined) files[text] = { hardlink: first }
    else if (inode.isSymlink()) files[text] = { symlink: textOf(inode.body), ...times }
    else if (inode.isFile()) {
      const { size } = inode.body
      if (size > EXPORT_FILE_MAX) {
        throw new ExportError(
          text,
          `has ${size} bytes, and an array holds ${EXPORT_FILE_MAX}: read it in parts, or cut it`,
        )
      }
      const data = inode.body.toBytes()
      const executable = (inode.mode & 0o111) !== 0
      files[text] =
        executable || options.times === true ? { data, ...(executable ? { executable } : {}), ...times } : data
    } else return
    if (inode.nlink > 1) firstName.set(inode.ino, text)
  })
  return files
}

/**
 * Calls `visit` with every inode below `base` (not `base` itself) and its path from there, starting with a slash:
 * a directory before what is in it, names in byte order. Never recursive.
 */
export function visitTree(
  fs: Filesystem,
  base: number,
  visit: (path: ByteString, inode: Readonly<Inode>) => void,
): void {
  const stack: { path: string; dir: number; after: ByteString | '' }[] = [{ path: '', dir: base, after: '' }]
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const directory = fs.get(top.dir)
    const name = directory.isDirectory() ? directory.body.next(top.after) : undefined
    if (name === undefined || !directory.isDirectory()) {
      stack.pop()
      continue
    }
    top.after = name
    const path = `${top.path}/${name}` as ByteString
    const inode = fs.get(directory.body.get(name))
    visit(path, inode)
    if (inode.isDirectory()) stack.push({ path, dir: inode.ino, after: '' })
  }
}

function entryOf(path: string, value: string | Uint8Array | null | Entry): Entry {
  if (value === null) return { directory: true }
  if (typeof value === 'string' || value instanceof Uint8Array) return { data: value }
  const kinds = [value.data, value.symlink, value.hardlink, value.directory, value.device]
  if (kinds.filter((kind) => kind !== undefined).length !== 1) {
    throw new ImportError(path, 'give exactly one of data, symlink, hardlink, directory, device')
  }
  return value
}

function add(fs: Filesystem, path: string, entry: Entry, now: Instant): void {
  const { dir, name } = locate(fs, path, now)
  if (name === undefined) {
    if (entry.directory === true) return
    throw new ImportError(path, 'the root is a directory')
  }
  const { directory } = entry
  if (directory === true) {
    const there = childOf(fs, dir, name)
    if (there !== 0 && fs.get(there).isDirectory()) return
    done(path, fs.mkdirAt(dir, name, 'clamp', now))
  } else if (entry.symlink !== undefined) {
    done(path, fs.symlinkAt(byteString(entry.symlink), dir, name, 'clamp', now))
  } else if (entry.hardlink !== undefined) {
    const from = locate(fs, entry.hardlink, now)
    if (from.name === undefined) throw new ImportError(path, 'a directory has one name only')
    done(path, fs.linkAt(from.dir, from.name, 'nofollow', dir, name, 'clamp', now))
  } else if (entry.device !== undefined) {
    done(path, fs.mknodAt(dir, name, 'device', entry.device, 'clamp', now, 0o666))
  } else {
    if (childOf(fs, dir, name) !== 0) throw new ImportError(path, 'is there already')
    const mode = entry.executable === true ? 0o755 : 0o644
    const ino = done(path, fs.openAt(dir, name, OPEN_CREATE | OPEN_NOFOLLOW, 'clamp', now, mode)) as number
    const data = contentBytes(entry.data as string | Uint8Array)
    const written = done(path, fs.write(ino, 0, data, 0, data.length, now))
    if (written !== data.length) throw new ImportError(path, 'No space left on device (the quota is full)')
  }
}

/** The directory, made where missing, and the last name of an absolute path; no name for the root. */
function locate(fs: Filesystem, path: string, now: Instant): { dir: number; name: ByteString | undefined } {
  if (!path.startsWith('/')) throw new ImportError(path, 'the path is not absolute: start it with "/"')
  const names = path.split('/').filter((part) => part !== '')
  if (names.some((part) => part === '.' || part === '..'))
    throw new ImportError(path, 'has "." or ".." in it: say the path itself')
  const last = names.pop()
  let dir = ROOT_INO
  for (const part of names) {
    const name = byteString(part)
    const child = childOf(fs, dir, name)
    if (child !== 0 && !fs.get(child).isDirectory()) throw new ImportError(path, `${part} is there and is no directory`)
    dir = child !== 0 ? child : (done(path, fs.mkdirAt(dir, name, 'clamp', now)) as number)
  }
  return { dir, name: last === undefined ? undefined : byteString(last) }
}

function childOf(fs: Filesystem, dir: number, name: ByteString): number {
  const inode = fs.get(dir)
  return inode.isDirectory() ? inode.body.get(name) : 0
}

function done<T>(path: string, result: T | Errno): T {
  if (result instanceof Errno) throw new ImportError(path, result.message)
  return result
}

function timeOf(path: string, mtime: Epoch): Instant {
  const instant = instantOf(mtime)
  if (typeof instant === 'string') throw new ImportError(path, `mtime ${instant}`)
  return instant
}
