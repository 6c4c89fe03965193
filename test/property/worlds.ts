/** One interpreter of operations over anything `node:fs`-shaped, and the two worlds that it drives. */

import * as real from 'node:fs'
import type { NodeFs } from '../../vfs/node_fs.ts'
import type { Operation } from './operations.ts'

/** The calls that operations use: what the facade and `node:fs` share. */
export type AnyFs = Pick<
  NodeFs,
  | 'openSync'
  | 'closeSync'
  | 'readSync'
  | 'writeSync'
  | 'ftruncateSync'
  | 'fstatSync'
  | 'futimesSync'
  | 'readFileSync'
  | 'writeFileSync'
  | 'truncateSync'
  | 'mkdirSync'
  | 'rmdirSync'
  | 'unlinkSync'
  | 'readlinkSync'
  | 'readdirSync'
  | 'statSync'
  | 'lstatSync'
  | 'accessSync'
  | 'existsSync'
  | 'symlinkSync'
  | 'linkSync'
  | 'renameSync'
  | 'copyFileSync'
  | 'utimesSync'
  | 'lutimesSync'
  | 'rmSync'
  | 'cpSync'
  | 'realpathSync'
>

/** The host's own, as the type that both have. */
export const hostFs: AnyFs = real as unknown as AnyFs

/** What an operation gave: a value that both worlds must agree on; of an error its code and call, as `ENOENT rename`. */
export type Outcome = string | number | boolean | undefined

/** What is left at the end. */
export interface Rest {
  /** A line per name: its kind, mode, link count, first name of its inode, size, content, and time where it was set. */
  readonly lines: readonly string[]
  /** When each inode was last changed, by its first name, in milliseconds; of those whose time was not set. */
  readonly changed: ReadonlyMap<string, number>
}

/** Times before it (September 2025, in milliseconds) were set by an operation, those after it are the clock's. */
const CLOCK_FROM = 1_757_000_000_000

/** A `node:fs` and the directory that stands for `/` in it. */
export class World {
  readonly fs: AnyFs
  /** `''` where the root is the real one. */
  readonly root: string
  readonly #open: number[] = []

  constructor(fs: AnyFs, root: string) {
    this.fs = fs
    this.root = root
  }

  /** Runs it. @throws what is no error of the file system. */
  run(operation: Operation): Outcome {
    try {
      return this.#run(operation)
    } catch (error) {
      const { code, syscall } = error as { code?: string; syscall?: string }
      if (code === undefined) throw error
      return `${code} ${syscall}`
    }
  }

  close(): void {
    for (const fd of this.#open.splice(0)) this.fs.closeSync(fd)
  }

  /** Everything that is there, hard links told by the first name of their inode. */
  rest(): Rest {
    const lines: string[] = []
    const changed = new Map<string, number>()
    const firstName = new Map<number, string>()
    const queue = ['']
    for (let dir = queue.pop(); dir !== undefined; dir = queue.pop()) {
      for (const name of this.fs.readdirSync(`${this.root}${dir}/`).sort()) {
        const path = `${dir}/${name}`
        const stat = this.fs.lstatSync(this.root + path)
        const first = firstName.get(stat.ino) ?? path
        firstName.set(stat.ino, first)
        const isSet = stat.mtimeMs < CLOCK_FROM
        if (!isSet) changed.set(first, stat.mtimeMs)
        lines.push(
          [
            path,
            this.#kind(stat),
            `mode=${(stat.mode & 0o7777).toString(8)}`,
            `nlink=${stat.nlink}`,
            first,
            stat.isFile() ? stat.size : 0,
            isSet ? stat.mtimeMs : 'changed',
            this.#content(this.root + path, stat),
          ].join(' '),
        )
        if (stat.isDirectory()) queue.push(path)
      }
    }
    return { lines, changed }
  }

  #run(operation: Operation): Outcome {
    const { fs } = this
    switch (operation.call) {
      case 'open':
        this.#open.push(fs.openSync(this.#in(operation.path), operation.flags))
        return 'open'
      case 'close': {
        const fd = this.#fd(operation.slot)
        if (fd === undefined) return undefined
        this.#open.splice(this.#open.indexOf(fd), 1)
        fs.closeSync(fd)
        return undefined
      }
      case 'read': {
        const fd = this.#fd(operation.slot)
        if (fd === undefined) return undefined
        const bytes = new Uint8Array(operation.length).fill(255)
        const count = fs.readSync(fd, bytes, 0, bytes.length, operation.position)
        return `${count} ${digest(bytes)}`
      }
      case 'write': {
        const fd = this.#fd(operation.slot)
        return fd === undefined
          ? undefined
          : fs.writeSync(fd, operation.data.repeat(operation.times), operation.position)
      }
      case 'ftruncate': {
        const fd = this.#fd(operation.slot)
        if (fd !== undefined) fs.ftruncateSync(fd, operation.size)
        return undefined
      }
      case 'fstat': {
        const fd = this.#fd(operation.slot)
        return fd === undefined ? undefined : this.#stat(fs.fstatSync(fd))
      }
      case 'futimes': {
        const fd = this.#fd(operation.slot)
        if (fd === undefined) return undefined
        fs.futimesSync(fd, operation.atime, operation.mtime)
        return this.#times(fs.fstatSync(fd))
      }
      case 'readFile':
        return digest(fs.readFileSync(this.#in(operation.path)))
      case 'writeFile':
        fs.writeFileSync(this.#in(operation.path), operation.data.repeat(operation.times), { flag: operation.flag })
        return undefined
      case 'truncate':
        fs.truncateSync(this.#in(operation.path), operation.size)
        return undefined
      case 'mkdir': {
        const made = fs.mkdirSync(this.#in(operation.path), { recursive: operation.recursive })
        return made === undefined ? undefined : this.#out(made)
      }
      case 'rmdir':
        fs.rmdirSync(this.#in(operation.path))
        return undefined
      case 'unlink':
        fs.unlinkSync(this.#in(operation.path))
        return undefined
      case 'readlink':
        return this.#out(fs.readlinkSync(this.#in(operation.path)))
      case 'readdir':
        return fs
          .readdirSync(this.#in(operation.path), { withFileTypes: true })
          .map((entry) => `${entry.name} ${this.#kind(entry)}`)
          .sort()
          .join()
      case 'realpath':
        return this.#out(fs.realpathSync.native(this.#in(operation.path)))
      case 'stat':
        return this.#stat(fs.statSync(this.#in(operation.path)))
      case 'lstat':
        return this.#stat(fs.lstatSync(this.#in(operation.path)))
      case 'access':
        fs.accessSync(this.#in(operation.path))
        return undefined
      case 'exists':
        return fs.existsSync(this.#in(operation.path))
      case 'symlink': {
        const target = operation.target.startsWith('/') ? this.root + operation.target : operation.target
        fs.symlinkSync(target, this.#in(operation.path))
        return undefined
      }
      case 'link':
        fs.linkSync(this.#in(operation.path), this.#in(operation.to))
        return undefined
      case 'rename':
        fs.renameSync(this.#in(operation.path), this.#in(operation.to))
        return undefined
      case 'copyFile':
        fs.copyFileSync(this.#in(operation.path), this.#in(operation.to))
        return undefined
      case 'utimes':
        fs.utimesSync(this.#in(operation.path), operation.atime, operation.mtime)
        return this.#times(fs.statSync(this.#in(operation.path)))
      case 'lutimes':
        fs.lutimesSync(this.#in(operation.path), operation.atime, operation.mtime)
        // Not the access time: the host moves a link's when a walk takes it, as this very one may.
        return fs.lstatSync(this.#in(operation.path)).mtimeMs
      case 'rm':
        fs.rmSync(this.#in(operation.path), operation)
        return undefined
      case 'cp': {
        const options = { ...operation, recursive: true, verbatimSymlinks: true }
        fs.cpSync(this.#in(operation.path), this.#in(operation.to), options)
        return undefined
      }
    }
  }

  #fd(slot: number): number | undefined {
    return this.#open[slot % Math.max(1, this.#open.length)]
  }

  #in(path: string): string {
    return this.root + path
  }

  #out(path: string): string {
    return this.root !== '' && path.startsWith(this.root) ? path.slice(this.root.length) || '/' : path
  }

  #content(path: string, stat: real.Stats | ReturnType<AnyFs['fstatSync']>): string {
    if (stat.isFile()) return digest(this.fs.readFileSync(path))
    return stat.isSymbolicLink() ? this.#out(this.fs.readlinkSync(path)) : ''
  }

  #kind(stat: { isFile(): boolean; isDirectory(): boolean; isSymbolicLink(): boolean }): string {
    return stat.isFile() ? 'file' : stat.isDirectory() ? 'directory' : stat.isSymbolicLink() ? 'symlink' : 'other'
  }

  /** A directory's size is the host's business, and a link's has the root's path in it. */
  #stat(stat: real.Stats | ReturnType<AnyFs['fstatSync']>): string {
    return `${this.#kind(stat)} ${stat.mode.toString(8)} nlink=${stat.nlink} size=${stat.isFile() ? stat.size : '-'}`
  }

  #times(stat: real.Stats | ReturnType<AnyFs['fstatSync']>): string {
    return `${stat.atimeMs} ${stat.mtimeMs} ${stat.atime.toISOString()} ${stat.mtime.toISOString()}`
  }
}

/** Enough of the bytes to tell them apart: runs of equal bytes, as `3x2y`. */
function digest(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; ) {
    let end = i + 1
    while (end < bytes.length && bytes[end] === bytes[i]) end++
    text += `${end - i}:${bytes[i]} `
    i = end
  }
  return text
}
