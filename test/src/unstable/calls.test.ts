/** wasi_unstable through real calls: what it has otherwise is so to the byte, and all else is the very same. */

import { describe, expect, it } from 'vitest'
import type { CallName } from '../../../src/abi/signatures.ts'
import { Machine, type MachineOptions, type Run, type RunOptions, VivariumError } from '../../../src/index.ts'
import { unstableCallNames } from '../../../src/unstable/signatures.ts'
import { check } from '../../../vfs/check.ts'
import { errnoName } from '../../../vfs/errno.ts'
import { callerModule } from '../../support/caller.ts'
import { fc } from '../../support/property.ts'
import { prepareMemory, randomCall } from '../../support/random_calls.ts'
import { wat } from '../../support/wat.ts'

type Module = 'wasi_snapshot_preview1' | 'wasi_unstable'

const EPOCH = 1_000_000_000n
const TICK = 1000n
const GUARD = 0xa5
const MACHINE: MachineOptions = {
  epoch: EPOCH,
  tick: Number(TICK),
  image: 'empty',
  files: { '/file': 'content', '/d/a': 'aaa', '/link': { symlink: 'file' }, '/null': { device: 'null' } },
}

/** A guest of wasi_unstable whose memory is full of guard bytes. */
class Unstable {
  readonly machine: Machine
  readonly run: Run
  readonly u8: Uint8Array
  readonly view: DataView
  readonly end: number

  constructor(run: RunOptions = {}, module: Module = 'wasi_unstable') {
    this.machine = new Machine(MACHINE)
    this.run = this.machine.run(callerModule({ module, names: unstableCallNames }), run)
    const { buffer } = this.run.exports.memory as WebAssembly.Memory
    this.u8 = new Uint8Array(buffer).fill(GUARD)
    this.view = new DataView(buffer)
    this.end = buffer.byteLength
  }

  call(name: CallName, ...args: readonly (number | bigint)[]): string {
    const errno = this.run.call(name, ...args) as number
    return errnoName(errno) ?? `errno ${errno}`
  }

  /** Opens a path of the root with every right; its descriptor. */
  open(path: string, rights = 2n ** 30n - 1n): number {
    this.u8.set(Buffer.from(path), 0x8000)
    expect(this.call('path_open', 3, 1, 0x8000, path.length, 0, rights, rights, 0, 0x9000)).toBe('ESUCCESS')
    return this.view.getUint32(0x9000, true)
  }

  hex(ptr: number, length: number): string {
    return Buffer.from(this.u8.slice(ptr, ptr + length)).toString('hex')
  }

  /** Whether all bytes from `from` to `to` are guard bytes. */
  untouched(from: number, to: number): boolean {
    return this.u8.subarray(from, to).every((byte) => byte === GUARD)
  }
}

describe.each(['fd_filestat_get', 'path_filestat_get'] as const)('%s of wasi_unstable', (name) => {
  const filestat = (guest: Unstable, buf: number): string => {
    if (name === 'fd_filestat_get') return guest.call(name, guest.open('file'), buf)
    guest.u8.set(Buffer.from('file'), 0x8000)
    return guest.call(name, 3, 0, 0x8000, 4, buf)
  }

  it('writes 56 bytes, with 32 bits of links where preview1 has padding, and not one more', () => {
    const guest = new Unstable()
    guest.machine.fs.linkSync('/file', '/second')
    const changed = guest.machine.time
    expect(filestat(guest, 0x1000)).toBe('ESUCCESS')
    const time = (ns: bigint): string => {
      const bytes = Buffer.alloc(8)
      bytes.writeBigUInt64LE(ns)
      return bytes.toString('hex')
    }
    expect(guest.hex(0x1000, 56)).toBe(
      '0100000000000000' + // dev
        '0200000000000000' + // ino
        '0400000002000000' + // filetype, three zeros, nlink
        '0700000000000000' + // size
        time(EPOCH) + // atim
        time(EPOCH) + // mtim
        time(changed), // ctim
    )
    expect([guest.untouched(0, 0x1000), guest.untouched(0x1038, 0x8000)]).toEqual([true, true])
  })

  it('takes the last 56 bytes of memory, and gives EFAULT one byte later', () => {
    const guest = new Unstable()
    expect(filestat(guest, guest.end - 56)).toBe('ESUCCESS')
    const other = new Unstable()
    expect(filestat(other, other.end - 55)).toBe('EFAULT')
    expect(other.untouched(0xa000, other.end)).toBe(true)
  })
})

describe('fd_seek of wasi_unstable', () => {
  const seek = (guest: Unstable, fd: number, delta: bigint, whence: number): string => {
    const answer = guest.call('fd_seek', fd, delta, whence, 0x1000)
    return answer === 'ESUCCESS' ? `${guest.view.getBigUint64(0x1000, true)}` : answer
  }

  it('counts 0 from where it is, 1 from the end, and 2 from the start', () => {
    const guest = new Unstable()
    const fd = guest.open('file')
    expect(seek(guest, fd, 5n, 2)).toBe('5')
    expect(seek(guest, fd, -2n, 0)).toBe('3')
    expect(seek(guest, fd, -3n, 1)).toBe('4')
    expect(seek(guest, fd, 0n, 0)).toBe('4')
    expect(guest.call('fd_tell', fd, 0x1010)).toBe('ESUCCESS')
    expect(guest.view.getBigUint64(0x1010, true)).toBe(4n)
  })

  it('gives EINVAL for what would be negative by its own order', () => {
    const guest = new Unstable()
    const fd = guest.open('file')
    expect(seek(guest, fd, 2n, 2)).toBe('2')
    expect([seek(guest, fd, -1n, 2), seek(guest, fd, -3n, 0), seek(guest, fd, -8n, 1)]).toEqual([
      'EINVAL',
      'EINVAL',
      'EINVAL',
    ])
    expect(seek(guest, fd, 0n, 0)).toBe('2')
  })

  it.each([3, 255, 256, -1])('gives EINVAL for the whence %i', (whence) => {
    const guest = new Unstable()
    expect(seek(guest, guest.open('file'), 0n, whence)).toBe('EINVAL')
  })

  it('needs no right to move where it asks by its own number for "where it is"', () => {
    const guest = new Unstable()
    const tell = guest.open('file', 1n << 5n)
    expect(seek(guest, tell, 0n, 0)).toBe('0')
    expect(seek(guest, tell, 0n, 1)).toBe('ENOTCAPABLE')
    expect(seek(guest, tell, 0n, 2)).toBe('ENOTCAPABLE')
  })
})

describe('poll_oneoff of wasi_unstable', () => {
  /** Writes a subscription of 56 bytes whose identifier and padding are guard bytes. */
  function clock(guest: Unstable, at: number, userdata: bigint, id: number, timeout: bigint, flags = 0): void {
    guest.view.setBigUint64(at, userdata, true)
    guest.u8[at + 8] = 0
    guest.view.setUint32(at + 24, id, true)
    guest.view.setBigUint64(at + 32, timeout, true)
    guest.view.setUint16(at + 48, flags, true)
  }

  function descriptor(guest: Unstable, at: number, userdata: bigint, type: number, fd: number): void {
    guest.view.setBigUint64(at, userdata, true)
    guest.u8[at + 8] = type
    guest.view.setUint32(at + 16, fd, true)
  }

  it('reads subscriptions of 56 bytes one after the other, and writes events of 32', () => {
    const guest = new Unstable({ stdin: 'abc' })
    clock(guest, 0x1000, 1n, 1, 5_000_000_000n)
    descriptor(guest, 0x1038, 2n, 1, 0)
    descriptor(guest, 0x1070, 3n, 2, 99)
    expect(guest.call('poll_oneoff', 0x1000, 0x2000, 3, 0x3000)).toBe('ESUCCESS')
    expect(guest.hex(0x3000, 4)).toBe('02000000')
    expect(guest.hex(0x2000, 64)).toBe(
      `${'0200000000000000'}${'0000010000000000'}${'0300000000000000'}${'0000000000000000'}` +
        `${'0300000000000000'}${'0800020000000000'}${'0000000000000000'}${'0000000000000000'}`,
    )
    expect([guest.untouched(0x2040, 0x3000), guest.untouched(0x3004, 0x8000)]).toEqual([true, true])
  })

  it('sleeps for a length of time, and until a moment, on either clock', () => {
    const cases: readonly (readonly [number, bigint, number, bigint])[] = [
      [1, 2_000_000_000n, 0, 2_000_000_000n],
      [0, 2_000_000_000n, 0, 2_000_000_000n],
      [1, 2_000_000_000n, 1, 2_000_000_000n - TICK],
      [0, EPOCH + 2_000_000_000n, 1, 2_000_000_000n - TICK],
    ]
    for (const [id, timeout, flags, slept] of cases) {
      const guest = new Unstable()
      clock(guest, 0x1000, 7n, id, timeout, flags)
      const before = guest.machine.time
      expect(guest.call('poll_oneoff', 0x1000, 0x2000, 1, 0x3000)).toBe('ESUCCESS')
      expect(guest.machine.time - before - TICK).toBe(slept)
      expect(guest.view.getBigUint64(0x2000, true)).toBe(7n)
    }
  })

  it('gives EINVAL for a clock, a flag or a type that is none, where this layout has them', () => {
    const bad: readonly ((guest: Unstable) => void)[] = [
      (guest) => clock(guest, 0x1000, 0n, 4, 1n),
      (guest) => clock(guest, 0x1000, 0n, 1, 1n, 2),
      (guest) => descriptor(guest, 0x1000, 0n, 3, 0),
    ]
    for (const make of bad) {
      const guest = new Unstable()
      make(guest)
      expect(guest.call('poll_oneoff', 0x1000, 0x2000, 1, 0x3000)).toBe('EINVAL')
    }
  })

  it('gives EFAULT where the last of its subscriptions ends one byte outside memory', () => {
    const guest = new Unstable()
    descriptor(guest, guest.end - 112, 1n, 2, 1)
    descriptor(guest, guest.end - 56, 2n, 2, 2)
    expect(guest.call('poll_oneoff', guest.end - 112, 0x2000, 2, 0x3000)).toBe('ESUCCESS')
    expect(guest.call('poll_oneoff', guest.end - 111, 0x2000, 2, 0x3000)).toBe('EFAULT')
  })
})

describe('all other calls of wasi_unstable', () => {
  const DIFFERENT: readonly CallName[] = ['fd_filestat_get', 'path_filestat_get', 'fd_seek', 'poll_oneoff', 'proc_exit']
  const same = unstableCallNames.filter((name) => !DIFFERENT.includes(name) && name !== 'proc_raise')

  it('are 39, and answer, write and change what those of preview1 do', () => {
    expect(same.length).toBe(39)
    fc.assert(
      fc.property(fc.array(randomCall(same), { minLength: 1, maxLength: 25 }), (calls) => {
        const [one, two] = (['wasi_snapshot_preview1', 'wasi_unstable'] as const).map((module) => {
          const guest = new Unstable({ stdin: 'some input', listen: [[{ send: 'hi' }]] }, module)
          guest.run.call('memory_grow', 3)
          const memory = new Uint8Array((guest.run.exports.memory as WebAssembly.Memory).buffer)
          prepareMemory(memory)
          const answers = calls.map(({ name, args }) => {
            try {
              return errnoName(guest.run.call(name, ...args) as number)
            } catch (error) {
              if (error instanceof VivariumError && error.code === 'ENDED') return guest.run.end?.kind
              throw error
            }
          })
          expect(check(guest.machine.tree)).toEqual([])
          return { answers, memory, digest: guest.run.traceDigest, time: guest.machine.time }
        })
        expect(two?.answers).toEqual(one?.answers)
        expect(Buffer.compare(two?.memory as Uint8Array, one?.memory as Uint8Array), 'memory is the same').toBe(0)
        expect(two).toMatchObject({ digest: one?.digest, time: one?.time })
      }),
    )
  })

  it('end the run as those of preview1 do', () => {
    const guest = new Unstable()
    expect(() => guest.run.call('proc_exit', 300)).toThrow('the run ended')
    expect(guest.run.end).toEqual({ kind: 'exit', code: 300 })
    const raised = new Unstable()
    expect(raised.call('proc_raise', 17)).toBe('ESUCCESS')
    expect(() => raised.run.call('proc_raise', 15)).toThrow('the run ended')
    expect(raised.run.end).toEqual({ kind: 'signal', signal: 15, name: 'SIGTERM' })
  })
})

describe('a guest of wasi_unstable', () => {
  it('cannot import sock_accept, which came with preview1', () => {
    const module = callerModule({ module: 'wasi_unstable', names: ['sock_accept'] })
    expect(() => new Machine().run(module)).toThrow(
      'the module imports wasi_unstable.sock_accept, which is none of the 45 calls of wasi_unstable',
    )
  })

  it('may import from preview1 too, and has one process: each has its own layout, both the same descriptors', async () => {
    const module = await wat(`(module
      (import "wasi_unstable" "fd_seek" (func $old (param i32 i64 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_seek" (func $new (param i32 i64 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "old") (param i64 i32) (result i64)
        (drop (call $old (i32.const 0) (local.get 0) (local.get 1) (i32.const 8))) (i64.load (i32.const 8)))
      (func (export "new") (param i64 i32) (result i64)
        (drop (call $new (i32.const 0) (local.get 0) (local.get 1) (i32.const 8))) (i64.load (i32.const 8))))`)
    const run = new Machine(MACHINE).run(module, { stdin: { file: '/file' } })
    expect(run.call('old', 5n, 2)).toBe(5n)
    expect(run.call('new', -1n, 1)).toBe(4n)
    expect(run.call('old', -1n, 1)).toBe(6n)
    expect(run.call('new', 2n, 0)).toBe(2n)
    expect(run.calls).toBe(4)
  })

  it('is traced by what its numbers mean in wasi_unstable', () => {
    const guest = new Unstable({ trace: 'records' })
    const fd = guest.open('file')
    guest.call('fd_seek', fd, 1n, 2, 0x1000)
    guest.call('fd_filestat_get', fd, 0x1000)
    expect(guest.run.trace.slice(1)).toMatchObject([
      { call: 'fd_seek', args: { fd, offset: 1, whence: 'SET' }, results: { newoffset: 1 } },
      { call: 'fd_filestat_get', results: { buf: { ino: 2, filetype: 4, nlink: 1, size: 7 } } },
    ])
  })
})
