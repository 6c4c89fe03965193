/**
 * Which errnos each call can give: what the docs in src/hostcall say, as data. A test makes every one of them happen
 * through a real wasm call, and fails for one that is missing here or that nothing can cause; fault injection takes
 * from it what a guest has to be ready for.
 */

import type { CallName } from './signatures.ts'

/** What every walk of a path from a directory descriptor can give. */
const WALK = [
  'EBADF',
  'EFAULT',
  'EILSEQ',
  'EINVAL',
  'ELOOP',
  'ENAMETOOLONG',
  'ENOENT',
  'ENOTCAPABLE',
  'ENOTDIR',
  'EPERM',
] as const

/** By the name of the call: the names of the errnos that it returns, in alphabetical order; of success nothing is said. */
export const errnosOf: { readonly [name in CallName]: readonly string[] } = {
  args_get: ['EFAULT'],
  args_sizes_get: ['EFAULT'],
  environ_get: ['EFAULT'],
  environ_sizes_get: ['EFAULT'],
  clock_res_get: ['EFAULT', 'EINVAL'],
  clock_time_get: ['EFAULT', 'EINVAL'],
  fd_advise: ['EBADF', 'EINVAL', 'ENOTCAPABLE', 'ESPIPE'],
  fd_allocate: ['EBADF', 'EFBIG', 'EINVAL', 'EISDIR', 'ENODEV', 'ENOSPC', 'ENOTCAPABLE', 'ESPIPE'],
  fd_close: ['EBADF'],
  fd_datasync: ['EBADF', 'EINVAL', 'ENOTCAPABLE'],
  fd_fdstat_get: ['EBADF', 'EFAULT'],
  fd_fdstat_set_flags: ['EBADF', 'EINVAL', 'ENOTCAPABLE'],
  fd_fdstat_set_rights: ['EBADF', 'ENOTCAPABLE'],
  fd_filestat_get: ['EBADF', 'EFAULT', 'ENOTCAPABLE'],
  fd_filestat_set_size: ['EBADF', 'EFBIG', 'EINVAL', 'EISDIR', 'ENOTCAPABLE'],
  fd_filestat_set_times: ['EBADF', 'EINVAL', 'ENOTCAPABLE'],
  fd_pread: ['EBADF', 'EFAULT', 'EINVAL', 'EISDIR', 'ENOTCAPABLE', 'ESPIPE'],
  fd_prestat_get: ['EBADF', 'EFAULT'],
  fd_prestat_dir_name: ['EBADF', 'EFAULT', 'ENAMETOOLONG'],
  fd_pwrite: ['EBADF', 'EFAULT', 'EFBIG', 'EINVAL', 'ENOSPC', 'ENOTCAPABLE', 'ESPIPE'],
  fd_read: ['EAGAIN', 'EBADF', 'EFAULT', 'EINVAL', 'EISDIR', 'ENOTCAPABLE', 'ENOTCONN'],
  fd_readdir: ['EBADF', 'EFAULT', 'EINVAL', 'ENOTCAPABLE', 'ENOTDIR'],
  fd_renumber: ['EBADF'],
  fd_seek: ['EBADF', 'EFAULT', 'EINVAL', 'EISDIR', 'ENOTCAPABLE', 'EOVERFLOW', 'ESPIPE'],
  fd_sync: ['EBADF', 'EINVAL', 'ENOTCAPABLE'],
  fd_tell: ['EBADF', 'EFAULT', 'EISDIR', 'ENOTCAPABLE', 'ESPIPE'],
  fd_write: ['EAGAIN', 'EBADF', 'EFAULT', 'EFBIG', 'EINVAL', 'ENOSPC', 'ENOTCAPABLE', 'ENOTCONN', 'EPIPE'],
  path_create_directory: sorted(...WALK, 'EDQUOT', 'EEXIST', 'ENOSPC'),
  path_filestat_get: WALK,
  path_filestat_set_times: WALK,
  path_link: sorted(...WALK, 'EDQUOT', 'EEXIST', 'EMLINK'),
  path_open: sorted(...WALK, 'EDQUOT', 'EEXIST', 'EISDIR', 'EMFILE', 'ENOSPC', 'ENXIO'),
  path_readlink: WALK,
  path_remove_directory: sorted(...WALK, 'ENOTEMPTY'),
  path_rename: sorted(...WALK, 'EBUSY', 'EDQUOT', 'EISDIR', 'ENOTEMPTY'),
  path_symlink: sorted(...WALK, 'EDQUOT', 'EEXIST', 'ENOSPC'),
  path_unlink_file: sorted(...WALK, 'EISDIR'),
  poll_oneoff: ['EFAULT', 'EINVAL'],
  proc_exit: [],
  proc_raise: ['EINVAL', 'ENOTSUP'],
  sched_yield: [],
  random_get: ['EFAULT'],
  sock_accept: ['EAGAIN', 'EBADF', 'EFAULT', 'EINVAL', 'EMFILE', 'ENOTCAPABLE', 'ENOTSOCK'],
  sock_recv: ['EAGAIN', 'EBADF', 'EFAULT', 'EINVAL', 'ENOTCAPABLE', 'ENOTCONN', 'ENOTSOCK'],
  sock_send: ['EAGAIN', 'EBADF', 'EFAULT', 'EINVAL', 'ENOTCAPABLE', 'ENOTCONN', 'ENOTSOCK', 'EPIPE'],
  sock_shutdown: ['EBADF', 'EINVAL', 'ENOTCAPABLE', 'ENOTCONN', 'ENOTSOCK'],
}

function sorted(...names: string[]): readonly string[] {
  return names.sort()
}
