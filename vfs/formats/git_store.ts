/** A repository given as its files: what its names stand for, and its objects by id, each of which is verified. */

import { Inflate } from 'fflate/browser'
import { type ByteString, decodeLatin1 } from '../bytes.ts'
import { type GitId, type GitType, idOf } from '../git_ids.ts'
import { type Hashes, type HashName, hexOfId, idOfHex } from '../hash.ts'
import { FormatError } from './error.ts'
import { inflated, looseHeader, Pack, type RawObject, type Work } from './git_pack.ts'
import { messageOf } from './gzip.ts'

/** Names that stand for names; git allows as many. */
const SYMBOLIC_MAX = 5
/** Bytes of an object that its header, at its start, cannot be longer than. */
const HEADER_MAX = 64

export class GitStore {
  readonly format: HashName
  readonly #files: ReadonlyMap<string, Uint8Array>
  readonly #hashes: Hashes
  readonly #work: Work
  readonly #packs: readonly Pack[]
  readonly #packedRefs = new Map<string, string>()

  /** `files` by their paths in a bare repository, in a `.git` folder, or in the folder that it is in. */
  constructor(files: { readonly [path: string]: Uint8Array }, hashes: Hashes, work: Work) {
    const all = new Map(Object.entries(files).map(([path, bytes]) => [path.replace(/^(?:\.?\/)+/, ''), bytes]))
    const inside = [...all].filter(([path]) => path.startsWith('.git/'))
    this.#files = all.has('.git/HEAD') ? new Map(inside.map(([path, bytes]) => [path.slice(5), bytes])) : all
    this.#hashes = hashes
    this.#work = work
    if (!this.#files.has('HEAD')) {
      throw new FormatError('git', 'this is no repository: it has no HEAD (give the files of a bare one, or of .git)')
    }
    this.format = this.#formatInConfig()
    for (const line of this.#text('packed-refs')?.split('\n') ?? []) {
      const [hex, name] = line.split(' ')
      if (name !== undefined && hex !== undefined && !line.startsWith('#')) this.#packedRefs.set(name, hex)
    }
    this.#packs = this.#openPacks()
  }

  /** The id that a name stands for: a branch, a tag, `HEAD`, any path below `refs`, or an id itself, in full. */
  resolve(name: string): GitId {
    const id = idOfHex(name, this.format)
    if (id !== undefined) return id
    const tried = [name, `refs/${name}`, `refs/tags/${name}`, `refs/heads/${name}`, `refs/remotes/${name}`]
    const found = tried.find((each) => this.#refText(each) !== undefined)
    if (found !== undefined) return this.#follow(found)
    const known = [...this.#files.keys(), ...this.#packedRefs.keys()].filter((path) =>
      /^refs\/(heads|tags)\//.test(path),
    )
    const names = [...new Set(known)].map((path) => path.replace(/^refs\/\w+\//, '')).sort()
    const list = names.length === 0 ? 'it has no branch or tag' : `it has ${names.slice(0, 10).join(', ')}`
    throw new FormatError('git', `there is no branch, tag or commit ${JSON.stringify(name)}: ${list}`)
  }

  /** The object with that id, of which `what` tells who needs it. */
  read(id: GitId, what: () => string): RawObject {
    const object = this.#loose(id) ?? this.#packed(id)
    if (object === undefined) {
      const why = this.#files.has('objects/info/alternates')
        ? ': it borrows objects from another repository, so clone it without --shared and --reference'
        : ': the repository is damaged, or was cloned in part'
      throw new FormatError('git', `${what()}: the object ${hexOfId(id)} is not there${why}`)
    }
    if (idOf(this.#hashes, this.format, object.type, object.content) !== id) {
      throw new FormatError(
        'git',
        `${what()}: the object ${hexOfId(id)} has other bytes than its id says: it is damaged`,
      )
    }
    return object
  }

  /** The same, of a kind. */
  readAs(type: GitType, id: GitId, what: () => string): Uint8Array {
    const object = this.read(id, what)
    if (object.type === type) return object.content
    throw new FormatError('git', `${what()}: the object ${hexOfId(id)} is a ${object.type}, and a ${type} is needed`)
  }

  #packed(id: GitId): RawObject | undefined {
    for (const pack of this.#packs) {
      const object = pack.get(id)
      if (object !== undefined) return object
    }
    return undefined
  }

  #loose(id: GitId): RawObject | undefined {
    const hex = hexOfId(id)
    const path = `objects/${hex.slice(0, 2)}/${hex.slice(2)}`
    const bytes = this.#files.get(path)
    if (bytes === undefined) return undefined
    const { type, size, start } = looseHeader(path, beginningOf(path, bytes))
    return { type, content: inflated(path, bytes, start + size, this.#work).subarray(start) }
  }

  #openPacks(): Pack[] {
    const packs: Pack[] = []
    for (const [path, bytes] of this.#files) {
      if (!/^objects\/pack\/[^/]*\.pack$/.test(path)) continue
      const index = this.#files.get(path.replace(/pack$/, 'idx'))
      if (index === undefined) throw new FormatError('git', `${path} has no index: run "git index-pack" on it`)
      packs.push(new Pack(path, bytes, index, this.format, this.#work))
    }
    return packs
  }

  #follow(name: string): GitId {
    let at = name
    for (let step = 0; step <= SYMBOLIC_MAX; step++) {
      const text = this.#refText(at)
      if (text === undefined) {
        throw new FormatError('git', `${name} stands for ${at}, which is not there: the branch has no commits yet`)
      }
      const target = /^ref:\s*(\S.*)$/.exec(text)?.[1]
      if (target === undefined) {
        const id = idOfHex(text, this.format)
        if (id !== undefined) return id
        throw new FormatError('git', `${at} does not hold the id of an object: ${JSON.stringify(text.slice(0, 80))}`)
      }
      at = target
    }
    throw new FormatError(
      'git',
      `${name} stands for a name that stands for a name, and so on: over ${SYMBOLIC_MAX} times`,
    )
  }

  #refText(name: string): string | undefined {
    // Only what git looks for: any other file may hold anything.
    if (name !== 'HEAD' && !name.startsWith('refs/')) return undefined
    return this.#text(name)?.trim() ?? this.#packedRefs.get(name)
  }

  #text(path: string): ByteString | undefined {
    const bytes = this.#files.get(path)
    return bytes === undefined ? undefined : decodeLatin1(bytes)
  }

  #formatInConfig(): HashName {
    let section = ''
    let format = 'sha1'
    for (const line of this.#text('config')?.split('\n') ?? []) {
      section = /^\s*\[\s*([^\]"\s]*)/.exec(line)?.[1]?.toLowerCase() ?? section
      const [, key = '', value = ''] = /^\s*(?:\[[^\]]*\])?\s*(\w+)\s*=\s*"?(\w+)/.exec(line) ?? []
      if (section !== 'extensions') continue
      if (key.toLowerCase() === 'objectformat') format = value.toLowerCase()
      if (key.toLowerCase() === 'refstorage' && value.toLowerCase() !== 'files') {
        throw new FormatError(
          'git',
          `its refs are stored as ${value}, which is not known: run "git refs migrate --ref-format=files"`,
        )
      }
    }
    if (format !== 'sha1' && format !== 'sha256')
      throw new FormatError('git', `its object format is ${JSON.stringify(format)}, which is not known`)
    return format
  }
}

/** The first bytes of an object that is a file of its own. */
function beginningOf(path: string, bytes: Uint8Array): Uint8Array {
  const pieces: Uint8Array[] = []
  const inflate = new Inflate((piece) => {
    pieces.push(piece)
  })
  try {
    // After two bytes of zlib; as many as any header can be compressed to, so that little more comes out.
    inflate.push(bytes.subarray(2, 2 + 4 * HEADER_MAX))
  } catch (error) {
    throw new FormatError('git', `${path}: the compressed data is damaged or cut off (${messageOf(error)})`)
  }
  const [first = new Uint8Array(0)] = pieces
  return first.subarray(0, HEADER_MAX)
}

/** The id at a place of an object. */
export function idAt(content: Uint8Array, at: number, size: number): GitId {
  return decodeLatin1(content.subarray(at, at + size)) as GitId
}

/** A field of the header of a commit or tag. */
export function fieldOf(content: Uint8Array, name: string): string | undefined {
  const text = decodeLatin1(content)
  const end = text.indexOf('\n\n')
  const header = end < 0 ? text : text.slice(0, end)
  const line = header.split('\n').find((each) => each.startsWith(`${name} `))
  return line?.slice(name.length + 1)
}
