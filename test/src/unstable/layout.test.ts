/** The structs that wasi_unstable lays out otherwise. */

import { describe, expect, it } from 'vitest'
import { newSubscription } from '../../../src/abi/layout.ts'
import { signatures, signatureText } from '../../../src/abi/signatures.ts'
import { WHENCE_CUR, WHENCE_END, WHENCE_SET } from '../../../src/abi/types.ts'
import { unstableLayout } from '../../../src/unstable/layout.ts'
import { unstableCallNames, unstableSignature } from '../../../src/unstable/signatures.ts'

describe('unstableLayout', () => {
  it('writes a filestat of 56 bytes with 32 bits of link count at 20', () => {
    const bytes = new Uint8Array(3 + 56 + 3).fill(0xee)
    expect(unstableLayout.filestatSize).toBe(56)
    unstableLayout.writeFilestat(new DataView(bytes.buffer), 3, 1, 2, 4, 0x0102_0304, 2 ** 32 + 7, 0, 9, 5, 0, 0, 1)
    expect(Buffer.from(bytes).toString('hex')).toBe(
      'eeeeee' +
        '0100000000000000' + // dev
        '0200000000000000' + // ino
        '04' + // filetype
        '000000' +
        '04030201' + // nlink
        '0700000001000000' + // size
        '0900000000000000' + // atim
        '00f2052a01000000' + // mtim
        '0100000000000000' + // ctim
        'eeeeee',
    )
    unstableLayout.writeFilestat(new DataView(bytes.buffer), 3, 1, 2, 4, 2 ** 32, 0, 0, 0, 0, 0, 0, 0)
    expect(Buffer.from(bytes.subarray(23, 27)).toString('hex')).toBe('ffffffff')
  })

  it('reads a clock subscription of 56 bytes, its identifier left aside', () => {
    const bytes = Buffer.from(
      '0100000002000000' + // userdata
        '00eeeeeeeeeeeeee' + // tag
        'eeeeeeeeeeeeeeee' + // identifier
        '03000000eeeeeeee' + // clock id
        '0400000005000000' + // timeout
        'eeeeeeeeeeeeeeee' + // precision
        '0100eeeeeeeeeeee', // flags
      'hex',
    )
    expect(bytes.length).toBe(unstableLayout.subscriptionSize)
    const into = newSubscription()
    unstableLayout.readSubscription(new DataView(Uint8Array.from(bytes).buffer), 0, into)
    expect(into).toEqual({
      userdataLo: 1,
      userdataHi: 2,
      type: 0,
      clockId: 3,
      timeoutLo: 4,
      timeoutHi: 5,
      flags: 1,
      fd: 0,
    })
  })

  it('reads the descriptor at 16', () => {
    const bytes = new Uint8Array(56).fill(0xee)
    const view = new DataView(bytes.buffer)
    view.setUint8(8, 2)
    view.setUint32(16, 77, true)
    const into = newSubscription()
    unstableLayout.readSubscription(view, 0, into)
    expect([into.type, into.fd, into.clockId, into.timeoutLo, into.flags]).toEqual([2, 77, 0, 0, 0])
  })

  it('orders whence as current, end, start', () => {
    expect([0, 1, 2, 3, 255, -1].map(unstableLayout.whence)).toEqual([WHENCE_CUR, WHENCE_END, WHENCE_SET, -1, -1, -1])
  })
})

describe('unstableSignature()', () => {
  it('has 45 calls, with the wasm types of preview1', () => {
    expect(unstableCallNames).toHaveLength(45)
    expect(unstableCallNames).not.toContain('sock_accept')
    for (const name of unstableCallNames) {
      expect(signatureText(unstableSignature(name))).toBe(signatureText(signatures[name]))
    }
  })

  it('has the sizes of its own structs', () => {
    expect(unstableSignature('fd_filestat_get').results).toEqual([{ param: 'buf', kind: 'filestat', size: 56 }])
    expect(unstableSignature('poll_oneoff').params[0]).toMatchObject({ kind: 'subscriptions', unit: 56 })
    expect(unstableSignature('fd_fdstat_get')).toEqual(signatures.fd_fdstat_get)
  })
})
