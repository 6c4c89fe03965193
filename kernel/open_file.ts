/**
 * An open file description: what `open`, `pipe` and `accept` make, with its offset and flags. Descriptors, which have a
 * number and rights, refer to it. One shape for every kind, so that the paths which all calls share stay monomorphic.
 */

import type { DeviceName } from '../vfs/inode.ts'
import type { DirectoryCursor } from './directory_cursor.ts'
import type { Pipe } from './pipe.ts'
import type { Listener, Socket } from './socket.ts'
import type { Input, Output } from './stream.ts'

/** What is open. `input` and `output` are the host's ends of the standard streams. */
export type OpenKind = 'file' | 'directory' | 'device' | 'fifo' | 'pipe' | 'socket' | 'listener' | 'input' | 'output'

export class OpenFile {
  readonly kind: OpenKind
  /** The inode, held while this is open; 0 for what has none in the tree. */
  readonly ino: number
  /** Whether the open asked for reading, and for writing. */
  readonly readable: boolean
  readonly writable: boolean
  /** Bytes from the start; only a file's moves. */
  offset = 0
  append = false
  nonblock = false
  dsync = false
  rsync = false
  sync = false
  /** Descriptors that refer to this. */
  references = 0
  /** Whether a guest is to take it for a terminal. */
  terminal = false
  /** Whether it is the top of what the guest was given, so that its parent is not the guest's to know. */
  top = false
  pipe: Pipe | undefined
  socket: Socket | undefined
  listener: Listener | undefined
  input: Input | undefined
  output: Output | undefined
  device: DeviceName | undefined
  /** Readdir cookies, from the first listing on. */
  cursor: DirectoryCursor | undefined
  /** For stat where there is no inode. */
  readonly serial: number

  constructor(kind: OpenKind, ino: number, readable: boolean, writable: boolean, serial: number = 0) {
    this.kind = kind
    this.ino = ino
    this.readable = readable
    this.writable = writable
    this.serial = serial
  }
}
