/** The index of a pack (version 2): ids in order, the checksum of each object's bytes in the pack, and where they are. */

import { encodeLatin1 } from '../bytes.ts'
import type { GitId } from '../git_ids.ts'
import { digestSize, type Hashes, type HashName } from '../hash.ts'
import { FANOUT, INDEX_HEADER, INDEX_MAGIC, INDEX_VERSION, LONG_OFFSET, putBigEndian } from './git_objects.ts'

/** Where an object is in a pack, and the CRC-32 of its bytes there. */
export interface Place {
  readonly offset: number
  readonly crc: number
}

/**
 *     ff 74 4f 63, 2   256 counts   ids   checksums   offsets   long offsets   digest of the pack   digest of this
 *
 * An offset of 2^31 or more is a place among the long ones instead, with its highest bit set.
 * Preconditions: `objects` are in order of their ids.
 */
export function packIndex(
  format: HashName,
  hashes: Hashes,
  objects: readonly (Place & { readonly id: GitId })[],
  packDigest: Uint8Array,
): Uint8Array {
  const size = digestSize(format)
  const count = objects.length
  const long = objects.filter(({ offset }) => offset >= LONG_OFFSET).map(({ offset }) => offset)
  const ids = INDEX_HEADER + 4 * FANOUT
  const crcs = ids + count * size
  const offsets = crcs + count * 4
  const longOffsets = offsets + count * 4
  const bytes = new Uint8Array(longOffsets + 8 * long.length + 2 * size)
  putBigEndian(bytes, 0, INDEX_MAGIC)
  putBigEndian(bytes, 4, INDEX_VERSION)
  const counts = new Array<number>(FANOUT).fill(0)
  let longer = 0
  for (const [i, { id, offset, crc }] of objects.entries()) {
    counts[id.charCodeAt(0)] = (counts[id.charCodeAt(0)] as number) + 1
    bytes.set(encodeLatin1(id), ids + i * size)
    putBigEndian(bytes, crcs + 4 * i, crc)
    putBigEndian(bytes, offsets + 4 * i, offset < LONG_OFFSET ? offset : LONG_OFFSET + longer++)
  }
  for (const [i, offset] of long.entries()) {
    putBigEndian(bytes, longOffsets + 8 * i, Math.floor(offset / 2 ** 32))
    putBigEndian(bytes, longOffsets + 8 * i + 4, offset % 2 ** 32)
  }
  let sum = 0
  for (const [i, of] of counts.entries()) {
    sum += of
    putBigEndian(bytes, INDEX_HEADER + 4 * i, sum)
  }
  bytes.set(packDigest, bytes.length - 2 * size)
  const hash = hashes(format)
  hash.update(bytes.subarray(0, bytes.length - size))
  bytes.set(hash.digest(), bytes.length - size)
  return bytes
}
