/**
 * Trees as a bare git repository: one commit for each, the objects of all in one pack, so that `git log -p`, `git diff`
 * and `git clone` walk through what a machine did. The same trees give the same bytes.
 */

import { Zlib, zlibSync } from 'fflate/browser'
import { type ByteString, byteString, decodeLatin1, encodeLatin1 } from '../bytes.ts'
import type { Filesystem } from '../filesystem.ts'
import { type GitId, GitIds, type GitType, idOf, modeOf, treeObject } from '../git_ids.ts'
import { type Hash, type Hashes, type HashName, hexOfId, pureHashes } from '../hash.ts'
import type { Inode } from '../inode.ts'
import type { Epoch } from '../instant.ts'
import { Names } from '../names.ts'
import { crc32 } from './crc32.ts'
import { fromTheStart } from './deflate_stream.ts'
import { FormatError } from './error.ts'
import { isGitName, PACK_HEADER, PACK_MAGIC, PACK_VERSION, putBigEndian, TYPES } from './git_objects.ts'
import { type Place, packIndex } from './git_pack_index.ts'
import { baseDirectoryOf, type LeftOut, momentOf, quote } from './options.ts'
import { joined, Output, PIECE_SIZE } from './output.ts'
import { TreeWalk } from './tree_walk.ts'

/** Who commits where nobody is named, and when: always the same, so that the ids are. */
const NOBODY = { author: 'Vivarium', email: 'vivarium@localhost', time: 0, message: 'A tree' } as const

/** What a commit says besides its tree. */
export interface CommitInfo {
  /** Default `A tree`. */
  readonly message?: string
  /** Who wrote and committed it. Default `Vivarium` and `vivarium@localhost`, which is nobody. */
  readonly author?: string
  readonly email?: string
  /** When; git keeps whole seconds, and these are told as +0000. Default 1970-01-01, since no clock is read. */
  readonly time?: Epoch
}

/** One tree of a history. */
export interface GitCommit extends CommitInfo {
  readonly fs: Filesystem
  /** The directory that becomes the root, by its absolute path or its inode number; default the whole tree. */
  readonly base?: string | number
  /** The commits that it comes after, by their places in the history, each before its own. Default the one before it. */
  readonly parents?: readonly number[]
  /** A name for it, in `refs/tags`. */
  readonly tag?: string
}

export interface GitHistoryOptions {
  /** How objects are named. Default `sha256`, in which the id of a tree is its digest; `sha1` is what most hosts take. */
  readonly format?: HashName
  /** The branch of the last commit. Default `main`. */
  readonly branch?: string
  readonly hashes?: Hashes
  /**
   * Names that some host takes for `.git` (in any case, `git~1` too), and a `.gitmodules` that is no file: git checks
   * out no tree with one, and `git fsck` complains. Default `refuse`.
   */
  readonly gitNames?: 'refuse' | 'allow'
  /** Is told of each device, fifo and socket, which git does not know; of one that stays between commits once. */
  readonly onLeftOut?: (leftOut: LeftOut) => void
}

export interface GitWriteOptions extends GitHistoryOptions {
  /** The directory that becomes the root, by its absolute path or its inode number; default the whole tree. */
  readonly base?: string | number
  readonly commit?: CommitInfo
}

/** A file of a repository, by its path in it. */
export interface GitPart {
  readonly path: string
  /** To be taken before the next part is. */
  readonly chunks: Iterable<Uint8Array>
}

/**
 * The files of a bare repository with one commit. Directories that are empty are empty trees, which git keeps and does
 * not check out; each name of a file with several is a file of its own; of permissions there is one bit.
 * @throws FormatError for names that git refuses, for a repository over `ARRAY_MAX`, and for options that cannot be.
 */
export function gitRepository(fs: Filesystem, options: GitWriteOptions = {}): { [path: string]: Uint8Array } {
  const { base, commit } = options
  return gitHistory([{ ...commit, fs, ...(base === undefined ? {} : { base }) }], options)
}

/** The same with a commit for each of several trees, which may be states of one tree or not; what they share is there once. */
export function gitHistory(
  commits: readonly GitCommit[],
  options: GitHistoryOptions = {},
): { [path: string]: Uint8Array } {
  const files: { [path: string]: Uint8Array } = {}
  for (const { path, chunks } of gitParts(commits, options)) files[path] = joined('git', chunks, 'use gitParts')
  return files
}

/**
 * The same, file by file and in pieces, so that nothing larger than the list of objects is in memory. The trees are as
 * they are now: what changes meanwhile is not in it.
 */
export function gitParts(commits: readonly GitCommit[], options: GitHistoryOptions = {}): Generator<GitPart, void> {
  const { format = 'sha256', branch = 'main' } = options
  if (commits.length === 0) throw new FormatError('git', 'a history has at least one commit')
  const refs = new Map([[`refs/heads/${refName('branch', branch)}`, commits.length - 1]])
  for (const [i, { tag }] of commits.entries()) {
    if (tag === undefined) continue
    const ref = `refs/tags/${refName('tag', tag)}`
    if (refs.has(ref)) throw new FormatError('git', `tag: ${JSON.stringify(tag)} is the name of two commits`)
    refs.set(ref, i)
  }
  const objects = new Objects(format, options)
  const ids = commits.map((commit, i) => objects.addCommit(commit, i))
  return parts(
    format,
    options.hashes ?? pureHashes,
    branch,
    objects.all(),
    [...refs].map(([ref, i]) => [ref, ids[i] as GitId]),
  )
}

function* parts(
  format: HashName,
  hashes: Hashes,
  branch: string,
  objects: readonly GitObject[],
  refs: readonly (readonly [string, GitId])[],
): Generator<GitPart, void> {
  const text = (content: string): Uint8Array[] => [encodeLatin1(byteString(content))]
  const isOld = format === 'sha1'
  const core = `[core]\n\trepositoryformatversion = ${isOld ? 0 : 1}\n\tfilemode = true\n\tbare = true\n`
  yield { path: 'HEAD', chunks: text(`ref: refs/heads/${branch}\n`) }
  yield { path: 'config', chunks: text(isOld ? core : `${core}[extensions]\n\tobjectformat = sha256\n`) }
  const sorted = objects.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  // By what is in it, which is known before its bytes are.
  const hash = hashes(format)
  for (const { id } of sorted) hash.update(encodeLatin1(id))
  const name = `objects/pack/pack-${hexOfId(decodeLatin1(hash.digest()))}`
  const pack = new PackWriter(format, hashes)
  yield { path: `${name}.pack`, chunks: pack.run(objects) }
  yield { path: `${name}.idx`, chunks: [pack.index(sorted)] }
  for (const [ref, id] of refs) yield { path: ref, chunks: text(`${hexOfId(id)}\n`) }
}

/** One object of the pack: its content, or the inode that has it. */
interface GitObject {
  readonly id: GitId
  readonly type: GitType
  readonly content: Uint8Array | { readonly fs: Filesystem; readonly inode: Readonly<Inode> }
}

/** All objects of a history, each once. */
class Objects {
  readonly #format: HashName
  readonly #options: GitHistoryOptions
  readonly #hashes: Hashes
  /** Asked for one tree after the other, so that what they share is hashed once; `sha256` is what the trees know anyway. */
  readonly #ids: GitIds
  readonly #names = new Names()
  #at: Filesystem | undefined
  readonly #known = new Set<GitId>()
  readonly #commits: GitObject[] = []
  readonly #trees: GitObject[] = []
  readonly #blobs: GitObject[] = []
  readonly #leftOut = new Set<string>()

  constructor(format: HashName, options: GitHistoryOptions) {
    this.#format = format
    this.#options = options
    this.#hashes = options.hashes ?? pureHashes
    this.#ids = new GitIds(format)
  }

  /** Commits first, as git has them, and each kind in the order in which it was met. */
  all(): GitObject[] {
    return [...this.#commits.toReversed(), ...this.#trees, ...this.#blobs]
  }

  addCommit(commit: GitCommit, index: number): GitId {
    const base = baseDirectoryOf('git', commit.fs, commit.base)
    const parents = (commit.parents ?? (index === 0 ? [] : [index - 1])).map((parent) => {
      const id = this.#commits[parent]?.id
      if (id === undefined) throw new FormatError('git', `parents: commit ${index} cannot come after commit ${parent}`)
      return id
    })
    const tree = this.#addTree(commit.fs.fork('keep'), base)
    const content = commitObject(tree, parents, commit)
    const id = idOf(this.#hashes, this.#format, 'commit', content)
    this.#commits.push({ id, type: 'commit', content })
    return id
  }

  /** All that is in a directory and not known yet; its id. */
  #addTree(fs: Filesystem, base: number): GitId {
    const ids = this.#idsOf(fs)
    const lineOf = (ino: number) => [modeOf(fs.get(ino)), ids.of(ino)] as const
    const add = (list: GitObject[], type: GitType, inode: Readonly<Inode>): boolean => {
      const id = ids.of(inode.ino) as GitId
      if (this.#known.has(id)) return false
      this.#known.add(id)
      const content = inode.isDirectory() ? treeObject(inode, lineOf) : { fs, inode }
      list.push({ id, type, content })
      return true
    }
    add(this.#trees, 'tree', fs.get(base))
    const walk = new TreeWalk(fs, base)
    for (let step = walk.next(); step !== undefined; step = walk.next()) {
      const { inode, name } = walk
      if (step === 'leave') continue
      if (isRefused(name as ByteString, inode) && this.#options.gitNames !== 'allow') {
        throw new FormatError(
          'git',
          `${quote(decodeLatin1(walk.path))}: git checks out nothing of this name: rename it, or say gitNames: 'allow'`,
        )
      }
      if (inode.isDirectory()) {
        if (!add(this.#trees, 'tree', inode)) walk.skip()
      } else if (modeOf(inode) !== undefined) add(this.#blobs, 'blob', inode)
      else this.#leaveOut(walk.shown, inode)
    }
    return ids.of(base) as GitId
  }

  #idsOf(fs: Filesystem): GitIds {
    if (this.#format === 'sha256') return fs.lineage.gitIds(fs.table, this.#hashes)
    this.#names.advance(this.#at?.table, fs.table)
    this.#at = fs
    this.#ids.update(fs.table, this.#names, this.#hashes)
    return this.#ids
  }

  #leaveOut(path: string, { kind }: Readonly<Inode>): void {
    if (this.#leftOut.has(path)) return
    this.#leftOut.add(path)
    this.#options.onLeftOut?.({ path, message: `it is a ${kind}, which git does not know` })
  }
}

/** What git keeps for itself: `.git`, and `.gitmodules` where that is no file. */
function isRefused(name: ByteString, inode: Readonly<Inode>): boolean {
  return isGitName(name) || (name.toLowerCase() === '.gitmodules' && !inode.isFile())
}

function commitObject(tree: GitId, parents: readonly GitId[], commit: CommitInfo): Uint8Array {
  const { author, email, message, time } = { ...NOBODY, ...commit }
  for (const [what, text] of [
    ['author', author],
    ['email', email],
  ] as const) {
    if (/[<>\n\0]/.test(text) || text.trim() !== text || text === '') {
      throw new FormatError('git', `${what}: ${JSON.stringify(text)} cannot be: no < or >, one line, and not empty`)
    }
  }
  if (message.includes('\0')) throw new FormatError('git', 'message: it has a NUL in it, which git cannot keep')
  const who = `${author} <${email}> ${momentOf('git', 'time', time).sec} +0000`
  const lines = [
    `tree ${hexOfId(tree)}`,
    ...parents.map((parent) => `parent ${hexOfId(parent)}`),
    `author ${who}`,
    `committer ${who}`,
    '',
    message.endsWith('\n') ? message : `${message}\n`,
  ]
  return encodeLatin1(byteString(lines.join('\n')))
}

/** What git allows as a branch or tag. */
function refName(option: string, name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: git refuses them
  const isBad = /[\x00-\x20\x7f~^:?*[\\]|\.\.|@\{|\/\/|^\/|\/$|(^|\/)\.|\.(\/|$)|\.lock(\/|$)|^@$|^-/.test(name)
  if (name === '' || isBad) {
    throw new FormatError(
      'git',
      `${option}: ${JSON.stringify(name)} is no name that git takes: use letters, digits, "-" and "/"`,
    )
  }
  return name
}

/** Files of more bytes are compressed piece by piece, whatever else there is, so that one is never whole in memory. */
const WHOLE_MAX = 16 * PIECE_SIZE
/** Objects with fewer bytes are stored: to compress one takes far longer than its bytes are worth. */
const COMPRESS_MIN = 128
/** Fixed, so that the result depends on the contents alone. */
const LEVEL = 6

class PackWriter {
  readonly #format: HashName
  readonly #hashes: Hashes
  readonly #out = new Output()
  readonly #hash: Hash
  /** Of each object by its id, where it is and the checksum of its bytes there. */
  readonly #places = new Map<GitId, Place>()
  #digest: Uint8Array | undefined

  constructor(format: HashName, hashes: Hashes) {
    this.#format = format
    this.#hashes = hashes
    this.#hash = hashes(format)
  }

  *run(objects: readonly GitObject[]): Generator<Uint8Array, void> {
    const header = new Uint8Array(PACK_HEADER)
    for (const [i, value] of [PACK_MAGIC, PACK_VERSION, objects.length].entries()) putBigEndian(header, 4 * i, value)
    this.#put(header)
    for (const object of objects) {
      const offset = this.#out.total
      let crc = 0
      for (const bytes of packed(object)) {
        crc = crc32(bytes, crc)
        this.#put(bytes)
        yield* this.#out.filled()
      }
      this.#places.set(object.id, { offset, crc })
    }
    this.#digest = this.#hash.digest()
    this.#out.put(this.#digest)
    yield* this.#out.end()
  }

  #put(bytes: Uint8Array): void {
    this.#hash.update(bytes)
    this.#out.put(bytes)
  }

  /** Where the objects are, in order of their ids. Preconditions: the pack has been taken to its end. */
  index(sorted: readonly GitObject[]): Uint8Array {
    if (this.#digest === undefined) throw new FormatError('git', 'take the chunks of the pack before the next part')
    const places = sorted.map(({ id }) => ({ id, ...(this.#places.get(id) as Place) }))
    return packIndex(this.#format, this.#hashes, places, this.#digest)
  }
}

/** An object as a pack has it: kind and size, then the content, compressed. */
function* packed({ type, content }: GitObject): Generator<Uint8Array, void> {
  if (content instanceof Uint8Array) {
    yield headerOf(type, content.length)
    yield zlib(content)
    return
  }
  const { fs, inode } = content
  if (inode.isSymlink()) {
    yield headerOf(type, inode.size)
    yield zlib(encodeLatin1(inode.body))
    return
  }
  yield headerOf(type, inode.size)
  const buffer = new Uint8Array(Math.min(inode.size, WHOLE_MAX))
  if (inode.size <= WHOLE_MAX) {
    fs.read(inode.ino, 0, buffer, 0, inode.size)
    yield zlib(buffer)
    return
  }
  const ready: Uint8Array[] = []
  const stream = fromTheStart(
    new Zlib({ level: LEVEL }, (bytes) => {
      ready.push(bytes)
    }),
  )
  for (let at = 0; at < inode.size; ) {
    const count = fs.read(inode.ino, at, buffer, 0, PIECE_SIZE)
    at += count
    stream.push(buffer.slice(0, count), at === inode.size)
    yield* ready.splice(0)
  }
}

function zlib(content: Uint8Array): Uint8Array {
  return zlibSync(content, { level: content.length < COMPRESS_MIN ? 0 : LEVEL })
}

/** The kind and the low four bits of the size, then seven bits a byte; the high bit where more follow. */
function headerOf(type: GitType, size: number): Uint8Array {
  const bytes = [(TYPES.indexOf(type) << 4) | (size % 16)]
  for (let left = Math.floor(size / 16); left > 0; left = Math.floor(left / 128)) {
    bytes[bytes.length - 1] = (bytes.at(-1) as number) | 0x80
    bytes.push(left % 128)
  }
  return new Uint8Array(bytes)
}
