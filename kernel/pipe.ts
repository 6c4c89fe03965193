/** A pipe: a queue of bytes with counted ends. */

import { ByteQueue } from './byte_queue.ts'

/** Writes up to this many bytes go in whole or not at all. */
export const PIPE_BUF = 4096

export class Pipe {
  readonly queue: ByteQueue
  /** Open descriptions that can read, and write. */
  readers = 0
  writers = 0
  /** Whether writers may go over the capacity, since the reader cannot run before they are done. */
  unbounded = false
  /** For stat: pipes are numbered in the order in which they were made. */
  readonly ino: number

  constructor(ino: number, capacity?: number, queue: ByteQueue = new ByteQueue(capacity)) {
    this.ino = ino
    this.queue = queue
  }

  clone(): Pipe {
    const copy = new Pipe(this.ino, this.queue.capacity, this.queue.clone())
    copy.readers = this.readers
    copy.writers = this.writers
    copy.unbounded = this.unbounded
    return copy
  }
}
