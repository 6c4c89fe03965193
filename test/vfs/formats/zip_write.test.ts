import { describe, expect, it } from 'vitest'
import { writeZip } from '../../../vfs/formats/zip_write.ts'
import { makeFs } from '../../support/vfs.ts'

/** Numbers of the first entry's two records. */
function firstEntry(bytes: Uint8Array): { flags: number[]; method: number; system: number; attributes: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  let central = 0
  while (view.getUint32(central, true) !== 0x02014b50) central++
  return {
    flags: [view.getUint16(6, true), view.getUint16(central + 8, true)],
    method: view.getUint16(8, true),
    system: view.getUint8(central + 5),
    attributes: view.getUint32(central + 38, true),
  }
}

describe('writeZip()', () => {
  it('says of a name that is not ASCII that it is UTF-8', () => {
    expect(firstEntry(writeZip(makeFs({ '/é': '' }))).flags).toEqual([0x800, 0x800])
    expect(firstEntry(writeZip(makeFs({ '/e': '' }))).flags).toEqual([0, 0])
  })

  it('compresses where that saves something', () => {
    expect(firstEntry(writeZip(makeFs({ '/a': 'x'.repeat(128) }))).method).toBe(8)
    expect(firstEntry(writeZip(makeFs({ '/a': 'x'.repeat(127) }))).method).toBe(0)
  })

  it('has kind and mode as Unix has them, and marks directories for DOS too', () => {
    expect(firstEntry(writeZip(makeFs({ '/a': { data: '', executable: true } })))).toMatchObject({
      system: 3,
      attributes: 0o100755 * 65_536,
    })
    expect(firstEntry(writeZip(makeFs({ '/d': null }))).attributes).toBe(0o040755 * 65_536 + 0x10)
    expect(firstEntry(writeZip(makeFs({ '/l': { symlink: 'x' } }))).attributes).toBe(0o120777 * 65_536)
  })
})
