/**
 * How node:wasi finds a path, as a model: it keeps descriptors as path texts, cleans `.` and `..` as text, follows links
 * at the end itself and leaves those on the way to the host. The model says where its call will land in our own tree,
 * so that a difference is put down to this, and the worlds are parted, exactly where the two ways lead apart.
 */

import type { ByteString } from '../../vfs/bytes.ts'
import { EINVAL, ENOENT, Errno } from '../../vfs/errno.ts'
import type { Filesystem } from '../../vfs/filesystem.ts'
import { ROOT_INO } from '../../vfs/inode_table.ts'
import type { Last } from '../../vfs/walk.ts'

/** What node:wasi knows of a descriptor: the path that a guest would use, cleaned, and the host's. */
export interface NodeDescriptor {
  readonly normalized: string
  readonly real: string
}

/** Links that it follows at the end of one path. */
const FOLLOWS = 32

export function nodeDescriptor(mapped: string, real: string): NodeDescriptor {
  return { normalized: clean(mapped), real }
}

/** What node:wasi makes of a path. */
export interface Resolved {
  /** The host's path; `undefined` where it refuses the path. */
  readonly host: string | undefined
  /** The name of the errno with which it does. */
  readonly refused: string | undefined
  /** Whether `.` or `..` was in what it cleaned: the path, and the texts of links at its end. */
  readonly dots: boolean
}

export function resolve(
  tree: Filesystem,
  { normalized, real }: NodeDescriptor,
  path: string,
  follow: boolean,
): Resolved {
  let dots = hasDots(path)
  const refuse = (refused: string): Resolved => ({ host: undefined, refused, dots })
  if (path.startsWith('/')) return refuse('ENOTCAPABLE')
  let input = path
  for (let follows = 0; ; ) {
    if (input === '' || input.slice(0, -1).includes('\0')) return refuse('EINVAL')
    const cleaned = clean(input.startsWith('/') ? input : `${normalized}/${input}`)
    if (!cleaned.startsWith(normalized)) return refuse('ENOTCAPABLE')
    const below = cleaned.slice(normalized.length)
    // For what links say it takes the length of the text that it has cleaned.
    const length = (input.startsWith('/') ? input : cleaned).length - normalized.length
    const isBelow = length > 1 || (length === 1 && !below.startsWith('/'))
    const host = real + (isBelow && !below.startsWith('/') ? '/' : '') + (isBelow ? below : '')
    if (!follow) return { host, refused: undefined, dots }
    const text = tree.readlinkAt(ROOT_INO, host as ByteString, 'clamp')
    if (text === EINVAL || text === ENOENT) return { host, refused: undefined, dots }
    if (text instanceof Errno) return refuse(text.name)
    if (++follows >= FOLLOWS) return refuse('ELOOP')
    dots ||= hasDots(text)
    input = text.startsWith('/') ? text : `${cleaned}/../${text}`
  }
}

/** Where a walk ends. */
export interface End {
  /** The same for the same place: an errno's name, an inode, or a name in a directory. */
  readonly place: string
  /** Whether there is something; `undefined` where the walk failed. */
  readonly exists: boolean | undefined
}

export function endOf(tree: Filesystem, base: number, path: string, last: Last, wall: 'refuse' | 'clamp'): End {
  const fault = tree.walk.run(base, path as ByteString, last, wall)
  if (fault !== undefined) return { place: fault.name, exists: undefined }
  const { dir, name, ino, isName, trailing } = tree.walk
  const exists = ino !== 0
  if (last === 'parent' || !exists) return { place: `#${dir}/${name}${trailing ? '/' : ''}`, exists }
  return { place: `#${ino}${last === 'create' && trailing && isName ? '/' : ''}`, exists }
}

/** Takes `.` and `..` out of a path, as text. */
function clean(path: string): string {
  const absolute = path.startsWith('/')
  const parts = path.split('/')
  let out = ''
  parts.forEach((part, index) => {
    if (part === '') {
      if (out === '' && absolute && index < parts.length - 1) out = '/'
    } else if (part === '..') {
      const last = Math.max(0, out.lastIndexOf('/'))
      if (out === '' || out === '..' || out.endsWith('/..')) out += out === '' || out.endsWith('/') ? '..' : '/..'
      else out = last === 0 && absolute ? '/' : out.slice(0, last)
    } else if (part !== '.') out += out === '' || out.endsWith('/') ? part : `/${part}`
  })
  if (out === '') out = absolute ? '/' : '.'
  return path.endsWith('/') && !out.endsWith('/') ? `${out}/` : out
}

function hasDots(path: string): boolean {
  return /(^|\/)\.\.?(\/|$)/.test(path)
}
