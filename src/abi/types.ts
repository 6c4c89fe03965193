/**
 * The numbers of wasi_snapshot_preview1, in the order of its witx documents. Errno numbers are in vfs/errno.ts,
 * sizes and offsets of structs in layout.ts.
 * wasi_unstable has the same numbers but for whence (see ../unstable/layout.ts) and has no RIGHT_SOCK_ACCEPT.
 */

/* clockid (u32) */

/** Time since 1970-01-01T00:00:00Z. */
export const CLOCK_REALTIME = 0
/** Time since an unnamed start; never goes back. */
export const CLOCK_MONOTONIC = 1
/** CPU time of the process. */
export const CLOCK_PROCESS_CPUTIME_ID = 2
/** CPU time of the calling thread. */
export const CLOCK_THREAD_CPUTIME_ID = 3

/* rights (flags, u64): the kernel checks them, so they are its own */

export {
  RIGHT_FD_ADVISE,
  RIGHT_FD_ALLOCATE,
  RIGHT_FD_DATASYNC,
  RIGHT_FD_FDSTAT_SET_FLAGS,
  RIGHT_FD_FILESTAT_GET,
  RIGHT_FD_FILESTAT_SET_SIZE,
  RIGHT_FD_FILESTAT_SET_TIMES,
  RIGHT_FD_READ,
  RIGHT_FD_READDIR,
  RIGHT_FD_SEEK,
  RIGHT_FD_SYNC,
  RIGHT_FD_TELL,
  RIGHT_FD_WRITE,
  RIGHT_PATH_CREATE_DIRECTORY,
  RIGHT_PATH_CREATE_FILE,
  RIGHT_PATH_FILESTAT_GET,
  RIGHT_PATH_FILESTAT_SET_SIZE,
  RIGHT_PATH_FILESTAT_SET_TIMES,
  RIGHT_PATH_LINK_SOURCE,
  RIGHT_PATH_LINK_TARGET,
  RIGHT_PATH_OPEN,
  RIGHT_PATH_READLINK,
  RIGHT_PATH_REMOVE_DIRECTORY,
  RIGHT_PATH_RENAME_SOURCE,
  RIGHT_PATH_RENAME_TARGET,
  RIGHT_PATH_SYMLINK,
  RIGHT_PATH_UNLINK_FILE,
  RIGHT_POLL_FD_READWRITE,
  RIGHT_SOCK_ACCEPT,
  RIGHT_SOCK_SHUTDOWN,
  RIGHTS_ALL,
} from '../../kernel/rights.ts'

/* whence (u8) */

/** From the start of the file. */
export const WHENCE_SET = 0
/** From the current offset. */
export const WHENCE_CUR = 1
/** From the end of the file. */
export const WHENCE_END = 2

/* filetype (u8) */

/** None of the others; also what a pipe is. */
export const FILETYPE_UNKNOWN = 0
/** A block device. */
export const FILETYPE_BLOCK_DEVICE = 1
/** A character device; isatty() is this and neither RIGHT_FD_SEEK nor RIGHT_FD_TELL. */
export const FILETYPE_CHARACTER_DEVICE = 2
/** A directory. */
export const FILETYPE_DIRECTORY = 3
/** A regular file. */
export const FILETYPE_REGULAR_FILE = 4
/** A datagram socket. */
export const FILETYPE_SOCKET_DGRAM = 5
/** A byte stream socket. */
export const FILETYPE_SOCKET_STREAM = 6
/** A symbolic link. */
export const FILETYPE_SYMBOLIC_LINK = 7

/* advice (u8) */

/** Nothing to say. */
export const ADVICE_NORMAL = 0
/** Will be used from low to high offsets. */
export const ADVICE_SEQUENTIAL = 1
/** Will be used in any order. */
export const ADVICE_RANDOM = 2
/** Will be used soon. */
export const ADVICE_WILLNEED = 3
/** Will not be used soon. */
export const ADVICE_DONTNEED = 4
/** Will be used once. */
export const ADVICE_NOREUSE = 5

/* fdflags (flags, u16) */

/** Each write goes to the end of the file. */
export const FDFLAG_APPEND: number = 1 << 0
/** Each write returns when its data are stored. */
export const FDFLAG_DSYNC: number = 1 << 1
/** A call that would block returns EAGAIN. */
export const FDFLAG_NONBLOCK: number = 1 << 2
/** Each read returns when what it reads is stored. */
export const FDFLAG_RSYNC: number = 1 << 3
/** Each write returns when its data and metadata are stored. */
export const FDFLAG_SYNC: number = 1 << 4
/** Every descriptor flag there is. */
export const FDFLAGS_ALL: number = 2 ** 5 - 1

/* fstflags (flags, u16) */

/** Set the access time to the value given. */
export const FSTFLAG_ATIM: number = 1 << 0
/** Set the access time to the realtime clock's. */
export const FSTFLAG_ATIM_NOW: number = 1 << 1
/** Set the modification time to the value given. */
export const FSTFLAG_MTIM: number = 1 << 2
/** Set the modification time to the realtime clock's. */
export const FSTFLAG_MTIM_NOW: number = 1 << 3
/** Every time flag there is. */
export const FSTFLAGS_ALL: number = 2 ** 4 - 1

/* lookupflags (flags, u32) */

/** Follow the symbolic link in the last component, too. */
export const LOOKUP_SYMLINK_FOLLOW: number = 1 << 0

/* oflags (flags, u16) */

/** Make the file if there is none. */
export const OFLAG_CREAT: number = 1 << 0
/** Fail if it is not a directory. */
export const OFLAG_DIRECTORY: number = 1 << 1
/** Fail if there is one (with OFLAG_CREAT). */
export const OFLAG_EXCL: number = 1 << 2
/** Cut the file to size 0. */
export const OFLAG_TRUNC: number = 1 << 3
/** Every open flag there is. */
export const OFLAGS_ALL: number = 2 ** 4 - 1

/* eventtype (u8) */

/** A clock has reached a time. */
export const EVENTTYPE_CLOCK = 0
/** A descriptor can be read. */
export const EVENTTYPE_FD_READ = 1
/** A descriptor can be written. */
export const EVENTTYPE_FD_WRITE = 2

/* eventrwflags (flags, u16) */

/** The other end is closed. */
export const EVENT_FD_READWRITE_HANGUP: number = 1 << 0

/* subclockflags (flags, u16) */

/** The timeout is a time of the clock, not a duration from now. */
export const SUBCLOCK_ABSTIME: number = 1 << 0

/* signal (u8) */

/** No signal. */
export const SIGNAL_NONE = 0
/** Hangup. Ends the process. */
export const SIGNAL_HUP = 1
/** Interrupt from the terminal. Ends the process. */
export const SIGNAL_INT = 2
/** Quit from the terminal. Ends the process. */
export const SIGNAL_QUIT = 3
/** Illegal instruction. Ends the process. */
export const SIGNAL_ILL = 4
/** Trace or breakpoint trap. Ends the process. */
export const SIGNAL_TRAP = 5
/** Abort. Ends the process. */
export const SIGNAL_ABRT = 6
/** Access to an undefined part of a memory object. Ends the process. */
export const SIGNAL_BUS = 7
/** Erroneous arithmetic. Ends the process. */
export const SIGNAL_FPE = 8
/** Kill. Ends the process. */
export const SIGNAL_KILL = 9
/** For the user, first. Ends the process. */
export const SIGNAL_USR1 = 10
/** Invalid memory reference. Ends the process. */
export const SIGNAL_SEGV = 11
/** For the user, second. Ends the process. */
export const SIGNAL_USR2 = 12
/** Write on a pipe without a reader. Ignored. */
export const SIGNAL_PIPE = 13
/** Alarm clock. Ends the process. */
export const SIGNAL_ALRM = 14
/** Termination. Ends the process. */
export const SIGNAL_TERM = 15
/** A child has ended, stopped or gone on. Ignored. */
export const SIGNAL_CHLD = 16
/** Go on, if stopped. */
export const SIGNAL_CONT = 17
/** Stop. */
export const SIGNAL_STOP = 18
/** Stop from the terminal. */
export const SIGNAL_TSTP = 19
/** Read from the terminal in the background. Stops. */
export const SIGNAL_TTIN = 20
/** Write to the terminal in the background. Stops. */
export const SIGNAL_TTOU = 21
/** Urgent data at a socket. Ignored. */
export const SIGNAL_URG = 22
/** CPU time limit passed. Ends the process. */
export const SIGNAL_XCPU = 23
/** File size limit passed. Ends the process. */
export const SIGNAL_XFSZ = 24
/** Virtual timer. Ends the process. */
export const SIGNAL_VTALRM = 25
/** Profiling timer. Ends the process. */
export const SIGNAL_PROF = 26
/** The window has changed. Ignored. */
export const SIGNAL_WINCH = 27
/** I/O is possible. Ends the process. */
export const SIGNAL_POLL = 28
/** Power failure. Ends the process. */
export const SIGNAL_PWR = 29
/** Bad system call. Ends the process. */
export const SIGNAL_SYS = 30

/** The name of each signal by its number, as POSIX spells it; number 0 is no signal and has the name `NONE`. */
export const SIGNAL_NAMES: readonly string[] = [
  'NONE',
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGILL',
  'SIGTRAP',
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGKILL',
  'SIGUSR1',
  'SIGSEGV',
  'SIGUSR2',
  'SIGPIPE',
  'SIGALRM',
  'SIGTERM',
  'SIGCHLD',
  'SIGCONT',
  'SIGSTOP',
  'SIGTSTP',
  'SIGTTIN',
  'SIGTTOU',
  'SIGURG',
  'SIGXCPU',
  'SIGXFSZ',
  'SIGVTALRM',
  'SIGPROF',
  'SIGWINCH',
  'SIGPOLL',
  'SIGPWR',
  'SIGSYS',
]

/* riflags (flags, u16) */

/** Leave the message in the receive queue. */
export const RIFLAG_RECV_PEEK: number = 1 << 0
/** On a byte stream, wait until the buffers are full. */
export const RIFLAG_RECV_WAITALL: number = 1 << 1
/** Every receive flag there is. */
export const RIFLAGS_ALL: number = 2 ** 2 - 1

/* roflags (flags, u16) */

/** The message did not fit and was cut. */
export const ROFLAG_RECV_DATA_TRUNCATED: number = 1 << 0

/* sdflags (flags, u8) */

/** No more receiving. */
export const SDFLAG_RD: number = 1 << 0
/** No more sending. */
export const SDFLAG_WR: number = 1 << 1
/** Every shutdown flag there is. */
export const SDFLAGS_ALL: number = 2 ** 2 - 1

/* preopentype (u8) */

/** A directory. */
export const PREOPENTYPE_DIR = 0
