/**
 * The one path walk: components are taken one at a time over inodes, so `link/../x` means what the links say and no
 * path is ever cleaned as text. A symbolic link is walked by putting its text before what is left to walk.
 */

import type { ByteString } from './bytes.ts'
import { ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, EPERM, type Errno } from './errno.ts'
import type { DirectoryInode } from './inode.ts'
import { type InodeTable, ROOT_INO } from './inode_table.ts'
import { SYMLOOP_MAX } from './limits.ts'
import { checkPath, componentEnd, componentStart, hasTrailingSlash, isAbsolute, isTooLong } from './path.ts'

/**
 * What happens at the top. `refuse`: the base directory is a wall; `..` from it, an absolute path, and an absolute link
 * are EPERM (an absolute link is followed where the base is the root of the tree, since there it does not leave).
 * `clamp`: the root's `..` is the root, and absolute paths start there, as for an ordinary process.
 */
export type Wall = 'refuse' | 'clamp'

/**
 * What to do with the last component. `follow`: a link there is followed. `nofollow`: it is the result, unless a slash
 * comes after it. `parent`: it is never followed, since its name in the directory is what the caller will change.
 * `create`: as `follow`, but it ends at a last component with a slash after it, be it of the path or of a link's text:
 * what would be made there is no file.
 */
export type Last = 'follow' | 'nofollow' | 'parent' | 'create'

/** A walk and its result, in fields that the next walk overwrites, so that a look-up allocates nothing. */
export class Walk {
  /** The directory that holds (or would hold) the last component. */
  dir = 0
  /** The last component; `.`, `..`, or `/` where the path ends in no name. */
  name: ByteString = '/' as ByteString
  /** Whether `name` is an ordinary name. */
  isName = false
  /** The inode found, or 0 where only the last component is missing. */
  ino = 0
  /** Whether a slash came after the last component. */
  trailing = false

  readonly #table: InodeTable
  /** The last path that was found legal: guests ask for the same one again and again. */
  #legal: ByteString = '/' as ByteString

  constructor(table: InodeTable) {
    this.#table = table
  }

  /** Walks `path` from the directory `base`. `undefined` is success, with the fields set. */
  run(base: number, path: ByteString, last: Last, wall: Wall): Errno | undefined {
    if (path !== this.#legal) {
      const fault = checkPath(path)
      if (fault !== undefined) return fault
      this.#legal = path
    }
    const table = this.#table
    let dir = base
    if (isAbsolute(path)) {
      if (wall === 'refuse') return EPERM
      dir = ROOT_INO
    }
    const start = table.get(dir)
    if (!start.isDirectory()) return ENOTDIR
    let entries: DirectoryInode = start
    let text = path
    let at = componentStart(text, 0)
    let links = 0
    while (at < text.length) {
      const end = componentEnd(text, at)
      const next = componentStart(text, end)
      const isLast = next === text.length
      const name = component(text, at, end)
      let child: number
      if (name === '.') child = dir
      else if (name === '..') {
        if (wall === 'refuse' && dir === base) return EPERM
        child = entries.body.parent
      } else {
        if (isTooLong(name)) return ENAMETOOLONG
        child = entries.body.get(name)
      }
      if (isLast && (last === 'parent' || (last === 'create' && end < text.length))) {
        this.#found(dir, name, child, end < text.length)
        return undefined
      }
      if (child === 0) {
        if (!isLast) return ENOENT
        this.#found(dir, name, 0, end < text.length)
        return undefined
      }
      const inode = table.get(child)
      if (inode.isSymlink() && (!isLast || last !== 'nofollow' || end < text.length)) {
        if (++links > SYMLOOP_MAX) return ELOOP
        if (isAbsolute(inode.body)) {
          if (wall === 'refuse' && base !== ROOT_INO) return EPERM
          dir = ROOT_INO
          entries = table.get(dir) as DirectoryInode
        }
        text = (inode.body + text.slice(end)) as ByteString
        at = componentStart(text, 0)
        continue
      }
      if (isLast) {
        if (end < text.length && !inode.isDirectory()) return ENOTDIR
        this.#found(dir, name, child, end < text.length)
        return undefined
      }
      if (!inode.isDirectory()) return ENOTDIR
      dir = child
      entries = inode
      at = next
    }
    // Only slashes were left: the path, or the last link's text, was the root.
    this.#found(dir, '/' as ByteString, dir, hasTrailingSlash(text))
    return undefined
  }

  #found(dir: number, name: ByteString, ino: number, trailing: boolean): void {
    this.dir = dir
    this.name = name
    this.isName = name !== '.' && name !== '..' && name !== '/'
    this.ino = ino
    this.trailing = trailing
  }
}

/** Up to so many bytes a slice is a copy in V8. A longer one is a view of the text, slow to compare, that keeps it alive. */
const SHORT = 12

/** The component from `at` to `end` as a string of its own, since a directory may keep it, and compares it often. */
function component(text: ByteString, at: number, end: number): ByteString {
  if (end - at <= SHORT || end - at === text.length) return text.slice(at, end) as ByteString
  return [text.slice(at, at + SHORT), text.slice(at + SHORT, end)].join('') as ByteString
}
