/** The checker ("fsck"): what is wrong with a tree, as sentences. A sound tree gives none; every vfs test ends with it. */

import { type ByteString, textOf } from './bytes.ts'
import type { Filesystem } from './filesystem.ts'
import { ROOT_INO } from './inode_table.ts'
import { BLOCK_SIZE } from './limits.ts'
import { checkPath, isTooLong } from './path.ts'

/** All faults found; an empty list for a sound tree. Linear in the tree, and never recursive. */
export function check(fs: Filesystem): string[] {
  const faults: string[] = []
  const names = new Map<number, number>()
  const reached = new Set<number>([ROOT_INO])
  const queue = [ROOT_INO]
  if (!fs.table.has(ROOT_INO)) return ['there is no root']
  const root = fs.get(ROOT_INO)
  if (!root.isDirectory()) return ['the root is no directory']
  if (root.body.parent !== ROOT_INO) faults.push(`the root: ".." is ${root.body.parent}`)
  for (let ino = queue.pop(); ino !== undefined; ino = queue.pop()) {
    const inode = fs.get(ino)
    if (!inode.isDirectory()) continue
    let subdirectories = 0
    let size = 0
    let before = ''
    inode.body.visit('', (name, child) => {
      size++
      if (!(before < name)) faults.push(`directory ${ino}: ${textOf(name)} is out of order`)
      before = name
      if (!isName(name)) faults.push(`directory ${ino}: ${JSON.stringify(textOf(name))} is no name`)
      names.set(child, (names.get(child) ?? 0) + 1)
      if (!fs.table.has(child)) {
        faults.push(`directory ${ino}: ${textOf(name)} names inode ${child}, which is not there`)
        return true
      }
      if (inode.body.get(name) !== child) faults.push(`directory ${ino}: ${textOf(name)} is listed but not found`)
      const target = fs.get(child)
      if (target.isDirectory()) {
        subdirectories++
        if (target.body.parent !== ino) faults.push(`directory ${child}: ".." is ${target.body.parent}, not ${ino}`)
        if (reached.has(child)) faults.push(`directory ${child} has two names`)
      }
      if (!reached.has(child)) {
        reached.add(child)
        queue.push(child)
      }
      return true
    })
    if (size !== inode.body.size) faults.push(`directory ${ino}: ${inode.body.size} entries counted, ${size} found`)
    if (subdirectories !== inode.body.subdirectories) faults.push(`directory ${ino}: wrong count of directories in it`)
    if (size > fs.quota.entries) faults.push(`directory ${ino}: ${size} entries, over the quota of ${fs.quota.entries}`)
    if (inode.nlink !== 0 && inode.nlink !== 2 + subdirectories)
      faults.push(`directory ${ino}: link count ${inode.nlink}`)
  }
  let count = 0
  let blocks = 0
  fs.table.forEach((inode) => {
    count++
    if (inode.ino >= fs.table.nextIno) faults.push(`inode ${inode.ino} was never given out`)
    if (inode.isFile()) {
      blocks += inode.body.blocks
      const fault = inode.body.check()
      if (fault !== undefined) faults.push(`file ${inode.ino}: ${fault}`)
    }
    if (inode.nlink === 0) {
      if (!fs.isHeld(inode.ino)) faults.push(`inode ${inode.ino} is removed and not held, but still there`)
      if (reached.has(inode.ino)) faults.push(`inode ${inode.ino} is removed but has a name`)
    } else if (!reached.has(inode.ino)) faults.push(`inode ${inode.ino} has no name`)
    if (!inode.isDirectory() && inode.nlink !== (names.get(inode.ino) ?? 0)) {
      faults.push(`inode ${inode.ino}: link count ${inode.nlink}, ${names.get(inode.ino) ?? 0} names`)
    }
  })
  if (count !== fs.table.count) faults.push(`${fs.table.count} inodes counted, ${count} found`)
  if (blocks !== fs.blocks) faults.push(`${fs.blocks} blocks counted, ${blocks} found`)
  if (count > fs.quota.inodes) faults.push(`${count} inodes, over the quota of ${fs.quota.inodes}`)
  if (blocks * BLOCK_SIZE > fs.quota.bytes) faults.push(`${blocks} blocks, over the quota of ${fs.quota.bytes} bytes`)
  return faults
}

/** Whether a name is one that a walk could have made. */
function isName(name: ByteString): boolean {
  return name !== '.' && name !== '..' && !name.includes('/') && !isTooLong(name) && checkPath(name) === undefined
}
