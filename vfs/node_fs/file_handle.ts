/** What `promises.open` gives: an object with the calls on one open file. */

import type { Mode, TimeLike } from './arguments.ts'
import type { TextEncoding } from './encoding.ts'
import type { FileCalls, RangeOptions, ReadFileOptions, WriteFileOptions } from './file_calls.ts'
import type { BigIntStats, Stats } from './stats.ts'

/** What `read` fills where it is given no buffer, in bytes. */
const READ_BYTES = 16_384
const CLOSED = 2 ** 31 - 1

/** Each method does its work when it is called; only its result comes later. A closed handle gives EBADF. */
export class FileHandle {
  readonly #files: FileCalls
  #fd: number

  constructor(files: FileCalls, fd: number) {
    this.#files = files
    this.#fd = fd
  }

  /** The descriptor; -1 once closed. */
  get fd(): number {
    return this.#fd === CLOSED ? -1 : this.#fd
  }

  /** The number to call with: of no open file once closed. For this folder. */
  get descriptor(): number {
    return this.#fd
  }

  async close(): Promise<void> {
    if (this.#fd === CLOSED) return
    this.#files.closeSync(this.#fd)
    this.#fd = CLOSED
  }

  read<T extends ArrayBufferView>(
    buffer: T,
    offsetOrOptions?: number | RangeOptions | null,
    length?: number | null,
    position?: number | bigint | null,
  ): Promise<{ readonly bytesRead: number; readonly buffer: T }>
  read<T extends ArrayBufferView = Uint8Array<ArrayBuffer>>(
    options?: (RangeOptions & { readonly buffer?: T }) | null,
  ): Promise<{ readonly bytesRead: number; readonly buffer: T }>
  async read<T extends ArrayBufferView>(
    bufferOrOptions?: T | (RangeOptions & { readonly buffer?: T }) | null,
    offsetOrOptions?: number | RangeOptions | null,
    length?: number | null,
    position?: number | bigint | null,
  ): Promise<{ readonly bytesRead: number; readonly buffer: T }> {
    const given = ArrayBuffer.isView(bufferOrOptions) ? { buffer: bufferOrOptions } : (bufferOrOptions ?? {})
    const buffer = given.buffer ?? (new Uint8Array(READ_BYTES) as ArrayBufferView as T)
    const range: RangeOptions =
      typeof offsetOrOptions === 'object' && offsetOrOptions !== null
        ? offsetOrOptions
        : { offset: offsetOrOptions ?? 0, length: length ?? undefined, position }
    const bytesRead = this.#files.readSync(this.#fd, buffer, ArrayBuffer.isView(bufferOrOptions) ? range : given)
    return { bytesRead, buffer }
  }

  async readv<T extends readonly ArrayBufferView[]>(
    buffers: T,
    position?: number | null,
  ): Promise<{ readonly bytesRead: number; readonly buffers: T }> {
    return { bytesRead: this.#files.readvSync(this.#fd, buffers, position), buffers }
  }

  async write<T extends ArrayBufferView | string>(
    data: T,
    offsetOrPosition?: number | RangeOptions | null,
    lengthOrEncoding?: number | TextEncoding | null,
    position?: number | null,
  ): Promise<{ readonly bytesWritten: number; readonly buffer: T }> {
    const bytesWritten =
      typeof data === 'string'
        ? this.#files.writeSync(
            this.#fd,
            data,
            offsetOrPosition as number | null,
            lengthOrEncoding as TextEncoding | null,
          )
        : this.#files.writeSync(
            this.#fd,
            data,
            offsetOrPosition as number | null,
            lengthOrEncoding as number | null,
            position,
          )
    return { bytesWritten, buffer: data }
  }

  async writev<T extends readonly ArrayBufferView[]>(
    buffers: T,
    position?: number | null,
  ): Promise<{ readonly bytesWritten: number; readonly buffers: T }> {
    return { bytesWritten: this.#files.writevSync(this.#fd, buffers, position), buffers }
  }

  readFile(options?: { readonly encoding?: 'buffer' | null | undefined } | 'buffer' | null): Promise<Uint8Array>
  readFile(options: TextEncoding | { readonly encoding: TextEncoding }): Promise<string>
  async readFile(options?: ReadFileOptions | TextEncoding | 'buffer' | null): Promise<string | Uint8Array> {
    return this.#files.readFileSync(this.#fd, options)
  }

  async writeFile(data: string | ArrayBufferView, options?: WriteFileOptions | TextEncoding | null): Promise<void> {
    this.#files.writeFileSync(this.#fd, data, options)
  }

  async appendFile(data: string | ArrayBufferView, options?: WriteFileOptions | TextEncoding | null): Promise<void> {
    this.#files.appendFileSync(this.#fd, data, options)
  }

  stat(options?: { readonly bigint?: false | undefined }): Promise<Stats>
  stat(options: { readonly bigint: true }): Promise<BigIntStats>
  async stat(options?: { readonly bigint?: boolean | undefined }): Promise<Stats | BigIntStats> {
    return options?.bigint === true
      ? this.#files.fstatSync(this.#fd, { bigint: true })
      : this.#files.fstatSync(this.#fd)
  }

  async truncate(length?: number | null): Promise<void> {
    this.#files.ftruncateSync(this.#fd, length)
  }

  async utimes(atime: TimeLike, mtime: TimeLike): Promise<void> {
    this.#files.futimesSync(this.#fd, atime, mtime)
  }

  async chmod(mode: Mode): Promise<void> {
    this.#files.fchmodSync(this.#fd, mode)
  }

  async chown(uid: number, gid: number): Promise<void> {
    this.#files.fchownSync(this.#fd, uid, gid)
  }

  async sync(): Promise<void> {
    this.#files.fsyncSync(this.#fd)
  }

  async datasync(): Promise<void> {
    this.#files.fdatasyncSync(this.#fd)
  }
}
