/**
 * Writes one file or directory of a tree out to the host after a run, and touches nothing but what the caller named,
 * whatever links and names the guest made: everything is built in a fresh folder first, where nothing of the host's can
 * be in the way, and only what is complete is moved into its place.
 */

import { byteString, textOf } from '../../vfs/bytes.ts'
import { Errno } from '../../vfs/errno.ts'
import type { Filesystem } from '../../vfs/filesystem.ts'
import type { FileInode, Inode } from '../../vfs/inode.ts'
import { ROOT_INO } from '../../vfs/inode_table.ts'
import { CHUNK_SIZE } from '../../vfs/limits.ts'
import { visitTree } from '../../vfs/tree.ts'
import { HOST, type HostCalls, O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } from './host_calls.ts'
import { errnoOf, HostError, reasonOf } from './host_error.ts'
import { fold, leadsOutside, nameProblem, quote } from './host_names.ts'
import { type HostReport, Tally } from './host_report.ts'
import { checkContent, checkTarget, discard, place, stage, type Target } from './host_target.ts'

export interface ExportOptions {
  /** Whether a folder that has something in it is replaced. Default false: it is refused. */
  readonly replace?: boolean
  /**
   * Which symbolic links are written, always as links: `'inside'` those that cannot lead out of what is written,
   * `'all'` every one with its text as it is, `'none'` none. What is not written is listed. Default `'inside'`.
   */
  readonly links?: 'inside' | 'all' | 'none'
  /** Whether the guest's modification times are set, to the microsecond. Default true. */
  readonly times?: boolean
  /** The host's file calls; for tests. */
  readonly host?: HostCalls
}

/** The most bytes moved at once. */
const BUFFER_SIZE = 32 * CHUNK_SIZE

/**
 * Writes what is at `guestPath` (links in the machine are followed) to `hostPath`, whose parent must be there.
 *
 * - A file is built beside its target and renamed onto it, so the target is the old file or the new one, never a part.
 *   A file that is there is replaced; a link, a folder, a device or a fifo is refused.
 * - A directory whose target is missing is built beside it and renamed. Where the target is a folder, the directory is
 *   built inside it and its entries are moved up; a folder that has something in it is refused unless `replace` is set,
 *   and then its old entries are moved aside first and removed last, so that it ends with what the guest made alone.
 * - When anything fails, entries that have moved are moved back and what was built is removed: the old content is there
 *   as before. Should that fail too, the error is `NOT_RESTORED` and says where the old content lies.
 *
 * Executable files get mode 0777 and others 0666, less the umask; no other mode bit of the guest's is written.
 * Files with several names in the directory are hard links on the host. Holes stay holes. Devices, fifos and sockets
 * are left out and listed. The guest's path is told in the report and in errors, from the directory written out.
 *
 * @throws HostError `NOT_FOUND`, `WRONG_KIND`, `REFUSED` before anything is written; `NAME` where this host cannot hold
 * a name, `COLLISION` where two names are one on it, `WRITE_FAILED`, `NOT_RESTORED`.
 */
export function exportHost(
  fs: Filesystem,
  guestPath: string,
  hostPath: string,
  options: ExportOptions = {},
): HostReport {
  const host = options.host ?? HOST
  const replace = options.replace === true
  const inode = inodeAt(fs, guestPath)
  const target = checkTarget(host, hostPath)
  checkKinds(inode, guestPath, target)
  if (target.kind === 'directory') checkContent(host, target, replace)
  const writing = new Export(fs, inode, host, options)
  writing.checkNames()
  const area = stage(host, target)
  try {
    writing.run(area.built)
    const leftover = place(host, target, area, replace)
    if (leftover !== undefined) writing.report.leftover = leftover
  } catch (error) {
    if (error instanceof HostError && error.code === 'NOT_RESTORED') throw error
    throw withAccount(error, target, discard(host, area))
  }
  return writing.report
}

/** Whether `hostPath` can be written to, as far as can be said before there is anything to write. @throws HostError */
export function checkExport(hostPath: string, host: HostCalls = HOST): void {
  checkTarget(host, hostPath)
}

class Export {
  readonly report: Tally = new Tally()
  readonly #fs: Filesystem
  readonly #top: Readonly<Inode>
  readonly #host: HostCalls
  readonly #links: 'inside' | 'all' | 'none'
  readonly #times: boolean
  /** Where the first name of each file with several was written. */
  readonly #firstNames = new Map<number, string>()
  #buffer: Uint8Array | undefined

  constructor(fs: Filesystem, top: Readonly<Inode>, host: HostCalls, options: ExportOptions) {
    this.#fs = fs
    this.#top = top
    this.#host = host
    this.#links = options.links ?? 'inside'
    this.#times = options.times !== false
  }

  /** Refuses, before anything is written, a name that could not be. */
  checkNames(): void {
    if (!this.#top.isDirectory()) return
    visitTree(this.#fs, this.#top.ino, (bytes) => {
      const path = textOf(bytes)
      const problem = nameProblem(path.slice(path.lastIndexOf('/') + 1), this.#host.platform)
      if (problem === undefined) return
      throw new HostError(
        'NAME',
        path,
        `this host cannot hold the name of ${quote(path)}: ${problem}; nothing was changed`,
      )
    })
  }

  /** Builds everything at `root`, which must not be there. */
  run(root: string): void {
    if (this.#top.isFile()) this.#file(this.#top, root)
    else this.#directory(this.#top, root)
  }

  #directory(top: Readonly<Inode>, root: string): void {
    const directories = [{ path: root, inode: top }]
    this.#host.mkdirSync(root)
    visitTree(this.#fs, top.ino, (bytes, inode) => {
      const path = textOf(bytes)
      try {
        if (inode.isDirectory()) {
          this.#host.mkdirSync(root + path)
          this.report.directories++
          directories.push({ path: root + path, inode })
        } else if (inode.isSymlink()) this.#symlink(path, textOf(inode.body), root + path, inode)
        else if (inode.isFile()) this.#hardLinkOrFile(inode, root + path)
        else this.#leaveOutSpecial(path, inode)
      } catch (error) {
        throw this.#explain(error, path)
      }
    })
    if (!this.#times) return
    // Deepest first, and after everything is in them: filling a folder changes its times.
    for (const { path, inode } of directories.reverse()) this.#host.utimesSync(path, ...timesOf(inode))
  }

  #file(inode: Readonly<FileInode>, path: string): void {
    const executable = (inode.mode & 0o111) !== 0
    const fd = this.#host.openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, executable ? 0o777 : 0o666)
    try {
      this.#fill(fd, inode)
      if (this.#times) this.#host.futimesSync(fd, ...timesOf(inode))
    } finally {
      this.#host.closeSync(fd)
    }
    this.report.files++
    this.report.bytes += inode.body.size
  }

  /** Writes only what is data; the rest is a hole of the host's file too. */
  #fill(fd: number, { body }: Readonly<FileInode>): void {
    if (body.size === 0) return
    this.#buffer ??= new Uint8Array(BUFFER_SIZE)
    // The size first: where it is too large for the host, nothing has been written in vain.
    this.#host.ftruncateSync(fd, body.size)
    for (let at = body.nextData(0); at < body.size; at = body.nextData(at)) {
      let end = at
      while (end < body.size && body.nextData(end) === end && end - at < BUFFER_SIZE) {
        end = (Math.floor(end / CHUNK_SIZE) + 1) * CHUNK_SIZE
      }
      const count = body.read(at, this.#buffer, 0, Math.min(end - at, BUFFER_SIZE))
      for (let done = 0; done < count; ) done += this.#host.writeSync(fd, this.#buffer, done, count - done, at + done)
      at += count
    }
  }

  #hardLinkOrFile(inode: Readonly<FileInode>, path: string): void {
    const first = this.#firstNames.get(inode.ino)
    if (first !== undefined) {
      try {
        this.#host.linkSync(first, path)
        this.report.files++
        return
      } catch (error) {
        // A host without hard links, or with no room for one more, gets a copy.
        if (errnoOf(error) === undefined || errnoOf(error) === 'EEXIST') throw error
      }
    }
    this.#file(inode, path)
    if (inode.nlink > 1) this.#firstNames.set(inode.ino, path)
  }

  #symlink(path: string, text: string, hostPath: string, inode: Readonly<Inode>): void {
    const depth = path.split('/').length - 2
    if (this.#links === 'none') {
      this.report.leaveOut(path.slice(1), 'link', `it is a link to ${quote(text)}, and links were not asked for`)
    } else if (this.#links === 'inside' && leadsOutside(text, depth, this.#host.platform)) {
      this.report.leaveOut(path.slice(1), 'link', `it is a link to ${quote(text)}, which may lead outside`)
    } else {
      this.#host.symlinkSync(text, hostPath)
      if (this.#times) this.#host.lutimesSync(hostPath, ...timesOf(inode))
      this.report.links++
    }
  }

  #leaveOutSpecial(path: string, { kind }: Readonly<Inode>): void {
    if (kind !== 'fifo' && kind !== 'socket' && kind !== 'device') return
    this.report.leaveOut(path.slice(1), kind, `it is a ${kind}, which has no content to write`)
  }

  /** What the host's refusal of one path means. */
  #explain(error: unknown, path: string): unknown {
    const errno = errnoOf(error)
    if (errno === undefined) return error
    if (errno === 'EEXIST') {
      const message = `${quote(path)} and ${this.#collidingWith(path)} are one name on this host: rename one of them`
      return new HostError('COLLISION', path, message, error)
    }
    if (errno === 'ENAMETOOLONG') {
      const message = `the name or path ${quote(path)} is too long for this host: shorten it, or write to a shorter path`
      return new HostError('NAME', path, message, error)
    }
    return new HostError('WRITE_FAILED', path, `${quote(path)} could not be written: ${reasonOf(error)}`, error)
  }

  /** The path that a host which ignores case, or composes accents, takes for `path`. */
  #collidingWith(path: string): string {
    let found: string | undefined
    visitTree(this.#fs, this.#top.ino, (bytes) => {
      const other = textOf(bytes)
      if (other !== path && fold(other) === fold(path)) found ??= other
    })
    return found === undefined ? 'another' : quote(found)
  }
}

function inodeAt(fs: Filesystem, guestPath: string): Readonly<Inode> {
  if (!guestPath.startsWith('/')) {
    throw new HostError('NOT_FOUND', guestPath, `${quote(guestPath)} is no path of the machine: start it with "/"`)
  }
  const ino = fs.lookup(ROOT_INO, byteString(guestPath), 'follow', 'clamp')
  if (ino instanceof Errno) {
    throw new HostError('NOT_FOUND', guestPath, `the machine has no ${quote(guestPath)}: ${ino.message}`)
  }
  return fs.get(ino)
}

function checkKinds(inode: Readonly<Inode>, guestPath: string, { kind, given }: Target): void {
  if (!inode.isDirectory() && !inode.isFile()) {
    throw new HostError(
      'WRONG_KIND',
      guestPath,
      `${quote(guestPath)} is a ${inode.kind}: only files and directories can be written out`,
    )
  }
  if (inode.isDirectory() && kind === 'file') {
    throw new HostError(
      'REFUSED',
      given,
      `${quote(given)} is a file, and ${quote(guestPath)} a directory: name a folder`,
    )
  }
  if (inode.isFile() && kind === 'directory') {
    throw new HostError(
      'REFUSED',
      given,
      `${quote(given)} is a folder, and ${quote(guestPath)} a file: name the file to write`,
    )
  }
}

/** The error with an account of what is on the host now. */
function withAccount(error: unknown, { given }: Target, leftover: string | undefined): unknown {
  const isHosts = error instanceof HostError
  if (!isHosts && errnoOf(error) === undefined) return error
  const message = isHosts ? error.message : `it could not be written: ${reasonOf(error)}`
  const rest = leftover === undefined ? '' : `, but for ${quote(leftover)}, which could not be removed`
  const [code, path] = isHosts ? [error.code, error.path] : (['WRITE_FAILED', given] as const)
  return new HostError(code, path, `writing ${quote(given)}: ${message}. What was there is as before${rest}`, error)
}

/** Access and modification time in seconds, as the host takes them. */
function timesOf(inode: Readonly<Inode>): [number, number] {
  return [inode.atimSec + inode.atimNsec / 1e9, inode.mtimSec + inode.mtimNsec / 1e9]
}
