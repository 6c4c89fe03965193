/** Where a tree is written to: an archive, a repository, or a folder of this host. */

import { extname } from 'node:path'
import { byteString } from '../../vfs/bytes.ts'
import { Errno } from '../../vfs/errno.ts'
import { Filesystem } from '../../vfs/filesystem.ts'
import {
  gitRepository,
  type LeftOut,
  narChunks,
  tarChunks,
  writeOciLayout,
  zipChunks,
} from '../../vfs/formats/index.ts'
import { ROOT_INO } from '../../vfs/inode_table.ts'
import { importTree } from '../../vfs/tree.ts'
import { FormatError, type Snapshot, snapshotParts } from '../index.ts'
import { quote } from '../node/host_names.ts'
import { exportHost, HostError, nodeHashes, writeParts } from '../node/index.ts'
import { SOURCE_FORMATS, type SourceFormat } from './sources.ts'

export interface DestinationOptions {
  readonly format?: SourceFormat
  /** The part of the tree; an absolute path. Default all. */
  readonly path?: string
  readonly keepTimes?: true
  readonly replace?: true
  readonly compress?: true
}

/**
 * Writes a state to `host`, in the format that is said or that its name says. What could not be written is returned, as
 * sentences. `onWritten` is told of progress.
 * @throws HostError; then what was there is there as before.
 */
export async function writeDestination(
  snapshot: Snapshot,
  host: string,
  options: DestinationOptions,
  onWritten: (bytes: number) => unknown,
): Promise<string[]> {
  const format = options.format ?? formatOf(host)
  const leftOut: LeftOut[] = []
  const { tree } = snapshot
  const path = options.path ?? '/'
  const how = {
    base: inodeAt(tree, path),
    ...(options.keepTimes === true ? { times: 'keep' as const } : {}),
    onLeftOut: (what: LeftOut) => leftOut.push(what),
  }
  try {
    switch (format) {
      case 'snapshot':
        if (path !== '/')
          throw new HostError('REFUSED', host, 'a snapshot file holds the whole machine: leave out --path')
        await writeParts(
          host,
          snapshotParts([{ name: 'snapshot', snapshot }], { compress: options.compress === true }),
          onWritten,
        )
        break
      case 'tar':
        await writeParts(host, tarChunks(tree, how), onWritten)
        break
      case 'nar':
        await writeParts(host, narChunks(tree, how), onWritten)
        break
      case 'zip':
        await writeParts(host, zipChunks(tree, how), onWritten)
        break
      case 'oci':
        writeFolder(writeOciLayout(tree, { ...how, hashes: nodeHashes }), host, options)
        break
      case 'git':
        writeFolder(gitRepository(tree, { base: how.base, hashes: nodeHashes }), host, options)
        break
      case 'folder':
        leftOut.push(
          ...exportHost(tree, path, host, { replace: options.replace === true, times: options.keepTimes === true })
            .leftOut,
        )
        break
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    throw new HostError('WRITE_FAILED', host, `${quote(host)} cannot be written: ${error.message}`, error)
  }
  return leftOut.map(({ path, message }) => `${quote(path)} was left out: ${message}`)
}

function inodeAt(tree: Filesystem, path: string): number {
  const ino = tree.lookup(ROOT_INO, byteString(path), 'nofollow', 'clamp')
  if (!(ino instanceof Errno)) return ino
  throw new HostError('NOT_FOUND', path, `--path ${path}: ${ino.message}`)
}

/** A folder of such files; all of it is written, or nothing. */
function writeFolder(
  files: { readonly [path: string]: Uint8Array },
  host: string,
  { replace }: DestinationOptions,
): void {
  const tree = new Filesystem({ bytes: Infinity, inodes: Infinity, entries: Infinity })
  const absolute = Object.entries(files).map(([path, bytes]) => [`/${path}`, bytes] as const)
  importTree(tree, Object.fromEntries(absolute), { sec: 0, nsec: 0 })
  exportHost(tree, '/', host, { replace: replace === true, times: false })
}

const BY_EXTENSION: { readonly [extension: string]: SourceFormat } = {
  '.viv': 'snapshot',
  '.tar': 'tar',
  '.nar': 'nar',
  '.zip': 'zip',
  '.oci': 'oci',
  '.git': 'git',
  '': 'folder',
}

function formatOf(host: string): SourceFormat {
  const format = BY_EXTENSION[host.endsWith('/') ? '' : extname(host)]
  if (format !== undefined) return format
  const names = Object.keys(BY_EXTENSION).filter((name) => name !== '')
  throw new HostError(
    'REFUSED',
    host,
    `the name ${quote(host)} does not say what to write: end it with ${names.join(', ')}, or give --format (${SOURCE_FORMATS.join(', ')})`,
  )
}
