/** The programs that judge archives, folders of the host to run them in, and what a folder and a tree have in common. */

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  closeSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import { textOf } from '../../../vfs/bytes.ts'
import type { Filesystem } from '../../../vfs/filesystem.ts'
import { ROOT_INO } from '../../../vfs/inode_table.ts'
import { visitTree } from '../../../vfs/tree.ts'

const folders: string[] = []

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** An empty folder, which is gone after the test. */
export function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'vivarium-formats-'))
  folders.push(made)
  return made
}

/** Removes a folder before the test ends: a property makes many. */
export function discard(made: string): void {
  rmSync(made, { recursive: true, force: true })
}

const PACKAGES: { readonly [program: string]: string } = {
  tar: 'tar (GNU tar)',
  zip: 'zip',
  unzip: 'unzip',
  umoci: 'umoci',
  skopeo: 'skopeo',
  'nix-hash': 'nix-bin',
  'nix-store': 'nix-bin',
  gzip: 'gzip',
}

/** Runs a program that must be there and must succeed; its stdout. */
export function judge(program: string, args: readonly string[], cwd = '/'): Buffer {
  const env = { ...process.env, LC_ALL: 'C.UTF-8', TZ: 'UTC' }
  try {
    return execFileSync(program, args, { cwd, env, maxBuffer: 2 ** 30, stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new Error(`${program} is not there, and this test needs it: install the package ${PACKAGES[program]}`)
    }
    const { stderr } = error as { stderr?: Buffer }
    throw new Error(`${program} ${args.join(' ')}: ${stderr?.toString() ?? error}`)
  }
}

/** Writes pieces into a file of the host. */
export function writePieces(path: string, pieces: Iterable<Uint8Array>): void {
  const fd = openSync(path, 'w')
  for (const piece of pieces) writeSync(fd, piece)
  closeSync(fd)
}

/** What is to be compared. */
export interface Compared {
  /** In nanoseconds that times are cut to: 1n for all of it; 0n for no times. */
  readonly times: bigint
  /** Whether names of one file are told from files that are alike. */
  readonly hardlinks?: boolean
  readonly modes?: number
}

/** A line for each thing below a folder of the host, in byte order of the paths. */
export function hostState(dir: string, compared: Compared): string[] {
  const lines: [string, string][] = []
  const stack = ['']
  for (let path = stack.pop(); path !== undefined; path = stack.pop()) {
    const names = readdirSync(join(dir, path), { encoding: 'utf8' })
    for (const name of names) {
      const below = path === '' ? name : `${path}/${name}`
      const full = `${dir}/${below}`
      const stats = lstatSync(full, { bigint: true })
      if (stats.isDirectory()) stack.push(below)
      let what = 'other'
      if (stats.isDirectory()) what = 'directory'
      else if (stats.isSymbolicLink()) what = `symlink ${JSON.stringify(readlinkSync(full))}`
      else if (stats.isFile()) what = `file ${stats.size} ${digest(readFileSync(full))}`
      else if (stats.isFIFO()) what = 'fifo'
      const link = stats.isDirectory() || stats.nlink < 2n ? '' : `${stats.ino}`
      const mode = stats.isSymbolicLink() ? 0o777 : Number(stats.mode & 0o7777n)
      lines.push([below, lineOf(what, mode, stats.mtimeNs, link, compared)])
    }
  }
  return finish(lines, compared)
}

/** The same of a tree. */
export function treeState(fs: Filesystem, compared: Compared, base: number = ROOT_INO): string[] {
  const lines: [string, string][] = []
  visitTree(fs, base, (path, inode) => {
    let what: string = inode.kind
    if (inode.isSymlink()) what = `symlink ${JSON.stringify(textOf(inode.body))}`
    else if (inode.isFile()) what = `file ${inode.size} ${digest(inode.body.toBytes())}`
    const link = inode.isDirectory() || inode.nlink < 2 ? '' : `${inode.ino}`
    const mtime = BigInt(inode.mtimSec) * 1_000_000_000n + BigInt(inode.mtimNsec)
    lines.push([textOf(path).slice(1), lineOf(what, inode.mode, mtime, link, compared)])
  })
  return finish(lines, compared)
}

function lineOf(what: string, mode: number, mtime: bigint, link: string, compared: Compared): string {
  const time = compared.times === 0n ? '' : ` ${(mtime / compared.times) * compared.times}`
  return `${what} ${(mode & (compared.modes ?? 0o7777)).toString(8)}${time}\0${link}`
}

/** In order, with the first path of an inode for its number. */
function finish(lines: [string, string][], compared: Compared): string[] {
  const first = new Map<string, string>()
  const sorted = lines.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  return sorted.map(([path, line]) => {
    const [text, link] = line.split('\0') as [string, string]
    if (link === '' || compared.hardlinks === false) return `${JSON.stringify(path)}: ${text}`
    if (!first.has(link)) first.set(link, path)
    return `${JSON.stringify(path)}: ${text} = ${JSON.stringify(first.get(link))}`
  })
}

export function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16)
}
