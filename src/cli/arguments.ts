/** The values of the command's options: text in, what the machine takes out, or an error that shows how to write it. */

import { posix } from 'node:path'
import { InvalidArgumentError } from 'commander'
import { errnoName } from '../../vfs/errno.ts'
import { instantOf, nanoseconds } from '../../vfs/instant.ts'
import { isCallName } from '../abi/signatures.ts'

/** A host folder to copy in, and where it goes in the machine. */
export interface DirArgument {
  readonly text: string
  readonly host: string
  /** Absolute, without a slash at its end. */
  readonly guest: string
}

/** A file or folder of the machine to write out, and where it goes on the host. */
export interface OutArgument {
  readonly text: string
  readonly guest: string
  readonly host: string
}

/** A call to stop at: by its name, by how it ended, or both. */
export interface BreakArgument {
  readonly text: string
  readonly call: string | undefined
  readonly errno: string | undefined
}

/** As records have them: 0 is ESUCCESS there. */
const errnoNames: ReadonlySet<string | undefined> = new Set([
  'ESUCCESS',
  ...Array.from({ length: 77 }, (_, number) => errnoName(number)),
])

const SEPARATOR = '::'

/**
 * `HOST::GUEST`, or `HOST` alone, which has the same name in the machine, taken from its root as the guest's current
 * folder: `.` is `/`, `src` is `/src`, `/data` is `/data`.
 */
export function parseDir(text: string): DirArgument {
  const parts = text.split(SEPARATOR)
  const [host, named] = parts
  if (parts.length > 2 || host === undefined || host === '' || named === '') {
    throw new InvalidArgumentError('Write --dir HOST or --dir HOST::GUEST, as in --dir ./project::/work.')
  }
  const guest = named ?? sameName(host)
  const path = posix.normalize(guest.startsWith('/') ? guest : `/${guest}`)
  if (guest.split('/').includes('..')) {
    throw new InvalidArgumentError(`The guest's path ${guest} must not have ".." in it.`)
  }
  return { text, host, guest: path === '/' ? path : path.replace(/\/$/, '') }
}

/** The name that a host folder has in the machine where none is given. */
function sameName(host: string): string {
  const path = posix.normalize(process.platform === 'win32' ? host.replaceAll('\\', '/') : host)
  if (path !== '..' && !path.startsWith('../') && !/^[a-zA-Z]:/.test(path)) return path
  const last = posix.basename(path)
  const name = /^[\w-][\w.-]*$/.test(last) ? last : 'work'
  throw new InvalidArgumentError(
    `That folder is outside the current one, so say where it goes in the machine: --dir ${host}::/${name}.`,
  )
}

/** `GUEST::HOST`. A relative guest path is taken from the machine's root, where guests start. */
export function parseOut(text: string): OutArgument {
  const parts = text.split(SEPARATOR)
  const [guest, host] = parts
  if (parts.length !== 2 || guest === undefined || guest === '' || host === undefined || host === '') {
    throw new InvalidArgumentError('Write --out GUEST::HOST, as in --out /out/app.wasm::app.wasm.')
  }
  return { text, guest: guest.startsWith('/') ? guest : `/${guest}`, host }
}

/** `NAME=VALUE`; the value may be empty and have `=` in it. */
export function parseEnv(text: string): readonly [name: string, value: string] {
  const equals = text.indexOf('=')
  if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)]
  throw new InvalidArgumentError(
    equals === 0
      ? 'The name before "=" is missing: write --env NAME=VALUE.'
      : `Write --env ${text}=VALUE: a guest sees nothing of the host's environment, so the value must be given.`,
  )
}

/** ISO 8601 text in UTC, or whole seconds since 1970, as `SOURCE_DATE_EPOCH` has them; nanoseconds since 1970. */
export function parseEpoch(text: string): bigint {
  const instant = instantOf(/^\d+$/.test(text) ? BigInt(text) * 1_000_000_000n : text)
  if (typeof instant !== 'string') return nanoseconds(instant)
  throw new InvalidArgumentError(
    'Write a time in UTC from 1970 on, as 2026-01-01T00:00:00Z, or whole seconds since 1970.',
  )
}

/** A whole number from `least` to `most`. */
export function parseCount(least: number, most: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (value >= least && value <= most) return value
    const bounds = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `from ${least} to ${most}`
    throw new InvalidArgumentError(`Write a whole number, ${bounds}.`)
  }
}

/** Minutes, also parts of one, above none. */
export function parseMinutes(text: string): number {
  const minutes = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0
  if (minutes > 0) return minutes
  throw new InvalidArgumentError('Write minutes as a number above 0, as 10 or 0.5.')
}

/** `I/N`: the I-th part of N, from 1. */
export function parseShard(text: string): { readonly index: number; readonly of: number } {
  const [, part, of] = /^(\d+)\/(\d+)$/.exec(text) ?? []
  const index = Number(part) - 1
  if (index >= 0 && index < Number(of)) return { index, of: Number(of) }
  throw new InvalidArgumentError('Write --shard I/N, as 1/4 for the first part of four.')
}

/** The name of a call. */
export function parseCall(text: string): string {
  if (isCallName(text)) return text
  throw new InvalidArgumentError(`There is no call ${text}: write one as path_open or fd_write.`)
}

/** `CALL:ERRNO`, `CALL`, or `:ERRNO`. */
export function parseBreak(text: string): BreakArgument {
  const [call, errno, ...more] = text.split(':')
  if (more.length > 0 || (call === '' && (errno === undefined || errno === ''))) {
    throw new InvalidArgumentError(
      'Write --break CALL:ERRNO, as in path_open:ENOENT, or one of the two: path_open, :ENOENT.',
    )
  }
  if (errno !== undefined && !errnoNames.has(errno)) {
    throw new InvalidArgumentError(`There is no errno ${errno}: write one as ENOENT.`)
  }
  return { text, call: call === '' || call === undefined ? undefined : parseCall(call), errno }
}

/** A parser for an option that may be given several times: each value is added to those before. */
export function each<T>(parse: (text: string) => T): (text: string, before?: readonly T[]) => readonly T[] {
  return (text, before = []) => [...before, parse(text)]
}
