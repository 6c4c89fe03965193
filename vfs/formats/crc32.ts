/** The CRC-32 of gzip and zip. */

const TABLE: Uint32Array = makeTable()

/** The checksum of what `before` is the checksum of, and `bytes` after it. */
export function crc32(bytes: Uint8Array, before: number = 0): number {
  let crc = ~before
  for (let i = 0; i < bytes.length; i++) {
    crc = (TABLE[(crc ^ (bytes[i] as number)) & 255] as number) ^ (crc >>> 8)
  }
  return ~crc >>> 0
}

function makeTable(): Uint32Array {
  const table = new Uint32Array(256)
  for (let i = 0; i < 256; i++) {
    let value = i
    for (let bit = 0; bit < 8; bit++) value = (value & 1) !== 0 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
    table[i] = value
  }
  return table
}
