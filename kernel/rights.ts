/** What a descriptor may be used for: the rights of preview1, as bits of a number, and which make sense for what. */

/* Only bits 0 to 29 have a meaning, so a set of rights fits a non-negative 31-bit number. */

/** fd_datasync; with RIGHT_PATH_OPEN also path_open with FDFLAG_DSYNC. */
export const RIGHT_FD_DATASYNC: number = 1 << 0
/** fd_read and sock_recv; with RIGHT_FD_SEEK also fd_pread. */
export const RIGHT_FD_READ: number = 1 << 1
/** fd_seek; implies RIGHT_FD_TELL. */
export const RIGHT_FD_SEEK: number = 1 << 2
/** fd_fdstat_set_flags. */
export const RIGHT_FD_FDSTAT_SET_FLAGS: number = 1 << 3
/** fd_sync; with RIGHT_PATH_OPEN also path_open with FDFLAG_RSYNC and FDFLAG_DSYNC. */
export const RIGHT_FD_SYNC: number = 1 << 4
/** fd_tell, and fd_seek by 0 from WHENCE_CUR. */
export const RIGHT_FD_TELL: number = 1 << 5
/** fd_write and sock_send; with RIGHT_FD_SEEK also fd_pwrite. */
export const RIGHT_FD_WRITE: number = 1 << 6
/** fd_advise. */
export const RIGHT_FD_ADVISE: number = 1 << 7
/** fd_allocate. */
export const RIGHT_FD_ALLOCATE: number = 1 << 8
/** path_create_directory. */
export const RIGHT_PATH_CREATE_DIRECTORY: number = 1 << 9
/** path_open with OFLAG_CREAT. */
export const RIGHT_PATH_CREATE_FILE: number = 1 << 10
/** path_link from this directory. */
export const RIGHT_PATH_LINK_SOURCE: number = 1 << 11
/** path_link to this directory. */
export const RIGHT_PATH_LINK_TARGET: number = 1 << 12
/** path_open. */
export const RIGHT_PATH_OPEN: number = 1 << 13
/** fd_readdir. */
export const RIGHT_FD_READDIR: number = 1 << 14
/** path_readlink. */
export const RIGHT_PATH_READLINK: number = 1 << 15
/** path_rename from this directory. */
export const RIGHT_PATH_RENAME_SOURCE: number = 1 << 16
/** path_rename to this directory. */
export const RIGHT_PATH_RENAME_TARGET: number = 1 << 17
/** path_filestat_get. */
export const RIGHT_PATH_FILESTAT_GET: number = 1 << 18
/** path_open with OFLAG_TRUNC. */
export const RIGHT_PATH_FILESTAT_SET_SIZE: number = 1 << 19
/** path_filestat_set_times. */
export const RIGHT_PATH_FILESTAT_SET_TIMES: number = 1 << 20
/** fd_filestat_get. */
export const RIGHT_FD_FILESTAT_GET: number = 1 << 21
/** fd_filestat_set_size. */
export const RIGHT_FD_FILESTAT_SET_SIZE: number = 1 << 22
/** fd_filestat_set_times. */
export const RIGHT_FD_FILESTAT_SET_TIMES: number = 1 << 23
/** path_symlink. */
export const RIGHT_PATH_SYMLINK: number = 1 << 24
/** path_remove_directory. */
export const RIGHT_PATH_REMOVE_DIRECTORY: number = 1 << 25
/** path_unlink_file. */
export const RIGHT_PATH_UNLINK_FILE: number = 1 << 26
/** poll_oneoff for reading (with RIGHT_FD_READ) and for writing (with RIGHT_FD_WRITE). */
export const RIGHT_POLL_FD_READWRITE: number = 1 << 27
/** sock_shutdown. */
export const RIGHT_SOCK_SHUTDOWN: number = 1 << 28
/** sock_accept. */
export const RIGHT_SOCK_ACCEPT: number = 1 << 29
/** Every right there is. */
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

/** What only a file that is open for writing has. */
export const RIGHTS_WRITING: number = RIGHT_FD_WRITE | RIGHT_FD_ALLOCATE | RIGHT_FD_FILESTAT_SET_SIZE

/** A terminal: guests tell one by the missing rights to seek and tell. */
export const RIGHTS_TERMINAL: number = STREAM
/** A pipe or a captured stream. */
export const RIGHTS_PIPE: number = STREAM
/** A device that is no terminal; seeking in it does nothing. */
export const RIGHTS_DEVICE: number = STREAM | RIGHT_FD_SEEK | RIGHT_FD_TELL | RIGHT_FD_FILESTAT_SET_TIMES
export const RIGHTS_SOCKET: number = STREAM | RIGHT_SOCK_SHUTDOWN
export const RIGHTS_LISTENER: number =
  RIGHT_FD_FDSTAT_SET_FLAGS | RIGHT_FD_FILESTAT_GET | RIGHT_POLL_FD_READWRITE | RIGHT_SOCK_ACCEPT | RIGHT_SOCK_SHUTDOWN
