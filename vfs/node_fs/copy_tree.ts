/** `cp`: node's rules, applied by inode, so that depth has no bound and nothing recurses. */

import { type ByteString, byteString, textOf } from '../bytes.ts'
import { EEXIST, EINVAL, EISDIR, ELOOP, ENOENT, ENOTDIR, Errno } from '../errno.ts'
import { type Filesystem, OPEN_CREATE, OPEN_WRITE } from '../filesystem.ts'
import type { Inode, SymlinkInode } from '../inode.ts'
import { ROOT_INO } from '../inode_table.ts'
import { booleanOf, integerOf } from './arguments.ts'
import type { Core } from './core.ts'
import { type NodeError, ruleError, systemError, typeError } from './errors.ts'
import type { FileCalls } from './file_calls.ts'

export interface CopyOptions {
  readonly recursive?: boolean | undefined
  /** Copy what links name instead of the links. */
  readonly dereference?: boolean | undefined
  /** Replace files that are there. Default true. */
  readonly force?: boolean | undefined
  /** With `force` false: a file that is there is an error. */
  readonly errorOnExist?: boolean | undefined
  /** Leave out what this returns false for. Called with paths made of the two given ones. */
  readonly filter?: ((source: string, destination: string) => boolean) | undefined
  readonly preserveTimestamps?: boolean | undefined
  /** Keep the text of links; otherwise a relative one is made absolute, as node does. */
  readonly verbatimSymlinks?: boolean | undefined
  readonly mode?: number | undefined
}

/** One thing to copy: `name` in the directory `dir` is where it goes. */
interface Item {
  readonly source: string
  readonly dest: string
  readonly ino: number
  readonly dir: number
  readonly name: ByteString
  /** The item whose directory this one is in. */
  readonly parent: Item | undefined
}

/** Copies `from` to `to`; `makeParents` is `mkdir -p`. What was copied before an error stays, as in node. */
export function copyTree(
  core: Core,
  files: FileCalls,
  from: ByteString,
  to: ByteString,
  options: CopyOptions,
  makeParents: (path: ByteString) => void,
): void {
  const rules = {
    recursive: booleanOf(options.recursive, 'options.recursive', false),
    dereference: booleanOf(options.dereference, 'options.dereference', false),
    force: booleanOf(options.force, 'options.force', true),
    errorOnExist: booleanOf(options.errorOnExist, 'options.errorOnExist', false),
    preserveTimestamps: booleanOf(options.preserveTimestamps, 'options.preserveTimestamps', false),
    verbatimSymlinks: booleanOf(options.verbatimSymlinks, 'options.verbatimSymlinks', false),
  }
  integerOf(options.mode ?? 0, 'options.mode', 0, 7)
  const { fs } = core
  const last = rules.dereference ? 'follow' : 'nofollow'
  const statCall = rules.dereference ? 'stat' : 'lstat'

  const first = locate()
  if (first === undefined) return
  const stack = [first]
  for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
    if (item !== first && !passes(item.source, item.dest)) continue
    const ino = rules.dereference ? followed(item) : item.ino
    const target = targetOf(item)
    if (item !== first) checkPair(fs.get(ino), target, item)
    copy(item, fs.get(ino), target)
  }

  /** The first item, checked, with the parents of its target made; `undefined` where the filter leaves it out. */
  function locate(): Item | undefined {
    const [source, dest] = [textOf(from), textOf(to)]
    if (!passes(source, dest)) return undefined
    const ino = core.done(fs.lookup(ROOT_INO, from, last, 'clamp'), statCall, from)
    const there = fs.lookup(ROOT_INO, to, last, 'clamp')
    if (there instanceof Errno && there !== ENOENT) throw systemError(there, statCall, dest)
    const place = { source, dest, ino, dir: ROOT_INO, name: to, parent: undefined }
    checkPair(fs.get(ino), there instanceof Errno ? undefined : fs.get(there), place)
    const parent = dirname(to)
    if (fs.get(ino).isDirectory() && isBelow(nearest(parent), ino)) throw intoItself(place)
    if (fs.lookup(ROOT_INO, parent, 'follow', 'clamp') instanceof Errno) makeParents(parent)
    const fault = fs.walk.run(ROOT_INO, to, 'parent', 'clamp')
    if (fault !== undefined) throw systemError(fault, statCall, dest)
    const { dir, name, trailing } = fs.walk
    return { ...place, dir, name: (trailing ? `${name}/` : name) as ByteString }
  }

  function passes(source: string, dest: string): boolean {
    if (options.filter === undefined) return true
    const verdict: unknown = options.filter(source, dest)
    if (typeof verdict === 'object' && verdict !== null && 'then' in verdict) {
      throw typeError(
        'ERR_INVALID_RETURN_VALUE',
        'Expected boolean to be returned from the "filter" function but got a promise',
      )
    }
    return Boolean(verdict)
  }

  /** What the item's name stands for when links are followed. */
  function followed(item: Item): number {
    const inode = fs.get(item.ino)
    if (!inode.isSymlink() || item.parent === undefined) return item.ino
    const name = byteString(item.source.slice(item.source.lastIndexOf('/') + 1))
    const dir = item.parent.ino
    return core.done(fs.lookup(dir, name, 'follow', 'clamp'), 'stat', byteString(item.source))
  }

  function targetOf(item: Item): Readonly<Inode> | undefined {
    const ino = fs.lookup(item.dir, item.name, last, 'clamp')
    return ino instanceof Errno ? undefined : fs.get(ino)
  }

  function checkPair(source: Readonly<Inode>, target: Readonly<Inode> | undefined, { source: path, dest }: Item): void {
    if (target === undefined) return
    if (source.ino === target.ino) {
      throw ruleError('ERR_FS_CP_EINVAL', 'Invalid src or dest', EINVAL, 'cp', dest, 'src and dest cannot be the same')
    }
    if (source.isDirectory() && !target.isDirectory()) {
      const detail = `cannot overwrite non-directory ${dest} with directory ${path}`
      throw ruleError(
        'ERR_FS_CP_DIR_TO_NON_DIR',
        'Cannot overwrite non-directory with directory',
        EISDIR,
        'cp',
        dest,
        detail,
      )
    }
    if (!source.isDirectory() && target.isDirectory()) {
      const detail = `cannot overwrite directory ${dest} with non-directory ${path}`
      throw ruleError(
        'ERR_FS_CP_NON_DIR_TO_DIR',
        'Cannot overwrite directory with non-directory',
        ENOTDIR,
        'cp',
        dest,
        detail,
      )
    }
  }

  function copy(item: Item, source: Readonly<Inode>, target: Readonly<Inode> | undefined): void {
    const now = core.now()
    if (source.isDirectory()) copyDirectory(item, source, target)
    else if (source.isFile()) copyFile(item, source, target)
    else if (source.isSymlink()) copyLink(item, source, target)
    else if (source.isDevice()) {
      if (!replaced(item, target)) return
      const made = fs.mknodAt(item.dir, item.name, 'device', source.body, 'clamp', now, source.mode)
      if (made instanceof Errno) throw systemError(made, 'copyfile', item.source, item.dest)
    } else if (source.kind === 'fifo') {
      throw ruleError(
        'ERR_FS_CP_FIFO_PIPE',
        'Cannot copy a FIFO pipe',
        EINVAL,
        'cp',
        item.dest,
        `cannot copy a FIFO pipe: ${item.dest}`,
      )
    } else {
      throw ruleError(
        'ERR_FS_CP_SOCKET',
        'Cannot copy a socket file',
        EINVAL,
        'cp',
        item.dest,
        `cannot copy a socket file: ${item.dest}`,
      )
    }
  }

  function copyDirectory(item: Item, source: Readonly<Inode>, target: Readonly<Inode> | undefined): void {
    if (!rules.recursive) {
      const detail = `${item.source} is a directory (not copied)`
      throw ruleError('ERR_FS_EISDIR', 'Path is a directory', EINVAL, 'cp', item.source, detail)
    }
    if (!source.isDirectory()) return
    // Only a followed link can lead back into what is being copied, or to where it goes.
    if (source.ino !== item.ino) {
      if (isBelow(item.dir, source.ino)) throw intoItself(item)
      for (let up = item.parent; up !== undefined; up = up.parent) {
        if (up.ino === source.ino) throw systemError(ELOOP, 'stat', item.source)
      }
    }
    let dir = target?.ino
    if (dir === undefined) {
      const made = fs.mkdirAt(item.dir, item.name, 'clamp', core.now(), source.mode)
      if (made instanceof Errno) throw systemError(made, 'mkdir', item.dest)
      dir = made
    }
    const here: Item = source.ino === item.ino ? item : { ...item, ino: source.ino }
    // Only the given paths can end in a slash; below them none is looked for, since that would make deep trees quadratic.
    const [sourcePath, destPath] =
      item.parent === undefined ? [trimmed(item.source), trimmed(item.dest)] : [item.source, item.dest]
    for (const entry of source.body.entries().reverse()) {
      const text = textOf(entry.name)
      const paths = { source: `${sourcePath}/${text}`, dest: `${destPath}/${text}` }
      stack.push({ ...paths, ino: entry.ino, dir, name: entry.name, parent: here })
    }
  }

  function copyFile(item: Item, source: Readonly<Inode>, target: Readonly<Inode> | undefined): void {
    if (!replaced(item, target)) return
    const made = fs.openAt(item.dir, item.name, OPEN_CREATE | OPEN_WRITE, 'clamp', core.now(), source.mode)
    if (made instanceof Errno) throw systemError(made, 'copyfile', item.source, item.dest)
    const fault = files.copyContents(source.ino, made)
    if (fault !== undefined) throw systemError(fault, 'copyfile', item.source, item.dest)
    if (!rules.preserveTimestamps) return
    const atim = { sec: source.atimSec, nsec: source.atimNsec }
    const mtim = { sec: source.mtimSec, nsec: source.mtimNsec }
    fs.setTimes(made, atim, mtim, core.now())
  }

  /** Makes way for a copy; false where the rules say that what is there stays. */
  function replaced(item: Item, target: Readonly<Inode> | undefined): boolean {
    if (target === undefined) return true
    if (rules.force) {
      const fault = fs.unlinkAt(item.dir, item.name, 'clamp', core.now())
      if (fault !== undefined) throw systemError(fault, 'unlink', item.dest)
      return true
    }
    if (!rules.errorOnExist) return false
    throw ruleError('ERR_FS_CP_EEXIST', 'Target already exists', EEXIST, 'cp', item.dest, `${item.dest} already exists`)
  }

  function copyLink(item: Item, source: Readonly<SymlinkInode>, target: Readonly<Inode> | undefined): void {
    const text = textOf(source.body)
    const own = rules.verbatimSymlinks ? text : resolve(dirname(byteString(item.source)), text)
    if (target !== undefined) {
      if (!target.isSymlink()) throw systemError(EEXIST, 'symlink', own, item.dest)
      const theirs = resolve(dirname(byteString(item.dest)), textOf(target.body))
      const mine = resolve('/', own)
      if (isPathBelow(mine, theirs)) {
        throw ruleError(
          'ERR_FS_CP_EINVAL',
          'Invalid src or dest',
          EINVAL,
          'cp',
          item.dest,
          `cannot copy ${own} to a subdirectory of self ${theirs}`,
        )
      }
      const named = fs.lookup(item.dir, item.name, 'follow', 'clamp')
      if (named instanceof Errno) throw systemError(named, 'stat', item.dest)
      if (fs.get(named).isDirectory() && isPathBelow(theirs, mine)) {
        throw ruleError(
          'ERR_FS_CP_SYMLINK_TO_SUBDIRECTORY',
          'Cannot overwrite symlink in subdirectory of self',
          EINVAL,
          'cp',
          item.dest,
          `cannot overwrite ${theirs} with ${own}`,
        )
      }
      const fault = fs.unlinkAt(item.dir, item.name, 'clamp', core.now())
      if (fault !== undefined) throw systemError(fault, 'unlink', item.dest)
    }
    const made = fs.symlinkAt(byteString(own), item.dir, item.name, 'clamp', core.now())
    if (made instanceof Errno) throw systemError(made, 'symlink', own, item.dest)
  }

  /** The directory that is there on the way to a path. */
  function nearest(path: ByteString): number {
    for (let at = path; ; at = dirname(at)) {
      const ino = fs.lookup(ROOT_INO, at, 'follow', 'clamp')
      if (!(ino instanceof Errno)) return ino
      if (at === '/' || at === '.') return ROOT_INO
    }
  }

  function isBelow(ino: number, ancestor: number): boolean {
    return isWithin(fs, ino, ancestor)
  }
}

function intoItself({ source, dest }: Item): NodeError {
  const detail = `cannot copy ${source} to a subdirectory of self ${dest}`
  return ruleError('ERR_FS_CP_EINVAL', 'Invalid src or dest', EINVAL, 'cp', dest, detail)
}

/** Whether the directory `ino` is `ancestor` or below it. */
function isWithin(fs: Filesystem, ino: number, ancestor: number): boolean {
  for (let at = ino; at !== 0; ) {
    if (at === ancestor) return true
    const inode = fs.get(at)
    if (at === ROOT_INO || !inode.isDirectory()) return false
    at = inode.body.parent
  }
  return false
}

function trimmed(path: string): string {
  return path.endsWith('/') ? path.replace(/\/+$/, '') : path
}

/** What is before the last name, `.` where nothing is: as text, since it is for a path that may not be there yet. */
function dirname(path: ByteString): ByteString {
  const end = trimmed(path)
  const slash = end.lastIndexOf('/')
  if (slash < 0) return (path.startsWith('/') ? '/' : '.') as ByteString
  return (trimmed(end.slice(0, slash)) || '/') as ByteString
}

/** An absolute path without `.` and `..`, made as text as node makes it. */
function resolve(base: string, path: string): string {
  const names: string[] = []
  for (const name of (path.startsWith('/') ? path : `${base}/${path}`).split('/')) {
    if (name === '..') names.pop()
    else if (name !== '' && name !== '.') names.push(name)
  }
  return `/${names.join('/')}`
}

/** Whether the second path is the first or below it, by the text. */
function isPathBelow(ancestor: string, path: string): boolean {
  return ancestor === '/' || path === ancestor || path.startsWith(`${ancestor}/`)
}
