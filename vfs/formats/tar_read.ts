/**
 * Tar archives into trees, whoever made them: v7, ustar, PAX, GNU and BSD tar. The whole archive is read first, with
 * all that can be wrong in it found, and data stays where it is in the archive.
 */

import { type ByteString, decodeLatin1, textOf } from '../bytes.ts'
import type { Filesystem } from '../filesystem.ts'
import type { Instant } from '../inode.ts'
import { cleanPath } from './archive_path.ts'
import { type ArchiveEntry, buildTwice, type FileContent } from './builder.ts'
import { type Format, FormatError } from './error.ts'
import { decompressed, roomFor } from './gzip.ts'
import { type LeftOut, quote, type ReadOptions, type ReadReport } from './options.ts'
import { instantIn, type PaxRecords, paxRecords, wholeOf } from './pax.ts'
import {
  BLOCK,
  deviceOf,
  hasChecksum,
  isZeroBlock,
  LINK_NAME,
  LONG_FIELD,
  MAGIC,
  MAJOR,
  MINOR,
  MODE,
  MTIME,
  NAME,
  NAME_SIZE,
  numberIn,
  PREFIX,
  PREFIX_SIZE,
  SHORT_FIELD,
  SIZE,
  TYPE,
  textIn,
} from './tar_header.ts'
import { oldSparse, paxSparse, type Sparse } from './tar_sparse.ts'
import { representable } from './times.ts'

/**
 * Adds what is in a tar archive, which may be compressed with gzip, to the tree below `options.at`. As when tar
 * extracts, of two entries of one name the last one counts, and a file of the tree gives way to one of the archive;
 * a directory stays, and takes the mode and time that the archive has for it. Symbolic links are never followed.
 * Owners, access times and extended attributes are not taken.
 * @throws FormatError for an archive that is damaged or cut off, that leads out of its root, or that the tree has no
 * room for; the tree is then as it was.
 */
export function readTar(fs: Filesystem, bytes: Uint8Array, options: ReadOptions = {}): ReadReport {
  const { entries, leftOut } = parseTar('tar', decompressed('tar', bytes, roomFor(fs)))
  return buildTwice('tar', fs, options, leftOut, (builder) => {
    for (const entry of entries) builder.add(entry)
  })
}

export interface TarContent {
  readonly entries: readonly ArchiveEntry[]
  readonly leftOut: readonly LeftOut[]
}

/** The entries of a tar archive that is not compressed. */
export function parseTar(format: Format, bytes: Uint8Array): TarContent {
  return new TarReader(format, bytes).run()
}

/** Of the entry that is being read: its header, and what the headers before it said of it. */
interface Header {
  readonly at: number
  readonly type: string
  readonly path: ByteString
  readonly link: ByteString
  readonly stored: number
  readonly records: PaxRecords
}

const CHARSETS = ['', 'BINARY', 'ISO-IR 10646 2000 UTF-8', 'ISO-IR 646 1990']

class TarReader {
  readonly #format: Format
  readonly #bytes: Uint8Array
  readonly #entries: ArchiveEntry[] = []
  readonly #leftOut: LeftOut[] = []
  readonly #global = new Map<string, ByteString>()
  /** What the headers since the last entry say of the next one. */
  #longPath: ByteString | undefined
  #longLink: ByteString | undefined
  #records: PaxRecords = []
  #isPending = false

  constructor(format: Format, bytes: Uint8Array) {
    this.#format = format
    this.#bytes = bytes
  }

  run(): TarContent {
    const bytes = this.#bytes
    let at = 0
    for (;;) {
      if (at + BLOCK > bytes.length) {
        this.#fail(
          bytes.length === 0
            ? 'there is nothing: even an empty archive has an end mark of 1,024 bytes'
            : 'the archive ends without its end mark: it was cut off, or is no tar archive',
          at,
        )
      }
      const block = bytes.subarray(at, at + BLOCK)
      if (isZeroBlock(block)) break
      if (!hasChecksum(block)) {
        this.#fail(
          at === 0 ? 'this is no tar archive (the first checksum is wrong)' : 'a header has a wrong checksum',
          at,
        )
      }
      at = this.#header(at)
    }
    if (this.#isPending) this.#fail('the last extended header has no entry after it', at)
    for (let i = at; i < bytes.length; i++) {
      if (bytes[i] !== 0) this.#fail('something comes after the end mark: are these several archives in one?', i)
    }
    return { entries: this.#entries, leftOut: this.#leftOut }
  }

  /** Reads the header at `at` and what belongs to it; where the next one is. */
  #header(at: number): number {
    const bytes = this.#bytes
    const type = String.fromCharCode(bytes[at + TYPE] as number)
    const size = this.#number(at + SIZE, LONG_FIELD, 'size')
    const data = at + BLOCK
    switch (type) {
      case 'L':
        this.#longPath = this.#longName(data, this.#end(data, size, 'a long name', at))
        break
      case 'K':
        this.#longLink = this.#longName(data, this.#end(data, size, 'a long link name', at))
        break
      case 'x':
      case 'X':
        this.#records = paxRecords(this.#format, bytes, data, this.#end(data, size, 'an extended header', at))
        break
      case 'g':
        for (const [key, value] of paxRecords(
          this.#format,
          bytes,
          data,
          this.#end(data, size, 'a global header', at),
        )) {
          if (value === '') this.#global.delete(key)
          else this.#global.set(key, value)
        }
        return this.#next(data + size)
      case 'V':
        return this.#next(this.#end(data, size, 'a volume label', at))
      case 'M':
        return this.#fail('this is a later part of an archive in several volumes: put them together first', at)
      default: {
        const next = this.#entry(at, type, size)
        this.#longPath = this.#longLink = undefined
        this.#records = []
        this.#isPending = false
        return next
      }
    }
    this.#isPending = true
    return this.#next(data + size)
  }

  #entry(at: number, type: string, fieldSize: number): number {
    const recordedSize = this.#value('size')
    const stored = recordedSize === '' ? fieldSize : (wholeOf(recordedSize) ?? this.#wrong('size', recordedSize, at))
    const charset = this.#value('hdrcharset')
    if (!CHARSETS.includes(charset)) this.#fail(`names are in ${JSON.stringify(charset.slice(0, 60))}, not UTF-8`, at)
    const sparseName = this.#own('GNU.sparse.name')
    const raw = sparseName !== '' ? sparseName : this.#value('path') || (this.#longPath ?? this.#pathIn(at))
    const path = cleanPath(this.#format, 'the entry', raw, at)
    const link = this.#value('linkpath') || (this.#longLink ?? textIn(this.#bytes, at + LINK_NAME, NAME_SIZE))
    const header: Header = { at, type, path, link, stored, records: this.#records }
    const common = {
      path,
      mode: this.#number(at + MODE, SHORT_FIELD, 'mode') & 0o7777,
      mtime: this.#timeOf(at),
      offset: at,
    }
    const data = at + BLOCK
    switch (type) {
      case '\0':
      case '0':
      case '7':
        if (raw.endsWith('/')) {
          this.#entries.push({ ...common, kind: 'directory' })
          return this.#next(this.#end(data, stored, quote(path), at))
        }
        return this.#file(header, common)
      case 'S':
        return this.#file(header, common)
      case '1':
        this.#entries.push({ ...common, kind: 'hardlink', target: this.#targetOf(header) })
        return data
      case '2':
        if (link === '') this.#fail(`${quote(path)}: a symbolic link has no text`, at)
        this.#entries.push({ ...common, kind: 'symlink', target: link })
        return data
      case '3':
      case '4': {
        const major = this.#number(at + MAJOR, SHORT_FIELD, 'device number')
        const minor = this.#number(at + MINOR, SHORT_FIELD, 'device number')
        const device = type === '3' ? deviceOf(major, minor) : undefined
        if (device !== undefined) this.#entries.push({ ...common, kind: 'device', device })
        else {
          const what = `${type === '3' ? 'character' : 'block'} device ${major}:${minor}`
          this.#leaveOut(path, `it is the ${what}, which the tree cannot have`)
        }
        return data
      }
      case '5':
        this.#entries.push({ ...common, kind: 'directory' })
        return data
      case 'D':
        this.#entries.push({ ...common, kind: 'directory' })
        return this.#next(this.#end(data, stored, quote(path), at))
      case '6':
        this.#entries.push({ ...common, kind: 'fifo' })
        return data
      default:
        this.#leaveOut(path, `it is of a type that is not known, ${JSON.stringify(type)}`)
        return this.#next(this.#end(data, stored, quote(path), at))
    }
  }

  #file(header: Header, common: Omit<ArchiveEntry, 'kind'>): number {
    const { at, type, path, stored, records } = header
    const data = at + BLOCK
    const fail = (problem: string, offset: number): never => this.#fail(`${quote(path)}: ${problem}`, offset)
    if (type === 'S') {
      const sparse = oldSparse(this.#bytes, at, fail)
      const end = this.#end(sparse.start, stored, quote(path), at)
      this.#entries.push({ ...common, kind: 'file', content: this.#contentOf(sparse, end, fail) })
      return this.#next(end)
    }
    const end = this.#end(data, stored, quote(path), at)
    const sparse = paxSparse(records, this.#bytes, data, end, at, fail)
    const content =
      sparse === undefined ? { source: this.#bytes, start: data, size: stored } : this.#contentOf(sparse, end, fail)
    this.#entries.push({ ...common, kind: 'file', content })
    return this.#next(end)
  }

  #contentOf(sparse: Sparse, end: number, fail: (problem: string, offset: number) => never): FileContent {
    const { size, extents, start } = sparse
    let sum = 0
    for (const { length } of extents) sum += length
    if (sum !== end - start) fail(`its map of holes is of ${sum} bytes, and there are ${end - start}`, start)
    return { source: this.#bytes, start, size, extents }
  }

  #targetOf(header: Header): ByteString {
    const { at, path, link } = header
    if (link === '') this.#fail(`${quote(path)}: a hard link has no target`, at)
    return cleanPath(this.#format, `${quote(path)}: the hard link's target`, link, at)
  }

  /** The name of a ustar or an old header. Only ustar of POSIX has a prefix: there GNU tar keeps other things. */
  #pathIn(at: number): ByteString {
    const name = textIn(this.#bytes, at + NAME, NAME_SIZE)
    if (textIn(this.#bytes, at + MAGIC, 6) !== 'ustar' || this.#bytes[at + MAGIC + 5] !== 0) return name
    const prefix = textIn(this.#bytes, at + PREFIX, PREFIX_SIZE)
    return prefix === '' ? name : (`${prefix}/${name}` as ByteString)
  }

  #timeOf(at: number): Instant {
    const recorded = this.#value('mtime')
    if (recorded === '') return representable({ sec: this.#number(at + MTIME, LONG_FIELD, 'time'), nsec: 0 })
    return representable(instantIn(recorded) ?? this.#wrong('time', recorded, at))
  }

  #longName(start: number, end: number): ByteString {
    const nul = this.#bytes.indexOf(0, start)
    if (nul < 0 || nul >= end) this.#fail('a long name does not end with a NUL byte', start)
    return decodeLatin1(this.#bytes.subarray(start, nul))
  }

  /** What the extended header of the entry says under a key, the last of several; empty for nothing. */
  #own(key: string): ByteString {
    return (this.#records.findLast(([own]) => own === key)?.[1] ?? '') as ByteString
  }

  /** The same, or else what the global headers say. An empty value of the entry's own means the header's. */
  #value(key: string): ByteString {
    const own = this.#records.findLast(([name]) => name === key)
    return own !== undefined ? own[1] : ((this.#global.get(key) ?? '') as ByteString)
  }

  #number(at: number, size: number, what: string): number {
    const value = numberIn(this.#bytes, at, size)
    const isTime = what === 'time'
    if (value === undefined || (value < 0 && !isTime)) return this.#fail(`a header has a ${what} that is no number`, at)
    return value
  }

  #wrong(what: string, value: ByteString, at: number): never {
    return this.#fail(`an extended header has the ${what} ${quote(value)}, which is no number`, at)
  }

  /** Where data that has `size` bytes ends. */
  #end(start: number, size: number, what: string, at: number): number {
    if (size > this.#bytes.length - start) {
      this.#fail(
        `${what} has ${size} bytes, and the archive ends after ${Math.max(0, this.#bytes.length - start)} of them: it was cut off`,
        at,
      )
    }
    return start + size
  }

  /** Where the next header is. */
  #next(end: number): number {
    return Math.ceil(end / BLOCK) * BLOCK
  }

  #leaveOut(path: ByteString, message: string): void {
    this.#leftOut.push({ path: textOf(path), message })
  }

  #fail(problem: string, offset: number): never {
    throw new FormatError(this.#format, problem, offset)
  }
}
