/** All that a tree is, as text: what must be equal where two ways lead to the same tree. */

import { textOf } from '../../vfs/bytes.ts'
import type { FileData } from '../../vfs/file_data.ts'
import type { Filesystem } from '../../vfs/filesystem.ts'
import { CHUNK_SIZE } from '../../vfs/limits.ts'

/** A line for each inode, by its number: kind, mode, links, size, times, content; then what the tree counts. */
export function stateOf(tree: Filesystem): string[] {
  const lines: string[] = []
  tree.table.forEach((inode) => {
    const { ino, kind, mode, nlink, size } = inode
    const times = [
      [inode.atimSec, inode.atimNsec],
      [inode.mtimSec, inode.mtimNsec],
      [inode.ctimSec, inode.ctimNsec],
      [inode.btimSec, inode.btimNsec],
    ].map(([sec, nsec]) => `${sec}.${String(nsec).padStart(9, '0')}`)
    let content = ''
    if (inode.isFile()) content = `${inode.body.blocks} blocks ${contentHash(inode.body)}`
    else if (inode.isDirectory()) {
      inode.body.visit('', (name, child) => {
        content += `${textOf(name)}=${child} `
        return true
      })
      content += `..=${inode.body.parent}`
    } else if (typeof inode.body === 'string') content = textOf(inode.body as Parameters<typeof textOf>[0])
    lines.push(`${ino} ${kind} ${mode.toString(8)} nlink=${nlink} ${size} ${times.join(' ')} ${content}`)
  })
  return [...lines, `next ${tree.table.nextIno}, ${tree.table.count} inodes, ${tree.blocks} blocks`]
}

const chunk = new Uint8Array(CHUNK_SIZE)

/** FNV-1a of the chunks with data, each with where it is; holes cost nothing. */
export function contentHash(data: FileData): string {
  let hash = 0x811c9dc5
  for (let offset = data.nextData(0); offset < data.size; offset = data.nextData(offset + CHUNK_SIZE)) {
    const from = offset - (offset % CHUNK_SIZE)
    const count = data.read(from, chunk, 0, CHUNK_SIZE)
    hash = Math.imul(hash ^ (from / CHUNK_SIZE), 0x01000193)
    for (let i = 0; i < count; i++) hash = Math.imul(hash ^ (chunk[i] as number), 0x01000193)
  }
  return (hash >>> 0).toString(16)
}
