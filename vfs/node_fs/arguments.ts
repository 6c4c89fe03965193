/** Arguments of the facade's calls, checked as `node:fs` checks them and turned into what the tree takes. */

import { type ByteString, byteString, decodeLatin1 } from '../bytes.ts'
import type { Instant } from '../inode.ts'
import { constants } from './constants.ts'
import { type DateValue, isDate } from './date.ts'
import { outOfRange, typeError, wrongType, wrongValue } from './errors.ts'

/** A `URL` with the scheme `file:`, or anything that has these fields. */
export interface FileUrl {
  readonly protocol: string
  readonly hostname: string
  readonly pathname: string
}

/** Text, bytes, or a `file:` URL. A relative path starts at `/`. */
export type PathLike = string | Uint8Array | FileUrl
/** A number of seconds since 1970, the same as text, or a `Date`. Negative numbers mean now, as in node. */
export type TimeLike = number | string | DateValue
/** Permission bits as a number or octal text. */
export type Mode = number | string

/** What new files and directories do not get of the mode that was asked for, as under a usual login. */
export const UMASK = 0o022

const { O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_WRONLY, O_RDWR, O_RDONLY, O_SYNC } = constants

const FLAGS: { readonly [text: string]: number } = {
  r: O_RDONLY,
  rs: O_RDONLY | O_SYNC,
  sr: O_RDONLY | O_SYNC,
  'r+': O_RDWR,
  'rs+': O_RDWR | O_SYNC,
  'sr+': O_RDWR | O_SYNC,
  w: O_TRUNC | O_CREAT | O_WRONLY,
  wx: O_TRUNC | O_CREAT | O_WRONLY | O_EXCL,
  xw: O_TRUNC | O_CREAT | O_WRONLY | O_EXCL,
  'w+': O_TRUNC | O_CREAT | O_RDWR,
  'wx+': O_TRUNC | O_CREAT | O_RDWR | O_EXCL,
  'xw+': O_TRUNC | O_CREAT | O_RDWR | O_EXCL,
  a: O_APPEND | O_CREAT | O_WRONLY,
  ax: O_APPEND | O_CREAT | O_WRONLY | O_EXCL,
  xa: O_APPEND | O_CREAT | O_WRONLY | O_EXCL,
  as: O_APPEND | O_CREAT | O_WRONLY | O_SYNC,
  sa: O_APPEND | O_CREAT | O_WRONLY | O_SYNC,
  'a+': O_APPEND | O_CREAT | O_RDWR,
  'ax+': O_APPEND | O_CREAT | O_RDWR | O_EXCL,
  'xa+': O_APPEND | O_CREAT | O_RDWR | O_EXCL,
  'as+': O_APPEND | O_CREAT | O_RDWR | O_SYNC,
  'sa+': O_APPEND | O_CREAT | O_RDWR | O_SYNC,
}

/** The bytes of a path. */
export function pathOf(value: PathLike, name: string = 'path'): ByteString {
  let path: ByteString
  if (typeof value === 'string') path = byteString(value)
  else if (ArrayBuffer.isView(value)) path = decodeLatin1(viewOf(value))
  else if (isFileUrl(value)) path = urlPath(value)
  else throw wrongType(name, 'of type string or an instance of Uint8Array or URL', value)
  if (path.includes('\0')) throw wrongValue(name, 'must be a string, Uint8Array, or URL without null bytes', value)
  return path
}

function isFileUrl(value: unknown): value is FileUrl {
  return (
    typeof value === 'object' && value !== null && 'protocol' in value && 'pathname' in value && 'hostname' in value
  )
}

function urlPath(url: FileUrl): ByteString {
  if (url.protocol !== 'file:') throw typeError('ERR_INVALID_URL_SCHEME', 'The URL must be of scheme file')
  if (url.hostname !== '') {
    throw typeError('ERR_INVALID_FILE_URL_HOST', 'File URL host must be "localhost" or empty on linux')
  }
  if (/%2f/i.test(url.pathname)) {
    throw typeError('ERR_INVALID_FILE_URL_PATH', 'File URL path must not include encoded / characters')
  }
  const decode = (_: string, digits: string) => String.fromCharCode(Number.parseInt(digits, 16))
  return byteString(url.pathname).replace(/%([0-9a-fA-F]{2})/g, decode) as ByteString
}

/** The bytes under any view of a buffer. */
export function viewOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
}

/** The bytes that a buffer argument stands for. */
export function bufferOf(value: unknown, name: string): Uint8Array {
  if (!ArrayBuffer.isView(value)) throw wrongType(name, 'an instance of TypedArray or DataView', value)
  return viewOf(value)
}

/** A whole number in a range. */
export function integerOf(
  value: unknown,
  name: string,
  low: number = Number.MIN_SAFE_INTEGER,
  high: number = Number.MAX_SAFE_INTEGER,
): number {
  if (typeof value !== 'number') throw wrongType(name, 'of type number', value)
  if (!Number.isInteger(value)) throw outOfRange(name, 'an integer', value)
  if (value < low || value > high) throw outOfRange(name, `>= ${low} && <= ${high}`, value)
  return value
}

export function fdOf(value: unknown): number {
  return integerOf(value, 'fd', 0, 2 ** 31 - 1)
}

/** A boolean option, or its default. */
export function booleanOf(value: unknown, name: string, fallback: boolean): boolean {
  if (value === undefined) return fallback
  if (typeof value !== 'boolean') throw wrongType(name, 'of type boolean', value)
  return value
}

/** Where to read or write: a position, or -1 for the descriptor's own. */
export function positionOf(value: unknown): number {
  if (value === undefined || value === null) return -1
  if (typeof value === 'bigint') {
    if (value < -1n || value > 2n ** 63n - 1n)
      throw outOfRange('position', `>= -1 && <= ${2n ** 63n - 1n}`, `${value}n`)
    // A bigint over 2^53 is beyond every file.
    return Number(value)
  }
  if (typeof value !== 'number') throw wrongType('position', 'of type bigint or integer', value)
  return integerOf(value, 'position', -1)
}

/** Checks that `length` bytes from `offset` are inside a buffer of `size` bytes. */
export function checkRange(offset: number, length: number, size: number): void {
  if (offset > size) throw outOfRange('offset', `<= ${size}`, offset)
  if (length < 0) throw outOfRange('length', '>= 0', length)
  if (length > size - offset) throw outOfRange('length', `<= ${size - offset}`, length)
}

/** Flags of `open` as a number. */
export function flagsOf(value: unknown): number {
  if (value === undefined || value === null) return O_RDONLY
  if (typeof value === 'number') return integerOf(value, 'flags', -(2 ** 31), 2 ** 31 - 1)
  if (typeof value !== 'string' || !Object.hasOwn(FLAGS, value)) throw wrongValue('flags', 'is invalid', value)
  return FLAGS[value] as number
}

/** Permission bits. */
export function modeOf(value: unknown, fallback: number): number {
  if (value === undefined || value === null) return fallback
  if (typeof value === 'string') {
    if (!/^[0-7]+$/.test(value)) throw wrongValue('mode', 'must be a 32-bit unsigned integer or an octal string', value)
    return Number.parseInt(value, 8) & 0o7777
  }
  return integerOf(value, 'mode', 0, 2 ** 32 - 1) & 0o7777
}

/** A moment; microseconds are kept, as node keeps them. @throws NodeError outside what a guest can be shown. */
export function timeOf(value: TimeLike, now: Instant): Instant {
  let seconds: number
  if (typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value))) seconds = Number(value)
  else if (typeof value === 'number' && Number.isFinite(value)) {
    if (value < 0) return now
    seconds = value
  } else if (isDate(value)) seconds = value.getTime() / 1000
  else throw wrongType('time', 'an instance of Date or a time in seconds', value)
  if (!(seconds >= 0 && seconds < 2 ** 64 / 1e9))
    throw outOfRange('time', 'from 1970 and below 2^64 nanoseconds after it', value)
  const sec = Math.floor(seconds)
  const micros = Math.round((seconds - sec) * 1e6)
  return micros === 1e6 ? { sec: sec + 1, nsec: 0 } : { sec, nsec: micros * 1000 }
}

/** Options that may also be an encoding alone: the fields, none where there are none. */
export function optionsOf<T extends object>(
  value: T | string | null | undefined,
): Partial<T> & { readonly encoding?: unknown } {
  if (value === undefined || value === null) return {}
  if (typeof value === 'string') return { encoding: value } as unknown as Partial<T> & { readonly encoding?: unknown }
  if (typeof value === 'object') return value
  throw wrongType('options', 'one of type string or object', value)
}
