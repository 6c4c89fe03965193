/** For each divergence the shortest program that shows it, so that one which no longer is there does not stay listed. */

import { RIGHT_FD_ADVISE, RIGHT_FD_DATASYNC, RIGHT_FD_READ, RIGHT_FD_SEEK, RIGHTS_FILE } from '../../kernel/rights.ts'
import { DIRECTORY_RIGHTS, INHERITED_RIGHTS, type Operation, type Program } from './programs.ts'

const CREAT = 1
const DIRECTORY = 2

interface Open {
  readonly fd?: number
  readonly dirflags?: number
  readonly oflags?: number
  readonly base?: number
  readonly inheriting?: number
  readonly fdflags?: number
}

function open(path: string, options: Open = {}): Operation {
  return {
    call: 'path_open',
    fd: 3,
    dirflags: 1,
    path,
    oflags: CREAT,
    base: RIGHTS_FILE,
    inheriting: INHERITED_RIGHTS,
    fdflags: 0,
    ...options,
  }
}

const directory: Open = { oflags: DIRECTORY, base: DIRECTORY_RIGHTS }
const mkdir = (path: string): Operation => ({ call: 'path_create_directory', fd: 3, path })
const symlink = (target: string, path: string): Operation => ({ call: 'path_symlink', target, fd: 3, path })
const stat = (path: string, flags = 0): Operation => ({ call: 'path_filestat_get', fd: 3, flags, path })
const unlink = (path: string): Operation => ({ call: 'path_unlink_file', fd: 3, path })

/** By the divergence's id. */
export const EXAMPLES: { readonly [id: string]: Program } = {
  'descriptor-is-a-path': [
    mkdir('a'),
    open('a', directory),
    { call: 'path_rename', fd: 3, path: 'a', toFd: 3, to: 'b' },
    { call: 'path_create_directory', fd: 5, path: 'c' },
  ],
  wall: [stat('..')],
  'walks-out': [{ call: 'path_create_directory', fd: 4, path: 'a' }, stat('out/a')],
  'empty-path': [stat('')],
  'open-follows': [symlink('missing', 'a'), open('a', { dirflags: 0 })],
  text: [stat('missing/..')],
  'create-slash': [open('a'), open('a/')],
  'link-text': [symlink('../a', 'b')],
  'directory-io': [{ call: 'fd_read', fd: 3, length: 1, pieces: 1 }],
  'not-a-directory': [open('a'), stat('b'), { call: 'path_unlink_file', fd: 5, path: 'b' }],
  'not-open-for': [
    open('a'),
    open('a', { base: RIGHT_FD_READ }),
    { call: 'fd_write', fd: 6, length: 1, pieces: 1, seed: 0 },
  ],
  'directory-rights': [
    mkdir('a'),
    open('a', { ...directory, base: DIRECTORY_RIGHTS | RIGHT_FD_ADVISE }),
    { call: 'fd_fdstat_get', fd: 5 },
  ],
  'file-inheriting': [open('a'), { call: 'fd_fdstat_get', fd: 5 }],
  'open-needs-more': [
    { call: 'fd_fdstat_set_rights', fd: 3, base: DIRECTORY_RIGHTS, inheriting: RIGHTS_FILE & ~RIGHT_FD_SEEK },
    open('a', { base: RIGHTS_FILE & ~RIGHT_FD_SEEK, inheriting: 0 }),
  ],
  'open-to-write': [mkdir('a'), open('a', { ...directory, base: RIGHT_FD_DATASYNC })],
  tell: [open('a', { base: RIGHT_FD_READ | RIGHT_FD_SEEK }), { call: 'fd_tell', fd: 5 }],
  'fdstat-flags': [open('a', { fdflags: 1 }), { call: 'fd_fdstat_get', fd: 5 }],
  atim: [
    open('a'),
    { call: 'fd_write', fd: 5, length: 1, pieces: 1, seed: 0 },
    { call: 'fd_filestat_set_times', fd: 5, atim: 1, mtim: 1_000_000_000, flags: 5 },
    { call: 'fd_pread', fd: 5, length: 1, pieces: 1, offset: 0 },
    { call: 'fd_filestat_get', fd: 5 },
  ],
  seconds: [
    open('a'),
    { call: 'fd_filestat_set_times', fd: 5, atim: 0, mtim: 1_700_000_000.25, flags: 5 },
    { call: 'fd_filestat_get', fd: 5 },
  ],
  'prestat-room': [{ call: 'fd_prestat_dir_name', fd: 3, length: 1 }],
  'prestat-of-no-preopen': [open('a'), { call: 'fd_prestat_get', fd: 5 }],
  'readlink-room': [symlink('abc', 'a'), { call: 'path_readlink', fd: 3, path: 'a', length: 3 }],
  'renumber-to-itself': [{ call: 'fd_renumber', fd: 9, to: 9 }],
  cookie: [{ call: 'fd_readdir', fd: 3, length: 64, cookie: 9 }],
  sweep: [open('a'), open('b'), open('c'), { call: 'sweep', fd: 3, length: 30 }],
  'listing-order': [open('x'.repeat(255)), open('b'), { call: 'sweep', fd: 3, length: 30 }, unlink('b')],
  'largest-file': [open('a'), { call: 'fd_filestat_set_size', fd: 5, size: 2 ** 62 }],
  'large-descriptor': [{ call: 'fd_close', fd: 4_000_000_000 }],
  advise: [open('a'), { call: 'fd_advise', fd: 5, offset: -1, length: 0, advice: 0 }],
  allocate: [open('a'), { call: 'fd_allocate', fd: 5, offset: 0, length: 0 }],
  'unknown-flags': [mkdir('a'), stat('a', 2)],
  'two-errors': [{ call: 'fd_advise', fd: 9, offset: 0, length: 0, advice: 9 }],
}
