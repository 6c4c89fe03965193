/**
 * Where Vivarium and node:wasi may differ, each with what differs, who is right, and the authority that says so.
 * Nothing else may. Each holds for the one call that matches it; `examples.ts` has the shortest program for each.
 *
 * Faults of node:wasi 20 (uvwasi 0.0.23) that end the child, so that programs leave them out:
 * - path_filestat_set_times with flags that are none answers EINVAL and leaves the descriptor locked: the next call that
 *   uses it waits for ever. preview1 has nothing that waits there; wasi-testsuite fstflags_validate only asks for EINVAL.
 * - Called through V8's fast calls it collects garbage where it must not, and crashes: the child runs without them.
 * Results that are not compared: entries `.` and `..` and inode numbers of fd_readdir, which node:wasi does not give
 * (wasi-testsuite fd_readdir asks for them); how many bytes a directory takes; device numbers; and ctim.
 */

import {
  RIGHT_FD_ADVISE,
  RIGHT_FD_ALLOCATE,
  RIGHT_FD_DATASYNC,
  RIGHT_FD_FILESTAT_SET_SIZE,
  RIGHT_FD_SEEK,
  RIGHT_FD_TELL,
  RIGHT_FD_WRITE,
  RIGHT_POLL_FD_READWRITE,
} from '../../kernel/rights.ts'
import { errorsThatHold, isFileCall, isPathCall, textsOf } from './errors.ts'
import { nanoseconds, type Operation, TIMES } from './programs.ts'
import type { Facts, Result } from './worlds.ts'

/** One call that the two worlds answered differently. */
export interface Difference {
  readonly operation: Operation
  readonly ours: Result
  readonly theirs: Result
  /** Which differs: `errno`, or a result; `undefined` where only what the call did will tell. */
  readonly field: string | undefined
  readonly facts: Facts
}

export interface Divergence {
  readonly id: string
  readonly what: string
  /** `Vivarium`: node:wasi has a fault; `either`: the authority allows both. */
  readonly right: 'Vivarium' | 'either'
  readonly authority: string
  accepts(difference: Difference): boolean
}

/** Whether the difference is in the errno alone, and is this one; `undefined` for any. */
function answers({ ours, theirs }: Difference, our: string, their: string | undefined): boolean {
  return ours.errno === our && theirs.errno !== our && (their === undefined || theirs.errno === their)
}

/** Whether it is this result that differs. */
function isIn({ field }: Difference, ...names: readonly string[]): boolean {
  return field !== undefined && names.includes(field)
}

/** The first path that means different things, and whether node:wasi's answer is what it makes of it. */
function parting({ facts, theirs }: Difference): Facts['places'][number] | undefined {
  const place = facts.places.find(({ ours, theirs }) => ours !== theirs)
  return place === undefined || (place.refused !== undefined && place.refused !== theirs.errno) ? undefined : place
}

const PARTS: readonly Divergence[] = [
  {
    id: 'descriptor-is-a-path',
    what: 'A directory that was renamed or removed while it is open: node:wasi goes on from the path that it had.',
    right: 'Vivarium',
    authority:
      'POSIX openat(): relative to the directory associated with the descriptor; readdir(): of the open stream.',
    accepts: (difference) =>
      parting(difference)?.leads === false ||
      (['list', 'sweep', 'fd_readdir'].includes(difference.operation.call) && difference.facts.open?.leads === false),
  },
  {
    id: 'wall',
    what: 'A path that leaves its directory: EPERM here, ENOTCAPABLE in node:wasi.',
    right: 'either',
    authority: 'wasi-testsuite interesting_paths allows both.',
    accepts: (difference) =>
      parting(difference)?.ours === 'EPERM' && answers(difference, difference.ours.errno, 'ENOTCAPABLE'),
  },
  {
    id: 'walks-out',
    what: 'A path that leaves its directory by a link on the way: node:wasi leaves it to the host, which walks out.',
    right: 'Vivarium',
    authority: 'preview1, Capability-based security: a path never names what is outside of its directory.',
    accepts: (difference) => parting(difference)?.ours === 'EPERM',
  },
  {
    id: 'empty-path',
    what: 'An empty path, or empty text of a link: ENOENT here, EINVAL in node:wasi.',
    right: 'Vivarium',
    authority: 'POSIX openat(), symlinkat(): ENOENT for an empty string.',
    accepts: (difference) => answers(difference, 'ENOENT', 'EINVAL') && textsOf(difference.operation).includes(''),
  },
  {
    id: 'open-follows',
    what: 'path_open without SYMLINK_FOLLOW, or with CREAT and EXCL: node:wasi follows a link, and creates through it.',
    right: 'Vivarium',
    authority: 'POSIX open(): ELOOP with O_NOFOLLOW, EEXIST with O_CREAT and O_EXCL; wasi-testsuite nofollow_errors.',
    accepts: (difference) => {
      const { operation } = difference
      const asked = operation.call === 'path_open' && (operation.dirflags !== 1 || (operation.oflags & 5) === 5)
      return asked && parting(difference) !== undefined
    },
  },
  {
    id: 'text',
    what: 'node:wasi cleans `.` and `..` as text, in paths and in links: `link/..`, `missing/..`, `file/.` lead elsewhere.',
    right: 'Vivarium',
    authority: 'POSIX XBD 4.16 Pathname Resolution: dot-dot is the parent of what the walk has reached.',
    accepts: (difference) => {
      const place = parting(difference)
      return place?.dots === true
    },
  },
  {
    id: 'create-slash',
    what: 'path_open with CREAT and a slash at the end: EISDIR here; node:wasi looks at what is before the slash first.',
    right: 'either',
    authority: 'Linux open(2) gives EISDIR; POSIX open() has ENOTDIR and ELOOP too, in no order.',
    accepts: (difference) =>
      difference.operation.call === 'path_open' &&
      (difference.operation.oflags & 1) !== 0 &&
      parting(difference)?.ours.endsWith('/') === true &&
      answers(difference, 'EISDIR', parting(difference)?.refused),
  },
  {
    id: 'link-text',
    what: 'node:wasi takes the text of a new link for a path, and refuses what would leave the directory.',
    right: 'Vivarium',
    authority:
      'POSIX symlink(): the string shall be treated only as a string and shall not be validated as a pathname.',
    accepts: ({ operation, theirs, facts }) =>
      operation.call === 'path_symlink' && facts.targetRefused !== undefined && theirs.errno === facts.targetRefused,
  },
]

const RIGHTS: readonly Divergence[] = [
  {
    id: 'directory-io',
    what: 'A call for files on a directory: EISDIR or EBADF here, ENOTCAPABLE (fd_advise: EBADF) in node:wasi.',
    right: 'either',
    authority: 'wasi-testsuite dir_fd_op_failures and directory_seek allow ISDIR, BADF and NOTCAPABLE.',
    accepts: ({ operation, ours, theirs, facts }) =>
      isFileCall(operation) &&
      facts.open?.kind === 'directory' &&
      [ours, theirs].every(({ errno }) => ['EISDIR', 'EBADF', 'ENOTCAPABLE'].includes(errno)),
  },
  {
    id: 'not-a-directory',
    what: 'A path from, or a listing of, what is no directory: ENOTDIR here, ENOTCAPABLE in node:wasi.',
    right: 'either',
    authority: 'wasi-testsuite path_open_dirfd_not_dir allows both.',
    accepts: (difference) =>
      answers(difference, 'ENOTDIR', 'ENOTCAPABLE') &&
      [difference.facts.open, difference.facts.openTo].some((open) => open !== undefined && open.kind !== 'directory'),
  },
  {
    id: 'not-open-for',
    what: 'Reading or writing through a descriptor that is not open for it: EBADF here, ENOTCAPABLE in node:wasi.',
    right: 'either',
    authority: 'wasi-testsuite fd_fdstat_set_rights and path_open_read_write allow both; POSIX read(), write(): EBADF.',
    accepts: (difference) => {
      const { open } = difference.facts
      return (
        answers(difference, 'EBADF', 'ENOTCAPABLE') &&
        isFileCall(difference.operation) &&
        open !== undefined &&
        !(open.readable && open.writable)
      )
    },
  },
  {
    id: 'directory-rights',
    what: 'Of rights that make no sense for a directory node:wasi keeps FD_ADVISE and POLL_FD_READWRITE.',
    right: 'either',
    authority: 'preview1 path_open: rights that do not apply are dropped; it does not say which apply.',
    accepts: (difference) => {
      const { operation, ours, theirs, facts } = difference
      const spare = BigInt(RIGHT_FD_ADVISE | RIGHT_POLL_FD_READWRITE)
      if (operation.call === 'fd_fdstat_set_rights') {
        const more = BigInt(operation.base & ~(facts.open?.base ?? 0))
        return (
          facts.open?.kind === 'directory' && (more | spare) === spare && answers(difference, 'ENOTCAPABLE', 'ESUCCESS')
        )
      }
      return (
        operation.call === 'fd_fdstat_get' &&
        isIn(difference, 'base') &&
        facts.open?.kind === 'directory' &&
        ((BigInt(ours.values.base ?? 0) ^ BigInt(theirs.values.base ?? 0)) | spare) === spare
      )
    },
  },
  {
    id: 'file-inheriting',
    what: 'Inheriting rights of what is no directory: kept here, none in node:wasi. Nothing can be opened through it.',
    right: 'either',
    authority: 'preview1 fdstat: rights that may be installed on new descriptors created through this one.',
    accepts: (difference) => {
      const { operation, facts } = difference
      if (facts.open === undefined || facts.open.kind === 'directory') return false
      if (operation.call === 'fd_fdstat_get') return isIn(difference, 'inheriting')
      return operation.call === 'fd_fdstat_set_rights' && answers(difference, 'ESUCCESS', 'ENOTCAPABLE')
    },
  },
  {
    id: 'open-needs-more',
    what: 'To open for writing, node:wasi asks for FD_SEEK too, and for FD_DATASYNC with DSYNC though FD_SYNC is there.',
    right: 'Vivarium',
    authority: 'preview1 rights: fd_sync includes path_open with dsync; path_open asks for no fd_seek.',
    accepts: (difference) => {
      const { operation, facts, theirs } = difference
      if (operation.call !== 'path_open' || theirs.errno !== 'ENOTCAPABLE') return false
      const missing = ~(facts.open?.inheriting ?? 0)
      const writes = (operation.base & WRITING) !== 0
      return (
        (writes && (missing & RIGHT_FD_SEEK) !== 0) ||
        ((operation.fdflags & 2) !== 0 && (missing & RIGHT_FD_DATASYNC) !== 0)
      )
    },
  },
  {
    id: 'open-to-write',
    what: 'node:wasi opens for writing where FD_DATASYNC, FD_ALLOCATE or FD_FILESTAT_SET_SIZE is asked for: not directories.',
    right: 'Vivarium',
    authority: 'preview1 rights: fd_datasync is the right to invoke fd_datasync, which POSIX allows without writing.',
    accepts: (difference) => {
      const { operation, theirs } = difference
      return (
        operation.call === 'path_open' &&
        theirs.errno === 'EISDIR' &&
        (operation.base & RIGHT_FD_WRITE) === 0 &&
        (operation.base & WRITING) !== 0
      )
    },
  },
  {
    id: 'tell',
    what: 'fd_tell with only FD_SEEK, and fd_seek that only asks with only FD_TELL: ENOTCAPABLE in node:wasi.',
    right: 'Vivarium',
    authority:
      'preview1 rights: fd_seek implies fd_tell; fd_tell is the right to invoke fd_seek by 0 from cur, or fd_tell.',
    accepts: ({ operation, theirs, facts }) => {
      const base = facts.open?.base ?? 0
      if (theirs.errno !== 'ENOTCAPABLE') return false
      if (operation.call === 'fd_tell') return (base & RIGHT_FD_SEEK) !== 0 && (base & RIGHT_FD_TELL) === 0
      const asks = operation.call === 'fd_seek' && operation.delta === 0 && operation.whence === 1
      return asks && (base & RIGHT_FD_TELL) !== 0 && (base & RIGHT_FD_SEEK) === 0
    },
  },
]

/** Rights for which node:wasi opens for writing. */
const WRITING = RIGHT_FD_DATASYNC | RIGHT_FD_WRITE | RIGHT_FD_ALLOCATE | RIGHT_FD_FILESTAT_SET_SIZE

const RESULTS: readonly Divergence[] = [
  {
    id: 'fdstat-flags',
    what: "fd_fdstat_get's flags: node:wasi gives the host's O_ bits.",
    right: 'Vivarium',
    authority: 'preview1 fdflags: append 1, dsync 2, nonblock 4, rsync 8, sync 16.',
    accepts: (difference) => {
      const host = Number(difference.theirs.values.flags)
      const known = ((host & O_APPEND) !== 0 ? 1 : 0) | ((host & O_NONBLOCK) !== 0 ? 4 : 0)
      return (
        difference.operation.call === 'fd_fdstat_get' &&
        isIn(difference, 'flags') &&
        known === (Number(difference.ours.values.flags) & 5)
      )
    },
  },
  {
    id: 'atim',
    what: 'The access time: on the host it moves when a file is read or a directory listed; here it does not.',
    right: 'either',
    authority: 'POSIX XBD 4.12 File Times Update leaves it to the file system; Linux mount(8): noatime, relatime.',
    accepts: (difference) => isIn(difference, 'atim') && !isSetTime(difference.theirs.values.atim),
  },
  {
    id: 'seconds',
    what: 'Times that are set: node:wasi cuts them to whole seconds.',
    right: 'Vivarium',
    authority: 'preview1 timestamp: nanoseconds; wasi-testsuite fd_filestat_set.',
    accepts: (difference) => {
      const { field, ours, theirs } = difference
      if (field === undefined || !isIn(difference, 'atim', 'mtim')) return false
      const our = BigInt(ours.values[field] ?? 0)
      return our - (our % SECOND) === BigInt(theirs.values[field] ?? 0)
    },
  },
  {
    id: 'prestat-room',
    what: 'fd_prestat_dir_name without room: ENAMETOOLONG here, ENOBUFS in node:wasi.',
    right: 'Vivarium',
    authority: 'wasi-testsuite dir_fd_op_failures: INVAL or NAMETOOLONG.',
    accepts: (difference) =>
      difference.operation.call === 'fd_prestat_dir_name' && answers(difference, 'ENAMETOOLONG', 'ENOBUFS'),
  },
  {
    id: 'prestat-of-no-preopen',
    what: 'fd_prestat_get of what is open but no preopen: EBADF here, EINVAL in node:wasi.',
    right: 'Vivarium',
    authority: 'wasi-libc looks for preopens until EBADF, and takes any other errno for a failure of the system.',
    accepts: (difference) => difference.operation.call === 'fd_prestat_get' && answers(difference, 'EBADF', 'EINVAL'),
  },
  {
    id: 'readlink-room',
    what: 'path_readlink into a buffer that the text fills: cut off here, ENOBUFS in node:wasi.',
    right: 'Vivarium',
    authority: 'wasi-testsuite readlink: the first bytes of the text; POSIX readlink().',
    accepts: (difference) =>
      difference.operation.call === 'path_readlink' && answers(difference, 'ESUCCESS', 'ENOBUFS'),
  },
  {
    id: 'renumber-to-itself',
    what: 'fd_renumber of a closed descriptor to itself: EBADF here, success in node:wasi.',
    right: 'Vivarium',
    authority: 'POSIX dup2(): EBADF where fildes is not a valid open descriptor, before they are found equal.',
    accepts: (difference) => {
      const { operation } = difference
      return (
        operation.call === 'fd_renumber' && operation.fd === operation.to && answers(difference, 'EBADF', 'ESUCCESS')
      )
    },
  },
  {
    id: 'cookie',
    what: 'fd_readdir from a cookie that was not given out: EINVAL here, entries or none in node:wasi.',
    right: 'either',
    authority: 'POSIX seekdir(): unspecified for a value that telldir() did not return.',
    accepts: (difference) =>
      difference.operation.call === 'fd_readdir' &&
      difference.operation.cookie > 2 &&
      answers(difference, 'EINVAL', 'ESUCCESS'),
  },
  {
    id: 'sweep',
    what: 'A listing during which what was listed is unlinked: node:wasi counts entries from the start, and loses some.',
    right: 'Vivarium',
    authority: 'POSIX readdir(): only whether entries that are added or removed meanwhile are returned is unspecified.',
    accepts: (difference) => {
      const { operation, ours, theirs } = difference
      if (operation.call !== 'sweep' || !isIn(difference, 'names') || isStuck(difference)) return false
      const all = ours.values.names?.split('/') ?? []
      return theirs.values.names?.split('/').every((name) => all.includes(name)) ?? false
    },
  },
  {
    id: 'listing-order',
    what: 'A listing that stops at a name which its buffer does not hold: what came before is a matter of the order.',
    right: 'either',
    authority: 'POSIX readdir(): the order of entries is unspecified.',
    accepts: (difference) =>
      difference.operation.call === 'sweep' && isIn(difference, 'names', 'stuck') && isStuck(difference),
  },
  {
    id: 'largest-file',
    what: 'Sizes and offsets over 2^53: EFBIG or EOVERFLOW here; on the host the file system decides.',
    right: 'either',
    authority: 'POSIX write(), ftruncate(), lseek(): EFBIG and EOVERFLOW at the implementation-defined maximum.',
    accepts: ({ operation, ours }) =>
      ['EFBIG', 'EOVERFLOW'].includes(ours.errno) && Object.values(operation).some((value) => Number(value) > 2 ** 53),
  },
  {
    id: 'large-descriptor',
    what: 'A descriptor over 2^31: EBADF here, EINVAL in node:wasi, which takes it for negative.',
    right: 'Vivarium',
    authority: 'preview1 fd is a u32; POSIX: EBADF for what is no open descriptor.',
    accepts: (difference) =>
      difference.theirs.errno === 'EINVAL' && Object.values(difference.operation).includes(4_000_000_000),
  },
  {
    id: 'advise',
    what: 'fd_advise from a negative offset: EINVAL here; the host takes it.',
    right: 'either',
    authority: 'POSIX posix_fadvise() has EINVAL for the length only; preview1 offsets have no sign.',
    accepts: (difference) =>
      difference.operation.call === 'fd_advise' &&
      difference.operation.offset < 0 &&
      answers(difference, 'EINVAL', 'ESUCCESS'),
  },
  {
    id: 'allocate',
    what: 'fd_allocate of no length, or from a negative offset: EINVAL here; node:wasi only extends the file, or does nothing.',
    right: 'Vivarium',
    authority: 'POSIX posix_fallocate(): EINVAL where len is zero or less, or offset less than zero.',
    accepts: (difference) => difference.operation.call === 'fd_allocate' && answers(difference, 'EINVAL', 'ESUCCESS'),
  },
  {
    id: 'unknown-flags',
    what: 'Flags that preview1 does not have: EINVAL here, ignored by node:wasi.',
    right: 'Vivarium',
    authority: 'POSIX fstatat(), linkat(), utimensat(): EINVAL where the value of the flag argument is not valid.',
    accepts: (difference) => answers(difference, 'EINVAL', undefined) && hasUnknownFlags(difference.operation),
  },
  {
    id: 'two-errors',
    what: 'Two things are wrong with a call, and each world tells of another.',
    right: 'either',
    authority: 'POSIX XSH 2.3 Error Numbers: any one of the possible errors may be returned, the order is undefined.',
    accepts: ({ operation, ours, theirs, facts }) => {
      const errors = errorsThatHold(operation, facts)
      return errors.has(ours.errno) && errors.has(theirs.errno)
    },
  },
]

const SECOND = 1_000_000_000n
const O_APPEND = 0o2000
const O_NONBLOCK = 0o4000

function isStuck({ ours, theirs }: Difference): boolean {
  return ours.values.stuck === '1' || theirs.values.stuck === '1'
}

function isSetTime(text: string | undefined): boolean {
  return TIMES.some((seconds) => String(nanoseconds(seconds)) === text)
}

function hasUnknownFlags(operation: Operation): boolean {
  if (operation.call === 'path_open') return operation.dirflags > 1 || operation.oflags > 15 || operation.fdflags > 31
  if (operation.call === 'fd_fdstat_set_flags') return operation.flags > 31
  return isPathCall(operation) && 'flags' in operation && operation.flags > 1
}

/** What is said of paths comes last but for what is more general. */
export const DIVERGENCES: readonly Divergence[] = [...RIGHTS, ...RESULTS.slice(0, -1), ...PARTS, ...RESULTS.slice(-1)]

/** The first divergence that accepts a difference. */
export function accepted(difference: Difference): Divergence | undefined {
  return DIVERGENCES.find((divergence) => divergence.accepts(difference))
}
