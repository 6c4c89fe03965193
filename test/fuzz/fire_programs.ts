/**
 * Programs of random calls: what they are, and how fast-check draws them. Arguments are drawn by what the signature
 * says that they mean: mostly something sensible, often a boundary, sometimes anything.
 */

import fc from 'fast-check'
import { type CallName, callNames, type Param, signatures } from '../../src/abi/signatures.ts'
import { unstableCallNames } from '../../src/unstable/signatures.ts'
import type { CallerOptions } from '../support/caller.ts'
import { MEMORY_SIZE, PATH_PLACES, type Place, RANGE_PLACES, RESULTS, SUBSCRIPTION_PLACES } from './fire_memory.ts'

/** One call; an argument for each parameter, an i64 as decimal text, so that programs are JSON. */
export interface Shot {
  readonly call: CallName
  readonly args: readonly (number | string)[]
  /** Written into memory before the call: an address, and hexadecimal bytes. */
  readonly poke?: readonly [number, string]
  /** Pages that the guest adds to its memory before the call. */
  readonly grow?: number
}

export type WasiModule = NonNullable<CallerOptions['module']>

/** What the guest is, and the calls that it makes. After a call that ends it, the next guest goes on. */
export interface FireProgram {
  readonly module: WasiModule
  readonly memory: NonNullable<CallerOptions['memory']>
  /** The seed of the bytes between what is meant to be in the memory; 0 for zeros. */
  readonly noise: number
  readonly stdin: 'text' | 'empty' | 'file' | 'terminal'
  /** Nanoseconds that a call takes; where they are 0, a call that fails must leave no trace at all. */
  readonly tick: 0 | 1000
  readonly shots: readonly Shot[]
}

const U32_EDGES = [0, 1, 2, 0x7fff_ffff, 0x8000_0000, 0xffff_fff8, 0xffff_ffff]
const u64 = (...values: readonly (bigint | number)[]) =>
  fc.constantFrom(...values.map((value) => String(BigInt(value))))

/** An address of a result: of its own, shared with others, anywhere, or at an edge. */
const pointer = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...RESULTS) },
  { weight: 1, arbitrary: fc.nat({ max: MEMORY_SIZE - 1 }) },
  { weight: 1, arbitrary: fc.nat({ max: 64 }).map((before) => MEMORY_SIZE - before) },
  { weight: 1, arbitrary: fc.constantFrom(...U32_EDGES) },
)

/** An address and a count: mostly of what is there; else the count, or both, are drawn apart. */
function among(places: readonly Place[], wrong: fc.Arbitrary<number>): fc.Arbitrary<readonly number[]> {
  const place = fc.constantFrom(...places.map(({ ptr, len }) => [ptr, len] as const))
  return fc.oneof(
    { weight: 10, arbitrary: place },
    { weight: 1, arbitrary: fc.tuple(place, wrong).map(([[ptr], len]) => [ptr, len] as const) },
    { weight: 1, arbitrary: fc.tuple(pointer, fc.oneof(fc.nat({ max: 20 }), wrong)) },
  )
}

const path = among(PATH_PLACES, fc.constantFrom(0, 1, 4095, 4096, MEMORY_SIZE, ...U32_EDGES))
const ranges = among(RANGE_PLACES, fc.constantFrom(0, 2, 3, 1024, 1025, 0x2000_0000, 0x2000_0001, ...U32_EDGES))
const subscriptionCount = fc.constantFrom(0, 2, 20, 65_536, 65_537, 0x0555_5556, 0x0800_0000, ...U32_EDGES)
const subscriptions = among(SUBSCRIPTION_PLACES, subscriptionCount)
/** An address and a size of which both, or their sum, may be too large. */
const buffer = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(fc.constantFrom(...RESULTS, 0x9000), fc.nat({ max: 300 })) },
  { weight: 1, arbitrary: fc.nat({ max: 64 }).map((before) => [MEMORY_SIZE - before, before] as const) },
  { weight: 1, arbitrary: fc.nat({ max: 64 }).map((before) => [MEMORY_SIZE - before, before + 1] as const) },
  { weight: 1, arbitrary: fc.nat({ max: MEMORY_SIZE }).map((at) => [at, 0x1_0000_0000 - at] as const) },
  { weight: 1, arbitrary: fc.tuple(pointer, fc.constantFrom(MEMORY_SIZE, ...U32_EDGES)) },
)

/** A descriptor: often one of `likely`, else any that may be open, seldom one that cannot be. */
const fdAmong = (weight: number, ...likely: readonly number[]) =>
  fc.oneof(
    { weight: 20, arbitrary: fc.nat({ max: 27 }) },
    { weight, arbitrary: fc.constantFrom(...likely) },
    { weight: 1, arbitrary: fc.constantFrom(...U32_EDGES, 1023, 1024) },
  )
const anyFd = fdAmong(3, 8, 9, 10, 11)
const directoryFd = fdAmong(60, 3, 4, 12, 13)
const socketFd = fdAmong(60, 5, 6, 7)

/** What `call` is made on: a directory, a socket, or anything. */
function fdOf(call: CallName): fc.Arbitrary<number> {
  if (call.startsWith('path_') || call === 'fd_readdir') return directoryFd
  return call.startsWith('sock_') ? socketFd : anyFd
}

/** Flags of which `count` are defined; now and then one that is not. */
const flags = (count: number) =>
  fc.oneof(
    { weight: 12, arbitrary: fc.nat({ max: 2 ** count - 1 }) },
    { weight: 1, arbitrary: fc.constantFrom(2 ** count, 0x100, 0x1_0000, ...U32_EDGES) },
  )
/** One of `count` numbers; now and then another. */
const among32 = (count: number) =>
  fc.oneof(
    { weight: 12, arbitrary: fc.nat({ max: count - 1 }) },
    { weight: 1, arbitrary: fc.constantFrom(count, 0x100, ...U32_EDGES) },
  )
const filesize = fc.oneof(
  { weight: 4, arbitrary: fc.nat({ max: 100 }).map(String) },
  {
    weight: 1,
    arbitrary: u64(4095, 4096, 70_000, 2 ** 31, 2 ** 32, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, -1),
  },
)
const ALL_RIGHTS = 2n ** 30n - 1n
const rights = fc.oneof(
  { weight: 4, arbitrary: fc.constant(String(ALL_RIGHTS)) },
  { weight: 1, arbitrary: fc.nat({ max: 2 ** 30 - 1 }).map(String) },
  { weight: 1, arbitrary: u64(0, 2, 64, 66, 2n ** 30n, 2n ** 63n, -1) },
)

const values: { readonly [kind in Param['kind']]?: fc.Arbitrary<number | string> } = {
  pointer,
  rights,
  filesize,
  fdflags: flags(5),
  oflags: flags(4),
  lookupflags: flags(1),
  fstflags: flags(4),
  riflags: flags(2),
  siflags: flags(0),
  sdflags: flags(2),
  whence: among32(3),
  clockid: among32(4),
  advice: among32(6),
  signal: among32(31),
  exitcode: fc.constantFrom(0, 1, 42, 0xffff_ffff),
  filedelta: fc.oneof(fc.nat({ max: 20 }).map(String), u64(-1, -5, 2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n))),
  timestamp: u64(0, 1, 1_000_000_000, 1_700_000_000_123_456_789n, 2n ** 63n, 2n ** 64n - 1n),
  dircookie: fc.oneof(
    fc.constantFrom('0', '1', '2'),
    fc.nat({ max: 12 }).map(String),
    u64(2n ** 32n, 2n ** 53n, 2n ** 64n - 1n),
  ),
  pointers: fc.constantFrom(...RESULTS, MEMORY_SIZE - 4, MEMORY_SIZE),
}

/** Arguments of a call, where a pointer and its count are drawn together. */
function argumentsOf(call: CallName): fc.Arbitrary<(number | string)[]> {
  if (call === 'poll_oneoff') {
    return fc
      .tuple(subscriptions, pointer, pointer)
      .map(([[at, count], out, nevents]) => [at ?? 0, out, count ?? 0, nevents])
  }
  const parts: fc.Arbitrary<readonly (number | string)[]>[] = []
  for (const param of signatures[call].params) {
    if (param.kind === 'size') continue
    if (param.kind === 'path') parts.push(path)
    else if (param.kind === 'iovs' || param.kind === 'ciovs') parts.push(ranges)
    else if (param.kind === 'buffer' && 'count' in param) parts.push(buffer)
    else if (param.kind === 'fd') parts.push(fdOf(call).map((fd) => [fd]))
    else parts.push((values[param.kind] ?? pointer).map((value) => [value]))
  }
  return fc.tuple(...parts).map((each) => each.flat())
}

const poke = fc.oneof(
  { weight: 30, arbitrary: fc.constant(undefined) },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.oneof(fc.nat({ max: 0x7200 }), fc.constantFrom(...RANGE_PLACES.map(({ ptr }) => ptr))),
      fc.uint8Array({ minLength: 1, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('hex')),
    ),
  },
)
const grow = fc.oneof(
  { weight: 400, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1) },
)

/** Calls that end the guest come seldom, those that lead to more come often. */
const WEIGHTS: { readonly [call in CallName]?: number } = {
  proc_exit: 1,
  proc_raise: 1,
  fd_close: 6,
  fd_renumber: 6,
  path_open: 50,
  fd_write: 30,
  fd_read: 30,
  fd_readdir: 25,
  poll_oneoff: 25,
}
const USUAL = 16

function shotsOf(names: readonly CallName[]): fc.Arbitrary<Shot[]> {
  const shot = fc.oneof(
    ...names.map((call) => ({
      weight: WEIGHTS[call] ?? USUAL,
      arbitrary: fc.tuple(argumentsOf(call), poke, grow).map(
        ([args, poked, grown]): Shot => ({
          call,
          args,
          ...(poked === undefined ? {} : { poke: poked }),
          ...(grown === undefined ? {} : { grow: grown }),
        }),
      ),
    })),
  )
  return fc.array(shot, { minLength: 1, maxLength: 400, size: 'max' })
}

function programsOf(module: WasiModule, names: readonly CallName[]): fc.Arbitrary<FireProgram> {
  return fc.record({
    module: fc.constant(module),
    memory: fc.constantFrom('own', 'own', 'own', 'imported', 'shared', 'imported shared'),
    noise: fc.nat({ max: 5 }),
    stdin: fc.constantFrom('text', 'empty', 'file', 'terminal'),
    tick: fc.constantFrom(0, 1000),
    shots: shotsOf(names),
  })
}

/** Three of four are of preview1. */
export const firePrograms: fc.Arbitrary<FireProgram> = fc.oneof(
  { weight: 3, arbitrary: programsOf('wasi_snapshot_preview1', callNames) },
  { weight: 1, arbitrary: programsOf('wasi_unstable', unstableCallNames) },
)
