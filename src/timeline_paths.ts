/** Which paths a call had to do with: what its paths led to, links followed, and what its descriptors were open on. */

import { byteString, textOf } from '../vfs/bytes.ts'
import { Errno } from '../vfs/errno.ts'
import type { Filesystem } from '../vfs/filesystem.ts'
import type { Names } from '../vfs/names.ts'
import { type CallName, signatures } from './abi/signatures.ts'
import type { TraceRecord } from './run.ts'
import type { DescriptorState, Moment } from './timeline.ts'

/** The absolute paths of a call, by the moments before and after it, each once. */
export function touchedPaths(record: TraceRecord, before: Moment, after: Moment): readonly string[] {
  const paths = new Set<string>()
  for (const moment of [before, after]) {
    const { tree, descriptors } = moment
    const names = tree.lineage.names(tree.table)
    const open = (fd: unknown): DescriptorState | undefined => descriptors.find((descriptor) => descriptor.fd === fd)
    let base: DescriptorState | undefined
    const { params, results } = signatures[record.call as CallName]
    const isOfPath = params.some(({ kind }) => kind === 'path')
    for (const { name, kind } of params) {
      if (kind === 'fd') {
        base = open(record.args[name])
        // A directory that a path starts from is not what the call is about.
        if (base !== undefined && !isOfPath) addInode(paths, names, base.ino)
      } else if (kind === 'path' && base !== undefined) addPath(paths, tree, names, base.ino, record.args[name])
    }
    for (const { param, kind } of results) if (kind === 'fd') addInode(paths, names, open(record.results[param])?.ino)
  }
  return [...paths]
}

function addInode(paths: Set<string>, names: Names, ino: number | undefined): void {
  if (ino !== undefined && ino !== 0) for (const path of names.pathsOf(ino)) paths.add(textOf(path))
}

/** What the path names, whether it is there or not; and what it leads to where that is a link. */
function addPath(paths: Set<string>, fs: Filesystem, names: Names, base: number, text: unknown): void {
  if (typeof text !== 'string' || base === 0) return
  const path = byteString(text)
  const { walk } = fs
  if (walk.run(base, path, 'parent', 'refuse') === undefined && walk.isName) {
    const found = names.pathIn(walk.dir, walk.name)
    if (found !== undefined) paths.add(textOf(found))
    addInode(paths, names, walk.ino)
  }
  const led = fs.lookup(base, path, 'follow', 'refuse')
  if (!(led instanceof Errno)) addInode(paths, names, led)
}
