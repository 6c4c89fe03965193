/**
 * Results of steps on disk, and the bytes that they are of, shared by all recipes of a user: by cacache, which writes
 * beside the place and renames, and checks every byte that it reads. A result is written after all that it names, and
 * counts only where all of that is there and whole, so that a build which was killed leaves at worst work to be done
 * again. A store that cannot be written is none: the build goes on without.
 */
/// <reference path="cacache.d.ts" />

import { join } from 'node:path'
import cacache from 'cacache'
import { type Blob, blobsOf, type Job, type JobResult } from '../../build/job.ts'
import { nodeHashes } from '../hashes.ts'
import { reasonOf } from '../host_error.ts'
import { defaultCacheDir } from '../rewrite_cache.ts'

const RESULT = 'job:'
const BLOB = 'blob:'
/** Milliseconds: what was used less long ago need not be marked as used. */
const FRESH = 24 * 3600_000

/** A result that is kept. */
export interface KeptResult {
  readonly key: string
  readonly recipe: string
  readonly step: string
  /** When it was made or used, to the day; milliseconds since 1970. */
  readonly used: number
  /** Bytes of its outputs. */
  readonly size: number
}

interface Kept {
  readonly format: 'vivarium result'
  readonly version: 1
  readonly recipe: string
  readonly step: string
  readonly inputs: readonly string[]
  readonly result: JobResult
}

export interface StoreReport {
  /** Results and bytes that are there and whole. */
  readonly results: number
  readonly blobs: number
  readonly bytes: number
  /** What was damaged, and has been removed. */
  readonly damaged: number
  /** What was not needed any more, and has been removed. */
  readonly removed: number
  readonly removedBytes: number
}

export class Store {
  readonly folder: string
  /** Why it could not be written, where that was so. */
  problem: string | undefined
  readonly #put = new Map<string, Promise<void>>()

  constructor(folder: string = defaultStoreDir()) {
    this.folder = folder
  }

  /** The result of a job with the bytes of its outputs, or `undefined` where not all of it is there. */
  async result(
    key: string,
  ): Promise<{ readonly result: JobResult; readonly bytes: ReadonlyMap<string, Uint8Array> } | undefined> {
    const kept = await this.#kept(key)
    if (kept === undefined) return undefined
    const bytes = new Map<string, Uint8Array>()
    for (const item of kept.result.outputs) {
      if (!('sha256' in item)) continue
      const content = await this.bytes(item.sha256)
      if (content === undefined) return undefined
      bytes.set(item.sha256, content)
    }
    await this.#touch(key)
    return { result: kept.result, bytes }
  }

  /** Bytes by their digest, checked; `undefined` where they are not there or damaged. */
  async bytes(sha256: string): Promise<Uint8Array | undefined> {
    const integrity = integrityOf(sha256)
    try {
      const content = await cacache.get.byDigest(this.folder, integrity)
      return new Uint8Array(content)
    } catch (error) {
      if (isDamage(error)) await cacache.rm.content(this.folder, integrity).catch(() => undefined)
      return undefined
    }
  }

  /** Keeps bytes, once. */
  keep({ sha256 }: Blob, bytes: Uint8Array): Promise<void> {
    let done = this.#put.get(sha256)
    if (done === undefined) {
      done = this.#write(async () => {
        // What is there is read, since what is put would not take the place of damaged bytes; reading removes those.
        const there = (await this.bytes(sha256)) !== undefined
        if (!there || (await cacache.get.info(this.folder, BLOB + sha256)) === null) {
          await cacache.put(this.folder, BLOB + sha256, bytes, { algorithms: ['sha256'] })
        }
      })
      this.#put.set(sha256, done)
    }
    return done
  }

  /** Keeps a result; its inputs and outputs first. */
  async keepResult(
    recipe: string,
    key: string,
    job: Job,
    result: JobResult,
    bytes: (sha256: string) => Uint8Array | undefined,
  ): Promise<void> {
    const inputs = [job.module, ...blobsOf(job)]
    const outputs = result.outputs.filter((item) => 'sha256' in item)
    for (const blob of [...inputs, ...outputs]) {
      const content = bytes(blob.sha256)
      if (content !== undefined) await this.keep(blob, content)
    }
    const names = [...new Set(inputs.map(({ sha256 }) => sha256))]
    const kept: Kept = { format: 'vivarium result', version: 1, recipe, step: job.step, inputs: names, result }
    const size = outputs.reduce((sum, blob) => sum + blob.size, 0)
    await this.#write(() =>
      cacache.put(this.folder, RESULT + key, Buffer.from(JSON.stringify(kept)), {
        algorithms: ['sha256'],
        metadata: { recipe, step: job.step, size },
      }),
    )
  }

  /** All results, those used last first. */
  async list(): Promise<KeptResult[]> {
    const entries = Object.values(await cacache.ls(this.folder).catch(() => ({})))
    return entries
      .filter(({ key }) => key.startsWith(RESULT))
      .map(({ key, time, metadata }) => {
        const { recipe = '', step = '', size = 0 } = (metadata ?? {}) as Partial<KeptResult>
        return { key: key.slice(RESULT.length), recipe, step, size, used: time }
      })
      .sort((a, b) => b.used - a.used || (a.key < b.key ? -1 : 1))
  }

  /** Removes results that were last used before `before` (milliseconds since 1970), and all bytes that no other needs. */
  async collect(before: number): Promise<StoreReport> {
    const needed = new Set<string>()
    for (const { key, used } of await this.list()) {
      if (used < before) continue
      const kept = await this.#kept(key)
      if (kept === undefined) continue
      needed.add(RESULT + key)
      for (const item of kept.result.outputs) if ('sha256' in item) needed.add(BLOB + item.sha256)
      for (const sha256 of kept.inputs) needed.add(BLOB + sha256)
    }
    return this.#sweep((key, time) => needed.has(key) || time >= before)
  }

  /** Reads all that is kept, and removes what is damaged. */
  async verify(): Promise<StoreReport> {
    return this.#sweep(() => true)
  }

  async #sweep(keeps: (key: string, time: number) => boolean): Promise<StoreReport> {
    const { verifiedContent, keptSize, badContentCount, reclaimedCount, reclaimedSize } = await cacache.verify(
      this.folder,
      { filter: ({ key, time }) => keeps(key, time) },
    )
    const results = await this.list()
    return {
      results: results.length,
      blobs: verifiedContent - results.length,
      bytes: keptSize,
      damaged: badContentCount,
      removed: reclaimedCount - badContentCount,
      removedBytes: reclaimedSize,
    }
  }

  async #kept(key: string): Promise<Kept | undefined> {
    try {
      const { data } = await cacache.get(this.folder, RESULT + key)
      const kept = JSON.parse(Buffer.from(data).toString()) as Kept
      return kept.format === 'vivarium result' && kept.version === 1 ? kept : undefined
    } catch (error) {
      const info = isDamage(error) ? await cacache.get.info(this.folder, RESULT + key).catch(() => null) : null
      if (info?.integrity) await cacache.rm.content(this.folder, info.integrity).catch(() => undefined)
      return undefined
    }
  }

  async #touch(key: string): Promise<void> {
    const info = await cacache.get.info(this.folder, RESULT + key).catch(() => null)
    if (info === null || info.integrity === null || Date.now() - info.time < FRESH) return
    const { integrity, metadata, size } = info
    await this.#write(() => cacache.index.insert(this.folder, RESULT + key, integrity, { metadata, size }))
  }

  async #write(action: () => Promise<unknown>): Promise<void> {
    if (this.problem !== undefined) return
    try {
      await action()
    } catch (error) {
      this.problem = reasonOf(error)
    }
  }
}

/** Where results are kept unless something else is said. */
export function defaultStoreDir(): string {
  return join(defaultCacheDir(), 'build')
}

/** The digest of bytes as jobs have it. */
export function sha256Of(bytes: Uint8Array): string {
  const hash = nodeHashes('sha256')
  hash.update(bytes)
  return Buffer.from(hash.digest()).toString('hex')
}

function integrityOf(sha256: string): string {
  return `sha256-${Buffer.from(sha256, 'hex').toString('base64')}`
}

function isDamage(error: unknown): boolean {
  const { code } = error as { readonly code?: string }
  return code === 'EINTEGRITY' || code === 'EBADSIZE'
}
