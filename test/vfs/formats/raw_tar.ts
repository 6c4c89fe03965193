/** Tar archives byte by byte, as no decent program would make them: for what the reader must refuse, and what it must not. */

import { encodeLatin1 } from '../../../vfs/bytes.ts'

export interface RawEntry {
  /** As many bytes as it likes: over 100 of them go into a GNU long name. */
  readonly path: string
  readonly type?: string
  readonly link?: string
  /** One character is one byte. */
  readonly content?: string | Uint8Array
  readonly mode?: string
  readonly size?: string
  readonly mtime?: string
  readonly magic?: string
  readonly prefix?: string
  readonly major?: string
  readonly minor?: string
  /** Bytes at offsets of the header. */
  readonly raw?: readonly (readonly [number, string])[]
  /** Instead of the right one. */
  readonly checksum?: string
  /** PAX records that come before it. */
  readonly pax?: readonly (readonly [string, string])[]
}

export const END = new Uint8Array(1024)

export function bytesOf(text: string): Uint8Array {
  return encodeLatin1(text as never)
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** A whole archive with its end. */
export function archiveOf(entries: readonly RawEntry[]): Uint8Array {
  return concat(...entries.flatMap(rawEntry), END)
}

/** The blocks of one entry. */
export function rawEntry(entry: RawEntry): Uint8Array[] {
  const { path, link = '', type = '0', content = '', pax = [] } = entry
  const blocks: Uint8Array[] = []
  if (pax.length > 0) {
    const records = pax.map(([key, value]) => recordOf(key, value)).join('')
    blocks.push(...rawEntry({ path: 'pax', type: 'x', content: records }))
  }
  if (path.length > 100) blocks.push(...rawEntry({ path: '././@LongLink', type: 'L', content: `${path}\0` }))
  if (link.length > 100) blocks.push(...rawEntry({ path: '././@LongLink', type: 'K', content: `${link}\0` }))
  const data = typeof content === 'string' ? bytesOf(content) : content
  const header = new Uint8Array(512)
  const put = (at: number, text: string, size: number): void => header.set(bytesOf(text.slice(0, size)), at)
  put(0, path, 100)
  put(100, entry.mode ?? '0000644\0', 8)
  put(108, '0000000\0', 8)
  put(116, '0000000\0', 8)
  put(124, entry.size ?? `${data.length.toString(8).padStart(11, '0')}\0`, 12)
  put(136, entry.mtime ?? '00000000000\0', 12)
  put(148, '        ', 8)
  put(156, type, 1)
  put(157, link, 100)
  put(257, entry.magic ?? 'ustar\x0000', 8)
  put(329, entry.major ?? '0000000\0', 8)
  put(337, entry.minor ?? '0000000\0', 8)
  put(345, entry.prefix ?? '', 155)
  for (const [at, text] of entry.raw ?? []) put(at, text, text.length)
  put(148, entry.checksum ?? checksumOf(header), 8)
  const padded = new Uint8Array(Math.ceil(data.length / 512) * 512)
  padded.set(data)
  return [...blocks, header, padded]
}

/** The checksum field of a header. */
export function checksumOf(header: Uint8Array): string {
  let sum = 8 * 32
  header.forEach((byte, i) => {
    if (i < 148 || i >= 156) sum += byte
  })
  return `${sum.toString(8).padStart(6, '0')}\0 `
}

export function recordOf(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  let length = rest.length + 1
  while (`${length}`.length + rest.length !== length) length++
  return `${length}${rest}`
}

/** A number as GNU tar writes it in base 256, for a field of `size` bytes. */
export function base256(value: bigint, size: number): string {
  let left = BigInt.asUintN(8 * size, value)
  let text = ''
  for (let i = 0; i < size; i++) {
    text = String.fromCharCode(Number(left & 255n)) + text
    left >>= 8n
  }
  return String.fromCharCode(text.charCodeAt(0) | 0x80) + text.slice(1)
}
