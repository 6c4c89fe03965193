/**
 * The tree: every operation checks all that can go wrong and then makes a change that cannot fail.
 * It knows names, bytes and links; descriptors are the kernel's, and time comes in as an argument.
 */

import { KernelBug } from './bug.ts'
import type { ByteString } from './bytes.ts'
import { Directory } from './directory.ts'
import {
  EBUSY,
  EDQUOT,
  EEXIST,
  EFBIG,
  EINVAL,
  EISDIR,
  ELOOP,
  EMLINK,
  ENOENT,
  ENOSPC,
  ENOTDIR,
  ENOTEMPTY,
  EPERM,
  Errno,
} from './errno.ts'
import { FileData } from './file_data.ts'
import { Holds } from './holds.ts'
import type { DeviceName, DirectoryInode, FileInode, Inode, Instant, Kind } from './inode.ts'
import { InodeTable, ROOT_INO } from './inode_table.ts'
import { BLOCK_SIZE, DEFAULT_QUOTA, FILE_SIZE_MAX, LINK_MAX, type Quota } from './limits.ts'
import { Lineage } from './lineage.ts'
import { checkPath } from './path.ts'
import { renameAt } from './rename.ts'
import { type Last, Walk, type Wall } from './walk.ts'

/** Flags of `openAt`, as POSIX's `O_` flags of the same names. */
export const OPEN_CREATE = 1
export const OPEN_EXCLUSIVE = 2
export const OPEN_DIRECTORY = 4
export const OPEN_NOFOLLOW = 8
export const OPEN_TRUNCATE = 16
export const OPEN_WRITE = 32

const FILE_MODE = 0o644
const DIRECTORY_MODE = 0o755
const SYMLINK_MODE = 0o777
const EPOCH: Instant = { sec: 0, nsec: 0 }

export class Filesystem {
  readonly quota: Quota
  /** For the modules of this folder; others read inodes by `get`. */
  readonly table: InodeTable
  /** For the modules of this folder: the walk, whose fields hold the last result. */
  readonly walk: Walk
  /** Blocks that hold data, over all files. */
  blocks = 0
  readonly #quotaBlocks: number
  /** What is held open, from the first on; a removed inode lives until nobody holds it. */
  #holds: Holds | undefined

  /** What has been worked out of states of this tree: shared by all forks. */
  readonly lineage: Lineage

  /** An empty tree whose root was made at `now`; or, with `table`, the tree that is in it. `whole`: a quota without defaults. */
  constructor(
    quota: Partial<Quota> = {},
    now: Instant = EPOCH,
    table?: InodeTable,
    lineage: Lineage = new Lineage(),
    whole: Quota = { ...DEFAULT_QUOTA, ...quota },
  ) {
    this.lineage = lineage
    this.quota = whole
    this.#quotaBlocks = Math.floor(this.quota.bytes / BLOCK_SIZE)
    this.table = table ?? new InodeTable()
    this.walk = new Walk(this.table)
    if (table !== undefined) return
    const root = this.table.add('directory', new Directory(ROOT_INO), DIRECTORY_MODE, now)
    root.nlink = 2
  }

  /**
   * A second, independent tree with the same content, in O(1). What only an open descriptor kept alive is not in it,
   * unless `holds` says that the descriptors are forked too.
   */
  fork(holds: 'drop' | 'keep' = 'drop'): Filesystem {
    const copy = new Filesystem(this.quota, EPOCH, this.table.fork(), this.lineage, this.quota)
    copy.blocks = this.blocks
    if (holds === 'keep') copy.#holds = this.#holds?.clone()
    else
      this.#holds?.forEach((ino) => {
        if (this.get(ino).nlink === 0) copy.#free(ino)
      })
    return copy
  }

  /** The inode to look at. Preconditions: `ino` is linked or held. */
  get(ino: number): Readonly<Inode> {
    return this.table.get(ino)
  }

  /** Keeps an inode alive though its last name may go. */
  hold(ino: number): void {
    if (this.#holds === undefined) this.#holds = new Holds(ino)
    else this.#holds.add(ino)
  }

  /** Undoes one `hold`; a removed inode that nobody holds is gone. */
  release(ino: number): void {
    const left = this.#holds?.remove(ino)
    if (left === undefined) throw new KernelBug(`inode ${ino} is not held`)
    if (left === 0 && this.get(ino).nlink === 0) this.#free(ino)
  }

  isHeld(ino: number): boolean {
    return this.#holds?.has(ino) === true
  }

  /** The inode at `path`: ENOENT when missing, and the walk's own errors. */
  lookup(base: number, path: ByteString, last: Last, wall: Wall): number | Errno {
    const fault = this.walk.run(base, path, last, wall)
    if (fault !== undefined) return fault
    return this.walk.ino === 0 ? ENOENT : this.walk.ino
  }

  /**
   * The inode that an open of `path` gives, made when `OPEN_CREATE` asks for it. Whether it may be read or written is
   * the caller's to check, but for what Linux refuses here: EISDIR for a directory to be written, ELOOP for a link.
   * Nothing is truncated: the caller does that once nothing else can fail.
   */
  openAt(
    base: number,
    path: ByteString,
    flags: number,
    wall: Wall,
    now: Instant,
    mode: number = FILE_MODE,
  ): number | Errno {
    const creates = (flags & OPEN_CREATE) !== 0
    const exclusive = creates && (flags & OPEN_EXCLUSIVE) !== 0
    const follow = (flags & OPEN_NOFOLLOW) === 0 && !exclusive
    // With O_CREAT a slash at the end is an error of its own, whatever is before it.
    const last = creates ? (follow ? 'create' : 'parent') : follow ? 'follow' : 'nofollow'
    const fault = this.walk.run(base, path, last, wall)
    if (fault !== undefined) return fault
    const { dir, name, ino, trailing } = this.walk
    if (creates && trailing && this.walk.isName) return EISDIR
    if (ino === 0) {
      if (!creates) return ENOENT
      const made = this.#make(dir, name, 'file', new FileData(), mode, now)
      return made instanceof Errno ? made : made.ino
    }
    if (exclusive) return EEXIST
    const inode = this.get(ino)
    if (inode.isSymlink()) return (flags & OPEN_DIRECTORY) !== 0 ? ENOTDIR : ELOOP
    if (inode.isDirectory()) {
      if (creates || (flags & (OPEN_WRITE | OPEN_TRUNCATE)) !== 0) return EISDIR
    } else if ((flags & OPEN_DIRECTORY) !== 0) return ENOTDIR
    return ino
  }

  /** Makes a directory; its number. EEXIST for whatever is there already. */
  mkdirAt(base: number, path: ByteString, wall: Wall, now: Instant, mode: number = DIRECTORY_MODE): number | Errno {
    const fault = this.#missing(base, path, wall, true)
    if (fault !== undefined) return fault
    const { dir, name } = this.walk
    const made = this.#make(dir, name, 'directory', new Directory(dir), mode, now)
    if (made instanceof Errno) return made
    made.nlink = 2
    const parent = this.#ownDirectory(dir)
    parent.nlink++
    parent.body.subdirectories++
    return made.ino
  }

  /** Makes a symbolic link whose text is `target`, stored as it is. ENOENT for an empty one. */
  symlinkAt(target: ByteString, base: number, path: ByteString, wall: Wall, now: Instant): number | Errno {
    const bad = checkPath(target)
    if (bad !== undefined) return bad
    const fault = this.#missing(base, path, wall, false)
    if (fault !== undefined) return fault
    const made = this.#make(this.walk.dir, this.walk.name, 'symlink', target, SYMLINK_MODE, now)
    return made instanceof Errno ? made : made.ino
  }

  /** Makes a fifo, a socket, or a device of that name. */
  mknodAt(
    base: number,
    path: ByteString,
    kind: 'fifo' | 'socket' | 'device',
    device: DeviceName | undefined,
    wall: Wall,
    now: Instant,
    mode: number = FILE_MODE,
  ): number | Errno {
    const fault = this.#missing(base, path, wall, false)
    if (fault !== undefined) return fault
    const made = this.#make(this.walk.dir, this.walk.name, kind, device, mode, now)
    return made instanceof Errno ? made : made.ino
  }

  /** Gives the inode at `oldPath` a second name. EPERM for a directory, EMLINK over `LINK_MAX`. */
  linkAt(
    oldBase: number,
    oldPath: ByteString,
    last: 'follow' | 'nofollow',
    newBase: number,
    newPath: ByteString,
    wall: Wall,
    now: Instant,
  ): Errno | undefined {
    const ino = this.lookup(oldBase, oldPath, last, wall)
    if (ino instanceof Errno) return ino
    const fault = this.#missing(newBase, newPath, wall, false)
    if (fault !== undefined) return fault
    const { dir, name } = this.walk
    if (this.get(ino).isDirectory()) return EPERM
    if (this.get(ino).nlink >= LINK_MAX) return EMLINK
    const full = this.entryRoom(dir)
    if (full !== undefined) return full
    const inode = this.table.own(ino)
    inode.nlink++
    inode.touchMetadata(now)
    this.#enter(dir, name, ino, now)
    return undefined
  }

  /** Removes a name of anything but a directory (EISDIR). */
  unlinkAt(base: number, path: ByteString, wall: Wall, now: Instant): Errno | undefined {
    const fault = this.walk.run(base, path, 'parent', wall)
    if (fault !== undefined) return fault
    const { dir, name, ino, trailing } = this.walk
    if (!this.walk.isName) return EISDIR
    if (ino === 0) return ENOENT
    if (this.get(ino).isDirectory()) return EISDIR
    if (trailing) return ENOTDIR
    this.removeEntry(dir, name, now)
    this.dropLink(ino, now)
    return undefined
  }

  /** Removes an empty directory. EINVAL for `.`, ENOTEMPTY for `..`, EBUSY for the root. */
  rmdirAt(base: number, path: ByteString, wall: Wall, now: Instant): Errno | undefined {
    const fault = this.walk.run(base, path, 'parent', wall)
    if (fault !== undefined) return fault
    const { dir, name, ino } = this.walk
    if (!this.walk.isName) return name === '.' ? EINVAL : name === '..' ? ENOTEMPTY : EBUSY
    if (ino === 0) return ENOENT
    const inode = this.get(ino)
    if (!inode.isDirectory()) return ENOTDIR
    if (inode.body.size > 0) return ENOTEMPTY
    this.removeEntry(dir, name, now)
    this.dropDirectory(dir, ino, now)
    return undefined
  }

  /** Moves a name onto another, over what POSIX lets it replace; see `rename.ts`. */
  renameAt(
    oldBase: number,
    oldPath: ByteString,
    newBase: number,
    newPath: ByteString,
    wall: Wall,
    now: Instant,
  ): Errno | undefined {
    return renameAt(this, oldBase, oldPath, newBase, newPath, wall, now)
  }

  /** The text of the link at `path`; EINVAL for what is no link. */
  readlinkAt(base: number, path: ByteString, wall: Wall): ByteString | Errno {
    const ino = this.lookup(base, path, 'nofollow', wall)
    if (ino instanceof Errno) return ino
    const inode = this.get(ino)
    return inode.isSymlink() ? inode.body : EINVAL
  }

  /** Reads up to `length` bytes at `offset` into `target` from `start`; how many. Preconditions: a regular file. */
  read(ino: number, offset: number, target: Uint8Array, start: number, length: number): number {
    return (this.table.get(ino) as FileInode).body.read(offset, target, start, length)
  }

  /**
   * Writes `length` bytes at `offset`; how many were, which is fewer where the quota or the largest size ends.
   * EFBIG at the largest size, ENOSPC when not one byte has room. Preconditions: a regular file.
   */
  write(ino: number, offset: number, source: Uint8Array, start: number, length: number, now: Instant): number | Errno {
    if (length === 0) return 0
    if (offset >= FILE_SIZE_MAX) return EFBIG
    const wanted = Math.min(length, FILE_SIZE_MAX - offset)
    const found = this.table.get(ino) as FileInode
    const room = found.body.room(offset, wanted, this.#freeBlocks())
    if (room === 0) return ENOSPC
    const inode = found.edition === this.table.edition ? found : (this.table.own(ino) as FileInode)
    const { body } = inode
    const before = body.blocks
    body.write(this.table.edition, offset, source, start, room)
    this.blocks += body.blocks - before
    inode.touch(now)
    return room
  }

  /** Sets the size of a regular file; what is beyond is cut, what is missing is a hole. EFBIG over the largest size. */
  truncate(ino: number, size: number, now: Instant): Errno | undefined {
    if (size < 0) return EINVAL
    if (size > FILE_SIZE_MAX) return EFBIG
    const inode = this.table.own(ino) as FileInode
    const before = inode.body.blocks
    inode.body.truncate(this.table.edition, size)
    this.blocks += inode.body.blocks - before
    inode.touch(now)
    return undefined
  }

  /** Makes sure that a range of a regular file has its blocks, growing the file to its end; all or nothing. */
  allocate(ino: number, offset: number, length: number, now: Instant): Errno | undefined {
    if (length <= 0 || offset < 0) return EINVAL
    if (offset + length > FILE_SIZE_MAX) return EFBIG
    const { body } = this.table.get(ino) as FileInode
    const free = this.#freeBlocks()
    if (Math.floor(length / BLOCK_SIZE) - body.blocks > free) return ENOSPC
    if (body.room(offset, length, free) < length) return ENOSPC
    const inode = this.table.own(ino) as FileInode
    const before = inode.body.blocks
    inode.body.allocate(this.table.edition, offset, length)
    this.blocks += inode.body.blocks - before
    inode.touch(now)
    return undefined
  }

  /** Sets access and modification time (`undefined` leaves one as it is); ctim becomes `now`. */
  setTimes(ino: number, atim: Instant | undefined, mtim: Instant | undefined, now: Instant): void {
    const inode = this.table.own(ino)
    if (atim !== undefined) {
      inode.atimSec = atim.sec
      inode.atimNsec = atim.nsec
    }
    if (mtim !== undefined) {
      inode.mtimSec = mtim.sec
      inode.mtimNsec = mtim.nsec
    }
    inode.touchMetadata(now)
  }

  setMode(ino: number, mode: number, now: Instant): void {
    const inode = this.table.own(ino)
    inode.mode = mode & 0o7777
    inode.touchMetadata(now)
  }

  /** ENOSPC or EDQUOT where `dir` cannot take one more name; ENOENT where it is removed. For this folder. */
  entryRoom(dir: number): Errno | undefined {
    const inode = this.table.get(dir) as DirectoryInode
    if (inode.nlink === 0) return ENOENT
    return inode.body.size >= this.quota.entries ? EDQUOT : undefined
  }

  /** Takes a name out of a directory; the inode's links are the caller's. For this folder. */
  removeEntry(dir: number, name: ByteString, now: Instant): void {
    const parent = this.#ownDirectory(dir)
    parent.body.delete(this.table.edition, name)
    parent.touch(now)
  }

  /** Puts `ino` under a name of a directory, over what was there. For this folder. */
  putEntry(dir: number, name: ByteString, ino: number, now: Instant): void {
    this.#enter(dir, name, ino, now)
  }

  /** Takes one link off an inode that is no directory; the last one frees it unless it is held. For this folder. */
  dropLink(ino: number, now: Instant): void {
    const inode = this.table.own(ino)
    inode.nlink--
    inode.touchMetadata(now)
    if (inode.nlink === 0 && !this.isHeld(ino)) this.#free(ino)
  }

  /** Ends an empty directory whose name in `dir` is gone already. For this folder. */
  dropDirectory(dir: number, ino: number, now: Instant): void {
    const parent = this.#ownDirectory(dir)
    parent.nlink--
    parent.body.subdirectories--
    const inode = this.#ownDirectory(ino)
    inode.nlink = 0
    inode.body.parent = 0
    inode.touchMetadata(now)
    if (!this.isHeld(ino)) this.#free(ino)
  }

  /** Walks to a name that must not be there yet and may be made. EEXIST; ENOENT for a slash after what is no directory. */
  #missing(base: number, path: ByteString, wall: Wall, directory: boolean): Errno | undefined {
    const fault = this.walk.run(base, path, 'parent', wall)
    if (fault !== undefined) return fault
    if (!this.walk.isName || this.walk.ino !== 0) return EEXIST
    return this.walk.trailing && !directory ? ENOENT : undefined
  }

  #make(dir: number, name: ByteString, kind: Kind, body: Inode['body'], mode: number, now: Instant): Inode | Errno {
    const full = this.entryRoom(dir)
    if (full !== undefined) return full
    if (this.table.count >= this.quota.inodes) return ENOSPC
    const inode = this.table.add(kind, body, mode, now)
    inode.nlink = 1
    this.#enter(dir, name, inode.ino, now)
    return inode
  }

  #enter(dir: number, name: ByteString, ino: number, now: Instant): void {
    const parent = this.#ownDirectory(dir)
    parent.body.set(this.table.edition, name, ino)
    parent.touch(now)
  }

  #ownDirectory(ino: number): DirectoryInode {
    return this.table.own(ino) as DirectoryInode
  }

  #freeBlocks(): number {
    return Math.max(0, this.#quotaBlocks - this.blocks)
  }

  #free(ino: number): void {
    const inode = this.table.get(ino)
    if (inode.isFile()) {
      this.blocks -= inode.body.blocks
      // Only a file of this edition is cut: its chunks may be used again, those of an older one are shared.
      if (inode.edition === this.table.edition && inode.body.blocks > 0) inode.body.truncate(this.table.edition, 0)
    }
    this.table.delete(ino)
  }
}
