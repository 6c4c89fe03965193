/** fd_readdir: the entries of a directory. */

import { getdents } from '../../kernel/path_calls.ts'
import { DIRENT_SIZE, writeDirent } from '../abi/layout.ts'
import { u64ToNumber } from '../abi/u64.ts'
import { FAULT, filetypeOf, type Guest } from './guest.ts'

/** A header that does not fit whole is written here and copied in part. Calls do not overlap, so one serves all. */
const header = new DataView(new ArrayBuffer(DIRENT_SIZE))
const headerBytes = new Uint8Array(header.buffer)

/**
 * fd_readdir(fd, buf: ptr, buf_len: size, cookie: dircookie, bufused: ptr) -> errno
 *
 * Writes entries from `cookie` on (0 is the start): `.`, `..`, then names in byte order; and how many bytes (u32).
 * The last entry is cut off where the buffer ends, so that a buffer which is not full means that there is no more.
 * Of a directory with inode 7 that holds the file `a` with inode 9, from cookie 2:
 *
 *     03 00 00 00 00 00 00 00   d_next: go on with this cookie
 *     09 00 00 00 00 00 00 00   d_ino
 *     01 00 00 00               d_namlen
 *     04 00 00 00               d_type: a regular file
 *     61                        'a'
 *
 * An entry that is there during the whole scan comes exactly once, whatever is made and removed meanwhile.
 * BADF: not open. NOTDIR: no directory. INVAL: a cookie that this descriptor did not give out. FAULT: a pointer is
 * outside memory. NOTCAPABLE: the right is missing. POSIX: readdir.
 */
export function fdReaddir(
  guest: Guest,
  fd: number,
  buf: number,
  length: number,
  cookieLo: number,
  cookieHi: number,
  bufused: number,
): number {
  const { memory } = guest
  const start = buf >>> 0
  const end = start + (length >>> 0)
  if (!memory.covers(start, length >>> 0) || !memory.covers(bufused >>> 0, 4)) return FAULT
  const { u8, view } = memory
  let at = start
  const fault = getdents(
    guest.kernel,
    guest.process,
    fd >>> 0,
    u64ToNumber(cookieLo, cookieHi),
    (name, ino, kind, next) => {
      if (end - at >= DIRENT_SIZE) {
        writeDirent(view, at, next, ino, name.length, filetypeOf(kind))
        at += DIRENT_SIZE
      } else {
        writeDirent(header, 0, next, ino, name.length, filetypeOf(kind))
        for (let i = 0; at < end; i++) u8[at++] = headerBytes[i] as number
      }
      for (let i = 0; i < name.length && at < end; i++) u8[at++] = name.charCodeAt(i)
      return at < end
    },
  )
  if (fault !== undefined) return fault.number
  guest.absorb(start, at - start)
  memory.writeU32(bufused >>> 0, at - start)
  return 0
}
