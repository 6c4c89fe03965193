/** What all formats are asked for and answer: which part of the tree, which times, what was left out. */

import { type ByteString, byteString, textOf } from '../bytes.ts'
import type { Filesystem } from '../filesystem.ts'
import type { Instant } from '../inode.ts'
import { ROOT_INO } from '../inode_table.ts'
import { type Epoch, instantOf } from '../instant.ts'
import { type Format, FormatError } from './error.ts'

/** Something that the format, or the tree, cannot hold. */
export interface LeftOut {
  /** Relative to what became, or was, the archive's root. */
  readonly path: string
  readonly message: string
}

export interface WriteOptions {
  /**
   * The directory that becomes the archive's root, by its absolute path or its inode number; default the whole tree.
   * Its own mode and times are not in the archive.
   */
  readonly base?: string | number
  /** Modification times: those of the tree, or one for all, so that they do not make two archives differ. Default 0. */
  readonly times?: 'keep' | Epoch
  /** Is told of each thing that the format cannot hold, in the order of the tree; it is then not in the archive. */
  readonly onLeftOut?: (leftOut: LeftOut) => void
}

export interface ReadOptions {
  /**
   * The directory that the archive's root becomes, by its absolute path (made where missing) or its inode number;
   * default the root of the tree.
   */
  readonly at?: string | number
  /** The moment of the change, as `machine.time` gives it; for what has no time of its own too. Default 0. */
  readonly now?: Epoch
  /**
   * Modification times: those of the archive, as far as the tree can have them (before 1970 becomes 1970), or one for
   * all. Default `'keep'`.
   */
  readonly times?: 'keep' | Epoch
}

export interface ReadReport {
  /** Regular files, further names of one (hard links) included. */
  readonly files: number
  /** Directories that the archive lists, and those that it needs without listing them. */
  readonly directories: number
  /** Symbolic links. */
  readonly links: number
  /** Bytes of contents, hard links counted once and holes counted as bytes. */
  readonly bytes: number
  /** What the tree cannot hold, such as a block device, in the archive's order. */
  readonly leftOut: readonly LeftOut[]
}

/** The longest path that a message shows, in characters. */
const SHOWN = 200

/** A path as messages show it: readable, on one line, and not longer than a reader would read. */
export function quote(path: ByteString): string {
  const text = textOf(path.length > SHOWN ? (path.slice(0, SHOWN) as ByteString) : path)
  return JSON.stringify(text) + (path.length > SHOWN ? ` and ${path.length - SHOWN} bytes more` : '')
}

/** @throws FormatError naming the option. */
export function momentOf(format: Format, option: string, epoch: Epoch): Instant {
  const instant = instantOf(epoch)
  if (typeof instant === 'string') throw new FormatError(format, `${option}: ${instant}`)
  return instant
}

/** The time that all files get; `undefined` where each keeps its own. */
export function timesOf(format: Format, times: 'keep' | Epoch): Instant | undefined {
  return times === 'keep' ? undefined : momentOf(format, 'times', times)
}

/** The inode at an absolute path, or of that number. No link is followed. @throws FormatError where there is none. */
export function baseOf(format: Format, fs: Filesystem, base: string | number = ROOT_INO): number {
  if (typeof base === 'number') {
    if (!fs.table.has(base)) throw new FormatError(format, `base: there is no inode ${base}`)
    return base
  }
  let ino = ROOT_INO
  for (const name of namesOf(format, 'base', base)) {
    const inode = fs.get(ino)
    ino = inode.isDirectory() ? inode.body.get(name) : 0
    if (ino === 0) throw new FormatError(format, `base: ${JSON.stringify(base)} is not there`)
  }
  return ino
}

/** As `baseOf`, and it must be a directory. */
export function baseDirectoryOf(format: Format, fs: Filesystem, base: string | number | undefined): number {
  const ino = baseOf(format, fs, base)
  const { kind } = fs.get(ino)
  if (kind !== 'directory') {
    throw new FormatError(format, `base: ${JSON.stringify(base)} is a ${kind}: name the directory that it is in`)
  }
  return ino
}

/** The components of an absolute path that an option gives. @throws FormatError naming the option. */
export function namesOf(format: Format, option: string, path: string): ByteString[] {
  if (!path.startsWith('/')) {
    throw new FormatError(format, `${option}: ${JSON.stringify(path)} is not absolute: start it with "/"`)
  }
  const names = path.split('/').filter((name) => name !== '')
  if (names.includes('.') || names.includes('..')) {
    throw new FormatError(format, `${option}: ${JSON.stringify(path)} has "." or ".." in it: say the path itself`)
  }
  return names.map(byteString)
}
