/**
 * Rewritten modules on disk, so that a large one is rewritten once: by the digest of its bytes, of what was asked for,
 * and of the rewriter's version. Every file says the digest of what is in it; one that is torn or altered counts as
 * not there. Runs may race: a file appears under its name only when it is whole.
 */

import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { CpuOptions } from '../cpu/options.ts'
import { REWRITER_VERSION, rewrite } from '../cpu/rewrite.ts'
import { HostError, reasonOf } from './host_error.ts'
import { quote } from './host_names.ts'

const DIGEST_SIZE = 32

/** `$XDG_CACHE_HOME/vivarium`, or `.cache/vivarium` of the user. */
export function defaultCacheDir(): string {
  const { XDG_CACHE_HOME: xdg } = process.env
  return join(xdg !== undefined && xdg !== '' ? xdg : join(homedir(), '.cache'), 'vivarium')
}

/**
 * `rewrite(bytes, options)`, from the folder where it is there, and else put there. Without `folder` nothing is kept;
 * a folder that cannot be written is an error only when it is `named` by the user.
 * @throws VivariumError as `rewrite`, HostError `WRITE_FAILED`.
 */
export function rewriteCached(
  bytes: Uint8Array,
  options: CpuOptions,
  folder: string | undefined,
  named: boolean,
): Uint8Array {
  if (folder === undefined) return rewrite(bytes, options)
  const asked = JSON.stringify({ version: REWRITER_VERSION, options })
  const path = join(
    folder,
    `${sha256(bytes).toString('hex')}-${sha256(Buffer.from(asked)).toString('hex').slice(0, 16)}.wasm`,
  )
  const kept = readKept(path)
  if (kept !== undefined) return kept
  const rewritten = rewrite(bytes, options)
  try {
    keep(path, folder, rewritten)
  } catch (error) {
    if (named)
      throw new HostError('WRITE_FAILED', folder, `${quote(folder)} cannot be written: ${reasonOf(error)}`, error)
  }
  return rewritten
}

function readKept(path: string): Uint8Array | undefined {
  let file: Buffer
  try {
    file = readFileSync(path)
  } catch {
    return undefined
  }
  const content = file.subarray(DIGEST_SIZE)
  if (file.length <= DIGEST_SIZE || !sha256(content).equals(file.subarray(0, DIGEST_SIZE))) return undefined
  // A view of its own start, as compilers want it.
  return new Uint8Array(content)
}

function keep(path: string, folder: string, content: Uint8Array): void {
  mkdirSync(folder, { recursive: true })
  const own = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  try {
    writeFileSync(own, Buffer.concat([sha256(content), content]), { flag: 'wx' })
    renameSync(own, path)
  } catch (error) {
    rmSync(own, { force: true })
    throw error
  }
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}
