/**
 * Snapshots as one file: any number of them, whatever they have in common stored once, the same bytes wherever it is
 * written. It is read whole or not at all.
 *
 *     "VIVSNAP\n"  version (u16)  flags (u16)                     little-endian
 *     frames: bytes stored (u32), bytes once inflated (u32), the bytes; the last has none
 *     SHA-256 of all before it
 *
 * Frames hold whole objects, each its length (as `numberOf` says it) and its bytes. Objects have no names: what they
 * are is found by their SHA-256, which the last of them, the table of contents, begins with.
 */

import { deflateSync, inflateSync } from 'fflate/browser'
import { type KernelState, kernelOf } from '../kernel/state.ts'
import { type ByteString, decodeLatin1, decodeUtf8, encodeLatin1, encodeUtf8 } from '../vfs/bytes.ts'
import type { Filesystem } from '../vfs/filesystem.ts'
import { FormatError } from '../vfs/formats/error.ts'
import { type Hashes, hashOf, hexOfId, idOfHex, pureHashes } from '../vfs/hash.ts'
import { chunkBytes, FAN, HEIGHT, idOf, numberOf, type StateId, type StateIds } from '../vfs/state_ids.ts'
import { type Loaded, loadState, StateError } from '../vfs/state_load.ts'
import { checkMachineOptions } from './check_options.ts'
import type { Cpu } from './cpu/settings.ts'
import { VivariumError } from './error.ts'
import type { TimeBy } from './options.ts'
import { Snapshot } from './snapshot.ts'

/** A snapshot with the name that it has in a file. */
export interface NamedSnapshot {
  readonly name: string
  readonly snapshot: Snapshot
}

const MAGIC = 'VIVSNAP\n'
const VERSION = 1
const DEFLATED = 1
const HEADER_SIZE = MAGIC.length + 4
const FRAME_HEADER_SIZE = 8
const HASH_SIZE = 32
/** Objects are gathered up to here before they are a frame. */
const FRAME_SIZE = 2 ** 20
/** deflate cannot make less of its input than this. */
const DEFLATE_RATIO_MAX = 1032
const DEFLATE_LEVEL = 6

/** One snapshot as a file. `compress` by deflate; default false. */
export function writeSnapshot(snapshot: Snapshot, options: { readonly compress?: boolean } = {}): Uint8Array {
  return writeSnapshots([{ name: 'snapshot', snapshot }], options)
}

/** The only snapshot in a file, or the last of several. @throws FormatError as `readSnapshots`. */
export function readSnapshot(bytes: Uint8Array, options: { readonly hashes?: Hashes } = {}): Snapshot {
  return (readSnapshots(bytes, options).at(-1) as NamedSnapshot).snapshot
}

/** Snapshots as a file, in that order. @throws VivariumError `BAD_OPTION` where there is none, or two have one name. */
export function writeSnapshots(
  snapshots: readonly NamedSnapshot[],
  options: { readonly compress?: boolean } = {},
): Uint8Array {
  const parts = [...snapshotParts(snapshots, options)]
  const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** The same, a part at a time, for what is too large to be one array. */
export function* snapshotParts(
  snapshots: readonly NamedSnapshot[],
  { compress = false }: { readonly compress?: boolean } = {},
): Generator<Uint8Array> {
  if (snapshots.length === 0) throw new VivariumError('BAD_OPTION', 'a snapshot file holds at least one snapshot')
  const names = new Set(snapshots.map(({ name }) => name))
  if (names.size < snapshots.length) throw new VivariumError('BAD_OPTION', 'two of the snapshots have the same name')
  const hashes = snapshots[0]?.snapshot.settings.hashes ?? pureHashes
  const sum = hashes('sha256')
  for (const part of uncheckedParts(snapshots, compress, hashes)) {
    sum.update(part)
    yield part
  }
  yield sum.digest()
}

function* uncheckedParts(
  snapshots: readonly NamedSnapshot[],
  compress: boolean,
  hashes: Hashes,
): Generator<Uint8Array> {
  const header = new Uint8Array(HEADER_SIZE)
  header.set(encodeUtf8(MAGIC))
  const view = new DataView(header.buffer)
  view.setUint16(MAGIC.length, VERSION, true)
  view.setUint16(MAGIC.length + 2, compress ? DEFLATED : 0, true)
  yield header
  let frame: Uint8Array[] = []
  let size = 0
  for (const object of allObjects(snapshots, hashes)) {
    const length = encodeLatin1(numberOf(object.length) as ByteString)
    frame.push(length, object)
    size += length.length + object.length
    if (size < FRAME_SIZE) continue
    yield* frameOf(frame, size, compress)
    frame = []
    size = 0
  }
  yield* frameOf(frame, size, compress)
  yield new Uint8Array(FRAME_HEADER_SIZE)
}

function* frameOf(parts: readonly Uint8Array[], size: number, compress: boolean): Generator<Uint8Array> {
  const raw = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    raw.set(part, at)
    at += part.length
  }
  const stored = compress ? deflateSync(raw, { level: DEFLATE_LEVEL }) : raw
  const header = new Uint8Array(FRAME_HEADER_SIZE)
  const view = new DataView(header.buffer)
  view.setUint32(0, stored.length, true)
  view.setUint32(4, size, true)
  yield header
  yield stored
}

/** Each object of all the snapshots once; the table of contents last. */
function* allObjects(snapshots: readonly NamedSnapshot[], hashes: Hashes): Generator<Uint8Array> {
  const written = new Set<StateId>()
  const contents: { readonly name: string; readonly state: string }[] = []
  for (const { name, snapshot } of snapshots) {
    const { tree } = snapshot
    yield* treeObjects(tree, tree.lineage.stateIds(tree.table, hashes), written, hashes)
    const record = snapshot.stateRecord()
    const id = idOf(hashes, record)
    contents.push({ name, state: hexOfId(id) })
    if (!written.has(id)) yield record
    written.add(id)
  }
  yield encodeUtf8(JSON.stringify(contents))
}

function* treeObjects(tree: Filesystem, ids: StateIds, written: Set<StateId>, hashes: Hashes): Generator<Uint8Array> {
  const stack = [{ level: HEIGHT, index: 0 }]
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { level, index } = top
    const id = ids.of(level, index)
    if (id === undefined || written.has(id)) continue
    written.add(id)
    if (level > 0) {
      yield encodeLatin1(ids.node(level, index))
      for (let slot = FAN - 1; slot >= 0; slot--) stack.push({ level: level - 1, index: index * FAN + slot })
      continue
    }
    const inode = tree.table.get(index)
    yield encodeLatin1(ids.record(inode, hashes))
    if (!inode.isFile()) continue
    const chunks: Uint8Array[] = []
    inode.body.forEachChunk((_index, _blocks, bytes) => {
      const chunk = ids.chunk(bytes, hashes)
      if (written.has(chunk)) return
      written.add(chunk)
      chunks.push(chunkBytes(bytes))
    })
    yield* chunks
  }
}

/**
 * The snapshots in a file, in the order in which they were written; what they have in common they share, so that `diff`
 * between them costs what has changed. The bytes are not to be changed afterwards.
 * @throws FormatError for what is no such file, is damaged, or was made by a newer version.
 */
export function readSnapshots(
  bytes: Uint8Array,
  { hashes = pureHashes }: { readonly hashes?: Hashes } = {},
): NamedSnapshot[] {
  const { objects, last } = indexOf(bytes, hashes)
  let near: Loaded | undefined
  return contentsOf(last).map(({ name, state }) => {
    const record = objects.get(state)
    if (record === undefined) throw new FormatError('snapshot', `${JSON.stringify(name)} is listed but not in the file`)
    try {
      const { kernel, settings, tree } = machineOf(record)
      const fs = loadState((id) => objects.get(id), tree, kernel.nextIno, kernel.quota, near)
      near = { fs, root: tree }
      return { name, snapshot: new Snapshot(kernelOf(kernel, fs), { ...settings, hashes }) }
    } catch (error) {
      if (!(error instanceof StateError)) throw error
      throw new FormatError('snapshot', `${JSON.stringify(name)} cannot be loaded: ${error.message}`)
    }
  })
}

/** Whether bytes are, by how they begin, a snapshot file; and nothing more. */
export function isSnapshotFile(bytes: Uint8Array): boolean {
  return decodeLatin1(bytes.subarray(0, MAGIC.length)) === MAGIC
}

/** All objects by their ids, and the last. */
function indexOf(
  bytes: Uint8Array,
  hashes: Hashes,
): { readonly objects: Map<StateId, Uint8Array>; readonly last: Uint8Array } {
  if (!isSnapshotFile(bytes)) throw new FormatError('snapshot', 'this is no snapshot file: it does not begin as one')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const end = bytes.length - HASH_SIZE
  if (end < HEADER_SIZE + FRAME_HEADER_SIZE) throw new FormatError('snapshot', 'the file is cut short')
  const version = view.getUint16(MAGIC.length, true)
  if (version > VERSION) {
    const problem = `the file was made by a newer version (format ${version}; this reads ${VERSION}): update vivarium`
    throw new FormatError('snapshot', problem)
  }
  const sum = decodeLatin1(hashOf(hashes, 'sha256', bytes.subarray(0, end)))
  if (version !== VERSION || sum !== decodeLatin1(bytes.subarray(end))) {
    const problem = 'the file is damaged: it was cut short or altered since it was written (its checksum is another)'
    throw new FormatError('snapshot', problem)
  }
  const isDeflated = (view.getUint16(MAGIC.length + 2, true) & DEFLATED) !== 0
  const objects = new Map<StateId, Uint8Array>()
  let last: Uint8Array | undefined
  for (let at = HEADER_SIZE; ; ) {
    if (at + FRAME_HEADER_SIZE > end) throw new FormatError('snapshot', 'its last frame is missing', at)
    const stored = view.getUint32(at, true)
    const size = view.getUint32(at + 4, true)
    if (stored === 0 && size === 0) break
    const from = at + FRAME_HEADER_SIZE
    if (stored > end - from) throw new FormatError('snapshot', `a frame has ${stored} bytes, more than there are`, at)
    for (const object of objectsIn(frameAt(bytes.subarray(from, from + stored), size, isDeflated, at), at)) {
      objects.set(idOf(hashes, object), object)
      last = object
    }
    at = from + stored
  }
  if (last === undefined) throw new FormatError('snapshot', 'it holds nothing')
  return { objects, last }
}

function frameAt(stored: Uint8Array, size: number, isDeflated: boolean, at: number): Uint8Array {
  if (!isDeflated && size === stored.length) return stored
  if (!isDeflated || size > stored.length * DEFLATE_RATIO_MAX) {
    throw new FormatError('snapshot', `a frame of ${stored.length} bytes cannot hold ${size}`, at)
  }
  try {
    const raw = inflateSync(stored, { out: new Uint8Array(size) })
    if (raw.length === size) return raw
  } catch (error) {
    throw new FormatError(
      'snapshot',
      `a frame cannot be inflated: ${error instanceof Error ? error.message : error}`,
      at,
    )
  }
  throw new FormatError('snapshot', `a frame does not inflate to ${size} bytes`, at)
}

function* objectsIn(frame: Uint8Array, offset: number): Generator<Uint8Array> {
  for (let at = 0; at < frame.length; ) {
    let length = 0
    for (let scale = 1; ; scale *= 0x80) {
      const byte = frame[at++] ?? 0
      length += (byte & 0x7f) * scale
      if (length > frame.length - at) throw new FormatError('snapshot', 'an object is longer than its frame', offset)
      if (byte < 0x80) break
    }
    yield frame.subarray(at, at + length)
    at += length
  }
}

function contentsOf(bytes: Uint8Array): { readonly name: string; readonly state: StateId }[] {
  const contents = parsed(bytes)
  if (!Array.isArray(contents) || contents.length === 0) throw new FormatError('snapshot', 'it lists no snapshot')
  return contents.map((entry: unknown) => {
    const { name, state } = fieldsOf(entry)
    if (typeof name !== 'string') throw new FormatError('snapshot', 'a snapshot in it has no name')
    return { name, state: idIn(state) }
  })
}

interface MachineRecord {
  readonly kernel: KernelState
  readonly settings: { readonly cpu: Cpu | undefined; readonly time: TimeBy }
  readonly tree: StateId
}

/** What `Snapshot.stateRecord` wrote. */
function machineOf(bytes: Uint8Array): MachineRecord {
  const fields = fieldsOf(parsed(bytes))
  const { seed, tick, cpu, time } = fields
  const bounds = fieldsOf(fields.quota)
  const quota = { bytes: boundIn(bounds.bytes), inodes: boundIn(bounds.inodes), entries: boundIn(bounds.entries) }
  const kernel = {
    realtime: instantIn(fields.realtime),
    monotonic: instantIn(fields.monotonic),
    nextPid: numberIn(fields.nextPid),
    nextSerial: numberIn(fields.nextSerial),
    nextIno: numberIn(fields.nextIno),
  }
  try {
    // What a user could not have given a machine is not to come in this way.
    const options = { seed, tick, quota, time, ...(cpu === null ? {} : { cpu }) } as Parameters<
      typeof checkMachineOptions
    >[0]
    const checked = checkMachineOptions(options)
    return {
      kernel: { ...kernel, seed: checked.seed, tick: checked.tick, quota },
      settings: { cpu: checked.cpu, time: checked.time },
      tree: idIn(fields.tree),
    }
  } catch (error) {
    if (!(error instanceof VivariumError)) throw error
    throw new FormatError('snapshot', `the machine in it cannot be: ${error.message}`)
  }
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decodeUtf8(bytes))
  } catch {
    throw new FormatError('snapshot', 'what should say which machine it is does not')
  }
}

function fieldsOf(value: unknown): { readonly [name: string]: unknown } {
  if (typeof value !== 'object' || value === null) throw new FormatError('snapshot', 'a part of the machine is missing')
  return value as { readonly [name: string]: unknown }
}

function numberIn(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new FormatError('snapshot', `${JSON.stringify(value)} stands where a number has to`)
}

/** A bound of the quota; JSON has no Infinity. */
function boundIn(value: unknown): number {
  return value === null ? Infinity : numberIn(value)
}

function instantIn(value: unknown): KernelState['realtime'] {
  const { sec, nsec } = fieldsOf(value)
  return { sec: numberIn(sec), nsec: numberIn(nsec) % 1_000_000_000 }
}

function idIn(value: unknown): StateId {
  const id = typeof value === 'string' ? idOfHex(value, 'sha256') : undefined
  if (id !== undefined) return id
  throw new FormatError('snapshot', `${JSON.stringify(value)} stands where a SHA-256 has to`)
}
