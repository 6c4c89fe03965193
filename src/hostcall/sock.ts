/** Calls on sockets: accept, receive, send, shut down. */

import { Blocked } from '../../kernel/blocked.ts'
import { accept, recv, sendto, shutdown } from '../../kernel/socket_calls.ts'
import { EBADF, Errno } from '../../vfs/errno.ts'
import {
  FDFLAG_NONBLOCK,
  RIFLAG_RECV_PEEK,
  RIFLAG_RECV_WAITALL,
  RIFLAGS_ALL,
  SDFLAG_RD,
  SDFLAG_WR,
  SDFLAGS_ALL,
} from '../abi/types.ts'
import { FAULT, type Guest, INVAL, numberOf } from './guest.ts'

/**
 * sock_accept(fd, flags: fdflags, accepted_fd: ptr) -> errno
 *
 * Takes the next connection of a listening socket; writes its descriptor (u32). NONBLOCK sets that flag on it.
 * BADF: not open. NOTSOCK: no socket. INVAL: a connected socket, one that is shut, or another flag. MFILE: too many
 * open. AGAIN: no connection yet, where the listening socket has NONBLOCK. FAULT, NOTCAPABLE. POSIX: accept4.
 */
export function sockAccept(guest: Guest, fd: number, flags: number, acceptedFd: number): number {
  if (!guest.memory.covers(acceptedFd >>> 0, 4)) return FAULT
  if ((flags & ~FDFLAG_NONBLOCK) !== 0) return INVAL
  let accepted = accept(guest.process, fd >>> 0, flags !== 0)
  while (accepted instanceof Blocked) {
    if (!guest.wait('sock_accept', accepted)) return 0
    accepted = accept(guest.process, fd >>> 0, flags !== 0)
  }
  if (accepted instanceof Errno) return accepted.number
  guest.memory.writeU32(acceptedFd >>> 0, accepted)
  return 0
}

/**
 * sock_recv(fd, ri_data: ptr, ri_data_len: size, ri_flags: riflags, nread: ptr, ro_flags: ptr) -> errno
 *
 * Receives into the ranges; writes how many bytes (u32) and the flags of the result (u16, always 0: a stream cuts no
 * message off). RECV_PEEK leaves the bytes there, RECV_WAITALL waits until the ranges are full. 0 bytes at the end.
 * BADF: not open. NOTSOCK: no socket. NOTCONN: a listening one. AGAIN: nothing there yet, with NONBLOCK. INVAL: another
 * flag, or too many ranges. FAULT, NOTCAPABLE. POSIX: recvmsg.
 */
export function sockRecv(
  guest: Guest,
  fd: number,
  data: number,
  count: number,
  flags: number,
  nread: number,
  roFlags: number,
): number {
  const { memory } = guest
  const fault = guest.ranges(data, count)
  if (fault !== undefined) return fault.number
  if (!memory.covers(nread >>> 0, 4) || !memory.covers(roFlags >>> 0, 2)) return FAULT
  if ((flags & ~RIFLAGS_ALL) !== 0) return INVAL
  const peek = (flags & RIFLAG_RECV_PEEK) !== 0
  const all = (flags & RIFLAG_RECV_WAITALL) !== 0
  let done = recv(guest.process, fd >>> 0, guest.iov, peek, all)
  while (done instanceof Blocked) {
    if (!guest.wait('sock_recv', done)) return 0
    done = recv(guest.process, fd >>> 0, guest.iov, peek, all)
  }
  if (done instanceof Errno) return done.number
  guest.absorbRanges(done)
  memory.writeU32(nread >>> 0, done)
  memory.writeU16(roFlags >>> 0, 0)
  return 0
}

/**
 * sock_send(fd, si_data: ptr, si_data_len: size, si_flags: siflags, nwritten: ptr) -> errno
 *
 * Sends the ranges; writes how many bytes (u32). BADF: not open. NOTSOCK: no socket. NOTCONN: a listening one.
 * PIPE: nobody receives. AGAIN: no room yet, with NONBLOCK. INVAL: any flag, or too many ranges. FAULT, NOTCAPABLE.
 * POSIX: sendmsg.
 */
export function sockSend(
  guest: Guest,
  fd: number,
  data: number,
  count: number,
  flags: number,
  nwritten: number,
): number {
  const fault = guest.ranges(data, count)
  if (fault !== undefined) return fault.number
  if (!guest.memory.covers(nwritten >>> 0, 4)) return FAULT
  if (flags !== 0) return INVAL
  guest.process.progress = 0
  let done = sendto(guest.process, fd >>> 0, guest.iov)
  while (done instanceof Blocked) {
    if (!guest.wait('sock_send', done)) return 0
    done = sendto(guest.process, fd >>> 0, guest.iov)
  }
  if (done instanceof Errno) return done.number
  guest.absorbRanges(done)
  guest.memory.writeU32(nwritten >>> 0, done)
  return 0
}

/**
 * sock_shutdown(fd, how: sdflags) -> errno
 *
 * Ends receiving, sending, or both. BADF: not open. NOTSOCK: no socket. NOTCONN: the other end is gone, or a listening
 * socket is shut already. INVAL: neither, or another flag. NOTCAPABLE: the right is missing. POSIX: shutdown.
 */
export function sockShutdown(guest: Guest, fd: number, how: number): number {
  if (guest.process.fds.at(fd >>> 0) === undefined) return EBADF.number
  if ((how & ~SDFLAGS_ALL) !== 0) return INVAL
  return numberOf(shutdown(guest.process, fd >>> 0, (how & SDFLAG_RD) !== 0, (how & SDFLAG_WR) !== 0))
}
