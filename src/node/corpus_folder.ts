/** A corpus in a folder of the host: one file for each world; see `src/fuzz/corpus.ts`. */

import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { corpusFile, corpusWorld } from '../fuzz/corpus.ts'
import type { World } from '../fuzz/world.ts'
import { errnoOf, HostError, reasonOf } from './host_error.ts'
import { quote } from './host_names.ts'

export interface ReadCorpusOptions {
  /** What a file is that was not written by `writeCorpus`. Default: its bytes are the stdin. */
  readonly foreign?: (bytes: Uint8Array) => World
}

/** Files that are larger are no inputs to be changed a million times. */
const SIZE_MAX = 1 << 24
const NAME = /^[0-9a-f]{64}$/

/**
 * The worlds in a folder, in the order of the names of their files, each once. What is no file, hidden, or over 16 MiB
 * is passed over; a folder that is not there has none.
 * @throws HostError `WRONG_KIND` for what is no folder, `UNREADABLE`.
 */
export function readCorpus(folder: string, { foreign }: ReadCorpusOptions = {}): World[] {
  const worlds = new Map<string, World>()
  for (const name of namesIn(folder)) {
    if (name.startsWith('.')) continue
    const bytes = contentOf(join(folder, name))
    if (bytes === undefined) continue
    const world = corpusWorld(bytes, foreign)
    worlds.set(corpusFile(world).name, world)
  }
  return [...worlds.values()]
}

/**
 * Puts worlds into a folder, which is made where it is not there; files that are there stay. With `prune` those go that
 * are named by the SHA-256 of what is in them and are none of the worlds: what somebody else put there stays.
 * @returns how many files were written and removed.
 * @throws HostError `WRITE_FAILED`, and as `readCorpus`.
 */
export function writeCorpus(
  folder: string,
  worlds: readonly World[],
  { prune = false }: { readonly prune?: boolean } = {},
): { readonly written: number; readonly removed: number } {
  const files = new Map(worlds.map((world) => [corpusFile(world).name, corpusFile(world).bytes]))
  const before = new Set(namesIn(folder))
  let [written, removed] = [0, 0]
  try {
    mkdirSync(folder, { recursive: true })
    for (const [name, bytes] of files) {
      if (before.has(name)) continue
      // Whole or not at all: others may read the folder meanwhile.
      const own = join(folder, `.${name}.${randomBytes(4).toString('hex')}`)
      writeFileSync(own, bytes, { flag: 'wx' })
      renameSync(own, join(folder, name))
      written++
    }
    for (const name of prune ? before : []) {
      if (files.has(name) || !NAME.test(name) || !isOwn(join(folder, name), name)) continue
      rmSync(join(folder, name))
      removed++
    }
  } catch (error) {
    if (errnoOf(error) === undefined) throw error
    throw new HostError('WRITE_FAILED', folder, `${quote(folder)} cannot be written: ${reasonOf(error)}`, error)
  }
  return { written, removed }
}

function isOwn(path: string, name: string): boolean {
  const bytes = contentOf(path)
  return bytes !== undefined && createHash('sha256').update(bytes).digest('hex') === name
}

/** Sorted, since a folder's own order is the host's. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'ENOENT') return []
    if (errno === 'ENOTDIR') {
      throw new HostError('WRONG_KIND', folder, `${quote(folder)} is no folder: name one for the corpus`, error)
    }
    if (errno === undefined) throw error
    throw new HostError('UNREADABLE', folder, `${quote(folder)} cannot be read: ${reasonOf(error)}`, error)
  }
}

function contentOf(path: string): Uint8Array | undefined {
  try {
    const stats = statSync(path)
    if (!stats.isFile() || stats.size > SIZE_MAX) return undefined
    return new Uint8Array(readFileSync(path))
  } catch (error) {
    // A link that leads nowhere, or a file that was just taken away.
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ELOOP') return undefined
    if (errnoOf(error) === undefined) throw error
    throw new HostError('UNREADABLE', path, `${quote(path)} cannot be read: ${reasonOf(error)}`, error)
  }
}
