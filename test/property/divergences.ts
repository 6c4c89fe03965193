/**
 * Where the facade and `node:fs` on Linux may differ, each with the clause that allows it; nothing else may.
 * An operation that matches is run by neither world.
 */

import { constants } from 'node:fs'
import { byteString } from '../../vfs/bytes.ts'
import { EPERM } from '../../vfs/errno.ts'
import type { Filesystem } from '../../vfs/filesystem.ts'
import { ROOT_INO } from '../../vfs/inode_table.ts'
import { createNodeFs, type NodeFs } from '../../vfs/node_fs.ts'
import type { Operation } from './operations.ts'

/** A reason to leave an operation out. */
export interface Divergence {
  readonly clause: string
  matches(operation: Operation, fs: NodeFs, tree: Filesystem): boolean
}

export const DIVERGENCES: readonly Divergence[] = [
  {
    clause: 'The scratch folder of the host is not the root: a walk that passes above it would leave it.',
    matches: (operation, _fs, tree) => pathsOf(operation).some((path) => leavesRoot(tree, path)),
  },
  {
    clause: 'The root itself: on the host it is a folder with a name and a parent, written with a slash at its end.',
    matches: (operation, fs) => {
      const looks = ['stat', 'lstat', 'access', 'exists', 'readdir', 'realpath', 'utimes']
      return !looks.includes(operation.call) && pathsOf(operation).some((path) => isRoot(fs, path))
    },
  },
  {
    clause:
      'copyFile of a directory: node (libuv) empties and unlinks the target before it fails; here nothing changes.',
    matches: (operation, fs) => operation.call === 'copyFile' && isDirectory(fs, operation.path),
  },
  {
    clause: 'cp compares link texts as absolute paths, which have the scratch folder in them on one side only.',
    matches: (operation, fs) => operation.call === 'cp' && hasLinkOverLink(fs, operation.path, operation.to),
  },
  {
    clause: 'cp into a path that is inside its source only by the text of the two paths: node looks at the text.',
    matches: (operation) =>
      operation.call === 'cp' && /(^|\/)\.\.?(\/|$)|\/\//.test(`${operation.path} ${operation.to}`),
  },
  {
    clause:
      'cp into itself through a link, with parents to make: node does not see it and recurses until its stack ends.',
    matches: (operation, fs) =>
      operation.call === 'cp' && isDirectory(fs, operation.path) && landsInside(fs, operation.path, operation.to),
  },
  {
    clause: 'cp of a tree that fails on the way: what was copied before depends on the order in which the host lists.',
    matches: (operation, fs, tree) =>
      operation.call === 'cp' &&
      isDirectory(fs, operation.path) &&
      isDirectory(fs, operation.to) &&
      copyFails(tree, operation),
  },
  {
    clause: 'cp over a link that its own target path leads through: node removes it and then finds no such path.',
    matches: (operation, _fs, tree) =>
      operation.call === 'cp' && leadsThroughItself(tree, operation.to, (fs) => fs.unlinkSync(operation.to)),
  },
  {
    clause: 'rm of a tree by a path that leads through it, as `x/..`: node loses its way; here the whole tree goes.',
    matches: (operation, _fs, tree) =>
      operation.call === 'rm' && leadsThroughItself(tree, operation.path, (fs) => fs.rmSync(operation.path, operation)),
  },
]

/** The first clause that allows the worlds to differ on this operation. */
export function allowed(operation: Operation, fs: NodeFs, tree: Filesystem): Divergence | undefined {
  return DIVERGENCES.find((divergence) => divergence.matches(operation, fs, tree))
}

function pathsOf(operation: Operation): string[] {
  return [...('path' in operation ? [operation.path] : []), ...('to' in operation ? [operation.to] : [])]
}

/** Whether a walk that takes the root for a wall is refused. */
function leavesRoot(tree: Filesystem, path: string): boolean {
  const relative = byteString(path.replace(/^\/+/, '') || '.')
  return (['follow', 'nofollow', 'parent'] as const).some(
    (last) => tree.walk.run(ROOT_INO, relative, last, 'refuse') === EPERM,
  )
}

function isRoot(fs: NodeFs, path: string): boolean {
  return fs.existsSync(path) && fs.statSync(path).ino === ROOT_INO
}

function isDirectory(fs: NodeFs, path: string): boolean {
  return fs.existsSync(path) && fs.statSync(path).isDirectory()
}

/** Whether a link of the source would go where a link is. */
function hasLinkOverLink(fs: NodeFs, source: string, target: string): boolean {
  const isLink = (path: string) => {
    try {
      return (fs.lstatSync(path).mode & constants.S_IFMT) === constants.S_IFLNK
    } catch {
      return false
    }
  }
  if (isLink(source)) return isLink(target)
  if (!isDirectory(fs, source)) return false
  return fs
    .readdirSync(source, { recursive: true })
    .some((name) => isLink(`${source}/${name}`) && isLink(`${target}/${name}`))
}

/** Whether the first parent of `target` that is there is `source` or in it, while the last one is missing. */
function landsInside(fs: NodeFs, source: string, target: string): boolean {
  let parent = target.replace(/\/+[^/]*\/*$/, '') || '/'
  if (fs.existsSync(parent)) return false
  while (!fs.existsSync(parent)) parent = parent.replace(/\/+[^/]*$/, '') || '/'
  return `${fs.realpathSync(parent)}/`.startsWith(`${fs.realpathSync(source)}/`)
}

/** Tries it on a fork. */
function copyFails(tree: Filesystem, operation: Extract<Operation, { call: 'cp' }>): boolean {
  const { path, to, force, errorOnExist } = operation
  try {
    const fs = createNodeFs(tree.fork(), () => ({ sec: 0, nsec: 0 }))
    fs.cpSync(path, to, { recursive: true, verbatimSymlinks: true, force, errorOnExist })
    return false
  } catch {
    return true
  }
}

/** Whether the directory of `path` is gone once `remove` has removed `path` from a fork. */
function leadsThroughItself(tree: Filesystem, path: string, remove: (fs: NodeFs) => void): boolean {
  const fs = createNodeFs(tree.fork(), () => ({ sec: 0, nsec: 0 }))
  const parent = path.replace(/\/+[^/]*\/*$/, '') || '/'
  if (!fs.existsSync(parent)) return false
  try {
    remove(fs)
  } catch {
    return false
  }
  return !fs.existsSync(parent)
}
