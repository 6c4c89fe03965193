/**
 * Readdir cookies of one open directory. A cookie stands for a name: `.` is 1, `..` is 2, and other names are numbered
 * in the order in which this description first listed them. To go on after a cookie is to go on after its name in byte
 * order, so an entry that is there during the whole scan comes exactly once, whatever comes and goes meanwhile.
 */

import type { ByteString } from '../vfs/bytes.ts'

const FIRST = 3
/** Cookies kept at least; over twice the directory's size and this many, the oldest half is forgotten. */
const KEPT = 65_536

export class DirectoryCursor {
  readonly #cookies = new Map<ByteString, number>()
  readonly #names = new Map<number, ByteString>()
  #next = FIRST

  /** The cookie of `name`, a new one where it has none. `size` is how many entries the directory has. */
  cookieOf(name: ByteString, size: number): number {
    const known = this.#cookies.get(name)
    if (known !== undefined) return known
    if (this.#names.size > Math.max(KEPT, 2 * size)) this.#forget()
    const cookie = this.#next++
    this.#cookies.set(name, cookie)
    this.#names.set(cookie, name)
    return cookie
  }

  /** The name that `cookie` stands for, or `undefined` where this description never gave it out or forgot it. */
  nameOf(cookie: number): ByteString | undefined {
    return this.#names.get(cookie)
  }

  /** Drops the older half, so that a guest which makes, lists and removes names for ever does not fill the host. */
  #forget(): void {
    const half = this.#next - Math.ceil(this.#names.size / 2)
    for (const [cookie, name] of this.#names) {
      if (cookie >= half) break
      this.#names.delete(cookie)
      this.#cookies.delete(name)
    }
  }
}
