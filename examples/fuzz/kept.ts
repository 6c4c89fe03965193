/** Compiled programs that are kept from one run to the next, since a compiler takes longer than a search. */

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** `npm ci` empties it. */
const FOLDER = fileURLToPath(new URL('../../node_modules/.cache/vivarium/', import.meta.url))

/** What `make` gives, made once for the same `inputs`: all that it depends on. */
export function kept(inputs: readonly (string | Uint8Array)[], make: () => Uint8Array): Uint8Array {
  const hash = createHash('sha256')
  for (const input of inputs) hash.update(`${input.length}:`).update(input)
  const path = join(FOLDER, `${hash.digest('hex')}.wasm`)
  if (existsSync(path)) return readFileSync(path)
  const bytes = make()
  mkdirSync(FOLDER, { recursive: true })
  // Others may make the same file at once: each writes its own, and the renames put equal bytes in place.
  const own = `${path}.${process.pid}`
  writeFileSync(own, bytes)
  renameSync(own, path)
  return bytes
}
