/** Trees out of a git repository: what a branch, a tag or a commit holds, every object of it verified by its id. */

import { type ByteString, decodeLatin1, isUtf8 } from '../bytes.ts'
import type { Filesystem } from '../filesystem.ts'
import type { GitId } from '../git_ids.ts'
import { digestSize, type Hashes, hexOfId, idOfHex, pureHashes } from '../hash.ts'
import type { Instant } from '../inode.ts'
import { NAME_MAX, PATH_MAX } from '../limits.ts'
import { type ArchiveEntry, buildTwice } from './builder.ts'
import { FormatError } from './error.ts'
import { isGitName } from './git_objects.ts'
import { Work } from './git_pack.ts'
import { fieldOf, GitStore, idAt } from './git_store.ts'
import { roomFor } from './gzip.ts'
import { quote, type ReadOptions, type ReadReport } from './options.ts'
import { ARRAY_MAX } from './output.ts'
import { representable } from './times.ts'

export interface GitReadOptions extends ReadOptions {
  /** A branch, a tag, a path below `refs`, or the id of a commit, tag or tree in full. Default `HEAD`. */
  readonly ref?: string
  readonly hashes?: Hashes
  /** Names that some host takes for `.git`, which git itself checks out never. Default `refuse`. */
  readonly gitNames?: 'refuse' | 'allow'
}

export interface GitReport extends ReadReport {
  /** The ids of what was read, in hexadecimal; `commit` only where `ref` led to one. */
  readonly tree: string
  readonly commit: string | undefined
}

/** Things that are taken at most where the tree has no quota: a few objects can stand for endlessly many. */
const ENTRIES_MAX = 2 ** 22
/** Work that is done whatever there is room for, in bytes, and how often all that there is room for may be put together. */
const WORK_MIN = 2 ** 30
const WORK_TIMES = 8

/**
 * Adds a tree of a repository to the tree below `options.at`, as a checkout would be. `files` are those of a bare
 * repository or of a `.git` folder, by their paths, such as `HEAD` and `objects/pack/….pack`. Both object formats,
 * loose objects and packs with an index of version 2 are taken. Files get the time of the commit, as with `git archive`.
 * @throws FormatError for a repository that is damaged or has not all objects of the tree, for submodules, for names that
 * the tree cannot have, and for more than the tree has room for; the tree is then as it was.
 */
export function readGit(
  fs: Filesystem,
  files: { readonly [path: string]: Uint8Array },
  options: GitReadOptions = {},
): GitReport {
  const room = roomFor(fs)
  const work = new Work(Math.min(room, ARRAY_MAX), WORK_MIN + WORK_TIMES * Math.min(room, 4 * ARRAY_MAX))
  const store = new GitStore(files, options.hashes ?? pureHashes, work)
  const { tree, commit, time } = treeOf(store, options.ref ?? 'HEAD')
  const inodes = Math.min(ENTRIES_MAX, fs.quota.inodes - fs.table.count)
  const entries = new TreeReader(store, time, inodes, options.gitNames === 'allow').run(tree)
  const report = buildTwice('git', fs, options, [], (builder) => {
    const inos: number[] = []
    for (const { parent, name, entry } of entries) {
      inos.push(builder.addTo(parent < 0 ? builder.root : (inos[parent] as number), name, entry))
    }
  })
  return { ...report, tree: hexOfId(tree), commit: commit === undefined ? undefined : hexOfId(commit) }
}

/** From a name over tags and a commit to a tree, and to when it was committed. */
function treeOf(
  store: GitStore,
  ref: string,
): { readonly tree: GitId; readonly commit: GitId | undefined; readonly time: Instant | undefined } {
  let id = store.resolve(ref)
  for (;;) {
    const { type, content } = store.read(id, () => ref)
    const next = (field: string): GitId => {
      const found = idOfHex(fieldOf(content, field) ?? '', store.format)
      if (found !== undefined) return found
      throw new FormatError('git', `${ref}: the ${type} ${hexOfId(id)} does not say of which ${field} it is`)
    }
    if (type === 'tree') return { tree: id, commit: undefined, time: undefined }
    if (type === 'blob') throw new FormatError('git', `${ref} is a single file: name a commit, a tag or a tree`)
    if (type === 'commit') {
      const seconds = / (-?[0-9]{1,15}) [-+][0-9]+$/.exec(fieldOf(content, 'committer') ?? '')?.[1]
      const time = seconds === undefined ? undefined : representable({ sec: Number(seconds), nsec: 0 })
      return { tree: next('tree'), commit: id, time }
    }
    id = next('object')
  }
}

/** One thing of the tree, in the directory that is at place `parent` of the list, or in the root where that is -1. */
interface Placed {
  readonly parent: number
  readonly name: ByteString
  readonly entry: ArchiveEntry
}

/** One line of a tree object. */
interface Line {
  readonly mode: number
  readonly name: ByteString
  readonly id: GitId
}

const TYPE_BITS = 0o170000
const DIRECTORY = 0o040000
const REGULAR = 0o100000
const SYMLINK = 0o120000
const SUBMODULE = 0o160000
const OWNER_EXECUTES = 0o100

class TreeReader {
  readonly #store: GitStore
  readonly #time: Instant | undefined
  readonly #max: number
  readonly #allowsGitNames: boolean
  /** What many names can share. */
  readonly #trees = new Map<GitId, readonly Line[]>()
  readonly #blobs = new Map<GitId, Uint8Array>()

  constructor(store: GitStore, time: Instant | undefined, max: number, allowsGitNames: boolean) {
    this.#store = store
    this.#time = time
    this.#max = max
    this.#allowsGitNames = allowsGitNames
  }

  /** All that is below a tree, a directory before what is in it. Not recursive. */
  run(root: GitId): Placed[] {
    const placed: Placed[] = []
    const stack: { readonly id: GitId; readonly place: number; readonly path: string }[] = [
      { id: root, place: -1, path: '' },
    ]
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      for (const line of this.#linesOf(top.id, top.path)) {
        if (placed.length >= this.#max) {
          throw new FormatError('git', `the tree has no room for it: there are over ${this.#max} files and directories`)
        }
        const path = (top.path === '' ? line.name : `${top.path}/${line.name}`) as ByteString
        const entry = this.#entry(path, line)
        if (entry.kind === 'directory') stack.push({ id: line.id, place: placed.length, path })
        placed.push({ parent: top.place, name: line.name, entry })
      }
    }
    return placed
  }

  #entry(path: ByteString, { mode, id, name }: Line): ArchiveEntry {
    const common = { path, mtime: this.#time, offset: undefined }
    switch (mode & TYPE_BITS) {
      case DIRECTORY:
        return { ...common, kind: 'directory', mode: 0o755 }
      case REGULAR: {
        const source = this.#blob(id, path)
        const content = { source, start: 0, size: source.length }
        return { ...common, kind: 'file', mode: (mode & OWNER_EXECUTES) !== 0 ? 0o755 : 0o644, content }
      }
      case SYMLINK: {
        const target = this.#blob(id, path)
        if (target.length > PATH_MAX) {
          throw new FormatError('git', `${quote(path)} is a link to a path of ${target.length} bytes, over ${PATH_MAX}`)
        }
        return { ...common, kind: 'symlink', mode: 0o777, target: decodeLatin1(target) }
      }
      case SUBMODULE:
        throw new FormatError(
          'git',
          `${quote(path)} is a submodule, whose files are in a repository of its own: read that one too, and this without it`,
        )
      default:
        throw new FormatError('git', `${quote(name)} has the mode ${mode.toString(8)}, which is not known`)
    }
  }

  #blob(id: GitId, path: ByteString): Uint8Array {
    let content = this.#blobs.get(id)
    if (content === undefined) {
      content = this.#store.readAs('blob', id, () => quote(path))
      this.#blobs.set(id, content)
    }
    return content
  }

  #linesOf(id: GitId, path: string): readonly Line[] {
    let lines = this.#trees.get(id)
    if (lines === undefined) {
      const what = () => (path === '' ? 'the root' : quote(path as ByteString))
      lines = this.#parse(this.#store.readAs('tree', id, what), what)
      this.#trees.set(id, lines)
    }
    return lines
  }

  #parse(content: Uint8Array, what: () => string): Line[] {
    const wrong = (problem: string, at?: number): never => {
      throw new FormatError('git', `${what()}: ${problem}`, at)
    }
    const lines: Line[] = []
    const size = digestSize(this.#store.format)
    const names = new Set<ByteString>()
    let last = ''
    for (let at = 0; at < content.length; ) {
      const end = content.indexOf(0, at)
      if (end < 0 || end + 1 + size > content.length) wrong('the tree is cut off', at)
      const [, octal, text] = /^([0-7]{5,6}) (.*)$/s.exec(idAt(content, at, end - at)) ?? []
      if (octal === undefined || text === undefined) return wrong('the tree has a line without a mode', at)
      const name = text as ByteString
      const mode = Number.parseInt(octal, 8)
      const problem = this.#problemOf(name)
      if (problem !== undefined) wrong(`the name ${quote(name)} ${problem}`, at)
      const key = (mode & TYPE_BITS) === DIRECTORY ? `${name}/` : name
      if (names.has(name)) wrong(`the name ${quote(name)} is there twice`, at)
      if (key < last) wrong(`the name ${quote(name)} is out of order`, at)
      names.add(name)
      last = key
      lines.push({ mode, name, id: idAt(content, end + 1, size) })
      at = end + 1 + size
    }
    return lines
  }

  #problemOf(name: ByteString): string | undefined {
    if (name === '' || name === '.' || name === '..') return 'is none that a file can have'
    if (name.includes('/')) return 'has a slash in it'
    if (name.length > NAME_MAX) return `has over ${NAME_MAX} bytes`
    if (!isUtf8(name)) return 'is not UTF-8, as names in the tree are'
    if (isGitName(name) && !this.#allowsGitNames) {
      return "is one that git never checks out, since git obeys what is there: say gitNames: 'allow' to take it"
    }
    return undefined
  }
}
