/**
 * Copies a host folder into a tree before a run. Links are copied as links and never followed, so nothing outside the
 * folder is read; what has no content or cannot be read is left out and listed. The order is the names' byte order, so
 * that inode numbers depend on the content alone, never on how the host lists it.
 */

import type { BigIntStats } from 'node:fs'
import { type ByteString, byteString, decodeLatin1, isUtf8 } from '../../vfs/bytes.ts'
import { EDQUOT, EILSEQ, ENOSPC, Errno } from '../../vfs/errno.ts'
import { type Filesystem, OPEN_CREATE, OPEN_EXCLUSIVE } from '../../vfs/filesystem.ts'
import type { Instant } from '../../vfs/inode.ts'
import { ROOT_INO } from '../../vfs/inode_table.ts'
import { type Epoch, instantOf } from '../../vfs/instant.ts'
import { HOST, type HostCalls, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } from './host_calls.ts'
import { errnoOf, HostError, reasonOf } from './host_error.ts'
import { quote } from './host_names.ts'
import { type HostReport, type LeftOutReason, Tally } from './host_report.ts'

export interface ImportOptions {
  /**
   * Whether modification times come along. Default false: they differ between two checkouts of the same files,
   * and everything that a guest sees should be the same for both.
   */
  readonly times?: boolean
  /** The host's file calls; for tests. */
  readonly host?: HostCalls
}

/** A host folder whose names are being copied. */
interface Folder {
  readonly hostPath: string
  /** Relative to the folder that the caller named: empty, or with a slash at its end. */
  readonly path: string
  readonly ino: number
  readonly names: readonly string[]
  at: number
}

const FILE_MODE = 0o644
const EXECUTABLE_MODE = 0o755
const OWNER_EXECUTES = 0o100n
const BUFFER_SIZE = 1 << 20

/**
 * Copies what is in `hostDir` into the directory `guestPath` (absolute; made where missing, and merged with what is
 * there), at the moment `now`, as `machine.time` gives it. `hostDir` itself may be a link, since the caller named it; no link below it is followed. Hard links between
 * files of the folder stay hard links. Files get mode 0755 where their owner may execute them, else 0644.
 *
 * @throws HostError `NOT_FOUND`, `WRONG_KIND` or `UNREADABLE` for `hostDir` itself or a `guestPath` that cannot be a
 * directory; `QUOTA` when the machine is full. The tree may then hold a part: import into a fork where that matters.
 */
export function importHost(
  fs: Filesystem,
  hostDir: string,
  guestPath: string,
  now: Epoch,
  options: ImportOptions = {},
): HostReport {
  const instant = instantOf(now)
  if (typeof instant === 'string') throw new RangeError(`now: ${instant}`)
  return new Import(fs, instant, options).run(hostDir, guestPath)
}

class Import {
  readonly #fs: Filesystem
  readonly #now: Instant
  readonly #host: HostCalls
  readonly #keepTimes: boolean
  readonly #report = new Tally()
  readonly #folders: Folder[] = []
  /** Where the first name of each host file with several names went, by device and number. */
  readonly #copies = new Map<string, { readonly dir: number; readonly name: ByteString }>()
  /** Set last, since filling a directory changes its times. */
  readonly #times: { readonly ino: number; readonly mtim: Instant }[] = []
  #buffer: Uint8Array | undefined

  constructor(fs: Filesystem, now: Instant, options: ImportOptions) {
    this.#fs = fs
    this.#now = now
    this.#host = options.host ?? HOST
    this.#keepTimes = options.times === true
  }

  run(hostDir: string, guestPath: string): HostReport {
    const names = this.#listRoot(hostDir)
    const ino = directoryAt(this.#fs, guestPath, this.#now)
    this.#folders.push({ hostPath: hostDir, path: '', ino, names, at: 0 })
    for (let folder = this.#folders.at(-1); folder !== undefined; folder = this.#folders.at(-1)) {
      const name = folder.names[folder.at++]
      if (name === undefined) this.#folders.pop()
      else this.#copy(folder, name)
    }
    for (const { ino, mtim } of this.#times) this.#fs.setTimes(ino, mtim, mtim, this.#now)
    return this.#report
  }

  #listRoot(hostDir: string): readonly string[] {
    try {
      const stats = this.#host.statSync(hostDir)
      if (!stats.isDirectory()) {
        throw new HostError('WRONG_KIND', hostDir, `${quote(hostDir)} is no folder: name the folder that it is in`)
      }
      return this.#list(hostDir, '')
    } catch (error) {
      if (error instanceof HostError) throw error
      const code = errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR' ? 'NOT_FOUND' : 'UNREADABLE'
      throw new HostError(code, hostDir, `the folder ${quote(hostDir)} cannot be read: ${reasonOf(error)}`, error)
    }
  }

  /** The names in a host folder, in byte order, without those that are not UTF-8, which are left out. */
  #list(hostPath: string, path: string): readonly string[] {
    const names: string[] = []
    for (const bytes of this.#host.readdirSync(hostPath, { encoding: 'buffer' }).sort(Buffer.compare)) {
      const name = decodeLatin1(bytes)
      if (isUtf8(name)) names.push(bytes.toString())
      else this.#report.leaveOut(path + escapeBytes(name), 'name', 'its name is not UTF-8')
    }
    return names
  }

  #copy(folder: Folder, name: string): void {
    const hostPath = join(folder.hostPath, name)
    const path = folder.path + name
    try {
      const stats = this.#host.lstatSync(hostPath, { bigint: true })
      if (stats.isDirectory()) this.#copyDirectory(folder, name, hostPath, path, stats)
      else if (stats.isSymbolicLink()) this.#copyLink(folder, name, hostPath, path, stats)
      else if (stats.isFile()) this.#copyFile(folder, name, hostPath, path, stats)
      else this.#report.leaveOut(path, ...describe(stats))
    } catch (error) {
      if (errnoOf(error) === undefined) throw error
      const [reason, message] = failure(error)
      this.#report.leaveOut(path, reason, message)
    }
  }

  #copyDirectory(folder: Folder, name: string, hostPath: string, path: string, stats: BigIntStats): void {
    const found = this.#report.leftOut.length
    const names = this.#list(hostPath, `${path}/`)
    // Listing goes by name, so it would follow a link that has been put in the folder's place: look again.
    const after = this.#host.lstatSync(hostPath, { bigint: true })
    if (after.dev !== stats.dev || after.ino !== stats.ino) {
      this.#report.leftOut.splice(found)
      this.#report.leaveOut(path, 'changed', 'it was replaced while it was being copied')
      return
    }
    let ino = this.#child(folder.ino, name)
    if (ino !== 0 && !this.#fs.get(ino).isDirectory()) {
      this.#taken(path, ino)
      return
    }
    if (ino === 0) {
      const made = this.#made(path, this.#fs.mkdirAt(folder.ino, byteString(name), 'clamp', this.#now))
      if (made === undefined) return
      ino = made
    }
    this.#report.directories++
    this.#keepTime(ino, stats)
    this.#folders.push({ hostPath, path: `${path}/`, ino, names, at: 0 })
  }

  #copyLink(folder: Folder, name: string, hostPath: string, path: string, stats: BigIntStats): void {
    if (this.#isTaken(folder.ino, name, path)) return
    const text = decodeLatin1(this.#host.readlinkSync(hostPath, { encoding: 'buffer' }))
    const ino = this.#made(path, this.#fs.symlinkAt(text, folder.ino, byteString(name), 'clamp', this.#now))
    if (ino === undefined) return
    this.#report.links++
    this.#keepTime(ino, stats)
  }

  #copyFile(folder: Folder, name: string, hostPath: string, path: string, stats: BigIntStats): void {
    if (this.#isTaken(folder.ino, name, path)) return
    if (this.#link(stats, folder.ino, name, path)) {
      this.#report.files++
      return
    }
    // Neither a link nor a fifo that has been put in the file's place may be followed or waited for.
    const fd = this.#host.openSync(hostPath, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    try {
      const opened = this.#host.fstatSync(fd, { bigint: true })
      if (!opened.isFile()) {
        this.#report.leaveOut(path, 'changed', 'it was replaced by something else while it was being copied')
        return
      }
      const mode = (opened.mode & OWNER_EXECUTES) !== 0n ? EXECUTABLE_MODE : FILE_MODE
      const flags = OPEN_CREATE | OPEN_EXCLUSIVE
      const ino = this.#made(path, this.#fs.openAt(folder.ino, byteString(name), flags, 'clamp', this.#now, mode))
      if (ino === undefined) return
      try {
        this.#report.bytes += this.#fill(ino, fd, path)
      } catch (error) {
        // A file that can be read only in part must not look like a whole one.
        if (errnoOf(error) !== undefined) this.#fs.unlinkAt(folder.ino, byteString(name), 'clamp', this.#now)
        throw error
      }
      this.#report.files++
      this.#keepTime(ino, opened)
      if (opened.nlink > 1n) this.#copies.set(identity(opened), { dir: folder.ino, name: byteString(name) })
    } finally {
      this.#host.closeSync(fd)
    }
  }

  /** Copies the open file's bytes up to its end; stretches of zeros become holes. Returns the size. */
  #fill(ino: number, fd: number, path: string): number {
    this.#buffer ??= new Uint8Array(BUFFER_SIZE)
    let size = 0
    let written = 0
    for (;;) {
      const count = this.#host.readSync(fd, this.#buffer, 0, BUFFER_SIZE, size)
      if (count === 0) break
      if (!isZero(this.#buffer, count)) {
        const done = this.#fs.write(ino, size, this.#buffer, 0, count, this.#now)
        if (done instanceof Errno || done < count) throw quotaError(path, done instanceof Errno ? done : ENOSPC)
        written = size + count
      }
      size += count
    }
    const fault = written < size ? this.#fs.truncate(ino, size, this.#now) : undefined
    if (fault !== undefined) throw quotaError(path, fault)
    return size
  }

  /** Gives a file that was copied already another name; false where there is none, or it can have no more names. */
  #link(stats: BigIntStats, dir: number, name: string, path: string): boolean {
    const first = this.#copies.get(identity(stats))
    if (first === undefined) return false
    const fault = this.#fs.linkAt(first.dir, first.name, 'nofollow', dir, byteString(name), 'clamp', this.#now)
    if (fault === ENOSPC || fault === EDQUOT) throw quotaError(path, fault)
    return fault === undefined
  }

  #child(dir: number, name: string): number {
    return childOf(this.#fs, dir, byteString(name))
  }

  /** Whether the name is there already; then what was to be copied is left out. */
  #isTaken(dir: number, name: string, path: string): boolean {
    const there = this.#child(dir, name)
    if (there !== 0) this.#taken(path, there)
    return there !== 0
  }

  #taken(path: string, ino: number): void {
    this.#report.leaveOut(path, 'taken', `the machine has a ${this.#fs.get(ino).kind} of this name already`)
  }

  /** The inode that was made; `undefined` where the machine cannot have it, which is then left out. */
  #made(path: string, result: number | Errno): number | undefined {
    if (!(result instanceof Errno)) return result
    if (result === ENOSPC || result === EDQUOT) throw quotaError(path, result)
    const message = result === EILSEQ ? "the link's text is not UTF-8" : result.message
    this.#report.leaveOut(path, 'name', message)
    return undefined
  }

  #keepTime(ino: number, stats: BigIntStats): void {
    if (!this.#keepTimes) return
    const mtim = instantOf(stats.mtimeNs)
    if (typeof mtim !== 'string') this.#times.push({ ino, mtim })
  }
}

/** The directory at an absolute path, made where missing. No link is followed on the way. */
function directoryAt(fs: Filesystem, guestPath: string, now: Instant): number {
  const fail = (problem: string): never => {
    throw new HostError('WRONG_KIND', guestPath, `${quote(guestPath)} cannot be a folder of the machine: ${problem}`)
  }
  if (!guestPath.startsWith('/')) fail('it is not absolute, so start it with "/"')
  const parts = guestPath.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..')) fail('it has ".." in it, so say the path itself')
  let dir = ROOT_INO
  for (const part of parts) {
    const name = byteString(part)
    const child = childOf(fs, dir, name)
    if (child !== 0 && !fs.get(child).isDirectory()) fail(`${part} is there and is a ${fs.get(child).kind}`)
    const made = child !== 0 ? child : fs.mkdirAt(dir, name, 'clamp', now)
    if (made instanceof Errno)
      return made === ENOSPC || made === EDQUOT ? raise(quotaError(guestPath, made)) : fail(made.message)
    dir = made
  }
  return dir
}

function childOf(fs: Filesystem, dir: number, name: ByteString): number {
  const inode = fs.get(dir)
  return inode.isDirectory() ? inode.body.get(name) : 0
}

function identity(stats: BigIntStats): string {
  return `${stats.dev}:${stats.ino}`
}

function raise(error: Error): never {
  throw error
}

function quotaError(path: string, errno: Errno): HostError {
  return new HostError(
    'QUOTA',
    path,
    `the machine has no room for ${quote(path)} (${errno.message}): give it a larger quota or copy less`,
  )
}

function describe(stats: BigIntStats): [LeftOutReason, string] {
  if (stats.isFIFO()) return ['fifo', 'it is a fifo, which has no content to copy']
  if (stats.isSocket()) return ['socket', 'it is a socket, which has no content to copy']
  return ['device', 'it is a device, which has no content to copy']
}

function failure(error: unknown): [LeftOutReason, string] {
  switch (errnoOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ELOOP':
    case 'ENXIO':
    case 'EINVAL':
      return ['changed', `it was replaced or removed while it was being copied (${errnoOf(error)})`]
    case 'ENAMETOOLONG':
      return ['name', 'its path is too long for this host']
    default:
      return ['unreadable', `it cannot be read: ${reasonOf(error)}`]
  }
}

/** Bytes beyond ASCII as `\xff`, so that the name can be shown, and told from others. */
function escapeBytes(name: ByteString): string {
  return name.replace(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`)
}

function isZero(bytes: Uint8Array, count: number): boolean {
  for (let i = 0; i < count; i++) if (bytes[i] !== 0) return false
  return true
}

function join(folder: string, name: string): string {
  return folder.endsWith('/') ? folder + name : `${folder}/${name}`
}
