import { describe, expect, it } from 'vitest'
import { decodeLatin1 } from '../../../vfs/bytes.ts'
import { SPARSE_MIN, writeTar } from '../../../vfs/formats/tar_write.ts'
import { at, Calls, makeFs } from '../../support/vfs.ts'

/** The name field and type of each block that looks like a header. */
function headers(bytes: Uint8Array): string[] {
  const found: string[] = []
  for (let i = 0; i < bytes.length; i += 512) {
    const block = decodeLatin1(bytes.subarray(i, i + 512))
    if (block.slice(257, 265) === 'ustar\x0000') found.push(`${block[156]} ${block.slice(0, 100).replace(/\0.*/s, '')}`)
  }
  return found
}

describe('writeTar()', () => {
  it('writes these very bytes', () => {
    const bytes = writeTar(makeFs({ '/a': { data: 'hi', executable: true } }))
    const header =
      `${'a'.padEnd(100, '\0')}0000755\x000000000\x000000000\x0000000000002\x0000000000000\x00` +
      `007343\0 0${''.padEnd(100, '\0')}ustar\x0000${''.padEnd(64, '\0')}0000000\x000000000\x00`
    expect(decodeLatin1(bytes)).toBe(header.padEnd(512, '\0') + 'hi'.padEnd(512, '\0') + ''.padEnd(1024, '\0'))
    expect(decodeLatin1(writeTar(makeFs()))).toBe(''.padEnd(1024, '\0'))
  })

  it('is plain ustar where ustar has room, and PAX where it has not', () => {
    const long = 'n'.repeat(100)
    const fs = makeFs({
      '/a/b': 'x',
      [`/${long}`]: 'x',
      [`/${long}n`]: 'x',
      [`/d/${long}`]: 'x',
      '/é': 'x',
      '/l': { symlink: 't'.repeat(101) },
      '/z': null,
    })
    expect(headers(writeTar(fs))).toEqual([
      '5 a/',
      '0 a/b',
      '5 d/',
      `0 ${long}`,
      'x PaxHeaders/l',
      `2 l`,
      `0 ${long}`,
      `x PaxHeaders/${'n'.repeat(89)}`,
      `0 ${long}`,
      '5 z/',
      'x PaxHeaders/__',
      '0 __',
    ])
  })

  it('has times of the tree, or one', () => {
    const fs = makeFs({ '/a': { data: '', mtime: 1_700_000_000_000 }, '/b': { data: '', mtime: 1_500_000_000n } })
    const mtime = (bytes: Uint8Array, block: number): string =>
      decodeLatin1(bytes.subarray(block * 512 + 136, block * 512 + 147))
    const kept = writeTar(fs, { times: 'keep' })
    expect(mtime(kept, 0)).toBe((1_700_000_000).toString(8).padStart(11, '0'))
    expect(decodeLatin1(kept.subarray(1024, 1042))).toBe('13 mtime=1.5\n'.padEnd(18, '\0'))
    const fixed = writeTar(fs, { times: '2026-01-01T00:00:00Z' })
    expect([mtime(fixed, 0), mtime(fixed, 1)]).toEqual(Array(2).fill((1_767_225_600).toString(8).padStart(11, '0')))
    expect(() => writeTar(fs, { times: 'soon' })).toThrow(/tar: times: "soon" is no moment/)
  })

  it('writes holes as zeros up to a size, and beyond it as holes', () => {
    const fs = makeFs({ '/a': 'x' })
    const ino = new Calls(fs).ino('/a')
    fs.truncate(ino, 4096 + SPARSE_MIN - 1, at(0))
    expect(writeTar(fs).length).toBe(512 + Math.ceil((4096 + SPARSE_MIN - 1) / 512) * 512 + 1024)
    fs.truncate(ino, 4096 + SPARSE_MIN, at(0))
    const bytes = writeTar(fs)
    expect(headers(bytes)).toEqual(['x PaxHeaders/a', '0 GNUSparseFile.0/a'])
    expect(decodeLatin1(bytes.subarray(3 * 512, 3 * 512 + 20))).toBe('2\n0\n4096\n69632\n0\n'.padEnd(20, '\0'))
    expect(bytes.length).toBe(4 * 512 + 4096 + 1024)
  })

  it('refuses a base that is no directory', () => {
    expect(() => writeTar(makeFs({ '/f': '' }), { base: '/f' })).toThrow(
      'tar: base: "/f" is a file: name the directory that it is in',
    )
  })
})
