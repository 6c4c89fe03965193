/** One object of the tree, whatever its names: its kind, times, link count and content. */

import type { ByteString } from './bytes.ts'
import { Directory } from './directory.ts'
import { FileData } from './file_data.ts'
import type { Edition } from './persistent_array.ts'

/** A moment as the kernel's clock keeps it: whole seconds since 1970 and 0 to 999,999,999 nanoseconds; no bigint is made. */
export interface Instant {
  readonly sec: number
  readonly nsec: number
}

export type Kind = 'file' | 'directory' | 'symlink' | 'fifo' | 'device' | 'socket'

/** What a device inode is, by the name it has in `/dev`; the kernel knows how each behaves. */
export type DeviceName = 'null' | 'zero' | 'full' | 'random' | 'urandom' | 'stdin' | 'stdout' | 'stderr' | 'tty'

/**
 * All inodes have one shape, so that code that meets every kind stays monomorphic; `kind` says what `body` is.
 * Fields change only through `InodeTable.own`, which copies an inode that another edition made.
 */
export class Inode {
  readonly edition: Edition
  readonly ino: number
  readonly kind: Kind
  /** Contents, entries, link text, or device name; `undefined` for a fifo or a socket. */
  readonly body: FileData | Directory | ByteString | DeviceName | undefined
  /** Permission bits, 0 to 0o7777. Kept and shown, never enforced: a guest runs as the owner of all. */
  mode: number
  /** Names of this inode; for a directory 2 and one for each directory in it. 0 once removed and still open. */
  nlink = 0
  atimSec: number
  atimNsec: number
  mtimSec: number
  mtimNsec: number
  ctimSec: number
  ctimNsec: number
  btimSec: number
  btimNsec: number

  constructor(edition: Edition, ino: number, kind: Kind, body: Inode['body'], mode: number, now: Instant) {
    this.edition = edition
    this.ino = ino
    this.kind = kind
    this.body = body
    this.mode = mode
    this.atimSec = now.sec
    this.atimNsec = now.nsec
    this.mtimSec = now.sec
    this.mtimNsec = now.nsec
    this.ctimSec = now.sec
    this.ctimNsec = now.nsec
    this.btimSec = now.sec
    this.btimNsec = now.nsec
  }

  /** A copy that `edition` owns, content shared until it changes. */
  copy(edition: Edition): Inode {
    const body = this.body instanceof FileData || this.body instanceof Directory ? this.body.clone() : this.body
    const copy = new Inode(edition, this.ino, this.kind, body, this.mode, { sec: this.btimSec, nsec: this.btimNsec })
    copy.nlink = this.nlink
    copy.atimSec = this.atimSec
    copy.atimNsec = this.atimNsec
    copy.mtimSec = this.mtimSec
    copy.mtimNsec = this.mtimNsec
    copy.ctimSec = this.ctimSec
    copy.ctimNsec = this.ctimNsec
    return copy
  }

  isFile(): this is FileInode {
    return this.kind === 'file'
  }

  isDirectory(): this is DirectoryInode {
    return this.kind === 'directory'
  }

  isSymlink(): this is SymlinkInode {
    return this.kind === 'symlink'
  }

  isDevice(): this is DeviceInode {
    return this.kind === 'device'
  }

  /** Bytes: of a file its contents, of a link its text, of all else 0. */
  get size(): number {
    if (this.body instanceof FileData) return this.body.size
    return this.kind === 'symlink' ? (this.body as ByteString).length : 0
  }

  /** Marks data (mtim) and metadata (ctim) as changed. */
  touch(now: Instant): void {
    this.mtimSec = now.sec
    this.mtimNsec = now.nsec
    this.touchMetadata(now)
  }

  /** Marks metadata (ctim) as changed. */
  touchMetadata(now: Instant): void {
    this.ctimSec = now.sec
    this.ctimNsec = now.nsec
  }
}

export interface FileInode extends Inode {
  readonly kind: 'file'
  readonly body: FileData
}

export interface DirectoryInode extends Inode {
  readonly kind: 'directory'
  readonly body: Directory
}

export interface SymlinkInode extends Inode {
  readonly kind: 'symlink'
  readonly body: ByteString
}

export interface DeviceInode extends Inode {
  readonly kind: 'device'
  readonly body: DeviceName
}
