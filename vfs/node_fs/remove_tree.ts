/** Removal of a tree by inode: no path is made, so that neither depth nor length has a bound, and nothing recurses. */

import { assert } from '../bug.ts'
import { ENOTEMPTY } from '../errno.ts'
import type { Filesystem } from '../filesystem.ts'
import type { Instant } from '../inode.ts'

/** Removes all that is in the directory `ino`; links are removed, never followed. */
export function emptyDirectory(fs: Filesystem, ino: number, now: Instant): void {
  const stack = [ino]
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const directory = fs.get(top)
    const name = directory.isDirectory() ? directory.body.next('') : undefined
    if (name === undefined || !directory.isDirectory()) {
      stack.pop()
      continue
    }
    const child = directory.body.get(name)
    if (!fs.get(child).isDirectory()) {
      assert(fs.unlinkAt(top, name, 'clamp', now) === undefined, `entry ${child} cannot be removed`)
      continue
    }
    const fault = fs.rmdirAt(top, name, 'clamp', now)
    assert(fault === undefined || fault === ENOTEMPTY, `directory ${child} cannot be removed`)
    if (fault !== undefined) stack.push(child)
  }
}
