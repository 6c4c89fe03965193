/** What crossed the door to the host, and what did not. */

/** Why something was left out; the message says the same in words. */
export type LeftOutReason =
  /** A fifo, a socket or a device: it has no content to copy. */
  | 'fifo'
  | 'socket'
  | 'device'
  /** The host does not let it be read. */
  | 'unreadable'
  /** Its name, or a link's text, is not UTF-8, or too long for the machine. */
  | 'name'
  /** It became something else between being looked at and being opened. */
  | 'changed'
  /** Something of another kind has this name in the machine already. */
  | 'taken'
  /** A link that is absolute or leads out of what is written out, or any link where none were asked for. */
  | 'link'

export interface LeftOut {
  /** Relative to what was copied; bytes that are not UTF-8 are shown as `\xff`. */
  readonly path: string
  readonly reason: LeftOutReason
  readonly message: string
}

export interface HostReport {
  readonly files: number
  /** Directories, the one named by the caller not counted. */
  readonly directories: number
  /** Symbolic links. */
  readonly links: number
  /** Bytes of contents, hard links counted once and holes counted as bytes. */
  readonly bytes: number
  /** In the order in which they were met: byte order, a directory before what is in it. */
  readonly leftOut: readonly LeftOut[]
  /** A folder with old content that could not be removed after a write-out that is otherwise complete. */
  readonly leftover?: string
}

/** A report while it is made. */
export class Tally implements HostReport {
  files = 0
  directories = 0
  links = 0
  bytes = 0
  readonly leftOut: LeftOut[] = []
  leftover?: string

  leaveOut(path: string, reason: LeftOutReason, message: string): void {
    this.leftOut.push({ path, reason, message })
  }
}
