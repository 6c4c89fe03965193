/**
 * A corpus as files: each world is one, named by the SHA-256 of what is in it, so that two corpora are joined by putting
 * their files into one folder. A world that is nothing but a stdin is a file of those very bytes, as other fuzzers keep
 * them; any other is text. So any file at all is a world.
 */

import { contentBytes, decodeUtf8, encodeUtf8 } from '../../vfs/bytes.ts'
import { hashOf, hexOf, pureHashes } from '../../vfs/hash.ts'
import { ImportError } from '../../vfs/tree.ts'
import { compile } from '../compile.ts'
import { VivariumError } from '../error.ts'
import { fromBase64url, toBase64url } from './base64url.ts'
import { EdgeSet, edgesOf } from './edge_set.ts'
import { Engine } from './execute.ts'
import { sizeOf } from './inputs_of.ts'
import type { GuestOptions } from './options.ts'
import type { World } from './world.ts'

/** A world as it is kept. */
export interface CorpusFile {
  /** 64 hexadecimal digits. */
  readonly name: string
  readonly bytes: Uint8Array
}

const HEADER = 'vivarium world 1\n'
const PARTS: readonly (keyof World)[] = ['files', 'args', 'env', 'stdin', 'seed', 'epoch', 'listing', 'faults']

/** What is kept of a world. */
export function corpusFile(world: World): CorpusFile {
  const bytes = bytesOf(world)
  return { name: hexOf(hashOf(pureHashes, 'sha256', bytes)), bytes }
}

/** The world in a file: what `corpusFile` wrote, or, of any other file, what `foreign` makes of its bytes, by default a stdin. */
export function corpusWorld(bytes: Uint8Array, foreign: (bytes: Uint8Array) => World = (stdin) => ({ stdin })): World {
  return (isWorldText(bytes) ? parsed(bytes) : undefined) ?? foreign(bytes)
}

/**
 * The fewest of some worlds that together take every edge that all of them take, or nearly so: each time the one that
 * takes most of what is left, of several the smallest. Worlds that cannot be run are left out.
 * @throws VivariumError for a guest or a base that cannot be run.
 */
export function minimizeCorpus(
  module: Uint8Array,
  worlds: readonly World[],
  options: GuestOptions = {},
): { readonly worlds: readonly World[]; readonly edges: number } {
  const engine = new Engine(module, options)
  const { cpu = 'strict' } = engine.base.settings
  const marked = compile(module, { cpu, fuel: true, coverage: true })
  const seen = new Set<string>()
  const left: Candidate[] = []
  for (const world of worlds) {
    const { name } = corpusFile(world)
    if (seen.has(name)) continue
    seen.add(name)
    const edges = edgesIn(engine, world, marked)
    if (edges !== undefined) left.push({ world, name, edges, size: sizeOf(world), adds: new EdgeSet().missing(edges) })
  }
  left.sort(byWorth)
  const covered = new EdgeSet()
  const kept: World[] = []
  // What a world adds only gets less, so the first that adds what was thought it would is the best one.
  for (let best = left.shift(); best !== undefined; best = left.shift()) {
    const adds = covered.missing(best.edges)
    if (adds === best.adds && adds > 0) {
      covered.add(best.edges)
      kept.push(best.world)
    } else if (adds > 0) insert(left, { ...best, adds })
  }
  return { worlds: kept, edges: covered.count }
}

interface Candidate {
  readonly world: World
  readonly name: string
  readonly edges: Uint32Array
  readonly size: number
  /** Edges that it added to what was covered when that was last looked at. */
  readonly adds: number
}

function byWorth(a: Candidate, b: Candidate): number {
  return b.adds - a.adds || a.size - b.size || (a.name < b.name ? -1 : 1)
}

function insert(sorted: Candidate[], candidate: Candidate): void {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (byWorth(sorted[middle] as Candidate, candidate) < 0) low = middle + 1
    else high = middle
  }
  sorted.splice(low, 0, candidate)
}

function edgesIn(engine: Engine, world: World, module: WebAssembly.Module): Uint32Array | undefined {
  try {
    return edgesOf(engine.run(world, { module }))
  } catch (error) {
    if (cannotBe(error)) return undefined
    throw error
  }
}

/** Whether an error says that a world cannot be: a corpus may have been made for something else. */
export function cannotBe(error: unknown): boolean {
  return error instanceof ImportError || (error instanceof VivariumError && error.code === 'BAD_OPTION')
}

function bytesOf(world: World): Uint8Array {
  const parts = PARTS.filter((part) => world[part] !== undefined)
  const { stdin } = world
  if (parts.length === 1 && stdin !== undefined) {
    const raw = contentBytes(stdin)
    if (!isWorldText(raw)) return raw
  }
  // The order of the parts is always the same; that of files and variables may mean something.
  const ordered = Object.fromEntries(parts.map((part) => [part, part === 'env' ? pairs(world) : world[part]]))
  const text = JSON.stringify(ordered, (_, value) => {
    if (value instanceof Uint8Array) return { $bytes: toBase64url(value) }
    return typeof value === 'bigint' ? { $ns: String(value) } : value
  })
  return encodeUtf8(`${HEADER}${text}\n`)
}

/** An object would put names that are numbers first. */
function pairs({ env }: World): readonly (readonly [string, string])[] {
  return Object.entries(env ?? {})
}

function isWorldText(bytes: Uint8Array): boolean {
  return encodeUtf8(HEADER).every((byte, at) => bytes[at] === byte)
}

/** `undefined` for what only looks like a world. */
function parsed(bytes: Uint8Array): World | undefined {
  try {
    const value: unknown = JSON.parse(decodeUtf8(bytes).slice(HEADER.length), (_, inner) => {
      if (typeof inner !== 'object' || inner === null) return inner
      if ('$bytes' in inner) return fromBase64url(String(inner.$bytes)) ?? new Uint8Array(0)
      return '$ns' in inner ? BigInt(String(inner.$ns)) : inner
    })
    if (!isWorld(value)) return undefined
    const { env } = value as unknown as { env?: [string, string][] }
    return env === undefined ? value : { ...value, env: Object.fromEntries(env) }
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined
    throw error
  }
}

/** Whether the parts of a world are of the right kinds; what is in its files is for the import to say. */
function isWorld(value: unknown): value is World {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const isText = (part: unknown): boolean => typeof part === 'string'
  return Object.entries(value).every(([part, content]: [string, unknown]) => {
    switch (part) {
      case 'files':
        return typeof content === 'object' && content !== null
      case 'args':
        return Array.isArray(content) && content.every(isText)
      case 'env':
        return Array.isArray(content) && content.every((pair) => Array.isArray(pair) && pair.every(isText))
      case 'stdin':
        return isText(content) || content instanceof Uint8Array
      default:
        return (PARTS as readonly string[]).includes(part) && isText(content)
    }
  })
}
