/**
 * A step with everything that it depends on, as plain data with digests for bytes: equal jobs give equal results, so
 * the digest of a job is the key under which its result is kept.
 */

import { encodeUtf8 } from '../../vfs/bytes.ts'
import { type Hashes, hashOf, hexOf } from '../../vfs/hash.ts'
import type { End } from '../run.ts'

/** Bytes by what they are. */
export interface Blob {
  /** 64 hexadecimal digits. */
  readonly sha256: string
  readonly size: number
}

/** What is at a path. */
export type Item =
  | (Blob & { readonly executable?: true })
  | { readonly link: string }
  /** An empty one: others are there because something is in them. */
  | { readonly directory: true }

export type Placed = Item & { readonly path: string }

/** A tree of a tool: an archive by its digest, or files. */
export type Tree =
  | {
      readonly at: string
      readonly archive: Blob
      readonly format: ArchiveFormat
      readonly include?: readonly string[]
      readonly exclude?: readonly string[]
    }
  /** Absolute paths, in byte order. */
  | { readonly at: string; readonly files: readonly Placed[] }

export type ArchiveFormat = 'tar' | 'zip' | 'nar' | 'snapshot'

export interface Job {
  readonly step: string
  /** The name and version of what runs it, which decide as much as the module does. */
  readonly engine: string
  readonly module: Blob
  readonly trees: readonly Tree[]
  /** In byte order of the paths. */
  readonly files: readonly Placed[]
  readonly args: readonly string[]
  readonly env: readonly (readonly [name: string, value: string])[]
  readonly cwd: string
  readonly stdin: { readonly text: string } | { readonly file: string }
  /** With a slash at its end a directory. */
  readonly outputs: readonly string[]
  readonly stdout: string | null
  readonly stderr: string | null
  /** Nanoseconds since 1970. */
  readonly epoch: string
  readonly seed: string
  readonly limits: { readonly calls?: number; readonly output?: number; readonly fuel?: number }
}

/** What came of a job. */
export interface JobResult {
  /** The outputs, in byte order of the paths. */
  readonly outputs: readonly Placed[]
  /** Every file that was opened and was there before, in byte order. */
  readonly reads: readonly (Blob & { readonly path: string })[]
  readonly calls: number
  readonly traceDigest: string
  readonly fuelUsed: number | null
  /** What it said, besides outputs: warnings. */
  readonly stdout: string
  readonly stderr: string
}

/** A job that did not come to a result. */
export interface JobFailure {
  /** How the run ended; `exit` 0 where it is an output that is missing. */
  readonly end: End | null
  readonly missing: readonly string[]
  readonly stdout: string
  readonly stderr: string
  /** Paths that it looked for and that were not there. */
  readonly sought: readonly string[]
}

/** The key of a job: what it is called has no part in it. Results of version 1 have other trace digests. */
export function keyOf(job: Job, hashes: Hashes): string {
  const { step: _, ...rest } = job
  return digestOfJson({ format: 'vivarium job', version: 2, ...rest }, hashes)
}

/** The SHA-256 of a value as JSON, in which the order of names is theirs. */
export function digestOfJson(value: unknown, hashes: Hashes): string {
  const text = JSON.stringify(value, (_name, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
  return hexOf(hashOf(hashes, 'sha256', encodeUtf8(text)))
}

export function blobOf(bytes: Uint8Array, hashes: Hashes): Blob {
  return { sha256: hexOf(hashOf(hashes, 'sha256', bytes)), size: bytes.length }
}

export function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  return comparePaths(a.path, b.path)
}

/** Byte order of UTF-8, which is that of code points: halves of pairs come after all other units. */
export function comparePaths(a: string, b: string): number {
  const shared = Math.min(a.length, b.length)
  let at = 0
  while (at < shared && a.charCodeAt(at) === b.charCodeAt(at)) at++
  return at === shared ? a.length - b.length : rankOf(a.charCodeAt(at)) - rankOf(b.charCodeAt(at))
}

function rankOf(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x1_0000 : unit
}

/** The bytes that a job is made of besides its module. */
export function blobsOf(job: Pick<Job, 'trees' | 'files'>): Blob[] {
  const blobs: Blob[] = []
  for (const tree of job.trees) {
    if ('archive' in tree) blobs.push(tree.archive)
    else for (const item of tree.files) if ('sha256' in item) blobs.push(item)
  }
  for (const item of job.files) if ('sha256' in item) blobs.push(item)
  return blobs
}
