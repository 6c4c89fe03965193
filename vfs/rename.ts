/** `renameAt` alone: the longest list of rules in POSIX, in the order in which Linux applies them. */

import type { ByteString } from './bytes.ts'
import { EBUSY, EINVAL, EISDIR, ENOENT, ENOTDIR, ENOTEMPTY, type Errno } from './errno.ts'
import type { Filesystem } from './filesystem.ts'
import type { DirectoryInode, Instant } from './inode.ts'
import { ROOT_INO } from './inode_table.ts'
import type { Wall } from './walk.ts'

/**
 * Moves the name `oldPath` onto `newPath`, replacing what is there:
 * - the same inode under both: nothing happens, and both names stay;
 * - a directory replaces only an empty directory (ENOTDIR, ENOTEMPTY), anything else only what is none (EISDIR);
 * - a directory never moves below itself (EINVAL), nor onto one of its own ancestors (ENOTEMPTY);
 * - `.` and `..` as the last component, and the root, are EBUSY; a slash after what is no directory is ENOTDIR.
 */
export function renameAt(
  fs: Filesystem,
  oldBase: number,
  oldPath: ByteString,
  newBase: number,
  newPath: ByteString,
  wall: Wall,
  now: Instant,
): Errno | undefined {
  const { walk, table } = fs
  const fault = walk.run(oldBase, oldPath, 'parent', wall)
  if (fault !== undefined) return fault
  const { dir: oldDir, name: oldName, ino: oldIno, isName: oldIsName, trailing: oldTrailing } = walk
  const newFault = walk.run(newBase, newPath, 'parent', wall)
  if (newFault !== undefined) return newFault
  const { dir: newDir, name: newName, ino: newIno } = walk
  if (!oldIsName || !walk.isName) return EBUSY
  if (oldIno === 0) return ENOENT

  const moved = table.get(oldIno)
  const movesDirectory = moved.isDirectory()
  if (!movesDirectory && (oldTrailing || walk.trailing)) return ENOTDIR
  if (movesDirectory && newDir !== oldDir && isWithin(fs, newDir, oldIno)) return EINVAL
  if (newIno !== 0 && newDir !== oldDir && table.get(newIno).isDirectory() && isWithin(fs, oldDir, newIno))
    return ENOTEMPTY
  if (newIno === oldIno) return undefined

  if (newIno !== 0) {
    const target = table.get(newIno)
    if (target.isDirectory()) {
      if (!movesDirectory) return EISDIR
      if (target.body.size > 0) return ENOTEMPTY
    } else if (movesDirectory) return ENOTDIR
  } else if (newDir !== oldDir) {
    const full = fs.entryRoom(newDir)
    if (full !== undefined) return full
  }

  fs.removeEntry(oldDir, oldName, now)
  fs.putEntry(newDir, newName, oldIno, now)
  if (newIno !== 0) {
    if (movesDirectory) fs.dropDirectory(newDir, newIno, now)
    else fs.dropLink(newIno, now)
  }
  if (movesDirectory && newDir !== oldDir) {
    const from = table.own(oldDir) as DirectoryInode
    const to = table.own(newDir) as DirectoryInode
    from.nlink--
    from.body.subdirectories--
    to.nlink++
    to.body.subdirectories++
    ;(table.own(oldIno) as DirectoryInode).body.parent = newDir
  }
  table.own(oldIno).touchMetadata(now)
  return undefined
}

/** Whether the directory `ino` is `ancestor` or somewhere below it. A removed directory is below nothing but itself. */
function isWithin(fs: Filesystem, ino: number, ancestor: number): boolean {
  for (let at = ino; at !== 0; ) {
    if (at === ancestor) return true
    if (at === ROOT_INO) return false
    at = (fs.table.get(at) as DirectoryInode).body.parent
  }
  return false
}
