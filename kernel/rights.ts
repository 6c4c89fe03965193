/** What a descriptor may be used for: the rights of preview1, as bits of a number, and which make sense for what. */

export const RIGHT_FD_DATASYNC: number = 2 ** 0
export const RIGHT_FD_READ: number = 2 ** 1
export const RIGHT_FD_SEEK: number = 2 ** 2
export const RIGHT_FD_FDSTAT_SET_FLAGS: number = 2 ** 3
export const RIGHT_FD_SYNC: number = 2 ** 4
export const RIGHT_FD_TELL: number = 2 ** 5
export const RIGHT_FD_WRITE: number = 2 ** 6
export const RIGHT_FD_ADVISE: number = 2 ** 7
export const RIGHT_FD_ALLOCATE: number = 2 ** 8
export const RIGHT_PATH_CREATE_DIRECTORY: number = 2 ** 9
export const RIGHT_PATH_CREATE_FILE: number = 2 ** 10
export const RIGHT_PATH_LINK_SOURCE: number = 2 ** 11
export const RIGHT_PATH_LINK_TARGET: number = 2 ** 12
export const RIGHT_PATH_OPEN: number = 2 ** 13
export const RIGHT_FD_READDIR: number = 2 ** 14
export const RIGHT_PATH_READLINK: number = 2 ** 15
export const RIGHT_PATH_RENAME_SOURCE: number = 2 ** 16
export const RIGHT_PATH_RENAME_TARGET: number = 2 ** 17
export const RIGHT_PATH_FILESTAT_GET: number = 2 ** 18
export const RIGHT_PATH_FILESTAT_SET_SIZE: number = 2 ** 19
export const RIGHT_PATH_FILESTAT_SET_TIMES: number = 2 ** 20
export const RIGHT_FD_FILESTAT_GET: number = 2 ** 21
export const RIGHT_FD_FILESTAT_SET_SIZE: number = 2 ** 22
export const RIGHT_FD_FILESTAT_SET_TIMES: number = 2 ** 23
export const RIGHT_PATH_SYMLINK: number = 2 ** 24
export const RIGHT_PATH_REMOVE_DIRECTORY: number = 2 ** 25
export const RIGHT_PATH_UNLINK_FILE: number = 2 ** 26
export const RIGHT_POLL_FD_READWRITE: number = 2 ** 27
export const RIGHT_SOCK_SHUTDOWN: number = 2 ** 28
export const RIGHT_SOCK_ACCEPT: number = 2 ** 29
export const RIGHTS_ALL: number = 2 ** 30 - 1

/** Rights of a stream of bytes that has no position. */
const STREAM: number =
  RIGHT_FD_READ |
  RIGHT_FD_WRITE |
  RIGHT_FD_FDSTAT_SET_FLAGS |
  RIGHT_FD_FILESTAT_GET |
  RIGHT_FD_SYNC |
  RIGHT_FD_DATASYNC |
  RIGHT_POLL_FD_READWRITE

/** Which rights make sense for what is open; the others are dropped silently when it is opened. */
export const RIGHTS_FILE: number =
  STREAM |
  RIGHT_FD_SEEK |
  RIGHT_FD_TELL |
  RIGHT_FD_ADVISE |
  RIGHT_FD_ALLOCATE |
  RIGHT_FD_FILESTAT_SET_SIZE |
  RIGHT_FD_FILESTAT_SET_TIMES

export const RIGHTS_DIRECTORY: number =
  RIGHT_FD_FDSTAT_SET_FLAGS |
  RIGHT_FD_SYNC |
  RIGHT_FD_DATASYNC |
  RIGHT_FD_FILESTAT_GET |
  RIGHT_FD_FILESTAT_SET_TIMES |
  RIGHT_FD_READDIR |
  RIGHT_PATH_CREATE_DIRECTORY |
  RIGHT_PATH_CREATE_FILE |
  RIGHT_PATH_LINK_SOURCE |
  RIGHT_PATH_LINK_TARGET |
  RIGHT_PATH_OPEN |
  RIGHT_PATH_READLINK |
  RIGHT_PATH_RENAME_SOURCE |
  RIGHT_PATH_RENAME_TARGET |
  RIGHT_PATH_FILESTAT_GET |
  RIGHT_PATH_FILESTAT_SET_SIZE |
  RIGHT_PATH_FILESTAT_SET_TIMES |
  RIGHT_PATH_SYMLINK |
  RIGHT_PATH_REMOVE_DIRECTORY |
  RIGHT_PATH_UNLINK_FILE

/** A terminal: guests tell one by the missing rights to seek and tell. */
export const RIGHTS_TERMINAL: number = STREAM
/** A pipe or a captured stream. */
export const RIGHTS_PIPE: number = STREAM
/** A device that is no terminal; seeking in it does nothing. */
export const RIGHTS_DEVICE: number = STREAM | RIGHT_FD_SEEK | RIGHT_FD_TELL | RIGHT_FD_FILESTAT_SET_TIMES
export const RIGHTS_SOCKET: number = STREAM | RIGHT_SOCK_SHUTDOWN
export const RIGHTS_LISTENER: number =
  RIGHT_FD_FDSTAT_SET_FLAGS | RIGHT_FD_FILESTAT_GET | RIGHT_POLL_FD_READWRITE | RIGHT_SOCK_ACCEPT | RIGHT_SOCK_SHUTDOWN
