/** Builds of the sources with one rule broken, without touching the sources: what a suite is worth is what it catches. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

/** One rule, and how it is broken. */
export interface Fault {
  /** What the broken build does. */
  readonly what: string
  /** The source, from the root of the repository. */
  readonly file: string
  /** A piece of the source that is there exactly once, and what takes its place. */
  readonly from: string
  readonly to: string
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/**
 * The exports of the module `entry` (a path from the root of the repository), built with `fault` in it.
 * @throws where the source does not have exactly one piece like the fault's, so that a canary cannot die unseen.
 */
export async function importFaulty<T>(entry: string, fault: Fault): Promise<T> {
  const file = join(ROOT, fault.file)
  const source = await readFile(file, 'utf8')
  const pieces = source.split(fault.from).length - 1
  if (pieces !== 1)
    throw new Error(`${fault.file} has ${pieces} pieces like ${JSON.stringify(fault.from)}; say another`)
  const contents = source.replace(fault.from, () => fault.to)
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, entry)],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    plugins: [
      {
        name: 'fault',
        setup: ({ onLoad }) =>
          onLoad({ filter: /\.ts$/ }, ({ path }) => (path === file ? { contents, loader: 'ts' } : undefined)),
      },
    ],
  })
  const folder = await mkdtemp(join(tmpdir(), 'vivarium-faulty-'))
  try {
    const module = join(folder, 'faulty.mjs')
    await writeFile(module, outputFiles[0]?.contents ?? '')
    return (await import(pathToFileURL(module).href)) as T
  } finally {
    await rm(folder, { recursive: true })
  }
}
