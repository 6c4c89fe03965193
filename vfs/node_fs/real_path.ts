/** The absolute path without links, `.` and `..` of what a path names. */

import type { ByteString } from '../bytes.ts'
import { Errno } from '../errno.ts'
import type { Filesystem } from '../filesystem.ts'
import { ROOT_INO } from '../inode_table.ts'
import { componentEnd, componentStart, isAbsolute } from '../path.ts'

/** Walks once to know that the path is good, then again to note the names on the way. */
export function realPath(fs: Filesystem, path: ByteString): ByteString | Errno {
  const found = fs.lookup(ROOT_INO, path, 'follow', 'clamp')
  if (found instanceof Errno) return found
  const names: ByteString[] = []
  const dirs: number[] = [ROOT_INO]
  let text = path
  for (let at = componentStart(text, 0); at < text.length; ) {
    const end = componentEnd(text, at)
    const name = text.slice(at, end) as ByteString
    at = componentStart(text, end)
    if (name === '.') continue
    if (name === '..') {
      if (names.pop() !== undefined) dirs.pop()
      continue
    }
    const ino = fs.lookup(dirs.at(-1) ?? ROOT_INO, name, 'nofollow', 'clamp')
    if (ino instanceof Errno) return ino
    const inode = fs.get(ino)
    if (inode.isSymlink()) {
      if (isAbsolute(inode.body)) {
        names.length = 0
        dirs.length = 1
      }
      text = (inode.body + text.slice(end)) as ByteString
      at = componentStart(text, 0)
      continue
    }
    names.push(name)
    dirs.push(ino)
  }
  return `/${names.join('/')}` as ByteString
}
