/** Path text: what is legal in it. No look-ups here; the walk takes the components one at a time. */

import { type ByteString, isUtf8 } from './bytes.ts'
import { EILSEQ, EINVAL, ENAMETOOLONG, ENOENT, type Errno } from './errno.ts'
import { NAME_MAX, PATH_MAX } from './limits.ts'

const SLASH = 47

/**
 * What is wrong with a path before anything is looked up: ENOENT when empty, ENAMETOOLONG over `PATH_MAX`,
 * EINVAL for a NUL byte, EILSEQ for ill-formed UTF-8 (so that no two names look the same on a host that shows them).
 */
export function checkPath(path: ByteString): Errno | undefined {
  if (path.length === 0) return ENOENT
  if (path.length > PATH_MAX) return ENAMETOOLONG
  let ascii = true
  for (let i = 0; i < path.length; i++) {
    const byte = path.charCodeAt(i)
    if (byte === 0) return EINVAL
    if (byte > 127) ascii = false
  }
  return ascii || isUtf8(path) ? undefined : EILSEQ
}

export function isAbsolute(path: ByteString): boolean {
  return path.charCodeAt(0) === SLASH
}

export function hasTrailingSlash(path: ByteString): boolean {
  return path.charCodeAt(path.length - 1) === SLASH
}

/** Whether a component is too long to be a name. */
export function isTooLong(name: ByteString): boolean {
  return name.length > NAME_MAX
}

/** Where the component at or after `at` starts: the next byte that is no slash, or the end. */
export function componentStart(path: ByteString, at: number): number {
  let i = at
  while (i < path.length && path.charCodeAt(i) === SLASH) i++
  return i
}

/** Where the component that starts at `at` ends: the next slash, or the end. */
export function componentEnd(path: ByteString, at: number): number {
  const end = path.indexOf('/', at)
  return end < 0 ? path.length : end
}
