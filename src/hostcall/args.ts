/** args_get, args_sizes_get, environ_get, environ_sizes_get: `argv` and `environ`. */

import type { ByteString } from '../../vfs/bytes.ts'
import { FAULT, type Guest } from './guest.ts'

/**
 * args_get(argv: ptr, argv_buf: ptr) -> errno
 *
 * Writes the arguments into `argv_buf`, each with a NUL after it, and a pointer to each into `argv`.
 *
 *     argv      00 01 00 00 05 01 00 00        two u32 pointers, when argv_buf is 0x100
 *     argv_buf  'm' 'a' 'i' 'n' 00 'x' 00      "main", "x"
 *
 * FAULT: the arrays that `args_sizes_get` tells of are not all in memory; nothing is written.
 */
export function argsGet(guest: Guest, argv: number, argvBuf: number): number {
  return writeStrings(guest, guest.process.args, argv >>> 0, argvBuf >>> 0)
}

/**
 * args_sizes_get(argc: ptr, argv_buf_size: ptr) -> errno
 *
 * Writes how many arguments there are, and the bytes of all with a NUL each, as two u32.
 * FAULT: a pointer is outside memory.
 */
export function argsSizesGet(guest: Guest, argc: number, argvBufSize: number): number {
  return writeSizes(guest, guest.process.args, argc >>> 0, argvBufSize >>> 0)
}

/**
 * environ_get(environ: ptr, environ_buf: ptr) -> errno
 *
 * As `args_get`, for the strings `NAME=VALUE` of the environment, in the order in which they were given.
 * FAULT: the arrays that `environ_sizes_get` tells of are not all in memory; nothing is written.
 */
export function environGet(guest: Guest, environ: number, environBuf: number): number {
  return writeStrings(guest, guest.process.env, environ >>> 0, environBuf >>> 0)
}

/**
 * environ_sizes_get(environc: ptr, environ_buf_size: ptr) -> errno
 *
 * As `args_sizes_get`, for the environment.
 * FAULT: a pointer is outside memory.
 */
export function environSizesGet(guest: Guest, environc: number, environBufSize: number): number {
  return writeSizes(guest, guest.process.env, environc >>> 0, environBufSize >>> 0)
}

function writeStrings(guest: Guest, strings: readonly ByteString[], pointers: number, buffer: number): number {
  const { memory } = guest
  const size = sizeOf(strings)
  if (!memory.covers(pointers, 4 * strings.length) || !memory.covers(buffer, size)) return FAULT
  let at = buffer
  strings.forEach((string, index) => {
    memory.writeByteString(at, string)
    memory.writeU8(at + string.length, 0)
    memory.writeU32(pointers + 4 * index, at)
    at += string.length + 1
  })
  guest.absorb(buffer, size)
  return 0
}

function writeSizes(guest: Guest, strings: readonly ByteString[], count: number, size: number): number {
  const { memory } = guest
  if (!memory.covers(count, 4) || !memory.covers(size, 4)) return FAULT
  memory.writeU32(count, strings.length)
  memory.writeU32(size, sizeOf(strings))
  return 0
}

function sizeOf(strings: readonly ByteString[]): number {
  return strings.reduce((size, string) => size + string.length + 1, 0)
}
