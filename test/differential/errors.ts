/** What is wrong with a call before it is made: every errno that has its reason, whichever a world finds first. */

import * as rights from '../../kernel/rights.ts'
import type { Call, Operation } from './programs.ts'
import type { Facts, Open } from './worlds.ts'

export function isPathCall({ call }: Operation): boolean {
  return call.startsWith('path_')
}

/** Whether it is a call that makes sense for a file, and not for a directory. */
export function isFileCall({ call }: Operation): boolean {
  return /^fd_(p?read|p?write|seek|tell|allocate|advise|filestat_set_size)$/.test(call)
}

/** What the operation has of paths and texts of links. */
export function textsOf(operation: Operation): string[] {
  return Object.values(operation)
    .slice(1)
    .filter((value) => typeof value === 'string')
}

export function errorsThatHold(operation: Operation, facts: Facts): Set<string> {
  const errors = new Set<string>()
  const { open, openTo, places } = facts
  const needed = NEEDED[operation.call]
  const seen = (descriptor: Open | undefined, wanted: number): void => {
    if (descriptor === undefined) {
      errors.add('EBADF')
      return
    }
    if ((descriptor.base & wanted) !== wanted) errors.add('ENOTCAPABLE')
    if (needed?.directory === true && descriptor.kind !== 'directory') errors.add('ENOTDIR').add('ENOTCAPABLE')
  }
  seen(open, needed?.rights ?? 0)
  if ('toFd' in operation || operation.call === 'fd_renumber') seen(openTo, needed?.rightsTo ?? 0)
  if (isFileCall(operation) && open?.kind === 'directory') errors.add('EISDIR').add('EBADF').add('ENOTCAPABLE')
  if (/^fd_p?read$/.test(operation.call) && open?.readable === false) errors.add('EBADF')
  if (/^fd_(p?write|allocate|filestat_set_size)$/.test(operation.call) && open?.writable === false) errors.add('EBADF')
  for (const [index, { ours, refused, exists }] of places.entries()) {
    if (exists === undefined) errors.add(ours)
    if (exists === false && index === 0 && !MAKERS.has(operation.call)) errors.add('ENOENT')
    if (exists === true && (MAKERS.has(operation.call) || (operation.call === 'path_link' && index === 1)))
      errors.add('EEXIST')
    if (refused !== undefined) errors.add(refused)
  }
  if (facts.targetRefused !== undefined) errors.add(facts.targetRefused)
  if (textsOf(operation).some((text) => text.includes('\0'))) errors.add('EINVAL')
  if (operation.call === 'path_open') {
    const asked = operation.base | operation.inheriting
    if ((asked & ~(open?.inheriting ?? 0)) !== 0) errors.add('ENOTCAPABLE')
    if ((operation.oflags & 1) !== 0 && operation.path.endsWith('/')) errors.add('EISDIR')
  }
  if (hasBadArgument(operation)) errors.add('EINVAL')
  return errors
}

/** Calls that make what is at their path, which must not be there. */
const MAKERS: ReadonlySet<Call> = new Set<Call>(['path_create_directory', 'path_symlink'])

/** The rights that a call asks for, of its first and second descriptor, and whether they have to be directories. */
const NEEDED: { readonly [call in Call]?: { rights: number; rightsTo?: number; directory?: boolean } } = {
  fd_advise: { rights: rights.RIGHT_FD_ADVISE },
  fd_allocate: { rights: rights.RIGHT_FD_ALLOCATE },
  fd_datasync: { rights: rights.RIGHT_FD_DATASYNC },
  fd_fdstat_set_flags: { rights: rights.RIGHT_FD_FDSTAT_SET_FLAGS },
  fd_filestat_get: { rights: rights.RIGHT_FD_FILESTAT_GET },
  fd_filestat_set_size: { rights: rights.RIGHT_FD_FILESTAT_SET_SIZE },
  fd_filestat_set_times: { rights: rights.RIGHT_FD_FILESTAT_SET_TIMES },
  fd_pread: { rights: rights.RIGHT_FD_READ | rights.RIGHT_FD_SEEK },
  fd_pwrite: { rights: rights.RIGHT_FD_WRITE | rights.RIGHT_FD_SEEK },
  fd_read: { rights: rights.RIGHT_FD_READ },
  fd_readdir: { rights: rights.RIGHT_FD_READDIR, directory: true },
  fd_seek: { rights: rights.RIGHT_FD_SEEK },
  fd_sync: { rights: rights.RIGHT_FD_SYNC },
  fd_tell: { rights: rights.RIGHT_FD_TELL },
  fd_write: { rights: rights.RIGHT_FD_WRITE },
  list: { rights: rights.RIGHT_FD_READDIR, directory: true },
  path_create_directory: { rights: rights.RIGHT_PATH_CREATE_DIRECTORY, directory: true },
  path_filestat_get: { rights: rights.RIGHT_PATH_FILESTAT_GET, directory: true },
  path_filestat_set_times: { rights: rights.RIGHT_PATH_FILESTAT_SET_TIMES, directory: true },
  path_link: {
    rights: rights.RIGHT_PATH_LINK_SOURCE,
    rightsTo: rights.RIGHT_PATH_LINK_TARGET,
    directory: true,
  },
  path_open: { rights: rights.RIGHT_PATH_OPEN, directory: true },
  path_readlink: { rights: rights.RIGHT_PATH_READLINK, directory: true },
  path_remove_directory: { rights: rights.RIGHT_PATH_REMOVE_DIRECTORY, directory: true },
  path_rename: {
    rights: rights.RIGHT_PATH_RENAME_SOURCE,
    rightsTo: rights.RIGHT_PATH_RENAME_TARGET,
    directory: true,
  },
  path_symlink: { rights: rights.RIGHT_PATH_SYMLINK, directory: true },
  path_unlink_file: { rights: rights.RIGHT_PATH_UNLINK_FILE, directory: true },
  sweep: { rights: rights.RIGHT_FD_READDIR, directory: true },
}

function hasBadArgument(operation: Operation): boolean {
  switch (operation.call) {
    case 'fd_advise':
      return operation.advice > 5 || operation.offset < 0 || operation.length < 0
    case 'fd_allocate':
      return operation.offset < 0 || operation.length <= 0
    case 'fd_filestat_set_size':
      return operation.size < 0
    case 'fd_filestat_set_times':
      return operation.flags > 15 || (operation.flags & 3) === 3 || (operation.flags & 12) === 12
    case 'fd_pread':
    case 'fd_pwrite':
      return operation.offset < 0
    case 'fd_seek':
      return operation.whence > 2 || operation.delta < 0
    default:
      return false
  }
}
