/** A kernel with processes and descriptors, for tests that need no guest. */

import { Clock } from '../../kernel/clock.ts'
import { Descriptor } from '../../kernel/fd_table.ts'
import { IoVec } from '../../kernel/iovec.ts'
import { Kernel } from '../../kernel/kernel.ts'
import type { OpenFile } from '../../kernel/open_file.ts'
import type { Process, ProcessLimits } from '../../kernel/process.ts'
import { RIGHTS_ALL } from '../../kernel/rights.ts'
import { type ByteString, byteString, decodeUtf8, encodeUtf8 } from '../../vfs/bytes.ts'
import { Errno } from '../../vfs/errno.ts'
import { Filesystem, OPEN_CREATE } from '../../vfs/filesystem.ts'
import type { Instant } from '../../vfs/inode.ts'
import { ROOT_INO } from '../../vfs/inode_table.ts'

export const LIMITS: ProcessLimits = { calls: Infinity, output: 1 << 20, descriptors: 64, pipe: 1 << 20 }

export const name: (text: string) => ByteString = byteString

/** An empty tree, clocks that start at 100 s and at 0 and tick by 1 µs. */
export function newKernel(realtime: Instant = { sec: 100, nsec: 0 }, tick: number = 1000): Kernel {
  return new Kernel(new Filesystem(), new Clock(realtime, { sec: 0, nsec: 0 }, tick), 'seed')
}

/** A process with no descriptors. */
export function newProcess(kernel: Kernel, limits: Partial<ProcessLimits> = {}): Process {
  return kernel.spawn([name('main')], [], { ...LIMITS, ...limits })
}

/** Gives `process` a descriptor of `file` with all rights, or those given; its number. */
export function give(process: Process, file: OpenFile, base: number = RIGHTS_ALL): number {
  return process.fds.add(new Descriptor(file, base, RIGHTS_ALL))
}

/** A new file of the tree at `path`, open for reading and writing. */
export function newFile(kernel: Kernel, path: string, content: string = ''): OpenFile {
  const ino = kernel.fs.openAt(ROOT_INO, name(path), OPEN_CREATE, 'clamp', kernel.clock.realtime)
  if (ino instanceof Errno) throw new Error(`${path}: ${ino}`)
  const bytes = encodeUtf8(content)
  if (bytes.length > 0) kernel.fs.write(ino, 0, bytes, 0, bytes.length, kernel.clock.realtime)
  return kernel.describe('file', ino, true, true)
}

/** Ranges of one array that hold `parts`, in order, with a guard byte between them. */
export function iovOf(...parts: (string | Uint8Array | number)[]): IoVec {
  const arrays = parts.map((part) =>
    typeof part === 'string' ? encodeUtf8(part) : typeof part === 'number' ? new Uint8Array(part) : part,
  )
  const buffer = new Uint8Array(arrays.reduce((size, array) => size + array.length + 1, 1)).fill(0xee)
  const iov = new IoVec()
  iov.reset(buffer)
  let at = 1
  for (const array of arrays) {
    buffer.set(array, at)
    iov.add(at, array.length)
    at += array.length + 1
  }
  return iov
}

/** The first `length` bytes of the ranges, as text; throws where a guard byte was written over. */
export function textIn(iov: IoVec, length: number): string {
  const bytes = new Uint8Array(length)
  let at = 0
  for (let i = 0; i < iov.count; i++) {
    const start = iov.starts[i] as number
    const end = start + (iov.lengths[i] as number)
    if (iov.buffer[start - 1] !== 0xee || iov.buffer[end] !== 0xee) throw new Error('a guard byte was written over')
    const part = iov.buffer.subarray(start, Math.min(end, start + length - at))
    bytes.set(part, at)
    at += part.length
  }
  return decodeUtf8(bytes)
}
