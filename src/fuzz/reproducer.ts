/**
 * A failing run on one line: `viv1:` and, in the digits of base64url, a checksum and deflated JSON. It holds the world,
 * names the guest and the base by their digests, and says what is to be seen.
 */

import { deflateSync, Inflate } from 'fflate/browser'
import { decodeUtf8, encodeUtf8 } from '../../vfs/bytes.ts'
import { hashOf, hexOf, pureHashes } from '../../vfs/hash.ts'
import { VivariumError } from '../error.ts'
import type { Limits, RunOptions } from '../options.ts'
import { fromBase64url, toBase64url } from './base64url.ts'
import type { BadEnd } from './options.ts'
import type { World } from './world.ts'

/** The guest: what it is, and where it was. */
export interface ReproducerModule {
  /** As it was given. */
  readonly path?: string
  readonly sha256: string
}

/** What runs start from: named by its `stateDigest`, and how it was made, where that can be said. */
export interface ReproducerBase {
  readonly digest: string
  /** As of the command line. */
  readonly from?: string
  readonly seed?: string
  /** Nanoseconds since 1970. */
  readonly epoch?: string
  readonly tick?: number
  readonly cpu?: 'strict' | 'engine'
  readonly dirs?: readonly { readonly host: string; readonly guest: string }[]
}

export interface Reproducer {
  readonly module: ReproducerModule
  readonly world: World
  /** Absent for a new machine. */
  readonly base?: ReproducerBase
  readonly preopens?: RunOptions['preopens']
  readonly tty?: RunOptions['tty']
  readonly limits?: Partial<Limits>
  /** A number, or that there is no bound. */
  readonly fuel?: number | 'none'
  readonly allow?: readonly BadEnd[]
  /** The file of the property, as it was given to the command line. */
  readonly property?: string
  /** What is to be seen. */
  readonly failure: { readonly kind: string; readonly message: string; readonly site: string }
}

const PREFIX = 'viv1:'
/** Bytes of the SHA-256 that stand before the rest. */
const SUM_SIZE = 6
/** Digits over which a line is better a file. */
export const LINE_MAX = 2000
const LEVEL = 9
/** Bytes that are inflated at once: of each can come a thousand. */
const PART_SIZE = 4096
/** What a reproducer may come to: more than any world, and less than would hurt. */
const TEXT_MAX = 2 ** 26

export function formatReproducer(reproducer: Reproducer): string {
  const deflated = deflateSync(encodeUtf8(JSON.stringify(encoded(reproducer))), { level: LEVEL })
  const bytes = new Uint8Array(SUM_SIZE + deflated.length)
  bytes.set(sumOf(deflated))
  bytes.set(deflated, SUM_SIZE)
  return PREFIX + toBase64url(bytes)
}

/** @throws VivariumError `BAD_RECORDING` for what is none, was cut short or altered, or is of a newer version. */
export function parseReproducer(text: string): Reproducer {
  const line = text.trim()
  const version = /^viv(\d+):/.exec(line)?.[1]
  if (version === undefined) throw wrong('it does not begin with "viv1:"')
  if (version !== '1') throw wrong(`it was made by a newer version (viv${version}; this reads viv1): update vivarium`)
  const bytes = fromBase64url(line.slice(PREFIX.length))
  if (bytes === undefined || bytes.length <= SUM_SIZE)
    throw wrong(`${DAMAGED}: a digit of it is none, or it was cut short`)
  const deflated = bytes.subarray(SUM_SIZE)
  if (hexOf(sumOf(deflated)) !== hexOf(bytes.subarray(0, SUM_SIZE))) throw wrong(`${DAMAGED}: its checksum is another`)
  try {
    return checked(decoded(JSON.parse(decodeUtf8(inflated(deflated)))))
  } catch (error) {
    if (error instanceof VivariumError) throw error
    throw wrong(`${DAMAGED}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** @throws RangeError for more than `TEXT_MAX` bytes, before there are any more. */
function inflated(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = []
  let size = 0
  const stream = new Inflate((part) => {
    size += part.length
    if (size > TEXT_MAX) throw new RangeError(`it holds more than ${TEXT_MAX} bytes`)
    parts.push(part)
  })
  for (let at = 0; at < bytes.length; at += PART_SIZE) {
    stream.push(bytes.subarray(at, at + PART_SIZE), at + PART_SIZE >= bytes.length)
  }
  const all = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

const DAMAGED = 'the line is damaged, so copy it again, all of it'

function wrong(problem: string): VivariumError {
  return new VivariumError('BAD_RECORDING', `this is no reproducer of a failure: ${problem}`)
}

function checked(value: unknown): Reproducer {
  const { module, world, failure } = (typeof value === 'object' && value !== null ? value : {}) as Partial<Reproducer>
  if (typeof module?.sha256 !== 'string') throw wrong('it does not name the module')
  if (typeof world !== 'object' || world === null) throw wrong('it has no world')
  if (typeof failure?.kind !== 'string' || typeof failure.site !== 'string') throw wrong('it does not say what failed')
  return value as Reproducer
}

function sumOf(bytes: Uint8Array): Uint8Array {
  return hashOf(pureHashes, 'sha256', bytes).subarray(0, SUM_SIZE)
}

function encoded(reproducer: Reproducer): unknown {
  return { ...reproducer, world: encodedWorld(reproducer.world) }
}

function decoded(value: unknown): unknown {
  const { world } = (typeof value === 'object' && value !== null ? value : {}) as { world?: unknown }
  return typeof world === 'object' && world !== null ? { ...(value as object), world: decodedWorld(world) } : value
}

/** Bytes and 64-bit numbers as objects with one name that no part of a world has; the environment as pairs, in order. */
function encodedWorld({ env, ...rest }: World): unknown {
  return mapped(env === undefined ? rest : { ...rest, env: Object.entries(env) }, (value) => {
    if (value instanceof Uint8Array) return { $bytes: toBase64url(value) }
    return typeof value === 'bigint' ? { $ns: String(value) } : undefined
  })
}

function decodedWorld(value: object): World {
  const { env, ...rest } = mapped(value, (inner) => {
    if (typeof inner !== 'object' || inner === null) return undefined
    if ('$bytes' in inner) return fromBase64url(String(inner.$bytes)) ?? new Uint8Array(0)
    return '$ns' in inner ? BigInt(String(inner.$ns)) : undefined
  }) as { env?: unknown }
  return Array.isArray(env) ? { ...rest, env: Object.fromEntries(env as [string, string][]) } : rest
}

/** A copy with some values replaced. It is never deep: worlds have four levels. */
function mapped(value: unknown, replace: (value: unknown) => unknown): unknown {
  const replaced = replace(value)
  if (replaced !== undefined) return replaced
  if (Array.isArray(value)) return value.map((each) => mapped(each, replace))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, mapped(each, replace)]))
}
