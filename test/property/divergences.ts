/**
 * Where the facade and `node:fs` on Linux may differ, each with the clause that allows it; nothing else may.
 * An operation that matches is run by neither world.
 */

import { type ByteString, byteString } from '../../vfs/bytes.ts'
import { EPERM, Errno } from '../../vfs/errno.ts'
import type { Filesystem } from '../../vfs/filesystem.ts'
import type { Instant } from '../../vfs/inode.ts'
import { ROOT_INO } from '../../vfs/inode_table.ts'
import { createNodeFs, type NodeFs } from '../../vfs/node_fs.ts'
import { visitTree } from '../../vfs/tree.ts'
import type { Last } from '../../vfs/walk.ts'
import type { Operation } from './operations.ts'

/** A reason to leave an operation out. */
export interface Divergence {
  readonly clause: string
  matches(operation: Operation, tree: Filesystem): boolean
}

/** Calls that may be made of the root. */
const LOOKS: ReadonlySet<string> = new Set(['stat', 'lstat', 'access', 'exists', 'readdir', 'realpath', 'utimes'])
/** `.`, `..` or an empty name in a path. */
const DOTS = /(^|\/)\.\.?(\/|$)|\/\//

/** What a fork that is thrown away takes for the time. */
const NOW: Instant = { sec: 0, nsec: 0 }

export const DIVERGENCES: readonly Divergence[] = [
  {
    clause: 'The scratch folder of the host is not the root: a walk that passes above it would leave it.',
    matches: (operation, tree) => {
      const walked = withParents(operation, tree)
      return pathsOf(operation).some((path) => leavesRoot(walked, path))
    },
  },
  {
    clause: 'The root itself: on the host it is a folder with a name and a parent, written with a slash at its end.',
    matches: (operation, tree) =>
      !LOOKS.has(operation.call) && pathsOf(operation).some((path) => inoOf(tree, path, 'follow') === ROOT_INO),
  },
  {
    clause:
      'copyFile of a directory: node (libuv) empties and unlinks the target before it fails; here nothing changes.',
    matches: (operation, tree) => operation.call === 'copyFile' && isDirectory(tree, operation.path),
  },
  {
    clause: 'cp compares link texts as absolute paths, which have the scratch folder in them on one side only.',
    matches: (operation, tree) => operation.call === 'cp' && hasLinkOverLink(tree, operation.path, operation.to),
  },
  {
    clause: 'cp into a path that is inside its source only by the text of the two paths: node looks at the text.',
    matches: (operation, tree) =>
      operation.call === 'cp' &&
      (DOTS.test(operation.path) || DOTS.test(operation.to) || isInsideByText(tree, operation.path, operation.to)),
  },
  {
    clause: 'cp into itself through a link, where node does not see it and recurses until its stack ends.',
    matches: (operation, tree) => operation.call === 'cp' && landsInsideUnseen(tree, operation.path, operation.to),
  },
  {
    clause: 'cp of a tree that fails on the way: what was copied before depends on the order in which the host lists.',
    matches: (operation, tree) =>
      operation.call === 'cp' &&
      isDirectory(tree, operation.path) &&
      isDirectory(tree, operation.to) &&
      copyFails(tree, operation),
  },
  {
    clause: 'cp over a link that one of its two paths leads through: node removes it and then finds no such path.',
    matches: (operation, tree) => operation.call === 'cp' && leadThroughTarget(tree, operation.path, operation.to),
  },
  {
    clause: 'rm of a tree by a path that leads through it, as `x/..`: node loses its way; here the whole tree goes.',
    matches: (operation, tree) => operation.call === 'rm' && leadsThroughItself(tree, operation),
  },
]

/** The first clause that allows the worlds to differ on this operation. */
export function allowed(operation: Operation, tree: Filesystem): Divergence | undefined {
  return DIVERGENCES.find((divergence) => divergence.matches(operation, tree))
}

function pathsOf(operation: Operation): string[] {
  if (!('path' in operation)) return []
  return 'to' in operation ? [operation.path, operation.to] : [operation.path]
}

/** The tree as the walk meets it: with the directories that a recursive `mkdir` makes on its way to a `..`. */
function withParents(operation: Operation, tree: Filesystem): Filesystem {
  if (operation.call !== 'mkdir' || !operation.recursive || !operation.path.includes('..')) return tree
  const fork = tree.fork()
  succeeds(fork, (fs) => fs.mkdirSync(operation.path, operation))
  return fork
}

/** What is at an absolute path, 0 where nothing is. */
function inoOf(tree: Filesystem, path: string, last: Last): number {
  const ino = tree.lookup(ROOT_INO, byteString(path), last, 'clamp')
  return ino instanceof Errno ? 0 : ino
}

/** Whether a walk that takes the root for a wall is refused. */
function leavesRoot(tree: Filesystem, path: string): boolean {
  const relative = byteString(path.replace(/^\/+/, '') || '.')
  return (['follow', 'nofollow', 'parent'] as const).some(
    (last) => tree.walk.run(ROOT_INO, relative, last, 'refuse') === EPERM,
  )
}

function isDirectory(tree: Filesystem, path: string): boolean {
  const ino = inoOf(tree, path, 'follow')
  return ino !== 0 && tree.get(ino).isDirectory()
}

function isLink(tree: Filesystem, path: string): boolean {
  const ino = inoOf(tree, path, 'nofollow')
  return ino !== 0 && tree.get(ino).isSymlink()
}

/** Whether a link of the source would go where a link is. */
function hasLinkOverLink(tree: Filesystem, source: string, target: string): boolean {
  if (isLink(tree, source)) return isLink(tree, target)
  const ino = inoOf(tree, source, 'follow')
  if (ino === 0 || !tree.get(ino).isDirectory()) return false
  let found = false
  visitTree(tree, ino, (path, inode) => {
    if (!inode.isSymlink()) return
    const there = tree.lookup(ROOT_INO, `${byteString(target)}${path}` as ByteString, 'nofollow', 'clamp')
    if (!(there instanceof Errno) && tree.get(there).isSymlink()) found = true
  })
  return found
}

/** The directory that a path's text names as the one it is in. */
function parentOf(path: string): string {
  return path.replace(/\/+[^/]*\/*$/, '') || '/'
}

/** The first directory on the way up from `path`, by its text, that is there. */
function nearest(tree: Filesystem, path: string): number {
  let parent = parentOf(path)
  while (inoOf(tree, parent, 'follow') === 0) parent = parentOf(parent)
  return inoOf(tree, parent, 'follow')
}

/** Whether `path` is, by its text, in `top`. */
function startsWith(path: string, top: string): boolean {
  return `${path}/`.startsWith(`${top.replace(/\/+$/, '')}/`)
}

/** Whether `target` says that it is in the directory `source`, and a link on the way leads out of it. */
function isInsideByText(tree: Filesystem, source: string, target: string): boolean {
  if (!isDirectory(tree, source)) return false
  const ino = inoOf(tree, source, 'follow')
  if (!startsWith(target, source) && !isParentByText(tree, source, target)) return false
  return !isBelow(tree, nearest(tree, target), ino)
}

/** Whether node finds `source` among the parents of `target`, which it takes by text as far as they are there. */
function isParentByText(tree: Filesystem, source: string, target: string): boolean {
  const ino = inoOf(tree, source, 'follow')
  for (let above = parentOf(target); above !== '/' && above !== parentOf(source); above = parentOf(above)) {
    const seen = inoOf(tree, above, 'follow')
    if (seen === ino || seen === 0) return seen === ino
  }
  return false
}

/**
 * Whether the first parent of `target` that is there is `source` or in it, though node does not see that: it compares
 * the texts, and then the parents by text as far as they are there and not those of the source.
 */
function landsInsideUnseen(tree: Filesystem, source: string, target: string): boolean {
  if (!isDirectory(tree, source)) return false
  const ino = inoOf(tree, source, 'follow')
  // With a slash at its end the target is what a link there leads to.
  if (target.endsWith('/') && isDirectory(tree, target) && isBelow(tree, inoOf(tree, target, 'follow'), ino))
    return true
  if (!isBelow(tree, nearest(tree, target), ino)) return false
  return !startsWith(target, source) && !isParentByText(tree, source, target)
}

/** Whether the directory `ino` is `top` or somewhere in it. */
function isBelow(tree: Filesystem, ino: number, top: number): boolean {
  for (let at = ino; at !== top; ) {
    const inode = tree.get(at)
    if (at === ROOT_INO || !inode.isDirectory()) return false
    at = inode.body.parent
  }
  return true
}

/** Tries it on a fork. */
function copyFails(tree: Filesystem, operation: Extract<Operation, { call: 'cp' }>): boolean {
  const { path, to, force, errorOnExist } = operation
  return !succeeds(tree.fork(), (fs) => {
    fs.cpSync(path, to, { recursive: true, verbatimSymlinks: true, force, errorOnExist })
  })
}

/** Whether the source, or the directory of the target, is gone once the link at `target` is. */
function leadThroughTarget(tree: Filesystem, source: string, target: string): boolean {
  if (!isLink(tree, target) || inoOf(tree, source, 'nofollow') === 0) return false
  const fork = tree.fork()
  fork.unlinkAt(ROOT_INO, byteString(target), 'clamp', NOW)
  return inoOf(fork, source, 'nofollow') === 0 || inoOf(fork, parentOf(target), 'follow') === 0
}

/** Whether the directory of what `rm` removes is gone once it has, which it does on a fork. */
function leadsThroughItself(tree: Filesystem, operation: Extract<Operation, { call: 'rm' }>): boolean {
  const parent = parentOf(operation.path)
  if (inoOf(tree, parent, 'follow') === 0 || inoOf(tree, operation.path, 'nofollow') === 0) return false
  const fork = tree.fork()
  return succeeds(fork, (fs) => fs.rmSync(operation.path, operation)) && inoOf(fork, parent, 'follow') === 0
}

function succeeds(fork: Filesystem, change: (fs: NodeFs) => void): boolean {
  try {
    change(createNodeFs(fork, () => NOW))
    return true
  } catch {
    return false
  }
}
