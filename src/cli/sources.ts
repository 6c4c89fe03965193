/** What the commands read a state from: a snapshot file, an archive, or a folder of this host. */

import { existsSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { byteString, decodeLatin1 } from '../../vfs/bytes.ts'
import { readGit, readNar, readOciLayout, readTar, readZip } from '../../vfs/formats/index.ts'
import type { Quota } from '../../vfs/limits.ts'
import { exportTree } from '../../vfs/tree.ts'
import { FormatError, Machine, readSnapshots, type Snapshot } from '../index.ts'
import { quote } from '../node/host_names.ts'
import { HostError, importHost, nodeHashes } from '../node/index.ts'
import { isSnapshotFile } from '../snapshot_file.ts'
import { headOf, withHost } from './host_files.ts'

export const SOURCE_FORMATS = ['snapshot', 'tar', 'nar', 'zip', 'oci', 'git', 'folder'] as const
export type SourceFormat = (typeof SOURCE_FORMATS)[number]

export interface Source {
  readonly format: SourceFormat
  readonly snapshot: Snapshot
  /** The name that it has in its file, and all names there; of a snapshot file alone. */
  readonly name?: string
  readonly names?: readonly string[]
  /** What could not be taken, as sentences. */
  readonly leftOut: readonly string[]
}

/** For looking into what is there, however much it is. */
const ANY: Quota = { bytes: Infinity, inodes: Infinity, entries: Infinity }

/**
 * The state in `text`: a path, and for one of several snapshots in a file `#` and its name after it. What it is, is found
 * out by looking, unless `format` says it. A file with several snapshots stands for the last.
 * @throws HostError, FormatError.
 */
export function readSource(
  text: string,
  options: { readonly format?: SourceFormat; readonly quota?: Quota } = {},
): Source {
  const hash = existsSync(text) ? -1 : text.lastIndexOf('#')
  const path = hash < 0 ? text : text.slice(0, hash)
  const name = hash < 0 ? undefined : text.slice(hash + 1)
  if (!existsSync(path)) throw new HostError('NOT_FOUND', path, `there is nothing at ${quote(path)}: check the path`)
  const format = options.format ?? formatOf(path)
  if (name !== undefined && format !== 'snapshot') {
    throw new HostError(
      'NOT_FOUND',
      text,
      `${quote(path)} is no snapshot file, so it has no ${JSON.stringify(name)} in it`,
    )
  }
  try {
    return format === 'snapshot' ? fromFile(path, name) : fromTree(path, format, options.quota ?? ANY)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    throw new HostError('UNREADABLE', path, `${quote(path)} cannot be read: ${error.message}`, error)
  }
}

function fromFile(path: string, wanted: string | undefined): Source {
  const snapshots = readSnapshots(bytesOf(path), { hashes: nodeHashes })
  const names = snapshots.map(({ name }) => name)
  const found = wanted === undefined ? snapshots.at(-1) : snapshots.find(({ name }) => name === wanted)
  if (found === undefined) {
    throw new HostError(
      'NOT_FOUND',
      path,
      `${quote(path)} has no snapshot ${JSON.stringify(wanted)}; it has ${names.join(', ')}`,
    )
  }
  return { format: 'snapshot', snapshot: found.snapshot, name: found.name, names, leftOut: [] }
}

function fromTree(path: string, format: Exclude<SourceFormat, 'snapshot'>, quota: Quota): Source {
  const machine = new Machine({ image: 'empty', quota, hashes: nodeHashes })
  const { tree } = machine
  const report = (() => {
    switch (format) {
      case 'folder':
        return importHost(tree, path, '/', machine.time, { times: true })
      case 'tar':
        return readTar(tree, bytesOf(path))
      case 'nar':
        return readNar(tree, bytesOf(path))
      case 'zip':
        return readZip(tree, bytesOf(path))
      case 'oci':
        return readOciLayout(tree, filesIn(path), { hashes: nodeHashes })
      case 'git':
        return readGit(tree, filesIn(path), { hashes: nodeHashes })
    }
  })()
  // git's id of a folder is that of what git would keep of it, and that is not its own.
  if (format === 'folder') machine.fs.rmSync('/.git', { recursive: true, force: true })
  return {
    format,
    snapshot: machine.snapshot(),
    leftOut: report.leftOut.map(({ path, message }) => `${quote(path)} was left out: ${message}`),
  }
}

/** Bytes that tell one format from another: a tar says what it is at byte 257. */
const HEAD_SIZE = 512

/** What is at `path`, by what is in it. */
function formatOf(path: string): SourceFormat {
  if (withHost(path, path, 'read', () => statSync(path)).isDirectory()) {
    if (existsSync(join(path, 'oci-layout'))) return 'oci'
    const isRepository = ['HEAD', 'objects', 'refs'].every((name) => existsSync(join(path, name)))
    return isRepository ? 'git' : 'folder'
  }
  const bytes = headOf(path, HEAD_SIZE)
  const begins = (text: string, at = 0): boolean =>
    decodeLatin1(bytes.subarray(at, at + text.length)) === byteString(text)
  if (isSnapshotFile(bytes)) return 'snapshot'
  if (begins('nix-archive-1', 8)) return 'nar'
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return 'zip'
  if (begins('ustar', 257) || (bytes[0] === 0x1f && bytes[1] === 0x8b) || /\.(tar|tgz)$/.test(path)) return 'tar'
  const known = 'a snapshot file, a tar, a zip, a NAR, an OCI layout, a bare git repository, or a folder'
  throw new HostError(
    'WRONG_KIND',
    path,
    `${quote(basename(path))} is none of what can be read: ${known}; --format says which it is`,
  )
}

function bytesOf(path: string): Uint8Array {
  return withHost(path, path, 'read', () => readFileSync(path))
}

/** The files of a host folder, by their paths without a slash before them. */
function filesIn(path: string): { [path: string]: Uint8Array } {
  const { tree, time } = new Machine({ image: 'empty', quota: ANY })
  importHost(tree, path, '/', time)
  const files: { [path: string]: Uint8Array } = {}
  for (const [name, content] of Object.entries(exportTree(tree))) {
    if (content instanceof Uint8Array) files[name.slice(1)] = content
    else if (typeof content === 'object' && content !== null && content.data instanceof Uint8Array)
      files[name.slice(1)] = content.data
  }
  return files
}
