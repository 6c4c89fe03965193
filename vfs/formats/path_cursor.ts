/**
 * From paths to directories, one path after the other: what a path shares with the one before it is not walked again,
 * so that an archive of a deep tree costs no more than the length of its paths.
 */

import type { ByteString } from '../bytes.ts'
import { nameIn } from './archive_path.ts'

export class PathCursor {
  readonly #root: number
  /** The directory that was reached last: its path, and for each component where it ends and its inode number. */
  #path: ByteString | '' = ''
  readonly #ends: number[] = []
  readonly #inos: number[] = []

  constructor(root: number) {
    this.#root = root
  }

  /**
   * The directory whose path is the first `length` bytes of `path`. `step` gives the inode number of a name in a
   * directory, with where it ends in `path`; its 0 ends the walk, whose result is then 0.
   */
  walk(path: ByteString, length: number, step: (dir: number, name: ByteString, end: number) => number): number {
    this.#back(path, length)
    while (this.#path.length < length) {
      const start = this.#path.length === 0 ? 0 : this.#path.length + 1
      const slash = path.indexOf('/', start)
      const end = slash < 0 || slash > length ? length : slash
      const ino = step(this.#inos.at(-1) ?? this.#root, nameIn(path, start, end), end)
      if (ino === 0) return 0
      this.#ends.push(end)
      this.#inos.push(ino)
      this.#path = path.slice(0, end) as ByteString
    }
    return this.#inos.at(-1) ?? this.#root
  }

  /** Makes `path`, which `ino` has and whose parent was walked to last, the directory that was reached last. */
  enter(path: ByteString, ino: number): void {
    this.#ends.push(path.length)
    this.#inos.push(ino)
    this.#path = path
  }

  /** Starts again from the root: directories have been removed. */
  forget(): void {
    this.#path = ''
    this.#ends.length = this.#inos.length = 0
  }

  /** Goes up to the last directory that is also on the way to the first `length` bytes of `path`. */
  #back(path: ByteString, length: number): void {
    const { length: have } = this.#path
    if (have <= length && path.startsWith(this.#path) && isEnd(path, have, length)) return
    let common = 0
    const most = Math.min(have, length)
    while (common < most && this.#path.charCodeAt(common) === path.charCodeAt(common)) common++
    while (this.#ends.length > 0) {
      const end = this.#ends.at(-1) as number
      if (end <= common && isEnd(path, end, length)) break
      this.#ends.pop()
      this.#inos.pop()
    }
    this.#path = path.slice(0, this.#ends.at(-1) ?? 0) as ByteString
  }
}

/** Whether a component of the first `length` bytes of `path` ends at `at`; the root ends at 0. */
function isEnd(path: ByteString, at: number, length: number): boolean {
  return at === 0 || at === length || path.charCodeAt(at) === SLASH
}

const SLASH = 47
