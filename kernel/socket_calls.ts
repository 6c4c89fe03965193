/** Calls on sockets: accept, receive, send, shut down; and, for the machine, connect and listen. */

import { EAGAIN, EBADF, ECONNREFUSED, EINVAL, ENOTCAPABLE, ENOTCONN, ENOTSOCK, Errno } from '../vfs/errno.ts'
import { Blocked } from './blocked.ts'
import { Descriptor } from './fd_table.ts'
import { receive, send } from './file_calls.ts'
import type { IoVec } from './iovec.ts'
import type { Kernel } from './kernel.ts'
import { OpenFile } from './open_file.ts'
import type { Process } from './process.ts'
import {
  RIGHT_FD_READ,
  RIGHT_FD_WRITE,
  RIGHT_SOCK_ACCEPT,
  RIGHT_SOCK_SHUTDOWN,
  RIGHTS_LISTENER,
  RIGHTS_SOCKET,
} from './rights.ts'
import { Listener, type Socket, socketPair } from './socket.ts'

/** Takes the next connection; its descriptor. EAGAIN with O_NONBLOCK where there is none yet. */
export function accept(process: Process, fd: number, nonblock: boolean): number | Errno | Blocked {
  const descriptor = socketAt(process, fd, RIGHT_SOCK_ACCEPT)
  if (descriptor instanceof Errno) return descriptor
  const { listener } = descriptor.file
  if (listener === undefined) return EINVAL
  const full = process.fds.room()
  if (full !== undefined) return full
  const socket = listener.pending.shift()
  if (socket === undefined) {
    if (listener.shut) return EINVAL
    return descriptor.file.nonblock ? EAGAIN : new Blocked([{ fd, for: 'readable' }], undefined)
  }
  const file = describeSocket(socket)
  file.nonblock = nonblock
  return process.fds.add(new Descriptor(file, RIGHTS_SOCKET, 0))
}

export function recv(process: Process, fd: number, iov: IoVec, peek: boolean, all: boolean): number | Errno | Blocked {
  const descriptor = socketAt(process, fd, RIGHT_FD_READ)
  if (descriptor instanceof Errno) return descriptor
  const { socket, nonblock } = descriptor.file
  if (socket === undefined) return ENOTCONN
  if (all && !socket.atEnd && !nonblock && socket.incoming.size < Math.min(iov.total, socket.incoming.capacity)) {
    return new Blocked([{ fd, for: 'readable' }], undefined)
  }
  return receive(descriptor.file, iov, fd, peek)
}

export function sendto(process: Process, fd: number, iov: IoVec): number | Errno | Blocked {
  const descriptor = socketAt(process, fd, RIGHT_FD_WRITE)
  if (descriptor instanceof Errno) return descriptor
  return descriptor.file.socket === undefined ? ENOTCONN : send(process, descriptor.file, iov, fd)
}

/** Ends one direction or both. ENOTSOCK for what is no socket, ENOTCONN for a listener that is shut already. */
export function shutdown(process: Process, fd: number, receives: boolean, sends: boolean): Errno | undefined {
  const descriptor = socketAt(process, fd, RIGHT_SOCK_SHUTDOWN)
  if (descriptor instanceof Errno) return descriptor
  if (!receives && !sends) return EINVAL
  const { socket, listener } = descriptor.file
  if (socket === undefined) {
    if (listener === undefined || listener.shut) return ENOTCONN
    if (receives) listener.shut = true
    return undefined
  }
  if (socket.peer === undefined) return ENOTCONN
  if (receives) socket.receiveShut = true
  if (sends) socket.sendShut = true
  return undefined
}

/** A listening socket to give to a process. */
export function listen(kernel: Kernel): { readonly listener: Listener; readonly descriptor: Descriptor } {
  const listener = new Listener(kernel.nextSerial++)
  const file = new OpenFile('listener', 0, false, false, listener.ino)
  file.listener = listener
  return { listener, descriptor: new Descriptor(file, RIGHTS_LISTENER, RIGHTS_SOCKET) }
}

/** Connects to `listener`; the connecting end. ECONNREFUSED where it is shut. */
export function connect(kernel: Kernel, listener: Listener): Socket | Errno {
  if (listener.shut) return ECONNREFUSED
  const [near, far] = socketPair(kernel.nextSerial)
  kernel.nextSerial += 2
  listener.pending.push(far)
  return near
}

function describeSocket(socket: Socket): OpenFile {
  const file = new OpenFile('socket', 0, true, true, socket.ino)
  file.socket = socket
  return file
}

/** The descriptor, where it is a socket's. EBADF, then ENOTSOCK, then the rights, as the test suite wants them. */
function socketAt(process: Process, fd: number, rights: number): Descriptor | Errno {
  const descriptor = process.fds.at(fd)
  if (descriptor === undefined) return EBADF
  const { kind } = descriptor.file
  if (kind === 'listener' && rights !== RIGHT_SOCK_ACCEPT && rights !== RIGHT_SOCK_SHUTDOWN) return ENOTCONN
  if (kind !== 'socket' && kind !== 'listener') return ENOTSOCK
  if (kind === 'socket' && rights === RIGHT_SOCK_ACCEPT) return EINVAL
  return (descriptor.base & rights) === rights ? descriptor : ENOTCAPABLE
}
