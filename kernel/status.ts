/** What `stat` tells. One object per kernel, filled anew for each call, so that none is allocated. */

import type { Inode, Kind } from '../vfs/inode.ts'
import type { OpenFile } from './open_file.ts'

/** Device numbers: the tree's, and that of all that has no inode in it. */
export const DEV_TREE = 1
export const DEV_KERNEL = 2

/** Kinds of the tree, and those of descriptions that have no inode there. */
export type StatusKind = Kind | 'terminal' | 'stream'

export class Status {
  dev = 0
  ino = 0
  kind: StatusKind = 'file'
  nlink = 0
  size = 0
  atimSec = 0
  atimNsec = 0
  mtimSec = 0
  mtimNsec = 0
  ctimSec = 0
  ctimNsec = 0

  ofInode(inode: Readonly<Inode>): void {
    this.dev = DEV_TREE
    this.ino = inode.ino
    this.kind = inode.kind
    this.nlink = inode.nlink
    this.size = inode.size
    this.atimSec = inode.atimSec
    this.atimNsec = inode.atimNsec
    this.mtimSec = inode.mtimSec
    this.mtimNsec = inode.mtimNsec
    this.ctimSec = inode.ctimSec
    this.ctimNsec = inode.ctimNsec
  }

  /** Of what has no inode: numbered like one, with all times 0. */
  ofOpenFile(file: OpenFile): void {
    this.dev = DEV_KERNEL
    this.ino = file.serial
    this.kind = kindOf(file)
    this.nlink = 1
    this.size = 0
    this.atimSec = this.atimNsec = this.mtimSec = this.mtimNsec = this.ctimSec = this.ctimNsec = 0
  }
}

export function kindOf(file: OpenFile): StatusKind {
  if (file.terminal) return 'terminal'
  switch (file.kind) {
    case 'input':
    case 'output':
    case 'pipe':
      return 'stream'
    case 'listener':
      return 'socket'
    default:
      return file.kind
  }
}
