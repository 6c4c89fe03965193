/** The error objects that `node:fs` throws: the same fields, codes and wording, so that callers who read them work. */

import type { Errno } from '../errno.ts'

/** What every call of the facade throws; the fields are there where they apply. */
export interface NodeError extends Error {
  /** An errno's name such as `ENOENT`, or one of node's own codes such as `ERR_INVALID_ARG_TYPE`. */
  readonly code: string
  /** Linux's number, negative. */
  readonly errno?: number
  readonly syscall?: string
  readonly path?: string
  readonly dest?: string
}

/** Where node's wording (libuv's) is not `strerror`'s in lower case. */
const WORDING: { readonly [name: string]: string } = {
  EEXIST: 'file already exists',
  EISDIR: 'illegal operation on a directory',
  ELOOP: 'too many symbolic links encountered',
  EBUSY: 'resource busy or locked',
  EXDEV: 'cross-device link not permitted',
  ENAMETOOLONG: 'name too long',
  ENFILE: 'file table overflow',
  EIO: 'i/o error',
  ESPIPE: 'invalid seek',
  ENOTEMPTY: 'directory not empty',
}

/** The error of a failed call, such as `ENOENT: no such file or directory, open '/x'`. */
export function systemError(errno: Errno, syscall: string, path?: string, dest?: string): NodeError {
  const wording = WORDING[errno.name] ?? errno.message.toLowerCase()
  const where = (path === undefined ? '' : ` '${path}'`) + (dest === undefined ? '' : ` -> '${dest}'`)
  const fields = {
    errno: -errno.linux,
    code: errno.name,
    syscall,
    ...(path === undefined ? {} : { path }),
    ...(dest === undefined ? {} : { dest }),
  }
  return Object.assign(new Error(`${errno.name}: ${wording}, ${syscall}${where}`), fields)
}

/** What `rm` and `cp` throw for rules of their own, such as `ERR_FS_EISDIR`; `errno` is positive there. */
export function ruleError(
  code: string,
  summary: string,
  errno: Errno,
  syscall: string,
  path: string,
  detail: string,
): NodeError {
  const error = new Error(`${summary}: ${syscall} returned ${errno.name} (${detail}) ${path}`)
  error.name = 'SystemError'
  return Object.assign(error, { code, errno: errno.linux, syscall, path })
}

/** `ERR_INVALID_ARG_TYPE`: `expected` completes "must be". */
export function wrongType(name: string, expected: string, value: unknown): NodeError {
  const kind = name.includes('.') ? 'property' : 'argument'
  const message = `The "${name}" ${kind} must be ${expected}. Received ${describe(value)}`
  return Object.assign(new TypeError(message), { code: 'ERR_INVALID_ARG_TYPE' })
}

/** `ERR_INVALID_ARG_VALUE`: `problem` completes "The argument 'name'". */
export function wrongValue(name: string, problem: string, value: unknown): NodeError {
  const message = `The argument '${name}' ${problem}. Received ${show(value)}`
  return Object.assign(new TypeError(message), { code: 'ERR_INVALID_ARG_VALUE' })
}

/** `ERR_OUT_OF_RANGE`: `range` completes "It must be". */
export function outOfRange(name: string, range: string, value: unknown): NodeError {
  const message = `The value of "${name}" is out of range. It must be ${range}. Received ${show(value)}`
  return Object.assign(new RangeError(message), { code: 'ERR_OUT_OF_RANGE' })
}

/** A `TypeError` with one of node's other codes. */
export function typeError(code: string, message: string): NodeError {
  return Object.assign(new TypeError(message), { code })
}

function show(value: unknown): string {
  return typeof value === 'string' ? `'${value.replaceAll('\0', '\\x00')}'` : String(value)
}

function describe(value: unknown): string {
  if (value === undefined || value === null) return String(value)
  if (typeof value === 'function') return `function ${value.name}`
  if (typeof value === 'object') return `an instance of ${value.constructor?.name ?? 'Object'}`
  return `type ${typeof value} (${show(value)})`
}
