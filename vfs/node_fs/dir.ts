/** An open directory, read entry by entry. */

import type { ByteString } from '../bytes.ts'
import type { Filesystem } from '../filesystem.ts'
import { encodeName } from './encoding.ts'
import { typeError } from './errors.ts'
import { Dirent } from './stats.ts'

export class Dir {
  /** The directory, as the caller named it. */
  readonly path: string
  readonly #fs: Filesystem
  readonly #ino: number
  readonly #encoding: unknown
  /** The name after which the next entry comes: it stays right whatever is added or removed. */
  #after: ByteString | '' = ''
  #closed = false

  /** Holds the directory until it is closed. */
  constructor(fs: Filesystem, ino: number, path: string, encoding: unknown) {
    this.path = path
    this.#fs = fs
    this.#ino = ino
    this.#encoding = encoding
    fs.hold(ino)
  }

  /** The next entry, in byte order of the names, or `null` at the end. */
  readSync(): Dirent | null {
    this.#check()
    const directory = this.#fs.get(this.#ino)
    const name = directory.isDirectory() ? directory.body.next(this.#after) : undefined
    if (name === undefined || !directory.isDirectory()) return null
    this.#after = name
    return new Dirent(
      encodeName(name, this.#encoding) as string,
      this.path,
      this.#fs.get(directory.body.get(name)).kind,
    )
  }

  closeSync(): void {
    this.#check()
    this.#closed = true
    this.#fs.release(this.#ino)
  }

  async read(): Promise<Dirent | null> {
    return this.readSync()
  }

  async close(): Promise<void> {
    this.closeSync()
  }

  /** All entries that are left; closes the directory at the end. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Dirent, void> {
    try {
      for (let entry = this.readSync(); entry !== null; entry = this.readSync()) yield entry
    } finally {
      if (!this.#closed) this.closeSync()
    }
  }

  #check(): void {
    if (this.#closed) throw typeError('ERR_DIR_CLOSED', 'Directory handle was closed')
  }
}
