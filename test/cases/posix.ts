/** Hostcalls by their POSIX names, one line a call: what it gave, or the errno's name. Every path starts at 3. */

import { LOOKUP_SYMLINK_FOLLOW, WHENCE_CUR, WHENCE_END, WHENCE_SET } from '../../src/abi/types.ts'
import type { Files } from '../../src/index.ts'
import { Hostcalls, type HostcallsOptions } from '../support/hostcalls.ts'

/** A path, as text or as the very bytes. */
export type Path = string | Uint8Array

export const FOLLOW: number = LOOKUP_SYMLINK_FOLLOW

const WHENCE = { set: WHENCE_SET, current: WHENCE_CUR, end: WHENCE_END } as const

/** A live guest on a tree of nothing but `files`. What POSIX answers with nothing is `ok` here. */
export class Posix extends Hostcalls {
  constructor(files: Files = {}, options: HostcallsOptions = {}) {
    super({ image: 'empty', files, ...options })
  }

  mkdir(path: Path, fd: number = 3): string {
    return this.#onPath('path_create_directory', fd, path)
  }

  rmdir(path: Path, fd: number = 3): string {
    return this.#onPath('path_remove_directory', fd, path)
  }

  unlink(path: Path, fd: number = 3): string {
    return this.#onPath('path_unlink_file', fd, path)
  }

  rename(from: Path, to: Path, fromFd: number = 3, toFd: number = 3): string {
    const [a, b] = [this.put(from), this.put(to)]
    return ok(this.call('path_rename', fromFd, a.ptr, a.len, toFd, b.ptr, b.len))
  }

  link(from: Path, to: Path, flags: number = 0): string {
    const [a, b] = [this.put(from), this.put(to)]
    return ok(this.call('path_link', 3, flags, a.ptr, a.len, 3, b.ptr, b.len))
  }

  symlink(target: Path, path: Path): string {
    const [a, b] = [this.put(target), this.put(path)]
    return ok(this.call('path_symlink', a.ptr, a.len, 3, b.ptr, b.len))
  }

  /** The link's text. */
  readlink(path: Path): string {
    const { ptr, len } = this.put(path)
    const [buf, used] = [this.out(4096), this.out(4)]
    const answer = this.call('path_readlink', 3, ptr, len, buf, 4096, used)
    return answer === 'ESUCCESS' ? this.text({ ptr: buf, len: this.u32(used) }) : answer
  }

  /** Only whether a status can be had, and if not, why; `stat` and `fstat` give it. */
  statFails(path: Path, flags: number = 0, fd: number = 3): string {
    const { ptr, len } = this.put(path)
    return ok(this.call('path_filestat_get', fd, flags, ptr, len, this.out(64)))
  }

  /** Sets both times to now. */
  utimes(path: Path, flags: number = 0): string {
    const { ptr, len } = this.put(path)
    return ok(this.call('path_filestat_set_times', 3, flags, ptr, len, 0n, 0n, 0b1010))
  }

  close(fd: number): string {
    return ok(this.call('fd_close', fd))
  }

  /** The new offset. */
  seek(fd: number, delta: number | bigint, whence: keyof typeof WHENCE): number | string {
    const offset = this.out(8)
    const answer = this.call('fd_seek', fd, BigInt(delta), WHENCE[whence], offset)
    return answer === 'ESUCCESS' ? Number(this.u64(offset)) : answer
  }

  tell(fd: number): number | string {
    const offset = this.out(8)
    const answer = this.call('fd_tell', fd, offset)
    return answer === 'ESUCCESS' ? Number(this.u64(offset)) : answer
  }

  pread(fd: number, size: number, offset: number | bigint): string {
    const { ptr, len, regions } = this.iovs(size)
    const nread = this.out(4)
    const answer = this.call('fd_pread', fd, ptr, len, BigInt(offset), nread)
    return answer === 'ESUCCESS' ? this.text({ ptr: regions[0]?.ptr ?? 0, len: this.u32(nread) }) : answer
  }

  pwrite(fd: number, value: string | Uint8Array, offset: number | bigint): number | string {
    const { ptr, len } = this.iovs(value)
    const nwritten = this.out(4)
    const answer = this.call('fd_pwrite', fd, ptr, len, BigInt(offset), nwritten)
    return answer === 'ESUCCESS' ? this.u32(nwritten) : answer
  }

  ftruncate(fd: number, size: number | bigint): string {
    return ok(this.call('fd_filestat_set_size', fd, BigInt(size)))
  }

  fallocate(fd: number, offset: number | bigint, length: number | bigint): string {
    return ok(this.call('fd_allocate', fd, BigInt(offset), BigInt(length)))
  }

  /** The name of a preopen, asked for as a C library asks. */
  preopen(fd: number): string {
    const prestat = this.out(8)
    const answer = this.call('fd_prestat_get', fd, prestat)
    if (answer !== 'ESUCCESS') return answer
    const len = this.u32(prestat + 4)
    const ptr = this.out(len)
    this.must('fd_prestat_dir_name', fd, ptr, len)
    return this.text({ ptr, len })
  }

  /** What is in a directory of the machine, by name. */
  ls(path: string = '/'): string[] {
    return this.machine.fs.readdirSync(path)
  }

  /** A file of the machine as text. */
  cat(path: string): string {
    return this.machine.fs.readFileSync(path, 'utf8')
  }

  /** Opens and closes again: `ok`, or why not. */
  opens(path: Path, options: Parameters<Hostcalls['open']>[1] = {}): string {
    const fd = this.open(path, options)
    return typeof fd === 'string' ? fd : this.close(fd)
  }

  #onPath(
    name: 'path_create_directory' | 'path_remove_directory' | 'path_unlink_file',
    fd: number,
    path: Path,
  ): string {
    const { ptr, len } = this.put(path)
    return ok(this.call(name, fd, ptr, len))
  }
}

function ok(answer: string): string {
  return answer === 'ESUCCESS' ? 'ok' : answer
}
