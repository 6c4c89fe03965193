/** The machine that a job runs in, built from its bytes: first the trees of the tool, then what the step sees. */

import { byteString } from '../../vfs/bytes.ts'
import { Errno } from '../../vfs/errno.ts'
import type { Filesystem } from '../../vfs/filesystem.ts'
import { FormatError } from '../../vfs/formats/error.ts'
import { readNar } from '../../vfs/formats/nar.ts'
import { readTar } from '../../vfs/formats/tar_read.ts'
import { readZip } from '../../vfs/formats/zip_read.ts'
import type { Hashes } from '../../vfs/hash.ts'
import { ROOT_INO } from '../../vfs/inode_table.ts'
import { type Entry, exportTree, type Files } from '../../vfs/tree.ts'
import { Machine } from '../machine.ts'
import type { Snapshot } from '../snapshot.ts'
import { readSnapshot } from '../snapshot_file.ts'
import { filterOf } from './glob.ts'
import type { ArchiveFormat, Job, Placed, Tree } from './job.ts'

/** Gives bytes by their SHA-256. @throws what its maker says where it has none. */
export type Blobs = (sha256: string) => Uint8Array

/** How the history of a machine's files was other than that of the files alone: nothing of it should matter. */
export interface History {
  /** Files are made in an order that this text is the seed of. */
  readonly order?: string
  /** So many inode numbers are used up by files that were made and removed before. */
  readonly inodes?: number
}

/** A tree of files may be as large as the host has memory for: it is the user's own. */
const ROOM = { bytes: 2 ** 40, inodes: 2 ** 30, entries: 2 ** 30 }

/** The machine before a job runs in it. @throws FormatError for an archive that is none. */
export function worldOf(job: Job, base: Snapshot, blobs: Blobs, history: History = {}): Machine {
  const machine = Machine.from(base)
  useUpInodes(machine, history.inodes ?? 0)
  machine.add(shuffled(filesOf(job.files, blobs), history.order))
  for (const path of [...job.outputs, job.stdout, job.stderr]) if (path !== null) makeParents(machine, path)
  if (job.cwd !== '/') machine.fs.mkdirSync(job.cwd, { recursive: true })
  return machine
}

/** A machine that has a tool's trees and nothing else: it is the start of all jobs of that tool. */
export function baseOf(job: Job, blobs: Blobs, hashes: Hashes, history: History = {}): Snapshot {
  const machine = new Machine({
    cpu: 'strict',
    seed: job.seed,
    epoch: BigInt(job.epoch),
    quota: ROOM,
    hashes,
  })
  useUpInodes(machine, history.inodes ?? 0)
  for (const tree of job.trees) {
    if ('files' in tree) machine.add(shuffled(filesOf(tree.files, blobs), history.order))
    else machine.add(shuffled(unpackTree(tree, blobs, hashes), history.order))
  }
  return machine.snapshot()
}

/** Whether two jobs have the same base. */
export function baseKey(job: Job, history: History = {}): string {
  return JSON.stringify([job.trees, job.seed, job.epoch, history])
}

/** The files of an archive, by paths from its root, without modes but the executable bit and without times. */
export function unpack(bytes: Uint8Array, format: ArchiveFormat, hashes: Hashes): Files {
  if (format === 'snapshot') return withoutImage(exportTree(readSnapshot(bytes, { hashes }).tree))
  const { tree } = new Machine({ image: 'empty', quota: ROOM })
  const reading = { tar: readTar, zip: readZip, nar: readNar }[format]
  const report = reading(tree, bytes)
  const [left] = report.leftOut
  if (left !== undefined) throw new FormatError(format, `${JSON.stringify(left.path)} cannot be taken: ${left.message}`)
  return exportTree(tree)
}

/** The bytes of what is at an absolute path; undefined where there is nothing. */
export function readItem(fs: Filesystem, path: string): Uint8Array | undefined {
  const ino = fs.lookup(ROOT_INO, byteString(path), 'nofollow', 'clamp')
  if (ino instanceof Errno) return undefined
  const inode = fs.get(ino)
  return inode.isFile() ? inode.body.toBytes() : undefined
}

function unpackTree(tree: Extract<Tree, { readonly archive: unknown }>, blobs: Blobs, hashes: Hashes): Files {
  const files = unpack(blobs(tree.archive.sha256), tree.format, hashes)
  return placed(files, tree.at, filterOf(tree.include, tree.exclude))
}

/** `files` below `at`, those whose path from there `takes` takes; links among them to what is not taken become files of their own. */
export function placed(files: Files, at: string, takes: (path: string) => boolean): Files {
  const root = at === '/' ? '' : at
  const found: { [path: string]: Files[string] } = {}
  for (const [path, content] of Object.entries(files)) {
    if (!takes(path.slice(1))) continue
    const first =
      typeof content === 'object' && content !== null && 'hardlink' in content ? content.hardlink : undefined
    // A hard link is a file like another: which names are one inode is no part of what an input is.
    found[root + path] = first === undefined ? content : (files[first] ?? null)
  }
  return found
}

/** What every machine has of itself is not the snapshot's to give. */
function withoutImage(files: Files): Files {
  return Object.fromEntries(Object.entries(files).filter(([path]) => path !== '/tmp' && path !== '/dev'))
}

function filesOf(items: readonly Placed[], blobs: Blobs): Files {
  const files: { [path: string]: Entry | null } = {}
  for (const item of items) {
    if ('link' in item) files[item.path] = { symlink: item.link }
    else if ('directory' in item) files[item.path] = null
    else files[item.path] = { data: blobs(item.sha256), executable: item.executable === true }
  }
  return files
}

/** In another order, where one is asked for. */
function shuffled(files: Files, seed: string | undefined): Files {
  if (seed === undefined) return files
  const ranked = Object.entries(files).map(([path, content]) => ({ path, content, rank: rankOf(`${seed}\0${path}`) }))
  ranked.sort((a, b) => a.rank - b.rank || (a.path < b.path ? -1 : 1))
  return Object.fromEntries(ranked.map(({ path, content }) => [path, content]))
}

function rankOf(text: string): number {
  let hash = 0x811c_9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x0100_0193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b)
  return (hash ^ (hash >>> 13)) >>> 0
}

function useUpInodes(machine: Machine, count: number): void {
  for (let at = 0; at < count; at++) {
    machine.fs.writeFileSync('/.used-up', '')
    machine.fs.unlinkSync('/.used-up')
  }
}

function makeParents(machine: Machine, path: string): void {
  const folder = path.endsWith('/') ? path.slice(0, -1) : path.slice(0, path.lastIndexOf('/'))
  if (folder !== '') machine.fs.mkdirSync(folder, { recursive: true })
}
