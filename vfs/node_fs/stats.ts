/** What `stat` and `readdir` give: objects with the fields and methods of node's. */

import type { Inode, Kind } from '../inode.ts'
import { constants } from './constants.ts'
import { type DateValue, dateOf } from './date.ts'

/** The device number of every inode: there is one file system. */
const DEV = 1
const BLOCK_BYTES = 4096
/** The unit of `blocks`. */
const SECTOR_BYTES = 512

const TYPE: { readonly [K in Kind]: number } = {
  file: constants.S_IFREG,
  directory: constants.S_IFDIR,
  symlink: constants.S_IFLNK,
  fifo: constants.S_IFIFO,
  device: constants.S_IFCHR,
  socket: constants.S_IFSOCK,
}

/** The questions that `Stats` and `Dirent` answer alike. */
abstract class Kinded {
  readonly #kind: Kind

  constructor(kind: Kind) {
    this.#kind = kind
  }

  isFile(): boolean {
    return this.#kind === 'file'
  }

  isDirectory(): boolean {
    return this.#kind === 'directory'
  }

  isSymbolicLink(): boolean {
    return this.#kind === 'symlink'
  }

  isFIFO(): boolean {
    return this.#kind === 'fifo'
  }

  isCharacterDevice(): boolean {
    return this.#kind === 'device'
  }

  isBlockDevice(): boolean {
    return false
  }

  isSocket(): boolean {
    return this.#kind === 'socket'
  }
}

/** Metadata of an inode, in numbers. `size` is in bytes (0 for a directory), `blocks` in 512 bytes. */
export class Stats extends Kinded {
  readonly dev: number = DEV
  readonly mode: number
  readonly nlink: number
  readonly uid: number = 0
  readonly gid: number = 0
  readonly rdev: number = 0
  readonly blksize: number = BLOCK_BYTES
  readonly ino: number
  readonly size: number
  readonly blocks: number
  readonly atimeMs: number
  readonly mtimeMs: number
  readonly ctimeMs: number
  readonly birthtimeMs: number
  readonly atime: DateValue
  readonly mtime: DateValue
  readonly ctime: DateValue
  readonly birthtime: DateValue

  constructor(inode: Readonly<Inode>) {
    super(inode.kind)
    this.mode = TYPE[inode.kind] | inode.mode
    this.nlink = inode.nlink
    this.ino = inode.ino
    this.size = inode.size
    this.blocks = blocksOf(inode)
    this.atimeMs = milliseconds(inode.atimSec, inode.atimNsec)
    this.mtimeMs = milliseconds(inode.mtimSec, inode.mtimNsec)
    this.ctimeMs = milliseconds(inode.ctimSec, inode.ctimNsec)
    this.birthtimeMs = milliseconds(inode.btimSec, inode.btimNsec)
    this.atime = dateOf(this.atimeMs)
    this.mtime = dateOf(this.mtimeMs)
    this.ctime = dateOf(this.ctimeMs)
    this.birthtime = dateOf(this.birthtimeMs)
  }
}

/** Metadata of an inode, in bigints, with times in nanoseconds too. */
export class BigIntStats extends Kinded {
  readonly dev: bigint = BigInt(DEV)
  readonly mode: bigint
  readonly nlink: bigint
  readonly uid: bigint = 0n
  readonly gid: bigint = 0n
  readonly rdev: bigint = 0n
  readonly blksize: bigint = BigInt(BLOCK_BYTES)
  readonly ino: bigint
  readonly size: bigint
  readonly blocks: bigint
  readonly atimeMs: bigint
  readonly mtimeMs: bigint
  readonly ctimeMs: bigint
  readonly birthtimeMs: bigint
  readonly atimeNs: bigint
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
  readonly birthtimeNs: bigint
  readonly atime: DateValue
  readonly mtime: DateValue
  readonly ctime: DateValue
  readonly birthtime: DateValue

  constructor(inode: Readonly<Inode>) {
    super(inode.kind)
    this.mode = BigInt(TYPE[inode.kind] | inode.mode)
    this.nlink = BigInt(inode.nlink)
    this.ino = BigInt(inode.ino)
    this.size = BigInt(inode.size)
    this.blocks = BigInt(blocksOf(inode))
    this.atimeNs = BigInt(inode.atimSec) * 1_000_000_000n + BigInt(inode.atimNsec)
    this.mtimeNs = BigInt(inode.mtimSec) * 1_000_000_000n + BigInt(inode.mtimNsec)
    this.ctimeNs = BigInt(inode.ctimSec) * 1_000_000_000n + BigInt(inode.ctimNsec)
    this.birthtimeNs = BigInt(inode.btimSec) * 1_000_000_000n + BigInt(inode.btimNsec)
    this.atimeMs = this.atimeNs / 1_000_000n
    this.mtimeMs = this.mtimeNs / 1_000_000n
    this.ctimeMs = this.ctimeNs / 1_000_000n
    this.birthtimeMs = this.birthtimeNs / 1_000_000n
    this.atime = dateOf(this.atimeMs)
    this.mtime = dateOf(this.mtimeMs)
    this.ctime = dateOf(this.ctimeMs)
    this.birthtime = dateOf(this.birthtimeMs)
  }
}

/** One entry of a directory. */
export class Dirent<Name extends string | Uint8Array = string> extends Kinded {
  readonly name: Name
  /** The directory, as the caller named it. */
  readonly parentPath: string
  /** The same, under its older name. */
  readonly path: string

  constructor(name: Name, parentPath: string, kind: Kind) {
    super(kind)
    this.name = name
    this.parentPath = parentPath
    this.path = parentPath
  }
}

function blocksOf(inode: Readonly<Inode>): number {
  return inode.isFile() ? inode.body.blocks * (BLOCK_BYTES / SECTOR_BYTES) : 0
}

function milliseconds(sec: number, nsec: number): number {
  return sec * 1000 + nsec / 1e6
}
