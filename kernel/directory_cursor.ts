/**
 * Readdir cookies of one open directory. A cookie stands for a name: `.` is 1, `..` is 2, and other names are numbered
 * in the order in which this description first listed them. To go on after a cookie is to go on after its name in byte
 * order, so an entry that is there during the whole scan comes exactly once, whatever comes and goes meanwhile.
 */

import type { ByteString } from '../vfs/bytes.ts'

const FIRST = 3
/** Names kept at least: those listed last, this many and as many as the directory has. */
const KEPT = 65_536

export class DirectoryCursor {
  /** Cookies of what was listed of late. Once it is over the bound it becomes what was listed before, and is emptied. */
  #cookies = new Map<ByteString, number>()
  #names = new Map<number, ByteString>()
  #olderCookies = new Map<ByteString, number>()
  #olderNames = new Map<number, ByteString>()
  #next = FIRST

  /** The cookie of `name`, a new one where it has none. `size` is how many entries the directory has. */
  cookieOf(name: ByteString, size: number): number {
    const known = this.#cookies.get(name)
    if (known !== undefined) return known
    if (this.#names.size >= Math.max(KEPT, size)) this.#forget()
    const cookie = this.#olderCookies.get(name) ?? this.#next++
    this.#cookies.set(name, cookie)
    this.#names.set(cookie, name)
    return cookie
  }

  /** The name that `cookie` stands for, or `undefined` where this description never gave it out or forgot it. */
  nameOf(cookie: number): ByteString | undefined {
    return this.#names.get(cookie) ?? this.#olderNames.get(cookie)
  }

  /** Drops what was not listed of late, so that a guest which makes, lists and removes names for ever fills no host. */
  #forget(): void {
    this.#olderCookies = this.#cookies
    this.#olderNames = this.#names
    this.#cookies = new Map()
    this.#names = new Map()
  }
}
