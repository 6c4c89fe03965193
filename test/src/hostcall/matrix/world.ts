/** The tree that the lines about paths are told in: one name for each kind of file. */

import type { CallName } from '../../../../src/abi/signatures.ts'
import type { Files } from '../../../../src/index.ts'
import type { Hostcalls, HostcallsOptions } from '../../../support/hostcalls.ts'
import type { Case } from './types.ts'

/** Everything in the tree has this time, and the first call comes one tick after it; nanoseconds. */
export const EPOCH = 1_000_000_000n
/** How long each call takes, nanoseconds. */
export const TICK = 1000n

/** Descriptors that the guest starts with. */
export const ROOT_FD = 3
/** The directory `dir`, as a preopen of its own. */
export const DIR_FD = 4
/** A listening socket. */
export const LISTENER_FD = 5
/** The lowest free number. */
export const FREE_FD = 6
/** A number that is never open. */
export const CLOSED_FD = 99

/** In the root; `fifo` and `socket` are added by `inWorld`. */
export const WORLD_FILES: Files = {
  '/file': 'content',
  '/dir/inner': 'inner',
  '/dir/sub': null,
  '/dir/up': { symlink: '..' },
  '/dir/abs': { symlink: '/file' },
  '/empty': null,
  '/link': { symlink: 'file' },
  '/dirlink': { symlink: 'dir' },
  '/dangling': { symlink: 'nowhere' },
  '/loop': { symlink: 'loop' },
  '/abs': { symlink: '/file' },
  '/escape': { symlink: '../file' },
  '/device': { device: 'zero' },
}

const WORLD: HostcallsOptions = {
  image: 'empty',
  epoch: EPOCH,
  tick: Number(TICK),
  files: WORLD_FILES,
  run: { preopens: { '/': '/', '/dir': '/dir' }, listen: [[]] },
}

/** A kind of file by its name in the root, as a sentence says it. */
export interface Thing {
  readonly path: string
  readonly is: string
}

export const FILE: Thing = { path: 'file', is: 'a regular file' }
export const DIRECTORY: Thing = { path: 'dir', is: 'a directory with entries' }
export const EMPTY: Thing = { path: 'empty', is: 'an empty directory' }
export const LINK: Thing = { path: 'link', is: 'a link to a file' }
export const DIRECTORY_LINK: Thing = { path: 'dirlink', is: 'a link to a directory' }
export const DANGLING: Thing = { path: 'dangling', is: 'a dangling link' }
export const LOOP: Thing = { path: 'loop', is: 'a link to itself' }
export const FIFO: Thing = { path: 'fifo', is: 'a fifo' }
export const SOCKET: Thing = { path: 'socket', is: 'a socket' }
export const DEVICE: Thing = { path: 'device', is: 'a device' }

export const LINKS: readonly Thing[] = [LINK, DIRECTORY_LINK, DANGLING, LOOP]
export const DIRECTORIES: readonly Thing[] = [DIRECTORY, EMPTY]
/** All that is neither a directory nor a link. */
export const PLAIN: readonly Thing[] = [FILE, FIFO, SOCKET, DEVICE]
/** All that is no directory itself. */
export const NO_DIRECTORIES: readonly Thing[] = [...PLAIN, ...LINKS]
export const ALL: readonly Thing[] = [...NO_DIRECTORIES, ...DIRECTORIES]

/** A line told in the world, changed by `options`. */
export function inWorld(
  call: CallName,
  errno: string,
  when: string,
  test: (h: Hostcalls) => void,
  options: HostcallsOptions = {},
): Case {
  return {
    call,
    errno,
    when,
    options: { ...WORLD, ...options, run: { ...WORLD.run, ...options.run } },
    test: (h) => {
      if (options.files === undefined) {
        h.mknod('fifo', 'fifo')
        h.mknod('socket', 'socket')
      }
      test(h)
    },
  }
}

/** A tree of nothing but `/file` and `/dir`, whose quota has no room for one more inode, or for one more name in the root. */
export const NO_INODES: HostcallsOptions = { files: { '/file': '', '/dir': null }, quota: { inodes: 3 } }
export const NO_ENTRIES: HostcallsOptions = { files: { '/file': '', '/dir': null }, quota: { entries: 2 } }

/** Opens `empty` and removes it: a directory that is there only as long as it is open. */
export function removedDirectory(h: Hostcalls): number {
  const fd = h.opened('empty')
  const { ptr, len } = h.put('empty')
  h.must('path_remove_directory', ROOT_FD, ptr, len)
  return fd
}
