/** Names of an archive: what is legal, and one spelling for each. */

import { type ByteString, decodeLatin1, encodeLatin1, isUtf8 } from '../bytes.ts'
import { NAME_MAX, PATH_MAX } from '../limits.ts'
import { type Format, FormatError } from './error.ts'
import { quote } from './options.ts'

/** A component that is empty, `.` or `..`. */
const UNCLEAN = /(?:^|\/)\.{0,2}(?:\/|$)/
const UP = /(?:^|\/)\.\.(?:\/|$)/

/**
 * The path without `.`, slashes at the end and slashes twice; empty for the root. It is relative and leads nowhere but
 * down; how many components it has, and how long it is, does not matter.
 * @throws FormatError for a path that is absolute, has `..`, a NUL byte or a name over `NAME_MAX`, or is not UTF-8.
 */
export function cleanPath(format: Format, what: string, path: ByteString, offset: number): ByteString {
  const problem = problemOf(path)
  if (problem !== undefined) throw new FormatError(format, `${what} ${quote(path)} ${problem}`, offset)
  const end = path.endsWith('/') ? path.length - 1 : path.length
  const trimmed = path.slice(0, end)
  if (!UNCLEAN.test(trimmed)) return trimmed as ByteString
  return trimmed
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .join('/') as ByteString
}

function problemOf(path: ByteString): string | undefined {
  if (path === '') return 'is empty'
  if (path.startsWith('/')) return 'is absolute: it would be outside of the place to extract to'
  if (path.includes('..') && UP.test(path)) return 'has ".." in it: it could be outside of the place to extract to'
  if (path.includes('\0')) return 'has a NUL byte in it'
  if (hasLongName(path)) return `has a name of over ${NAME_MAX} bytes in it`
  return isUtf8(path) ? undefined : 'is not UTF-8, as names in the tree are'
}

function hasLongName(path: ByteString): boolean {
  for (let start = 0; path.length - start > NAME_MAX; ) {
    const slash = path.indexOf('/', start)
    const end = slash < 0 ? path.length : slash
    if (end - start > NAME_MAX) return true
    start = end + 1
  }
  return false
}

/**
 * A component of `path` that lives on when the path is gone. An engine may keep all of a text for a part of it, and the
 * paths of a deep tree are many times as long as its names.
 */
export function nameIn(path: ByteString, start: number, end: number): ByteString {
  const name = path.slice(start, end) as ByteString
  return path.length > PATH_MAX ? decodeLatin1(encodeLatin1(name)) : name
}
