/**
 * What may go wrong with a call though the guest did nothing wrong: what POSIX and the manual of Linux say of disks that
 * fail or fill up, rights that are not there, tables that are full, and signals. Errors that only wrong arguments give,
 * as EBADF or EFAULT, are not here: `src/abi/errnos.ts` has those.
 */

import type { CallName } from '../abi/signatures.ts'
import type { TraceRecord } from '../run.ts'

/** Of the rights that a file is opened with. */
const RIGHT_FD_WRITE = 0x40

const CHANGE = ['EIO', 'ENOSPC', 'EDQUOT', 'EROFS', 'EACCES'] as const

/** By the call; of a call that is not here nothing is the environment's. */
const ERRNOS: { readonly [call in CallName]?: readonly string[] } = {
  fd_allocate: ['EIO', 'ENOSPC', 'EDQUOT', 'EINTR'],
  fd_close: ['EIO', 'ENOSPC', 'EDQUOT', 'EINTR'],
  fd_datasync: ['EIO', 'ENOSPC', 'EDQUOT', 'EINTR'],
  fd_filestat_get: ['EIO'],
  fd_filestat_set_size: ['EIO', 'ENOSPC', 'EINTR'],
  fd_filestat_set_times: ['EIO', 'EROFS', 'EACCES'],
  fd_pread: ['EIO', 'EINTR', 'EAGAIN'],
  fd_pwrite: ['EIO', 'ENOSPC', 'EDQUOT', 'EINTR', 'EAGAIN'],
  fd_read: ['EIO', 'EINTR', 'EAGAIN'],
  fd_readdir: ['EIO'],
  fd_sync: ['EIO', 'ENOSPC', 'EDQUOT', 'EINTR'],
  fd_write: ['EIO', 'ENOSPC', 'EDQUOT', 'EINTR', 'EAGAIN'],
  path_create_directory: CHANGE,
  path_filestat_get: ['EIO', 'EACCES'],
  path_filestat_set_times: ['EIO', 'EROFS', 'EACCES'],
  path_link: CHANGE,
  path_open: ['EIO', 'EACCES', 'EMFILE', 'ENFILE', 'EINTR', 'ENOSPC', 'EDQUOT', 'EROFS'],
  path_readlink: ['EIO', 'EACCES'],
  path_remove_directory: ['EIO', 'EROFS', 'EACCES', 'EBUSY'],
  path_rename: [...CHANGE, 'EBUSY', 'EXDEV'],
  path_symlink: CHANGE,
  path_unlink_file: ['EIO', 'EROFS', 'EACCES', 'EBUSY'],
  poll_oneoff: ['EINTR'],
  random_get: ['EIO', 'EAGAIN'],
  sock_accept: ['ECONNABORTED', 'EMFILE', 'ENFILE', 'EINTR', 'EAGAIN'],
  sock_recv: ['ECONNRESET', 'EINTR', 'EAGAIN'],
  sock_send: ['ECONNRESET', 'EPIPE', 'EINTR', 'EAGAIN'],
}

/** Only where a file is to be made or written. */
const OF_CHANGE: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EROFS'])

/** The errnos that the environment may give at any call of that name. */
export function environmentErrnos(call: string): readonly string[] {
  return ERRNOS[call as CallName] ?? []
}

/** The same at a call that was made, with what its arguments rule out left out. */
export function environmentErrnosAt({ call, args }: TraceRecord): readonly string[] {
  const errnos = environmentErrnos(call)
  if (call !== 'path_open') return errnos
  const makes = /CREAT|TRUNC/.test(String(args.oflags))
  const writes = (Number(args.fs_rights_base) & RIGHT_FD_WRITE) !== 0
  return makes ? errnos : errnos.filter((errno) => !OF_CHANGE.has(errno) || (errno === 'EROFS' && writes))
}
