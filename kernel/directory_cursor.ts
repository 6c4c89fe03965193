/**
 * Readdir cookies of one open directory. A cookie stands for a name: `.` is 1, `..` is 2, and other names are numbered
 * as this description lists them. To go on after a cookie is to go on after its name in byte order, so an entry that is
 * there during the whole scan comes exactly once, whatever comes and goes meanwhile.
 */

import type { ByteString } from '../vfs/bytes.ts'

const FIRST = 3
/** Cookies kept at least: the last ones given out, this many and as many as the directory has names. */
const KEPT = 65_536

/** Names with consecutive cookies. A directory that is listed from its start gives them in order, and needs no map. */
class Generation {
  readonly #first: number
  readonly #names: ByteString[] = []
  /** Made when a name comes that is not in order. */
  #cookies: Map<ByteString, number> | undefined
  /** The index of the name that was asked for last: the next one is likely to be asked for next. */
  #last = -1

  constructor(first: number) {
    this.#first = first
  }

  get size(): number {
    return this.#names.length
  }

  clone(): Generation {
    const copy = new Generation(this.#first)
    for (const name of this.#names) copy.#names.push(name)
    if (this.#cookies !== undefined) copy.#cookies = new Map(this.#cookies)
    copy.#last = this.#last
    return copy
  }

  /** The cookie that the next name gets. */
  get next(): number {
    return this.#first + this.#names.length
  }

  nameOf(cookie: number): ByteString | undefined {
    return this.#names[cookie - this.#first]
  }

  /** The cookie of `name`, or 0. */
  cookieOf(name: ByteString): number {
    const names = this.#names
    if (names[this.#last] === name) return this.#first + this.#last
    if (names[this.#last + 1] === name) return this.#first + ++this.#last
    if (this.#cookies === undefined) {
      const end = names.length
      if (end === 0 || name > (names[end - 1] as ByteString)) return 0
      this.#cookies = new Map(names.map((known, index) => [known, this.#first + index]))
    }
    const cookie = this.#cookies.get(name) ?? 0
    if (cookie > 0) this.#last = cookie - this.#first
    return cookie
  }

  /** Gives `name`, which has none, the next cookie. */
  add(name: ByteString): number {
    this.#last = this.#names.push(name) - 1
    const cookie = this.#first + this.#last
    this.#cookies?.set(name, cookie)
    return cookie
  }
}

export class DirectoryCursor {
  /** What was listed of late, and before that. Once the first is over the bound it takes the place of the second. */
  #current = new Generation(FIRST)
  #older = new Generation(0)

  clone(): DirectoryCursor {
    const copy = new DirectoryCursor()
    copy.#current = this.#current.clone()
    copy.#older = this.#older.clone()
    return copy
  }

  /** The cookie of `name`, a new one where it has none. `size` is how many entries the directory has. */
  cookieOf(name: ByteString, size: number): number {
    const known = this.#current.cookieOf(name)
    if (known > 0) return known
    if (this.#current.size >= Math.max(KEPT, size)) this.#forget()
    return this.#current.add(name)
  }

  /** The name that `cookie` stands for, or `undefined` where this description never gave it out or forgot it. */
  nameOf(cookie: number): ByteString | undefined {
    return this.#current.nameOf(cookie) ?? this.#older.nameOf(cookie)
  }

  /** Drops what was not listed of late, so that a guest which makes, lists and removes names for ever fills no host. */
  #forget(): void {
    this.#older = this.#current
    this.#current = new Generation(this.#older.next)
  }
}
