/** A tree in the order of an archive: a directory before what is in it, names bytewise. Neither depth nor width has a bound. */

import { type ByteString, decodeLatin1, textOf } from '../bytes.ts'
import type { Filesystem } from '../filesystem.ts'
import type { Inode } from '../inode.ts'

interface Level {
  readonly ino: number
  /** The name that was given last. */
  after: ByteString | ''
  /** Bytes of the directory's path. */
  readonly length: number
}

/**
 * Goes from one inode below a directory to the next. The path is kept as bytes in one buffer, since a string for each
 * level of a deep tree would need memory that grows with the square of its depth.
 */
export class TreeWalk {
  /** Where the walk is. */
  inode: Readonly<Inode>
  /** Its name in its directory. */
  name: ByteString | '' = ''
  readonly #fs: Filesystem
  readonly #levels: Level[]
  #path: Uint8Array = new Uint8Array(1024)
  #length = 0

  constructor(fs: Filesystem, base: number) {
    this.#fs = fs
    this.inode = fs.get(base)
    this.#levels = [{ ino: base, after: '', length: 0 }]
  }

  /**
   * Goes on: `'enter'` is at something new, `'leave'` is back at a directory whose content is done (`name` then means
   * nothing), and `undefined` is the end; the base itself is neither entered nor left.
   */
  next(): 'enter' | 'leave' | undefined {
    const level = this.#levels.at(-1)
    if (level === undefined) return undefined
    const directory = this.#fs.get(level.ino)
    const name = directory.isDirectory() ? directory.body.next(level.after) : undefined
    if (name === undefined || !directory.isDirectory()) {
      this.#levels.pop()
      this.#length = level.length
      this.inode = directory
      return this.#levels.length === 0 ? undefined : 'leave'
    }
    level.after = name
    this.name = name
    this.#setName(level.length, name)
    this.inode = this.#fs.get(directory.body.get(name))
    if (this.inode.isDirectory()) this.#levels.push({ ino: this.inode.ino, after: '', length: this.#length })
    return 'enter'
  }

  /** Leaves out what is in the directory that was entered last. */
  skip(): void {
    this.#levels.pop()
  }

  /** The path from the base, without a slash at either end; good until the next step. */
  get path(): Uint8Array {
    return this.#path.subarray(0, this.#length)
  }

  /** The same as text, for messages. */
  get shown(): string {
    return textOf(decodeLatin1(this.path))
  }

  #setName(length: number, name: ByteString): void {
    const start = length === 0 ? 0 : length + 1
    const end = start + name.length
    if (end > this.#path.length) {
      const longer = new Uint8Array(Math.max(end, 2 * this.#path.length))
      longer.set(this.#path.subarray(0, length))
      this.#path = longer
    }
    if (start > 0) this.#path[length] = SLASH
    for (let i = 0; i < name.length; i++) this.#path[start + i] = name.charCodeAt(i)
    this.#length = end
  }
}

const SLASH = 47
