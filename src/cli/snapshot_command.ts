/** `vivarium snapshot …`: states of machines as files, made, looked into, compared, and turned into other things. */

import { byteString, textOf } from '../../vfs/bytes.ts'
import { Errno } from '../../vfs/errno.ts'
import type { Filesystem } from '../../vfs/filesystem.ts'
import type { Inode } from '../../vfs/inode.ts'
import { ROOT_INO } from '../../vfs/inode_table.ts'
import { DEFAULT_QUOTA } from '../../vfs/limits.ts'
import { diff, Machine, type Snapshot, snapshotParts } from '../index.ts'
import { quote } from '../node/host_names.ts'
import { checkExport, HostError, importHost, nodeHashes, writeParts } from '../node/index.ts'
import type { DirArgument } from './arguments.ts'
import { type DestinationOptions, writeDestination } from './destinations.ts'
import { about } from './host_files.ts'
import { breathe, sizeText, textProgress } from './progress.ts'
import { tellLeftOut } from './run_command.ts'
import { readSource, type SourceFormat } from './sources.ts'
import { say, writeOut } from './standard_streams.ts'
import { isoOf, modeText, type TimeName, timeOf, visible } from './text.ts'
import { jsonOf } from './trace_command.ts'

export interface CreateArguments {
  readonly dir?: readonly DirArgument[]
  readonly seed?: string
  readonly epoch?: bigint
  readonly tick?: number
  readonly empty?: true
  readonly compress?: true
}

/** A new machine, saved. */
export async function createCommand(file: string, options: CreateArguments): Promise<number> {
  about(file, () => checkExport(file))
  const { dir = [], seed, epoch, tick } = options
  const machine = new Machine({
    hashes: nodeHashes,
    image: options.empty === true ? 'empty' : 'standard',
    ...(seed === undefined ? {} : { seed }),
    ...(epoch === undefined ? {} : { epoch }),
    ...(tick === undefined ? {} : { tick }),
  })
  await withProgress('Reading', async () => {
    for (const { text, host, guest } of dir) {
      const report = about(`--dir ${text}`, () => importHost(machine.tree, host, guest, machine.time))
      tellLeftOut(`--dir ${text}`, report)
      await breathe()
    }
  })
  return save(machine.snapshot(), file, options.compress === true)
}

export interface ReadArguments {
  readonly format?: SourceFormat
  readonly json?: true
}

/** An archive, a repository or a folder as a snapshot file. */
export async function importCommand(
  source: string,
  file: string,
  options: ReadArguments & { readonly compress?: true },
): Promise<number> {
  about(file, () => checkExport(file))
  return save(await open(source, options, true), file, options.compress === true)
}

async function save(snapshot: Snapshot, file: string, compress: boolean): Promise<number> {
  await withProgress('Writing', (update) =>
    writeParts(file, snapshotParts([{ name: 'snapshot', snapshot }], { compress }), (bytes) => {
      update(`Writing ${file} (${sizeText(bytes)})`)
      return breathe()
    }),
  )
  return 0
}

export async function exportCommand(
  source: string,
  host: string,
  options: DestinationOptions & { readonly from?: SourceFormat },
): Promise<number> {
  about(host, () => checkExport(host))
  const snapshot = await open(source, options.from === undefined ? {} : { format: options.from })
  const leftOut = await withProgress('Writing', (update) =>
    writeDestination(snapshot, host, options, (bytes) => {
      update(`Writing ${host} (${sizeText(bytes)})`)
      return breathe()
    }),
  )
  for (const sentence of leftOut) say(sentence)
  return 0
}

export async function digestCommand(
  source: string,
  path: string | undefined,
  options: ReadArguments & { readonly state?: true },
): Promise<number> {
  const snapshot = await open(source, options)
  if (options.state === true && path !== undefined) {
    throw new HostError('REFUSED', path, '--state is of the whole machine: leave out the path')
  }
  writeOut(`${options.state === true ? snapshot.stateDigest : snapshot.digestOf(absolute(path ?? '/'))}\n`)
  return 0
}

export async function listCommand(source: string, path: string | undefined, options: ReadArguments): Promise<number> {
  const { tree } = await open(source, options)
  const inode = at(tree, path)
  const entries = inode.isDirectory() ? inode.body.entries() : [{ name: lastName(path), ino: inode.ino }]
  const rows = entries.map(({ name, ino }) => ({ name: textOf(name), inode: tree.get(ino) }))
  if (options.json === true) {
    writeOut(`${jsonOf(rows.map(({ name, inode }) => ({ name, ...factsOf(inode) })))}\n`)
    return 0
  }
  const width = (of: (inode: Readonly<Inode>) => number): number =>
    rows.reduce((most, { inode }) => Math.max(most, String(of(inode)).length), 1)
  const [ino, links, size] = [width((i) => i.ino), width((i) => i.nlink), width((i) => i.size)]
  for (const { name, inode } of rows) {
    const numbers = `${String(inode.ino).padStart(ino)} ${modeText(inode)} ${String(inode.nlink).padStart(links)}`
    const end = `${String(inode.size).padStart(size)} ${isoOf(timeOf(inode, 'mtim')).slice(0, 19)}Z ${visible(name)}`
    writeOut(`${numbers} ${end}${arrow(inode)}\n`)
  }
  return 0
}

export async function catCommand(source: string, path: string, options: ReadArguments): Promise<number> {
  const { tree } = await open(source, options)
  const inode = at(tree, path, 'follow')
  if (!inode.isFile())
    throw new HostError('WRONG_KIND', path, `${quote(path)} is a ${inode.kind}, which has no content to show`)
  const part = new Uint8Array(2 ** 20)
  for (let offset = 0; offset < inode.size; ) {
    const count = tree.read(inode.ino, offset, part, 0, part.length)
    writeOut(part.subarray(0, count))
    offset += count
  }
  return 0
}

const TIMES: readonly (readonly [string, TimeName])[] = [
  ['modified', 'mtim'],
  ['changed', 'ctim'],
  ['accessed', 'atim'],
  ['made', 'btim'],
]

/** All about one path; without one, about the snapshot. */
export async function statCommand(source: string, path: string | undefined, options: ReadArguments): Promise<number> {
  const found = await withProgress('Reading', () => readSource(source, only(options)))
  const { snapshot } = found
  const { tree } = snapshot
  if (path === undefined) {
    const facts = {
      ...(found.name === undefined ? {} : { name: found.name, names: found.names }),
      format: found.format,
      digest: snapshot.digest,
      stateDigest: snapshot.stateDigest,
      inodes: tree.table.count,
      blocks: tree.blocks,
      time: isoOf(snapshot.time),
    }
    writeOut(options.json === true ? `${jsonOf(facts)}\n` : lines(Object.entries(facts)))
    return 0
  }
  const inode = at(tree, path)
  const names = tree.lineage.names(tree.table).pathsOf(inode.ino).map(textOf)
  if (options.json === true) {
    writeOut(`${jsonOf({ path: absolute(path), names, ...factsOf(inode) })}\n`)
    return 0
  }
  const isContent = inode.isFile() || inode.isDirectory() || inode.isSymlink()
  writeOut(
    lines([
      ['path', visible(absolute(path))],
      ['inode', inode.ino],
      ['kind', inode.kind],
      ['mode', `${inode.mode.toString(8).padStart(4, '0')} ${modeText(inode)}`],
      ['links', inode.nlink],
      ...names.map((name) => ['name', visible(name)] as const),
      ['size', inode.size],
      ...(inode.isFile() ? [['blocks', inode.body.blocks] as const] : []),
      ...(inode.isSymlink() ? [['target', visible(textOf(inode.body))] as const] : []),
      ...(isContent ? [['digest', snapshot.digestOf(absolute(path))] as const] : []),
      ...TIMES.map(([name, time]) => [name, isoOf(timeOf(inode, time))] as const),
    ]),
  )
  return 0
}

function lines(rows: readonly (readonly [string, unknown])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows
    .map(([name, value]) => `${name.padEnd(width)}  ${Array.isArray(value) ? value.join(', ') : String(value)}\n`)
    .join('')
}

export async function treeCommand(source: string, path: string | undefined, options: ReadArguments): Promise<number> {
  const { tree } = await open(source, options)
  const top = at(tree, path)
  writeOut(`${visible(absolute(path ?? '/'))}\n`)
  const stack = top.isDirectory() ? [{ entries: top.body.entries(), next: 0, prefix: '' }] : []
  for (let level = stack.at(-1); level !== undefined; level = stack.at(-1)) {
    const entry = level.entries[level.next++]
    if (entry === undefined) {
      stack.pop()
      continue
    }
    const isLast = level.next === level.entries.length
    const inode = tree.get(entry.ino)
    const links = !inode.isDirectory() && inode.nlink > 1 ? `  (inode ${inode.ino}, ${inode.nlink} links)` : ''
    writeOut(
      `${level.prefix}${isLast ? '└── ' : '├── '}${visible(textOf(entry.name))}${inode.isDirectory() ? '/' : ''}${arrow(inode)}${links}\n`,
    )
    if (inode.isDirectory()) {
      stack.push({ entries: inode.body.entries(), next: 0, prefix: `${level.prefix}${isLast ? '    ' : '│   '}` })
    }
  }
  return 0
}

/** As `diff`: 0 where there is no difference, 1 where there is one. */
export async function diffCommand(
  a: string,
  b: string,
  options: ReadArguments & { readonly patch?: true; readonly metadata?: true },
): Promise<number> {
  const [left, right] = [await open(a, options), await open(b, options)]
  const difference = diff(left, right, options.metadata === true ? { fields: ['mode', 'nlink', 'mtime'] } : {})
  if (options.json === true) writeOut(`${JSON.stringify(difference)}\n`)
  else writeOut(options.patch === true ? difference.patch() : difference.stat())
  return difference.changes.length === 0 ? 0 : 1
}

/** Reads a source, and says what was left out. With `bounded` the machine has a machine's quota. */
async function open(source: string, options: ReadArguments, bounded: boolean = false): Promise<Snapshot> {
  const { snapshot, leftOut } = await withProgress(`Reading ${source}`, () =>
    readSource(source, { ...only(options), ...(bounded ? { quota: DEFAULT_QUOTA } : {}) }),
  )
  for (const sentence of leftOut) say(sentence)
  return snapshot
}

function only({ format }: ReadArguments): { readonly format?: SourceFormat } {
  return format === undefined ? {} : { format }
}

function at(tree: Filesystem, path: string = '/', last: 'follow' | 'nofollow' = 'nofollow'): Readonly<Inode> {
  const ino = tree.lookup(ROOT_INO, byteString(absolute(path)), last, 'clamp')
  if (!(ino instanceof Errno)) return tree.get(ino)
  throw new HostError('NOT_FOUND', path, `there is nothing at ${quote(path)} in it: ${ino.message}`)
}

function absolute(path: string): string {
  return path.startsWith('/') ? path : `/${path}`
}

function lastName(path: string = '/'): ReturnType<typeof byteString> {
  return byteString(path.replace(/\/+$/, '').split('/').at(-1) ?? '')
}

function arrow(inode: Readonly<Inode>): string {
  return inode.isSymlink() ? ` -> ${visible(textOf(inode.body))}` : ''
}

/** What of an inode JSON tells; times in nanoseconds since 1970, as text. */
function factsOf(inode: Readonly<Inode>): object {
  const { ino, kind, mode, nlink, size } = inode
  const times = Object.fromEntries(TIMES.map(([, name]) => [name.replace('im', 'ime'), timeOf(inode, name)]))
  return { ino, kind, mode, nlink, size, ...(inode.isSymlink() ? { target: textOf(inode.body) } : {}), ...times }
}

async function withProgress<T>(text: string, action: (update: (text: string) => void) => T | Promise<T>): Promise<T> {
  const progress = textProgress(text, process.stderr)
  try {
    return await action((next) => progress.update(next))
  } finally {
    progress.stop()
  }
}
