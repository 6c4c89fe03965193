/** Trees of files, and paths that have to do with them. */

import fc, { type Arbitrary } from 'fast-check'
import { byteString } from '../../../vfs/bytes.ts'
import { PATH_MAX } from '../../../vfs/limits.ts'
import type { Entry } from '../../../vfs/tree.ts'
import type { WorldFiles } from '../world.ts'
import { textIfUtf8 } from './inputs.ts'
import { entryName } from './text.ts'

export interface FileTreeConstraints {
  /** The directory that all is in, absolute. Default `/`. */
  readonly root?: string
  /** Entries that are said, at least and at most; parents come on top. Default 0 and 6. */
  readonly minEntries?: number
  readonly maxEntries?: number
  /** Names in one path at most, from the root on. Default 3. */
  readonly maxDepth?: number
  /** Where names come from. They must be names: see `NAME_MAX`. */
  readonly name?: Arbitrary<string>
  /** Where contents come from. Default text and bytes up to 64. */
  readonly content?: Arbitrary<string | Uint8Array>
  /** Which kinds there are besides files. Default all true. */
  readonly directories?: boolean
  readonly symlinks?: boolean
  readonly hardlinks?: boolean
  readonly executables?: boolean
}

export interface PathConstraints {
  /** Whether there may be none at it. Default true. */
  readonly missing?: boolean
  /** Whether it may be relative, to be taken from the root. Default false. */
  readonly relative?: boolean
  /** Whether it may be written in a roundabout way: `//`, `/./`, `/x/../`, a slash at the end. Default false. */
  readonly odd?: boolean
}

/** An entry as it is drawn: it says what it would like to be, and `treeOf` makes the best of it. */
interface Wish {
  readonly names: readonly string[]
  readonly kind: 'file' | 'directory' | 'executable' | 'symlink' | 'hardlink'
  readonly content: string | Uint8Array
  /** Which of the entries before a link goes to, and by what way. */
  readonly to: number
  readonly way: 'absolute' | 'relative' | 'dangling' | 'self'
}

/**
 * Trees as `machine.add` takes them: files, directories, links to them and to nowhere, several names of a file. Always
 * sound: no path is below a file, none is there twice. Shrinks to the empty tree, by fewer entries, plain files, short
 * names and short contents.
 */
export function fileTree(constraints: FileTreeConstraints = {}): Arbitrary<WorldFiles> {
  const { root = '/', minEntries = 0, maxEntries = 6, maxDepth = 3 } = constraints
  const content =
    constraints.content ??
    fc.oneof<Arbitrary<string | Uint8Array>[]>(
      fc.string({ maxLength: 64 }),
      fc.uint8Array({ maxLength: 64 }).map(textIfUtf8),
    )
  const kinds: Wish['kind'][] = ['file', 'file', 'file']
  if (constraints.directories !== false) kinds.push('directory')
  if (constraints.executables !== false) kinds.push('executable')
  if (constraints.symlinks !== false) kinds.push('symlink')
  if (constraints.hardlinks !== false) kinds.push('hardlink')
  const wish: Arbitrary<Wish> = fc.record({
    names: fc.array(constraints.name ?? entryName(), { minLength: 1, maxLength: maxDepth, size: 'max' }),
    kind: fc.constantFrom(...kinds),
    content,
    to: fc.nat({ max: 63 }),
    way: fc.constantFrom('absolute', 'relative', 'dangling', 'self'),
  })
  return fc
    .array(wish, { minLength: minEntries, maxLength: maxEntries, size: 'max' })
    .map((wishes) => treeOf(root, wishes))
    .filter((files) => Object.keys(files).length >= minEntries)
}

/** Paths that are in a tree, or near it: of entries, of their parents, and, unless told otherwise, of what is missing. */
export function path(tree: WorldFiles, constraints: PathConstraints = {}): Arbitrary<string> {
  const { missing = true, relative = false, odd = false } = constraints
  const there = [...new Set(Object.keys(tree).flatMap((each) => [each, ...parentsOf(each)]))]
  if (there.length === 0) there.push('/')
  const beside = fc
    .tuple(fc.constantFrom(...there), fc.constantFrom('missing', 'x', 'a.bak'))
    .map(([base, name]) => (base === '/' ? `/${name}` : `${base}/${name}`))
  const plain = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...there) },
    ...(missing ? [{ weight: 1, arbitrary: beside }] : []),
  )
  const shape = fc.record({
    plain,
    relative: relative ? fc.boolean() : fc.constant(false),
    odd: odd ? fc.constantFrom('', 'slash', 'double', 'dot', 'dotdot') : fc.constant(''),
  })
  return shape.map((drawn) => {
    const turned = oddly(drawn.plain, drawn.odd)
    return drawn.relative ? turned.replace(/^\/+/, '') || '.' : turned
  })
}

function oddly(plain: string, how: string): string {
  switch (how) {
    case 'slash':
      return `${plain}/`
    case 'double':
      return plain.replaceAll('/', '//')
    case 'dot':
      return `/.${plain}`
    case 'dotdot':
      return plain === '/' ? '/.' : `${plain}/../${plain.slice(plain.lastIndexOf('/') + 1)}`
    default:
      return plain
  }
}

/** What of the wishes can be: the first that wants a path has it, and nothing is below what is no directory. */
function treeOf(root: string, wishes: readonly Wish[]): WorldFiles {
  const base = root === '/' ? '' : root.replace(/\/+$/, '')
  const files: { [path: string]: string | Uint8Array | null | Entry } = {}
  /** Directories, said or not. */
  const directories = new Set<string>()
  const links: string[] = []
  const regular: string[] = []
  for (const { names, kind, content, to, way } of wishes) {
    const at = `${base}/${names.join('/')}`
    const parents = parentsOf(at)
    if (directories.has(at) || files[at] !== undefined || byteString(at).length > PATH_MAX) continue
    if (parents.some((parent) => files[parent] !== undefined && files[parent] !== null)) continue
    for (const parent of parents) directories.add(parent)
    if (kind === 'directory') {
      directories.add(at)
      files[at] = null
      continue
    }
    const target = regular[to % Math.max(1, regular.length)]
    if (kind === 'hardlink' && target !== undefined) files[at] = { hardlink: target }
    else if (kind === 'symlink') {
      const known = [...regular, ...links, '/']
      files[at] = { symlink: targetOf(at, known[to % known.length] as string, way) }
      links.push(at)
    } else {
      files[at] = kind === 'executable' ? { data: content, executable: true } : content
      regular.push(at)
    }
  }
  return files
}

function targetOf(at: string, to: string, way: Wish['way']): string {
  const depth = at.split('/').length - 2
  switch (way) {
    case 'absolute':
      return to
    case 'relative':
      return `${'../'.repeat(depth)}${to.slice(1)}` || '.'
    case 'dangling':
      return 'missing'
    case 'self':
      return at.slice(at.lastIndexOf('/') + 1)
  }
}

/** The directories that a path is in, the root not said. */
function parentsOf(path: string): string[] {
  const parents: string[] = []
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) parents.push(path.slice(0, at))
  return parents
}
