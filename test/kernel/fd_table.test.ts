/** Numbers of descriptors: lowest free first, up to the limit; and what each may do. */

import { describe, expect, it } from 'vitest'
import { Descriptor, FdTable } from '../../kernel/fd_table.ts'
import { OpenFile } from '../../kernel/open_file.ts'
import {
  RIGHT_FD_ALLOCATE,
  RIGHT_FD_FILESTAT_SET_SIZE,
  RIGHT_FD_READ,
  RIGHT_FD_SEEK,
  RIGHT_FD_TELL,
  RIGHT_FD_WRITE,
  RIGHT_SOCK_ACCEPT,
} from '../../kernel/rights.ts'
import { EBADF, EMFILE, ENOTCAPABLE } from '../../vfs/errno.ts'
import { fc } from '../support/property.ts'

const descriptor = (base: number = 0, readable = true, writable = true): Descriptor =>
  new Descriptor(new OpenFile('file', 0, readable, writable), base, 0)

describe('FdTable', () => {
  it('gives the lowest free number, as a plain set of numbers does', () => {
    const step = fc.record({ act: fc.constantFrom('add', 'remove'), count: fc.nat(6), which: fc.nat() })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 24 }), (steps, limit) => {
        const table = new FdTable(limit)
        const model = new Set<number>()
        for (const { act, count, which } of steps) {
          for (let i = 0; i < count; i++) {
            expect(table.room()).toBe(model.size >= limit ? EMFILE : undefined)
            if (act === 'add' && model.size < limit) {
              let lowest = 0
              while (model.has(lowest)) lowest++
              expect(table.add(descriptor())).toBe(lowest)
              model.add(lowest)
            } else if (act === 'remove' && model.size > 0) {
              const fd = [...model][(which + 7 * i) % model.size] as number
              const was = table.at(fd)
              expect(table.remove(fd)).toBe(was)
              model.delete(fd)
            }
          }
          expect(table.numbers()).toEqual([...model].sort((a, b) => a - b))
          expect(table.size).toBe(model.size)
        }
      }),
    )
  })

  it('keeps numbers small over a hundred thousand opens and closes', () => {
    const table = new FdTable(8)
    for (let i = 0; i < 3; i++) table.add(descriptor())
    const numbers = new Set<number>()
    for (let i = 0; i < 100_000; i++) {
      const fd = table.add(descriptor())
      numbers.add(fd)
      table.remove(fd)
    }
    expect([...numbers]).toEqual([3])
    expect(table.numbers()).toEqual([0, 1, 2])
  })

  it('counts how many descriptors refer to a description', () => {
    const table = new FdTable(8)
    const { file } = descriptor()
    table.add(new Descriptor(file, 0, 0))
    table.add(new Descriptor(file, 0, 0))
    expect(file.references).toBe(2)
  })

  it('puts a descriptor over an open number', () => {
    const table = new FdTable(8)
    table.add(descriptor())
    const over = descriptor()
    table.replace(0, over)
    expect(table.at(0)).toBe(over)
    expect(table.size).toBe(1)
  })

  it('knows nothing of numbers that were never given, whatever they are', () => {
    const table = new FdTable(8)
    table.add(descriptor(RIGHT_FD_READ))
    for (const fd of [1, 7, 8, 2 ** 31, 2 ** 32 - 1]) {
      expect(table.at(fd)).toBe(undefined)
      expect(table.get(fd, 0)).toBe(EBADF)
    }
  })
})

describe('FdTable.get()', () => {
  const get = (of: Descriptor, rights: number): unknown => {
    const table = new FdTable(1)
    return table.get(table.add(of), rights)
  }

  it('gives the descriptor when it has every right asked for', () => {
    const held = descriptor(RIGHT_FD_SEEK | RIGHT_FD_TELL)
    expect(get(held, RIGHT_FD_SEEK | RIGHT_FD_TELL)).toBe(held)
    expect(get(held, 0)).toBe(held)
  })

  it('gives ENOTCAPABLE when one of them is missing', () => {
    expect(get(descriptor(RIGHT_FD_SEEK), RIGHT_FD_SEEK | RIGHT_FD_TELL)).toBe(ENOTCAPABLE)
    expect(get(descriptor(), RIGHT_SOCK_ACCEPT)).toBe(ENOTCAPABLE)
    expect(get(descriptor(), RIGHT_FD_READ)).toBe(ENOTCAPABLE)
    expect(get(descriptor(), RIGHT_FD_WRITE)).toBe(ENOTCAPABLE)
  })

  it('gives EBADF to a read of what was opened for writing, and to every kind of write of what was opened for reading', () => {
    expect(get(descriptor(0, false, true), RIGHT_FD_READ)).toBe(EBADF)
    for (const right of [RIGHT_FD_WRITE, RIGHT_FD_ALLOCATE, RIGHT_FD_FILESTAT_SET_SIZE]) {
      expect(get(descriptor(0, true, false), right)).toBe(EBADF)
    }
  })
})
