/** Readdir cookies: an entry that is there during the whole scan comes exactly once, whatever comes and goes. */

import { describe, expect, it } from 'vitest'
import { DirectoryCursor } from '../../kernel/directory_cursor.ts'
import { getdents } from '../../kernel/path_calls.ts'
import { type ByteString, textOf } from '../../vfs/bytes.ts'
import { check } from '../../vfs/check.ts'
import { EINVAL } from '../../vfs/errno.ts'
import { ROOT_INO } from '../../vfs/inode_table.ts'
import { fc } from '../support/property.ts'
import { give, name, newFile, newKernel, newProcess } from './world.ts'

/** A process that has the root open on 0. */
function world() {
  const kernel = newKernel()
  const process = newProcess(kernel)
  give(process, kernel.describe('directory', ROOT_INO, false, false))
  const now = { sec: 0, nsec: 0 }
  return {
    kernel,
    make: (path: string) => kernel.fs.release(newFile(kernel, path).ino),
    remove: (path: string) => kernel.fs.unlinkAt(ROOT_INO, name(path), 'clamp', now),
    /** Up to `count` entries from `cookie` on, as one call with a small buffer would give them. */
    list: (cookie: number, count: number) => {
      const entries: { name: string; next: number }[] = []
      const fault = getdents(kernel, process, 0, cookie, (entry, _ino, _kind, next) => {
        entries.push({ name: textOf(entry), next })
        return entries.length < count
      })
      return fault ?? entries
    },
  }
}

describe('getdents()', () => {
  it('gives each entry that stays exactly once, and others at most once, whatever is made and removed meanwhile', () => {
    const names = fc.constantFrom(...'abcdefghijkl')
    const change = fc.record({ act: fc.constantFrom('make', 'remove'), path: names })
    const step = fc.record({ changes: fc.array(change, { maxLength: 4 }), count: fc.integer({ min: 1, max: 4 }) })
    fc.assert(
      fc.property(fc.uniqueArray(names), fc.array(step, { maxLength: 20 }), fc.nat(3), (initial, steps, rescans) => {
        const { kernel, make, remove, list } = world()
        const present = new Set(initial)
        for (const path of initial) make(path)
        for (let scan = 0; scan <= rescans; scan++) {
          const stayed = new Set(present)
          const seen: string[] = []
          let cookie = 0
          for (let i = 0, ended = false; !ended; i++) {
            const { changes, count } = steps[i] ?? { changes: [], count: 3 }
            const entries = list(cookie, count)
            if (!Array.isArray(entries)) throw new Error(`a cookie that was given out is refused: ${entries}`)
            seen.push(...entries.map((entry) => entry.name))
            cookie = entries.at(-1)?.next ?? cookie
            ended = entries.length < count
            for (const { act, path } of changes) {
              if (act === 'make' && !present.has(path)) {
                make(path)
                present.add(path)
              } else if (act === 'remove' && present.delete(path)) {
                remove(path)
                stayed.delete(path)
              }
            }
          }
          expect(new Set(seen).size).toBe(seen.length)
          expect([...seen].sort()).toEqual(seen)
          expect(seen).toEqual(expect.arrayContaining(['.', '..', ...stayed]))
        }
        expect(check(kernel.fs)).toEqual([])
      }),
    )
  })

  it('lists all when each entry is removed as soon as it is listed', () => {
    const { kernel, make, remove, list } = world()
    const names = Array.from({ length: 500 }, (_, i) => `f${i}`)
    for (const path of names) make(path)
    const seen: string[] = []
    let cookie = 2
    for (;;) {
      const entries = list(cookie, 7)
      if (!Array.isArray(entries)) throw new Error(`${entries}`)
      for (const entry of entries) {
        seen.push(entry.name)
        remove(entry.name)
      }
      if (entries.length === 0) break
      cookie = entries.at(-1)?.next ?? 0
    }
    expect(seen).toEqual([...names].sort())
    expect(kernel.fs.table.count).toBe(1)
  })

  it('gives the same cookie for the same name in each scan, and shows new names after a rewind', () => {
    const { make, list } = world()
    make('a')
    make('c')
    const first = list(0, 99)
    make('b')
    expect(list(0, 99)).toEqual([...(first as []).slice(0, 3), { name: 'b', next: 5 }, { name: 'c', next: 4 }])
    expect(first).toEqual([
      { name: '.', next: 1 },
      { name: '..', next: 2 },
      { name: 'a', next: 3 },
      { name: 'c', next: 4 },
    ])
  })

  it('refuses cookies that it never gave out', () => {
    const { make, list } = world()
    make('a')
    list(0, 99)
    for (const cookie of [4, 5, -1, 2 ** 40, Infinity]) expect(list(cookie, 1)).toBe(EINVAL)
  })
})

describe('DirectoryCursor', () => {
  const KEPT = 65_536

  it('does not grow without end when a guest makes, lists and removes names for ever', () => {
    const cursor = new DirectoryCursor()
    const cookies = Array.from({ length: 5 * KEPT }, (_, i) => cursor.cookieOf(`n${i}` as ByteString, 1))
    const known = cookies.filter((cookie) => cursor.nameOf(cookie) !== undefined)
    expect(known.length).toBeLessThanOrEqual(2 * KEPT + 2)
    expect(known.at(-1)).toBe(cookies.at(-1))
    // What is kept is what was listed last.
    expect(known[0]).toBe(cookies.at(-known.length))
    expect(known.length).toBeGreaterThanOrEqual(KEPT)
  })

  it('keeps what was listed a moment ago, though it was first listed long ago', () => {
    const cursor = new DirectoryCursor()
    const cookies = new Set<number>()
    for (let i = 0; i < 3 * KEPT; i++) {
      const cookie = cursor.cookieOf('old' as ByteString, 2)
      cookies.add(cookie)
      cursor.cookieOf(`n${i}` as ByteString, 2)
      if (cursor.nameOf(cookie) !== 'old') throw new Error(`forgotten after ${i} other names`)
    }
    // It gets a new one only where the old one is about to be forgotten.
    expect(cookies.size).toBeLessThanOrEqual(4)
  })

  it('keeps a cookie while as many others are given out as it keeps at least', () => {
    const cursor = new DirectoryCursor()
    for (let i = 0; i < 1000; i++) cursor.cookieOf(`before${i}` as ByteString, 2)
    const cookie = cursor.cookieOf('x' as ByteString, 2)
    for (let i = 0; i < KEPT; i++) cursor.cookieOf(`after${i}` as ByteString, 2)
    expect(cursor.nameOf(cookie)).toBe('x')
  })

  it('gives each name one cookie in whatever order the names come', () => {
    const listing = fc.array(fc.constantFrom(...'abcdefgh'), { maxLength: 60 })
    fc.assert(
      fc.property(listing, (names) => {
        const cursor = new DirectoryCursor()
        const model = new Map<string, number>()
        for (const name of names) {
          const cookie = cursor.cookieOf(name as ByteString, 8)
          expect(cookie).toBe(model.get(name) ?? 3 + model.size)
          model.set(name, cookie)
        }
        for (const [name, cookie] of model) expect(cursor.nameOf(cookie)).toBe(name)
      }),
    )
  })

  it('keeps all names of a directory that is larger than what it keeps of others', () => {
    const cursor = new DirectoryCursor()
    const size = 2 * KEPT
    for (let scan = 0; scan < 3; scan++) {
      for (let i = 0; i < size; i++) cursor.cookieOf(`n${i}` as ByteString, size)
    }
    const kept = Array.from({ length: size }, (_, i) => cursor.nameOf(3 + i))
    expect(kept.filter((name, i) => name !== `n${i}`)).toEqual([])
  })
})
