/**
 * Zip archives into trees, whoever made them. The records at the end say what there is; each is held against the one
 * before its data, and everything that is compressed is decompressed and checked before the tree changes.
 */

import { inflateSync } from 'fflate/browser'
import { type ByteString, decodeLatin1, isUtf8, textOf } from '../bytes.ts'
import type { Filesystem } from '../filesystem.ts'
import type { Instant } from '../inode.ts'
import { cleanPath } from './archive_path.ts'
import { type ArchiveEntry, buildTwice } from './builder.ts'
import { crc32 } from './crc32.ts'
import { FormatError } from './error.ts'
import { messageOf, roomFor } from './gzip.ts'
import { littleEndian } from './little_endian.ts'
import { type LeftOut, quote, type ReadOptions, type ReadReport } from './options.ts'
import { representable, secondOf } from './times.ts'
import {
  CENTRAL,
  CENTRAL_SIZE,
  DEFLATED,
  END,
  END_SIZE,
  END64,
  END64_SIZE,
  EXTRA_TIME,
  EXTRA_ZIP64,
  FLAG_ENCRYPTED,
  LOCAL,
  LOCAL_SIZE,
  LOCATOR,
  LOCATOR_SIZE,
  MAX16,
  MAX32,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  STORED,
  UNIX,
} from './zip_format.ts'

/**
 * Adds what is in a zip archive to the tree below `options.at`. As when unzip extracts with "overwrite all", of two
 * entries of one name the last one counts, and a file of the tree gives way to one of the archive; a directory stays,
 * and takes the mode and time that the archive has for it. Symbolic links are never followed. Times without a zone,
 * which old archives have, are taken as UTC.
 * @throws FormatError for an archive that is damaged, cut off, encrypted or in several parts, that leads out of its
 * root, or that the tree has no room for; the tree is then as it was.
 */
export function readZip(fs: Filesystem, bytes: Uint8Array, options: ReadOptions = {}): ReadReport {
  const { entries, leftOut } = new ZipReader(bytes, roomFor(fs)).run()
  return buildTwice('zip', fs, options, leftOut, (builder) => {
    for (const entry of entries) builder.add(entry)
  })
}

/** Deflate makes no more than about this many bytes of one. */
const RATIO_MAX = 1040

/** Where the central records are. */
interface Directory {
  readonly count: number
  readonly start: number
  readonly end: number
  /** Bytes before the archive, such as a program that extracts it: offsets do not count them. */
  readonly before: number
}

/** A central record. */
interface Central {
  readonly at: number
  readonly rawName: ByteString
  readonly path: ByteString
  readonly flags: number
  readonly method: number
  readonly crc: number
  readonly size: number
  readonly stored: number
  readonly local: number
  readonly mtime: Instant
  readonly mode: number
  readonly next: number
}

/** Where an entry is, from the record before its data to the end of the data. */
interface Range {
  readonly start: number
  readonly end: number
  readonly path: ByteString
}

class ZipReader {
  readonly #bytes: Uint8Array
  readonly #entries: ArchiveEntry[] = []
  readonly #leftOut: LeftOut[] = []
  /** Bytes of contents that there may still be. */
  #room: number
  /** Where each entry begins and ends: what is in two of them would count twice. */
  readonly #ranges: Range[] = []

  constructor(bytes: Uint8Array, room: number) {
    this.#bytes = bytes
    this.#room = room
  }

  run(): { readonly entries: readonly ArchiveEntry[]; readonly leftOut: readonly LeftOut[] } {
    const { count, start, end, before } = this.#directory()
    let at = start
    for (let i = 0; i < count; i++) {
      const central = this.#central(at, end, before)
      this.#add(central, start)
      at = central.next
    }
    if (at !== end) this.#fail(`there are ${count} entries, and something after them`, at)
    this.#ranges.sort((a, b) => a.start - b.start)
    let last: Range | undefined
    for (const range of this.#ranges) {
      if (last !== undefined && range.start < last.end) {
        this.#fail(`${quote(range.path)} and ${quote(last.path)} have their data in the same place`, range.start)
      }
      last = range
    }
    return { entries: this.#entries, leftOut: this.#leftOut }
  }

  /** Finds the end record, which is last, but for a comment. */
  #directory(): Directory {
    const bytes = this.#bytes
    let end = bytes.length - END_SIZE
    const first = Math.max(0, end - MAX16)
    while (end >= first && !(this.#get(end, 4) === END && end + END_SIZE + this.#get(end + 20, 2) === bytes.length))
      end--
    if (end < first || end < 0) {
      this.#fail(
        'this is no zip archive, or it was cut off: it has no end record',
        Math.max(0, bytes.length - END_SIZE),
      )
    }
    let disks = this.#get(end + 4, 2) + this.#get(end + 6, 2)
    let count = this.#get(end + 10, 2)
    let onDisk = this.#get(end + 8, 2)
    let size = this.#get(end + 12, 4)
    let start = this.#get(end + 16, 4)
    let last = end
    const locator = end - LOCATOR_SIZE
    if (locator >= 0 && this.#get(locator, 4) === LOCATOR) {
      const said = this.#get(locator + 8, 8)
      // With bytes before the archive the record is further on; without an extension it is right before the locator.
      last = said + END64_SIZE <= locator && this.#get(said, 4) === END64 ? said : locator - END64_SIZE
      if (last < 0 || this.#get(last, 4) !== END64) this.#fail('the 64-bit end record is missing', locator)
      disks = this.#get(last + 16, 4) + this.#get(last + 20, 4)
      onDisk = this.#get(last + 24, 8)
      count = this.#get(last + 32, 8)
      size = this.#get(last + 40, 8)
      start = this.#get(last + 48, 8)
    }
    if (disks !== 0 || onDisk !== count)
      this.#fail('this is a part of an archive in several: put them together first', end)
    const before = last - size - start
    if (before < 0) this.#fail('the end record says that the entries are where they cannot be: it was cut off', end)
    return { count, start: before + start, end: last, before }
  }

  #central(at: number, end: number, before: number): Central {
    if (at + CENTRAL_SIZE > end || this.#get(at, 4) !== CENTRAL) this.#fail('an entry is expected here', at)
    const nameEnd = at + CENTRAL_SIZE + this.#get(at + 28, 2)
    const extraEnd = nameEnd + this.#get(at + 30, 2)
    const next = extraEnd + this.#get(at + 32, 2)
    if (next > end) this.#fail('an entry is longer than the archive', at)
    const rawName = decodeLatin1(this.#bytes.subarray(at + CENTRAL_SIZE, nameEnd))
    const path = cleanPath('zip', 'the entry', rawName, at)
    let stored = this.#get(at + 20, 4)
    let size = this.#get(at + 24, 4)
    let local = this.#get(at + 42, 4)
    const long = this.#extra(nameEnd, extraEnd, EXTRA_ZIP64)
    if (long !== undefined) {
      let from = long.start
      const take = (value: number): number => {
        if (value !== MAX32) return value
        if (from + 8 > long.end) return this.#fail(`${quote(path)}: a 64-bit number is missing`, at)
        from += 8
        return this.#get(from - 8, 8)
      }
      size = take(size)
      stored = take(stored)
      local = take(local)
    }
    return {
      at,
      rawName,
      path,
      flags: this.#get(at + 8, 2),
      method: this.#get(at + 10, 2),
      crc: this.#get(at + 16, 4),
      size,
      stored,
      local: before + local,
      mtime: this.#timeOf(at, nameEnd, extraEnd),
      mode: this.#modeOf(at, rawName),
      next,
    }
  }

  #add(central: Central, limit: number): void {
    const { at, path, rawName, mode, mtime } = central
    const common = { path, mode: mode & 0o7777, mtime, offset: at }
    const kind = mode & S_IFMT
    const data = this.#data(central, limit)
    if (kind === S_IFDIR || rawName.endsWith('/')) {
      if (central.size !== 0) this.#fail(`${quote(path)}: it is a directory and has data`, at)
      this.#entries.push({ ...common, kind: 'directory' })
    } else if (kind === S_IFLNK) {
      const target = decodeLatin1(this.#content(central, data))
      if (!isUtf8(target)) this.#fail(`${quote(path)}: the link's text is not UTF-8`, at)
      this.#entries.push({ ...common, kind: 'symlink', target })
    } else if (kind === S_IFREG || kind === 0) {
      const source = this.#content(central, data)
      const content = { source, start: 0, size: source.length }
      this.#entries.push({ ...common, kind: 'file', content })
    } else this.#leftOut.push({ path: textOf(path), message: 'it is neither a file nor a directory nor a link' })
  }

  /** Where the data of an entry begins, by the record before it, which must be of the same entry. */
  #data(central: Central, limit: number): number {
    const { local, path, rawName, stored, method, at } = central
    if (local + LOCAL_SIZE > limit || this.#get(local, 4) !== LOCAL) {
      this.#fail(`${quote(path)}: its data is not where the archive says, at ${local}`, at)
    }
    const nameEnd = local + LOCAL_SIZE + this.#get(local + 26, 2)
    const start = nameEnd + this.#get(local + 28, 2)
    if (start + stored > limit) this.#fail(`${quote(path)}: its data goes beyond the end of all data`, at)
    const name = decodeLatin1(this.#bytes.subarray(local + LOCAL_SIZE, nameEnd))
    if (name !== rawName) this.#fail(`${quote(path)}: before its data there is another name, ${quote(name)}`, local)
    if (this.#get(local + 8, 2) !== method) this.#fail(`${quote(path)}: before its data there is another method`, local)
    this.#ranges.push({ start: local, end: start + stored, path })
    return start
  }

  /** The bytes of an entry, which its checksum confirms. */
  #content(central: Central, start: number): Uint8Array {
    const { at, path, flags, method, size, stored, crc } = central
    if ((flags & FLAG_ENCRYPTED) !== 0) this.#fail(`${quote(path)} is encrypted: decrypt the archive first`, at)
    if (size > this.#room) {
      this.#fail(`${quote(path)} has ${size} bytes, more than the tree has room for: give it a larger quota`, at)
    }
    this.#room -= size
    const data = this.#bytes.subarray(start, start + stored)
    let content = data
    if (method === DEFLATED) content = this.#inflated(central, data, start)
    else if (method !== STORED)
      this.#fail(`${quote(path)}: it is compressed by method ${method}, and only deflate is known`, at)
    if (content.length !== size) this.#fail(`${quote(path)}: its data is not of the ${size} bytes that it says`, at)
    if (crc32(content) !== crc) this.#fail(`${quote(path)}: its checksum is wrong`, at)
    return content
  }

  #inflated(central: Central, data: Uint8Array, start: number): Uint8Array {
    const { path, size, stored } = central
    if (size > stored * RATIO_MAX) this.#fail(`${quote(path)}: ${stored} bytes cannot become ${size}`, start)
    try {
      // One byte more than it may have, so that more is seen.
      return inflateSync(data, { out: new Uint8Array(size + 1) })
    } catch (error) {
      return this.#fail(`${quote(path)}: its data is damaged (${messageOf(error)})`, start)
    }
  }

  /** Kind and permissions. What was not made on Unix has none: then a slash at the end says what a directory is. */
  #modeOf(at: number, rawName: ByteString): number {
    const mode = this.#get(at + 5, 1) === UNIX ? this.#get(at + 40, 2) : 0
    if (mode !== 0) return mode
    return rawName.endsWith('/') ? S_IFDIR | 0o755 : S_IFREG | 0o644
  }

  #timeOf(at: number, nameEnd: number, extraEnd: number): Instant {
    const extra = this.#extra(nameEnd, extraEnd, EXTRA_TIME)
    if (extra !== undefined && extra.end - extra.start >= 5 && (this.#get(extra.start, 1) & 1) !== 0) {
      const sec = this.#get(extra.start + 1, 4) | 0
      return representable({ sec, nsec: 0 })
    }
    const time = this.#get(at + 12, 2)
    const date = this.#get(at + 14, 2)
    const civil = { year: 1980 + (date >> 9), month: (date >> 5) & 15, day: date & 31 }
    const sec = secondOf({ ...civil, hour: time >> 11, minute: (time >> 5) & 63, second: 2 * (time & 31) })
    return representable({ sec, nsec: 0 })
  }

  /** The content of an extra field. */
  #extra(start: number, end: number, id: number): { readonly start: number; readonly end: number } | undefined {
    for (let at = start; at + 4 <= end; ) {
      const next = at + 4 + this.#get(at + 2, 2)
      if (next > end) return undefined
      if (this.#get(at, 2) === id) return { start: at + 4, end: next }
      at = next
    }
    return undefined
  }

  #get(at: number, size: number): number {
    return littleEndian(this.#bytes, at, size)
  }

  #fail(problem: string, offset: number): never {
    throw new FormatError('zip', problem, offset)
  }
}
