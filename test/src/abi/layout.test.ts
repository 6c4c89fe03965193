/** The very bytes of each struct, padding and the guard bytes around it included. */

import { describe, expect, it } from 'vitest'
import {
  DIRENT_SIZE,
  EVENT_SIZE,
  FDSTAT_SIZE,
  FILESTAT_SIZE,
  IOVEC_SIZE,
  iovecBuf,
  iovecLength,
  newSubscription,
  PRESTAT_SIZE,
  preview1Layout,
  readSubscription,
  SUBSCRIPTION_SIZE,
  writeDirent,
  writeEvent,
  writeFdstat,
  writeFilestat,
  writePrestatDir,
} from '../../../src/abi/layout.ts'

const PTR = 5

/** The bytes that `write` leaves at an unaligned pointer in memory full of 0xee, as hex; none around may change. */
function bytesOf(size: number, write: (view: DataView, ptr: number) => void): string {
  const bytes = new Uint8Array(PTR + size + 9).fill(0xee)
  write(new DataView(bytes.buffer), PTR)
  expect([...bytes.subarray(0, PTR), ...bytes.subarray(PTR + size)]).toEqual(new Array(PTR + 9).fill(0xee))
  return Buffer.from(bytes.subarray(PTR, PTR + size)).toString('hex')
}

function viewOf(hex: string): DataView {
  const bytes = Uint8Array.from([...new Array(PTR).fill(0xee), ...Buffer.from(hex.replaceAll(' ', ''), 'hex')])
  return new DataView(bytes.buffer)
}

describe('writeFdstat()', () => {
  it('writes 24 bytes', () => {
    const written = bytesOf(FDSTAT_SIZE, (view, ptr) => writeFdstat(view, ptr, 4, 0x0005, 0x3fff_ffff, 0x0807_0605))
    expect(written).toBe(
      '04' + // filetype
        '00' +
        '0500' + // flags
        '00000000' +
        'ffffff3f00000000' + // rights_base
        '0506070800000000', // rights_inheriting
    )
  })
})

describe('writeFilestat()', () => {
  it('writes 64 bytes', () => {
    const written = bytesOf(FILESTAT_SIZE, (view, ptr) =>
      writeFilestat(view, ptr, 1, 2 ** 40 + 2, 7, 3, Number.MAX_SAFE_INTEGER, 0, 1, 5, 0, -1, 5),
    )
    expect(written).toBe(
      '0100000000000000' + // dev
        '0200000000010000' + // ino
        '07' + // filetype
        '00000000000000' +
        '0300000000000000' + // nlink
        'ffffffffffff1f00' + // size
        '0100000000000000' + // atim: 1 ns
        '00f2052a01000000' + // mtim: 5 s
        '0000000000000000', // ctim: before 1970
    )
  })
})

describe('writePrestatDir()', () => {
  it('writes 8 bytes', () => {
    expect(bytesOf(PRESTAT_SIZE, (view, ptr) => writePrestatDir(view, ptr, 0x1234))).toBe('0000000034120000')
  })
})

describe('writeDirent()', () => {
  it('writes 24 bytes', () => {
    expect(bytesOf(DIRENT_SIZE, (view, ptr) => writeDirent(view, ptr, 0x11, 2 ** 33, 255, 3))).toBe(
      '1100000000000000' + // d_next
        '0000000002000000' + // d_ino
        'ff000000' + // d_namlen
        '03' + // d_type
        '000000',
    )
  })
})

describe('writeEvent()', () => {
  it('writes 32 bytes', () => {
    const written = bytesOf(EVENT_SIZE, (view, ptr) => writeEvent(view, ptr, -1, 0x8000_0001, 8, 2, 2 ** 32 + 9, 1))
    expect(written).toBe(
      'ffffffff01000080' + // userdata
        '0800' + // error
        '02' + // type
        '0000000000' +
        '0900000001000000' + // nbytes
        '0100' + // flags
        '000000000000',
    )
  })
})

describe('iovecBuf() and iovecLength()', () => {
  it('read an array as unsigned numbers', () => {
    const view = viewOf('01000000 02000000' + 'ffffffff 00000080')
    expect(IOVEC_SIZE).toBe(8)
    expect([iovecBuf(view, PTR, 0), iovecLength(view, PTR, 0)]).toEqual([1, 2])
    expect([iovecBuf(view, PTR, 1), iovecLength(view, PTR, 1)]).toEqual([0xffff_ffff, 0x8000_0000])
  })
})

describe('readSubscription()', () => {
  const into = newSubscription()

  it('reads 48 bytes of a clock', () => {
    const hex =
      'ffffffff02000080' + // userdata
      '00ffffffffffffff' + // tag 0
      '01000000ffffffff' + // clock id
      '0300000004000000' + // timeout
      '0500000006000000' + // precision
      '0100ffffffffffff' // flags
    expect(hex.length / 2).toBe(SUBSCRIPTION_SIZE)
    readSubscription(viewOf(hex), PTR, into)
    expect(into).toEqual({
      userdataLo: 0xffff_ffff,
      userdataHi: 0x8000_0002,
      type: 0,
      clockId: 1,
      timeoutLo: 3,
      timeoutHi: 4,
      flags: 1,
      fd: 0,
    })
  })

  it.each([1, 2, 255])('reads the descriptor of tag %i and none of a clock’s fields', (tag) => {
    readSubscription(
      viewOf(`0a000000000000${'00'}${tag.toString(16).padStart(2, '0')}${'ee'.repeat(7)}feffffff${'ee'.repeat(28)}`),
      PTR,
      into,
    )
    expect(into).toEqual({
      userdataLo: 10,
      userdataHi: 0,
      type: tag,
      clockId: 0,
      timeoutLo: 0,
      timeoutHi: 0,
      flags: 0,
      fd: 0xffff_fffe,
    })
  })
})

describe('preview1Layout', () => {
  it('has the sizes and whence of preview1', () => {
    expect([preview1Layout.filestatSize, preview1Layout.subscriptionSize]).toEqual([64, 48])
    expect([0, 1, 2, 3, 255, -1].map(preview1Layout.whence)).toEqual([0, 1, 2, -1, -1, -1])
  })
})
