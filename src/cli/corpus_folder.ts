/** A folder of worlds that are worth keeping: each in a file that is named by its content; other files are inputs. */

import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { corpusFile, corpusWorld } from '../fuzz/corpus.ts'
import type { World } from '../fuzz/index.ts'
import { quote } from '../node/host_names.ts'
import { HostError } from '../node/index.ts'
import { withHost } from './host_files.ts'

/**
 * The worlds of a folder, in the order of their names. What is no world is the stdin of one. A folder that is not there
 * has none.
 * @throws HostError.
 */
export function readCorpus(folder: string): World[] {
  return withHost(`the corpus ${folder}`, folder, 'read', () => {
    const stats = statSync(folder, { throwIfNoEntry: false })
    if (stats === undefined) return []
    if (!stats.isDirectory()) throw new HostError('WRONG_KIND', folder, `the corpus ${quote(folder)} is no folder`)
    return readdirSync(folder)
      .sort()
      .filter((name) => !name.startsWith('.') && statSync(join(folder, name)).isFile())
      .map((name) => corpusWorld(new Uint8Array(readFileSync(join(folder, name)))))
  })
}

/** Adds worlds to a folder, which is made where it is missing; those that are there already stay as they are. */
export function writeCorpus(folder: string, worlds: readonly World[]): void {
  withHost(`the corpus ${folder}`, folder, 'written', () => {
    mkdirSync(folder, { recursive: true })
    for (const { name, bytes } of worlds.map(corpusFile)) writeFileSync(join(folder, name), bytes)
  })
}
