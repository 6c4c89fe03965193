/**
 * Hostcalls through real wasm, each checked for what it must not do: a live guest whose memory is full of guard bytes,
 * so that a call which writes where its signature does not say, or changes anything though it failed, fails its test.
 */

import { afterEach, expect } from 'vitest'
import { Descriptor } from '../../kernel/fd_table.ts'
import { OpenFile } from '../../kernel/open_file.ts'
import type { Process } from '../../kernel/process.ts'
import { RIGHTS_SOCKET } from '../../kernel/rights.ts'
import { socketPair } from '../../kernel/socket.ts'
import { DIRENT_SIZE, EVENT_SIZE, FDSTAT_SIZE, FILESTAT_SIZE, IOVEC_SIZE } from '../../src/abi/layout.ts'
import { type CallName, type Signature, signatures } from '../../src/abi/signatures.ts'
import {
  LOOKUP_SYMLINK_FOLLOW,
  RIGHT_FD_ALLOCATE,
  RIGHT_FD_FILESTAT_SET_SIZE,
  RIGHT_FD_WRITE,
  RIGHTS_ALL,
} from '../../src/abi/types.ts'
import { GuestRun } from '../../src/guest_run.ts'
import { Machine, type MachineOptions, type Run, type RunOptions, VivariumError } from '../../src/index.ts'
import { byteString, decodeUtf8, encodeUtf8 } from '../../vfs/bytes.ts'
import { check } from '../../vfs/check.ts'
import { Errno, errnoName } from '../../vfs/errno.ts'
import type { Filesystem } from '../../vfs/filesystem.ts'
import type { DeviceName, Inode } from '../../vfs/inode.ts'
import { ROOT_INO } from '../../vfs/inode_table.ts'
import { type CallerOptions, callerModule } from './caller.ts'

/** The machine, and the run in it. */
export interface HostcallsOptions extends MachineOptions {
  readonly run?: RunOptions
  /** The guest's own memory, or one that it shares. Default `own`. */
  readonly memory?: 'own' | 'shared'
}

/** Bytes in the guest's memory. */
export interface Bytes {
  readonly ptr: number
  readonly len: number
}

/** How `open` opens; what is absent is as a C library's `open(path, O_RDONLY)` has it. */
export interface OpenOptions {
  /** The directory; default 3, the preopen `/`. */
  readonly fd?: number
  /** Default LOOKUP_SYMLINK_FOLLOW. */
  readonly dirflags?: number
  readonly oflags?: number
  /** Default `READ`. */
  readonly rights?: number
  /** Default `RIGHTS_ALL`. */
  readonly inheriting?: number
  readonly fdflags?: number
}

export interface Filestat {
  readonly dev: bigint
  readonly ino: bigint
  readonly filetype: number
  readonly nlink: bigint
  readonly size: bigint
  /** Nanoseconds since 1970. */
  readonly atim: bigint
  readonly mtim: bigint
  readonly ctim: bigint
}

export interface Fdstat {
  readonly filetype: number
  readonly flags: number
  readonly base: bigint
  readonly inheriting: bigint
}

export interface Dirent {
  readonly next: bigint
  readonly ino: bigint
  readonly type: number
  readonly name: string
}

export interface Event {
  readonly userdata: bigint
  readonly errno: string
  readonly type: number
  readonly nbytes: bigint
  readonly flags: number
}

/** The answer of a call in which the run ended, so that it did not return. */
export const ENDED = 'ENDED'

/** Every right but those that make an open one for writing. */
export const READ: number = RIGHTS_ALL & ~(RIGHT_FD_WRITE | RIGHT_FD_ALLOCATE | RIGHT_FD_FILESTAT_SET_SIZE)
/** Every right there is. */
export const READ_WRITE: number = RIGHTS_ALL

const PAGES = 4
/** Guard bytes before and after whatever `put` and `out` give. */
const GAP = 24
/** Where `put` and `out` begin, and where `raw` may be used to say a pointer outright. */
const FIRST = 1024

const made: Hostcalls[] = []
const modules = new Map<string, WebAssembly.Module>()

afterEach(() => {
  for (const { tree } of made.splice(0)) expect(check(tree)).toEqual([])
})

export class Hostcalls {
  readonly machine: Machine
  readonly run: Run
  readonly process: Process
  /** Every answer so far, as `path_open ENOENT`. */
  readonly answers: string[] = []
  #next = FIRST

  /** With what it is given, a machine as `Machine` makes it, and the preopen `/` on 3. Checked when the test ends. */
  constructor(options: HostcallsOptions = {}) {
    const { run, memory = 'own', ...machine } = options
    this.machine = new Machine(machine)
    this.run = this.machine.run(compiled(memory), run)
    if (!(this.run instanceof GuestRun)) throw new TypeError('a run is not what it was')
    this.process = this.run.process
    this.run.call('memory_grow', PAGES - 1)
    this.u8.set(GUARD)
    made.push(this)
  }

  get tree(): Filesystem {
    return this.machine.tree
  }

  get memory(): WebAssembly.Memory {
    return this.run.exports.memory as WebAssembly.Memory
  }

  get u8(): Uint8Array {
    return new Uint8Array(this.memory.buffer)
  }

  get view(): DataView {
    return new DataView(this.memory.buffer)
  }

  /** The first address that is outside memory. */
  get end(): number {
    return this.memory.buffer.byteLength
  }

  /** Addresses at which `size` bytes are not all in memory: one byte too far, at the end, and the last that there are. */
  outside(size: number): readonly number[] {
    return [this.end - size + 1, this.end, 0x8000_0000, 0xffff_ffff]
  }

  /** Puts bytes, or the UTF-8 of a text, between guard bytes. */
  put(value: string | Uint8Array): Bytes {
    const bytes = typeof value === 'string' ? encodeUtf8(value) : value
    const ptr = this.out(bytes.length)
    this.u8.set(bytes, ptr)
    return { ptr, len: bytes.length }
  }

  /** Room for a result of `size` bytes, full of guard bytes and between guard bytes; aligned to 8. */
  out(size: number): number {
    const ptr = (this.#next + GAP + 7) & ~7
    this.#next = ptr + size + GAP
    if (this.#next > this.end) throw new RangeError('the test uses more memory than its guest has')
    return ptr
  }

  /** An array of iovecs, each to room of its own: for a number, guard bytes of that size; else those bytes. */
  iovs(...regions: readonly (number | string | Uint8Array | Bytes)[]): Bytes & { readonly regions: readonly Bytes[] } {
    const all = regions.map((region): Bytes => {
      if (typeof region === 'number') return { ptr: this.out(region), len: region }
      return typeof region === 'object' && 'ptr' in region ? region : this.put(region)
    })
    const ptr = this.out(all.length * IOVEC_SIZE)
    all.forEach((region, index) => {
      this.view.setUint32(ptr + index * IOVEC_SIZE, region.ptr, true)
      this.view.setUint32(ptr + index * IOVEC_SIZE + 4, region.len, true)
    })
    return { ptr, len: all.length, regions: all }
  }

  /**
   * Makes the call and says what it answered: `ESUCCESS`, the errno's name, or `ENDED`.
   * Memory may have changed only where the signature says, no further than the count that the call gave back; where the
   * call failed, neither memory, nor the tree, nor any descriptor or its offset may have changed at all. Where the run
   * keeps records, the last one has to tell of it.
   */
  call(name: CallName, ...args: readonly (number | bigint)[]): string {
    const signature = signatures[name]
    if (args.length !== signature.params.length)
      throw new TypeError(`${name} takes ${signature.params.length} arguments`)
    const words = args.map((arg, index) =>
      signature.params[index]?.type === 'i64' ? BigInt.asIntN(64, BigInt(arg)) : arg,
    )
    const memory = this.u8.slice()
    const tree = this.tree.fork('keep')
    const descriptors = this.#descriptors()
    const answer = this.#make(name, words)
    this.answers.push(`${name} ${answer}`)
    const said = `${name}(${args.join(', ')}) gave ${answer}`
    const record = this.run.trace.at(-1)
    if (record !== undefined && answer !== ENDED) expect([record.call, record.errno]).toEqual([name, answer])
    const after = this.u8
    const written =
      answer === 'ESUCCESS' || answer === ENDED ? this.#documented(signature, args.map(Number), memory) : []
    for (const { ptr, len } of written) if (len > 0) memory.set(after.subarray(ptr, ptr + len), ptr)
    const changed = Buffer.compare(memory, after) === 0 ? -1 : memory.findIndex((byte, index) => byte !== after[index])
    expect(changed, `${said} and wrote where it must not, at ${changed}`).toBe(-1)
    if (answer === 'ESUCCESS' || answer === ENDED) return answer
    expect(changes(tree, this.tree), `${said} but changed the tree`).toEqual([])
    expect(this.#descriptors(), `${said} but changed a descriptor`).toEqual(descriptors)
    return answer
  }

  /** Makes a call that has to succeed, as a step on the way. */
  must(name: CallName, ...args: readonly (number | bigint)[]): void {
    expect(this.call(name, ...args), `${name}(${args.join(', ')})`).toBe('ESUCCESS')
  }

  /** Runs a line's test and sees that `call` did give that answer in it. */
  expecting(call: CallName, answer: string, test: () => void): void {
    test()
    expect(this.answers, `the test never saw ${call} give ${answer}`).toContain(`${call} ${answer}`)
  }

  /** Opens `path`; the descriptor, or the errno's name. */
  open(path: string | Uint8Array, options: OpenOptions = {}): number | string {
    const { fd = 3, dirflags = LOOKUP_SYMLINK_FOLLOW, oflags = 0, rights = READ, inheriting = RIGHTS_ALL } = options
    const { ptr, len } = this.put(path)
    const opened = this.out(4)
    const { fdflags = 0 } = options
    const answer = this.call('path_open', fd, dirflags, ptr, len, oflags, rights, inheriting, fdflags, opened)
    return answer === 'ESUCCESS' ? this.u32(opened) : answer
  }

  /** Opens what has to open, as a step on the way. */
  opened(path: string | Uint8Array, options: OpenOptions = {}): number {
    const fd = this.open(path, options)
    if (typeof fd === 'string') throw new Error(`path_open of ${path} gave ${fd}`)
    return fd
  }

  /** Reads up to `size` bytes as text, or the errno's name. */
  read(fd: number, size: number): string {
    const { ptr, len, regions } = this.iovs(size)
    const nread = this.out(4)
    const answer = this.call('fd_read', fd, ptr, len, nread)
    return answer === 'ESUCCESS' ? this.text({ ptr: regions[0]?.ptr ?? 0, len: this.u32(nread) }) : answer
  }

  /** Writes; how many bytes, or the errno's name. */
  write(fd: number, value: string | Uint8Array | Bytes): number | string {
    const { ptr, len } = this.iovs(value)
    const nwritten = this.out(4)
    const answer = this.call('fd_write', fd, ptr, len, nwritten)
    return answer === 'ESUCCESS' ? this.u32(nwritten) : answer
  }

  /** The status of what is at `path`, links not followed unless `flags` says so. */
  stat(path: string | Uint8Array, flags: number = 0, fd: number = 3): Filestat {
    const { ptr, len } = this.put(path)
    const buf = this.out(FILESTAT_SIZE)
    this.must('path_filestat_get', fd, flags, ptr, len, buf)
    return this.filestat(buf)
  }

  /** The descriptor's status. */
  fstat(fd: number): Filestat {
    const buf = this.out(FILESTAT_SIZE)
    this.must('fd_filestat_get', fd, buf)
    return this.filestat(buf)
  }

  /** The descriptor's type, flags and rights. */
  fdstat(fd: number): Fdstat {
    const buf = this.out(FDSTAT_SIZE)
    this.must('fd_fdstat_get', fd, buf)
    return this.fdstatAt(buf)
  }

  /** The rights of a descriptor, as a number. */
  rightsOf(fd: number): number {
    return Number(this.fdstat(fd).base)
  }

  /** Gives up all rights but these. */
  limit(fd: number, base: number, inheriting: number = 0): void {
    this.must('fd_fdstat_set_rights', fd, base, inheriting)
  }

  /** Makes, in the machine, what guests cannot make. */
  mknod(path: string, kind: 'fifo' | 'socket' | 'device', device?: DeviceName): void {
    const now = { sec: 0, nsec: 0 }
    const ino = this.tree.mknodAt(ROOT_INO, byteString(path), kind, device, 'clamp', now)
    if (ino instanceof Errno) throw new Error(`mknod ${path}: ${ino.name}`)
  }

  /** Two descriptors of sockets connected to each other, neither end the host's; such as a guest cannot yet make. */
  socketPair(): readonly [number, number] {
    const [a, b] = socketPair(900).map((socket) => {
      const file = new OpenFile('socket', 0, true, true, socket.ino)
      file.socket = socket
      return this.process.fds.add(new Descriptor(file, RIGHTS_SOCKET, 0))
    })
    return [a as number, b as number]
  }

  u16(ptr: number): number {
    return this.view.getUint16(ptr, true)
  }

  u32(ptr: number): number {
    return this.view.getUint32(ptr, true)
  }

  u64(ptr: number): bigint {
    return this.view.getBigUint64(ptr, true)
  }

  /** A copy of bytes of the memory, as numbers. */
  bytes(ptr: number, len: number): number[] {
    return [...this.u8.subarray(ptr, ptr + len)]
  }

  text({ ptr, len }: Bytes): string {
    return decodeUtf8(this.u8.slice(ptr, ptr + len))
  }

  filestat(ptr: number): Filestat {
    return {
      dev: this.u64(ptr),
      ino: this.u64(ptr + 8),
      filetype: this.u8[ptr + 16] as number,
      nlink: this.u64(ptr + 24),
      size: this.u64(ptr + 32),
      atim: this.u64(ptr + 40),
      mtim: this.u64(ptr + 48),
      ctim: this.u64(ptr + 56),
    }
  }

  fdstatAt(ptr: number): Fdstat {
    return {
      filetype: this.u8[ptr] as number,
      flags: this.u16(ptr + 2),
      base: this.u64(ptr + 8),
      inheriting: this.u64(ptr + 16),
    }
  }

  /** The entries that are whole in `len` bytes at `ptr`. */
  dirents({ ptr, len }: Bytes): Dirent[] {
    const entries: Dirent[] = []
    for (let at = ptr; at + DIRENT_SIZE <= ptr + len; ) {
      const size = this.u32(at + 16)
      const end = at + DIRENT_SIZE + size
      if (end > ptr + len) break
      const name = this.text({ ptr: at + DIRENT_SIZE, len: size })
      entries.push({ next: this.u64(at), ino: this.u64(at + 8), type: this.u8[at + 20] as number, name })
      at = end
    }
    return entries
  }

  /** The names in a directory, as one large enough call of fd_readdir lists them. */
  names(fd: number): string[] {
    const buf = { ptr: this.out(4096), len: 4096 }
    const used = this.out(4)
    this.must('fd_readdir', fd, buf.ptr, buf.len, 0n, used)
    return this.dirents({ ptr: buf.ptr, len: this.u32(used) }).map(({ name }) => name)
  }

  events(ptr: number, count: number): Event[] {
    return Array.from({ length: count }, (_, index) => {
      const at = ptr + index * EVENT_SIZE
      return {
        userdata: this.u64(at),
        errno: errnoName(this.u16(at + 8)) ?? `${this.u16(at + 8)}`,
        type: this.u8[at + 10] as number,
        nbytes: this.u64(at + 16),
        flags: this.u16(at + 24),
      }
    })
  }

  #make(name: CallName, words: readonly (number | bigint)[]): string {
    if (this.run.end !== undefined) throw new Error(`${name} was called though the run has ended`)
    try {
      const number = this.run.call(name, ...words) as number
      return errnoName(number) ?? `errno ${number}`
    } catch (error) {
      if (error instanceof VivariumError && error.code === 'ENDED') return ENDED
      throw error
    }
  }

  /** Where a call that succeeded may have written. `before` is the memory as the call found it. */
  #documented(signature: Signature, args: readonly number[], before: Uint8Array): Bytes[] {
    const at = (name: string): number =>
      (args[signature.params.findIndex((param) => param.name === name)] as number) >>> 0
    const counts = signature.results.filter((result) => result.kind === 'size')
    // How many bytes, or events, the call says that it gave; none where it gives only that much, as args_sizes_get.
    const given = counts.length === 1 && counts[0] !== undefined ? this.u32(at(counts[0].param)) : undefined
    return signature.results.flatMap((result): Bytes[] => {
      const ptr = at(result.param)
      if ('size' in result) return [{ ptr, len: result.size }]
      if (result.kind === 'iovs') return regionsOf(before, ptr, at(result.count), given ?? 0)
      if ('sizes' in result) {
        const { args: argv, env } = this.process
        const strings = result.sizes === 'args_sizes_get' ? argv : env
        if (result.kind === 'pointers') return [{ ptr, len: strings.length * result.unit }]
        return [{ ptr, len: strings.reduce((sum, string) => sum + string.length + 1, 0) }]
      }
      const room = at(result.count) * result.unit
      return [{ ptr, len: given === undefined ? room : Math.min(room, given * result.unit) }]
    })
  }

  /** What descriptors are and where they stand, for comparison. */
  #descriptors(): unknown[] {
    const { fds } = this.process
    return fds.numbers().map((fd) => {
      const { file, base, inheriting, preopen } = fds.at(fd) as Descriptor
      const { kind, ino, serial, offset, append, nonblock, dsync, rsync, sync, references, pipe, socket, listener } =
        file
      return {
        ...{ fd, base, inheriting, preopen },
        ...{ kind, ino, serial, offset, append, nonblock, dsync, rsync, sync, references },
        ...(pipe === undefined ? {} : { queued: pipe.queue.size, readers: pipe.readers, writers: pipe.writers }),
        ...(socket === undefined ? {} : socketState(socket)),
        ...(listener === undefined ? {} : { pending: listener.pending.length, shut: listener.shut }),
      }
    })
  }
}

/** The caller, compiled once. */
function compiled(memory: NonNullable<CallerOptions['memory']>): WebAssembly.Module {
  const module = modules.get(memory) ?? new WebAssembly.Module(callerModule({ memory }))
  modules.set(memory, module)
  return module
}

function socketState(socket: NonNullable<OpenFile['socket']>): object {
  const { incoming, outgoing, sendShut, receiveShut, peer } = socket
  return { incoming: incoming.size, outgoing: outgoing.size, sendShut, receiveShut, connected: peer !== undefined }
}

/** The first `given` bytes of the ranges that `count` iovecs at `ptr` name. */
function regionsOf(memory: Uint8Array, ptr: number, count: number, given: number): Bytes[] {
  const view = new DataView(memory.buffer, memory.byteOffset, memory.length)
  let left = given
  return Array.from({ length: count }, (_, index) => {
    const len = Math.min(left, view.getUint32(ptr + index * IOVEC_SIZE + 4, true))
    left -= len
    return { ptr: view.getUint32(ptr + index * IOVEC_SIZE, true), len }
  })
}

/** What differs between a tree and a fork of it: inodes are copied when they change, so the same object is the same. */
function changes(before: Filesystem, after: Filesystem): string[] {
  const found: string[] = []
  const seen = new Set<Inode>()
  before.table.forEach((inode) => {
    seen.add(inode)
  })
  after.table.forEach((inode) => {
    if (!seen.delete(inode)) found.push(`${inode.kind} ${inode.ino} is new or changed`)
  })
  for (const inode of seen) if (!after.table.has(inode.ino)) found.push(`${inode.kind} ${inode.ino} is gone`)
  if (before.table.nextIno !== after.table.nextIno) found.push('an inode number was given out')
  return found
}

/** Guard bytes: no two neighbours alike and no zeros, so that neither a shift nor a clearing goes unseen. */
const GUARD = Uint8Array.from({ length: PAGES * 65_536 }, (_, index) => 1 + ((index * 167 + (index >> 8) * 31) % 255))
