/** Bounds of names and paths, and the quota of a tree. Numbers are Linux's where Linux has one. */

/** Bytes in one name. */
export const NAME_MAX = 255
/** Bytes in one path or link target, without the closing NUL that other systems count. */
export const PATH_MAX = 4095
/** Symbolic links followed in one walk before ELOOP. */
export const SYMLOOP_MAX = 40
/** Links to one inode. */
export const LINK_MAX = 65_000
/** The largest size of a file and the largest offset, in bytes; beyond it is EFBIG. */
export const FILE_SIZE_MAX: number = Number.MAX_SAFE_INTEGER
/** The unit in which contents are charged to the quota, in bytes. */
export const BLOCK_SIZE = 4096
/** The unit in which contents are stored and copied on write, in bytes. */
export const CHUNK_SIZE = 32_768

/** What a tree may hold; over `bytes` or `inodes` it is ENOSPC, over `entries` it is EDQUOT. */
export interface Quota {
  /** Contents, in whole blocks of `BLOCK_SIZE`; of each `CHUNK_SIZE` those up to the last written. Default 4 GiB. */
  readonly bytes: number
  /** Inodes of every kind. Default 1,048,576. */
  readonly inodes: number
  /** Names in one directory. Default 1,048,576. */
  readonly entries: number
}

export const DEFAULT_QUOTA: Quota = { bytes: 2 ** 32, inodes: 2 ** 20, entries: 2 ** 20 }
