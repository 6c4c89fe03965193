/**
 * Trees as Nix archives (NAR), whose SHA-256 is how Nix names contents: a NAR holds one file, link or directory, and of
 * a file nothing but its bytes and whether it can be executed. No times, so that equal trees are equal bytes.
 *
 *     archive: "nix-archive-1" node            a string is its length (8 bytes, least first), its bytes,
 *     node: "(" "type" kind… ")"               and zeros up to a multiple of 8
 *     kind: "regular" ["executable" ""] ["contents" bytes] | "symlink" "target" text
 *         | "directory" ("entry" "(" "name" name "node" node ")")…
 */

import { type ByteString, decodeLatin1, encodeLatin1, isUtf8, textOf } from '../bytes.ts'
import type { Filesystem } from '../filesystem.ts'
import type { Inode } from '../inode.ts'
import { NAME_MAX } from '../limits.ts'
import { cleanPath } from './archive_path.ts'
import { type ArchiveEntry, type Builder, buildTwice } from './builder.ts'
import { FormatError } from './error.ts'
import { littleEndian, putLittleEndian } from './little_endian.ts'
import { baseOf, namesOf, quote, type ReadOptions, type ReadReport, type WriteOptions } from './options.ts'
import { joined, Output } from './output.ts'
import { TreeWalk } from './tree_walk.ts'

const MAGIC = 'nix-archive-1'
const UNIT = 8
/** Nix looks at the owner's right alone. */
const OWNER_EXECUTES = 0o100
const FILE_MODE = 0o644
const EXECUTABLE_MODE = 0o755

/**
 * What is at `options.base` (a directory, file or link) as one array. Devices, fifos and sockets are left out; each
 * name of a file with several is a file of its own, and holes are zeros.
 * @throws FormatError for an archive over `ARRAY_MAX`, and for options that cannot be.
 */
export function writeNar(fs: Filesystem, options: NarWriteOptions = {}): Uint8Array {
  return joined('nar', narChunks(fs, options), 'use narChunks')
}

export type NarWriteOptions = Omit<WriteOptions, 'times'>

/** The same in pieces of 64 KiB, of the tree as it is now: what changes meanwhile is not in it. */
export function narChunks(fs: Filesystem, options: NarWriteOptions = {}): Generator<Uint8Array, void> {
  const base = baseOf('nar', fs, options.base)
  const kind = kindOf(fs.get(base))
  if (kind === undefined) throw new FormatError('nar', `base: a ${fs.get(base).kind} cannot be in it`)
  return new NarWriter(fs.fork('keep'), options).run(base)
}

class NarWriter {
  readonly #fs: Filesystem
  readonly #options: NarWriteOptions
  readonly #out = new Output()
  readonly #number = new Uint8Array(UNIT)

  constructor(fs: Filesystem, options: NarWriteOptions) {
    this.#fs = fs
    this.#options = options
  }

  *run(base: number): Generator<Uint8Array, void> {
    const root = this.#fs.get(base)
    this.#strings(MAGIC)
    yield* this.#open(root)
    const walk = new TreeWalk(this.#fs, base)
    for (let step = walk.next(); step !== undefined; step = walk.next()) {
      const { inode, name } = walk
      if (step === 'leave') this.#strings(')', ')')
      else if (kindOf(inode) === undefined) {
        this.#options.onLeftOut?.({ path: walk.shown, message: `it is a ${inode.kind}, which no NAR can hold` })
      } else {
        this.#strings('entry', '(', 'name', name, 'node')
        yield* this.#open(inode)
        if (!inode.isDirectory()) this.#strings(')', ')')
      }
      yield* this.#out.filled()
    }
    this.#strings(')')
    yield* this.#out.end()
  }

  /** A node up to its closing parenthesis, without the entries of a directory. */
  *#open(inode: Readonly<Inode>): Generator<Uint8Array, void> {
    if (inode.isDirectory()) this.#strings('(', 'type', 'directory')
    else if (inode.isSymlink()) this.#strings('(', 'type', 'symlink', 'target', inode.body)
    else {
      this.#strings('(', 'type', 'regular')
      if ((inode.mode & OWNER_EXECUTES) !== 0) this.#strings('executable', '')
      this.#strings('contents')
      this.#length(inode.size)
      yield* this.#out.file(this.#fs, inode.ino, 0, inode.size)
      this.#out.pad(UNIT)
    }
  }

  #strings(...strings: readonly string[]): void {
    for (const string of strings) {
      this.#length(string.length)
      this.#out.put(encodeLatin1(string as ByteString))
      this.#out.pad(UNIT)
    }
  }

  #length(size: number): void {
    putLittleEndian(this.#number, 0, UNIT, size)
    this.#out.put(this.#number)
  }
}

function kindOf(inode: Readonly<Inode>): 'file' | 'directory' | 'symlink' | undefined {
  const { kind } = inode
  return kind === 'file' || kind === 'directory' || kind === 'symlink' ? kind : undefined
}

/** A node as read: an entry, and how many directories it is in. */
interface Node {
  readonly depth: number
  readonly name: ByteString
  readonly entry: ArchiveEntry
}

/**
 * Makes a NAR's file, link or directory what is at `options.at`. A directory is added to one that is there already;
 * a file or link needs a path of its own, and takes the place of another file or link. `options.times: 'keep'`, the
 * default, gives everything the time `now`, since a NAR has none.
 * @throws FormatError for an archive that is damaged, cut off or not in the one form that Nix knows, and that the tree
 * has no room for; the tree is then as it was.
 */
export function readNar(fs: Filesystem, bytes: Uint8Array, options: ReadOptions = {}): ReadReport {
  const [root, ...nodes] = new NarReader(bytes).run() as [Node, ...Node[]]
  if (root.entry.kind === 'directory') {
    return buildTwice('nar', fs, options, [], (builder) => addAll(builder, nodes))
  }
  const { at } = options
  const names = typeof at === 'string' ? namesOf('nar', 'at', at) : []
  const name = names.pop()
  if (name === undefined) {
    throw new FormatError(
      'nar',
      `the archive is one ${root.entry.kind}: say what it becomes by the option "at", as a path`,
    )
  }
  const path = cleanPath('nar', 'at:', name, 0)
  return buildTwice('nar', fs, { ...options, at: textOf(`/${names.join('/')}` as ByteString) }, [], (builder) => {
    builder.add({ ...root.entry, path })
  })
}

/** Adds nodes below the builder's root: a directory is followed by what is in it, one deeper. */
function addAll(builder: Builder, nodes: readonly Node[]): void {
  const dirs = [builder.root]
  for (const { depth, name, entry } of nodes) {
    dirs.length = depth
    dirs.push(builder.addTo(dirs[depth - 1] as number, name, entry))
  }
}

class NarReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** The root, and each node after the directory that it is in. */
  run(): Node[] {
    const nodes: Node[] = []
    /** The last name in each directory that is being read. */
    const open: ByteString[] = []
    const magic = this.#bytes.subarray(UNIT, UNIT + MAGIC.length)
    if (decodeLatin1(magic) !== MAGIC) this.#fail('this is no NAR (it does not begin with "nix-archive-1")', 0)
    this.#expect(MAGIC)
    let isOpen = this.#node(nodes, 0, '' as ByteString)
    if (isOpen) open.push('' as ByteString)
    while (open.length > 0) {
      const at = this.#at
      const token = this.#token()
      if (token === ')') {
        open.pop()
        // The entry that the directory was in ends with it.
        if (open.length > 0) this.#expect(')')
      } else if (token === 'entry') {
        const name = this.#entryName(open.at(-1) as ByteString)
        open[open.length - 1] = name
        isOpen = this.#node(nodes, open.length, name)
        if (isOpen) open.push('' as ByteString)
        else this.#expect(')')
      } else this.#fail(`"entry" or ")" is expected, not ${quote(token)}`, at)
    }
    if (this.#at < this.#bytes.length) this.#fail('something comes after the end of the archive', this.#at)
    return nodes
  }

  /** Reads a node; of a directory up to its first entry, which is then open. */
  #node(nodes: Node[], depth: number, name: ByteString): boolean {
    const offset = this.#at
    this.#expect('(')
    this.#expect('type')
    const at = this.#at
    const kind = this.#token()
    const common = { path: name, mtime: undefined, offset }
    if (kind === 'directory') {
      nodes.push({ depth, name, entry: { ...common, kind: 'directory', mode: EXECUTABLE_MODE } })
      return true
    }
    if (kind === 'symlink') {
      this.#expect('target')
      const target = this.#string(Infinity, 'a link text')
      nodes.push({ depth, name, entry: { ...common, kind: 'symlink', mode: 0o777, target } })
      this.#expect(')')
      return false
    }
    if (kind !== 'regular') this.#fail(`a type is expected, not ${quote(kind)}`, at)
    let token = this.#token()
    let mode = FILE_MODE
    if (token === 'executable') {
      const marked = this.#at
      if (this.#string(UNIT, 'the mark') !== '') this.#fail('"executable" has something after it', marked)
      mode = EXECUTABLE_MODE
      token = this.#token()
    }
    let content = { source: this.#bytes, start: 0, size: 0 }
    if (token === 'contents') {
      const size = this.#length('the content of a file')
      content = { source: this.#bytes, start: this.#at, size }
      this.#skip(size)
      token = this.#token()
    }
    if (token !== ')') this.#fail(`the end of a file is expected, not ${quote(token)}`, offset)
    nodes.push({ depth, name, entry: { ...common, kind: 'file', mode, content } })
    return false
  }

  /** `before` is the name before it in the directory: names are in byte order, so that there is one NAR for a tree. */
  #entryName(before: ByteString): ByteString {
    this.#expect('(')
    this.#expect('name')
    const at = this.#at
    const name = this.#string(NAME_MAX, 'a name')
    const shown = quote(name)
    if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) {
      this.#fail(`${shown} is no name`, at)
    }
    if (!isUtf8(name)) this.#fail(`the name ${shown} is not UTF-8, as names in the tree are`, at)
    if (name <= before) this.#fail(`the name ${shown} is out of order: it comes after ${quote(before)}`, at)
    this.#expect('node')
    return name
  }

  #expect(wanted: string): void {
    const at = this.#at
    const token = this.#token()
    if (token !== wanted) this.#fail(`${JSON.stringify(wanted)} is expected, not ${quote(token)}`, at)
  }

  #token(): ByteString {
    return this.#string(LONGEST_TOKEN, 'a word of the format')
  }

  #string(most: number, what: string): ByteString {
    const at = this.#at
    const size = this.#length(what)
    if (size > most) this.#fail(`${what} of ${size} bytes is too long`, at)
    const string = decodeLatin1(this.#bytes.subarray(this.#at, this.#at + size))
    this.#skip(size)
    return string
  }

  /** The length of the string that comes, all of which is there. */
  #length(what: string): number {
    const at = this.#at
    if (at + UNIT > this.#bytes.length) this.#fail('the archive is cut off', at)
    const size = littleEndian(this.#bytes, at, UNIT)
    const left = this.#bytes.length - at - UNIT
    if (Math.ceil(size / UNIT) * UNIT > left) {
      this.#fail(`${what} has ${size} bytes, and the archive ends after ${left} of them: it was cut off`, at)
    }
    this.#at = at + UNIT
    return size
  }

  /** Goes over a string and the zeros after it. */
  #skip(size: number): void {
    const end = this.#at + size
    this.#at += Math.ceil(size / UNIT) * UNIT
    for (let i = end; i < this.#at; i++) if (this.#bytes[i] !== 0) this.#fail('what fills up a string is not zero', i)
  }

  #fail(problem: string, offset: number): never {
    throw new FormatError('nar', problem, offset)
  }
}

const LONGEST_TOKEN = 16
