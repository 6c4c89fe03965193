/**
 * Errors as values: one interned object per POSIX name, so that a failure costs no allocation and one comparison.
 * A fallible function returns `T | Errno`; `if (r instanceof Errno) return r` is the only test there is.
 */

export class Errno {
  /** POSIX's name, such as `ENOENT`. */
  readonly name: string
  /** The number in `wasi_snapshot_preview1`. */
  readonly number: number
  /** The number on Linux (x86-64), for the `node:fs` facade; 0 where Linux has no such error. */
  readonly linux: number
  /** What `strerror` would say. */
  readonly message: string

  constructor(name: string, number: number, linux: number, message: string) {
    this.name = name
    this.number = number
    this.linux = linux
    this.message = message
  }

  toString(): string {
    return this.name
  }
}

export const E2BIG: Errno = new Errno('E2BIG', 1, 7, 'Argument list too long')
export const EACCES: Errno = new Errno('EACCES', 2, 13, 'Permission denied')
export const EADDRINUSE: Errno = new Errno('EADDRINUSE', 3, 98, 'Address already in use')
export const EADDRNOTAVAIL: Errno = new Errno('EADDRNOTAVAIL', 4, 99, 'Cannot assign requested address')
export const EAFNOSUPPORT: Errno = new Errno('EAFNOSUPPORT', 5, 97, 'Address family not supported by protocol')
export const EAGAIN: Errno = new Errno('EAGAIN', 6, 11, 'Resource temporarily unavailable')
export const EALREADY: Errno = new Errno('EALREADY', 7, 114, 'Operation already in progress')
export const EBADF: Errno = new Errno('EBADF', 8, 9, 'Bad file descriptor')
export const EBADMSG: Errno = new Errno('EBADMSG', 9, 74, 'Bad message')
export const EBUSY: Errno = new Errno('EBUSY', 10, 16, 'Device or resource busy')
export const ECANCELED: Errno = new Errno('ECANCELED', 11, 125, 'Operation canceled')
export const ECHILD: Errno = new Errno('ECHILD', 12, 10, 'No child processes')
export const ECONNABORTED: Errno = new Errno('ECONNABORTED', 13, 103, 'Connection aborted')
export const ECONNREFUSED: Errno = new Errno('ECONNREFUSED', 14, 111, 'Connection refused')
export const ECONNRESET: Errno = new Errno('ECONNRESET', 15, 104, 'Connection reset by peer')
export const EDEADLK: Errno = new Errno('EDEADLK', 16, 35, 'Resource deadlock would occur')
export const EDESTADDRREQ: Errno = new Errno('EDESTADDRREQ', 17, 89, 'Destination address required')
export const EDOM: Errno = new Errno('EDOM', 18, 33, 'Argument out of domain of function')
export const EDQUOT: Errno = new Errno('EDQUOT', 19, 122, 'Disk quota exceeded')
export const EEXIST: Errno = new Errno('EEXIST', 20, 17, 'File exists')
export const EFAULT: Errno = new Errno('EFAULT', 21, 14, 'Bad address')
export const EFBIG: Errno = new Errno('EFBIG', 22, 27, 'File too large')
export const EHOSTUNREACH: Errno = new Errno('EHOSTUNREACH', 23, 113, 'Host is unreachable')
export const EIDRM: Errno = new Errno('EIDRM', 24, 43, 'Identifier removed')
export const EILSEQ: Errno = new Errno('EILSEQ', 25, 84, 'Illegal byte sequence')
export const EINPROGRESS: Errno = new Errno('EINPROGRESS', 26, 115, 'Operation in progress')
export const EINTR: Errno = new Errno('EINTR', 27, 4, 'Interrupted function')
export const EINVAL: Errno = new Errno('EINVAL', 28, 22, 'Invalid argument')
export const EIO: Errno = new Errno('EIO', 29, 5, 'I/O error')
export const EISCONN: Errno = new Errno('EISCONN', 30, 106, 'Socket is connected')
export const EISDIR: Errno = new Errno('EISDIR', 31, 21, 'Is a directory')
export const ELOOP: Errno = new Errno('ELOOP', 32, 40, 'Too many levels of symbolic links')
export const EMFILE: Errno = new Errno('EMFILE', 33, 24, 'Too many open files')
export const EMLINK: Errno = new Errno('EMLINK', 34, 31, 'Too many links')
export const EMSGSIZE: Errno = new Errno('EMSGSIZE', 35, 90, 'Message too large')
export const EMULTIHOP: Errno = new Errno('EMULTIHOP', 36, 72, 'Multihop attempted')
export const ENAMETOOLONG: Errno = new Errno('ENAMETOOLONG', 37, 36, 'File name too long')
export const ENETDOWN: Errno = new Errno('ENETDOWN', 38, 100, 'Network is down')
export const ENETRESET: Errno = new Errno('ENETRESET', 39, 102, 'Connection aborted by network')
export const ENETUNREACH: Errno = new Errno('ENETUNREACH', 40, 101, 'Network unreachable')
export const ENFILE: Errno = new Errno('ENFILE', 41, 23, 'Too many files open in system')
export const ENOBUFS: Errno = new Errno('ENOBUFS', 42, 105, 'No buffer space available')
export const ENODEV: Errno = new Errno('ENODEV', 43, 19, 'No such device')
export const ENOENT: Errno = new Errno('ENOENT', 44, 2, 'No such file or directory')
export const ENOEXEC: Errno = new Errno('ENOEXEC', 45, 8, 'Exec format error')
export const ENOLCK: Errno = new Errno('ENOLCK', 46, 37, 'No locks available')
export const ENOLINK: Errno = new Errno('ENOLINK', 47, 67, 'Link has been severed')
export const ENOMEM: Errno = new Errno('ENOMEM', 48, 12, 'Not enough memory')
export const ENOMSG: Errno = new Errno('ENOMSG', 49, 42, 'No message of the desired type')
export const ENOPROTOOPT: Errno = new Errno('ENOPROTOOPT', 50, 92, 'Protocol not available')
export const ENOSPC: Errno = new Errno('ENOSPC', 51, 28, 'No space left on device')
export const ENOSYS: Errno = new Errno('ENOSYS', 52, 38, 'Function not implemented')
export const ENOTCONN: Errno = new Errno('ENOTCONN', 53, 107, 'Socket is not connected')
export const ENOTDIR: Errno = new Errno('ENOTDIR', 54, 20, 'Not a directory')
export const ENOTEMPTY: Errno = new Errno('ENOTEMPTY', 55, 39, 'Directory not empty')
export const ENOTRECOVERABLE: Errno = new Errno('ENOTRECOVERABLE', 56, 131, 'State not recoverable')
export const ENOTSOCK: Errno = new Errno('ENOTSOCK', 57, 88, 'Not a socket')
export const ENOTSUP: Errno = new Errno('ENOTSUP', 58, 95, 'Operation not supported')
export const ENOTTY: Errno = new Errno('ENOTTY', 59, 25, 'Inappropriate ioctl for device')
export const ENXIO: Errno = new Errno('ENXIO', 60, 6, 'No such device or address')
export const EOVERFLOW: Errno = new Errno('EOVERFLOW', 61, 75, 'Value too large for defined data type')
export const EOWNERDEAD: Errno = new Errno('EOWNERDEAD', 62, 130, 'Previous owner died')
export const EPERM: Errno = new Errno('EPERM', 63, 1, 'Operation not permitted')
export const EPIPE: Errno = new Errno('EPIPE', 64, 32, 'Broken pipe')
export const EPROTO: Errno = new Errno('EPROTO', 65, 71, 'Protocol error')
export const EPROTONOSUPPORT: Errno = new Errno('EPROTONOSUPPORT', 66, 93, 'Protocol not supported')
export const EPROTOTYPE: Errno = new Errno('EPROTOTYPE', 67, 91, 'Protocol wrong type for socket')
export const ERANGE: Errno = new Errno('ERANGE', 68, 34, 'Result too large')
export const EROFS: Errno = new Errno('EROFS', 69, 30, 'Read-only file system')
export const ESPIPE: Errno = new Errno('ESPIPE', 70, 29, 'Illegal seek')
export const ESRCH: Errno = new Errno('ESRCH', 71, 3, 'No such process')
export const ESTALE: Errno = new Errno('ESTALE', 72, 116, 'Stale file handle')
export const ETIMEDOUT: Errno = new Errno('ETIMEDOUT', 73, 110, 'Connection timed out')
export const ETXTBSY: Errno = new Errno('ETXTBSY', 74, 26, 'Text file busy')
export const EXDEV: Errno = new Errno('EXDEV', 75, 18, 'Cross-device link')
export const ENOTCAPABLE: Errno = new Errno('ENOTCAPABLE', 76, 0, 'Capabilities insufficient')

/** Every errno, at the index of its preview1 number less one (0 is success and has no object). */
export const ERRNOS: readonly Errno[] = [
  E2BIG,
  EACCES,
  EADDRINUSE,
  EADDRNOTAVAIL,
  EAFNOSUPPORT,
  EAGAIN,
  EALREADY,
  EBADF,
  EBADMSG,
  EBUSY,
  ECANCELED,
  ECHILD,
  ECONNABORTED,
  ECONNREFUSED,
  ECONNRESET,
  EDEADLK,
  EDESTADDRREQ,
  EDOM,
  EDQUOT,
  EEXIST,
  EFAULT,
  EFBIG,
  EHOSTUNREACH,
  EIDRM,
  EILSEQ,
  EINPROGRESS,
  EINTR,
  EINVAL,
  EIO,
  EISCONN,
  EISDIR,
  ELOOP,
  EMFILE,
  EMLINK,
  EMSGSIZE,
  EMULTIHOP,
  ENAMETOOLONG,
  ENETDOWN,
  ENETRESET,
  ENETUNREACH,
  ENFILE,
  ENOBUFS,
  ENODEV,
  ENOENT,
  ENOEXEC,
  ENOLCK,
  ENOLINK,
  ENOMEM,
  ENOMSG,
  ENOPROTOOPT,
  ENOSPC,
  ENOSYS,
  ENOTCONN,
  ENOTDIR,
  ENOTEMPTY,
  ENOTRECOVERABLE,
  ENOTSOCK,
  ENOTSUP,
  ENOTTY,
  ENXIO,
  EOVERFLOW,
  EOWNERDEAD,
  EPERM,
  EPIPE,
  EPROTO,
  EPROTONOSUPPORT,
  EPROTOTYPE,
  ERANGE,
  EROFS,
  ESPIPE,
  ESRCH,
  ESTALE,
  ETIMEDOUT,
  ETXTBSY,
  EXDEV,
  ENOTCAPABLE,
]

/** The name of a preview1 number; `ESUCCESS` for 0, `undefined` for what is none. */
export function errnoName(number: number): string | undefined {
  return number === 0 ? 'ESUCCESS' : ERRNOS[number - 1]?.name
}

/** The errno of a name such as `ENOENT`. */
export function errnoOf(name: string): Errno | undefined {
  return ERRNOS.find((errno) => errno.name === name)
}
