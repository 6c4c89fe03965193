/** Calls with arguments at random: most make sense, so that they get somewhere, and some are the worst that there are. */

import fc from 'fast-check'
import { SUBSCRIPTION_SIZE } from '../../src/abi/layout.ts'
import { type CallName, callNames, type Param, signatures } from '../../src/abi/signatures.ts'
import { encodeUtf8 } from '../../vfs/bytes.ts'

/** One call, ready to be made. */
export interface RandomCall {
  readonly name: CallName
  readonly args: readonly (number | bigint)[]
}

/** Bytes of memory that the guest has to have. */
const SIZE = 4 * 65_536
const PATHS_AT = 0x1000
const IOVECS_AT = 0x4000
const SUBSCRIPTIONS_AT = 0x5000
const DATA_AT = 0x8000
/** Each result has a place of its own, so that what one says is not lost under another. */
const RESULTS_AT = 0x1_0000
const RESULT_ROOM = 0x2000

const PATHS: readonly string[] = [
  ...[
    'a',
    'b',
    'd',
    'd/a',
    'd/b',
    'd/e',
    'd/e/f',
    'empty',
    'empty',
    'd/new',
    'new',
    'newer',
    '.',
    '..',
    'a/',
    'd/',
    'd/.',
    'd/..',
    '../a',
    'd/../a',
    'd//a',
    '',
  ],
  ...[
    '/',
    '/a',
    'link',
    'loop',
    'loop/x',
    'link/a',
    'up',
    'dev/null',
    'dev/zero',
    'dev/random',
    'dev/full',
    'dev/stdin',
    'fifo',
  ],
  ...['\0', 'a\0b', 'n'.repeat(255), 'n'.repeat(256), 'd/'.repeat(60), 'ü', '€/🦀'],
]
const paths: readonly { readonly ptr: number; readonly len: number }[] = (() => {
  let ptr = PATHS_AT
  return PATHS.map((path) => {
    const { length } = encodeUtf8(path)
    const at = { ptr, len: length }
    ptr += length + 8
    return at
  })
})()

const IOVECS: readonly (readonly (readonly [number, number])[])[] = [
  [[DATA_AT, 10]],
  [
    [DATA_AT, 3],
    [DATA_AT + 16, 0],
    [DATA_AT + 100, 5000],
  ],
  [[DATA_AT, 0]],
  [[0xffff_ffff, 0]],
  [[SIZE - 4, 5]],
  [
    [DATA_AT, 4],
    [0x8000_0000, 0x8000_0000],
  ],
  [[DATA_AT, 0xffff_ffff]],
  [
    [DATA_AT, 7],
    [DATA_AT + 3, 7],
  ],
]

/** Puts into `memory` what the calls point to. Preconditions: it has four pages. */
export function prepareMemory(memory: Uint8Array): void {
  const view = new DataView(memory.buffer, memory.byteOffset, memory.length)
  PATHS.forEach((path, index) => {
    memory.set(encodeUtf8(path), paths[index]?.ptr)
  })
  memory.set([0xff, 0xfe, 0x2f, 0xc0, 0x80], PATHS_AT - 16)
  IOVECS.forEach((ranges, index) => {
    ranges.forEach(([ptr, length], at) => {
      view.setUint32(iovecsAt(index) + 8 * at, ptr, true)
      view.setUint32(iovecsAt(index) + 8 * at + 4, length, true)
    })
  })
  // A clock in 5 ns, a clock at 10^18 ns, four descriptors, a CPU clock, and types, clocks and flags that are none.
  const subscriptions: readonly (readonly [number, number, bigint, number])[] = [
    [0, 1, 5n, 0],
    [0, 0, 10n ** 18n, 1],
    [1, 0, 0n, 0],
    [2, 1, 0n, 0],
    [1, 99, 0n, 0],
    [2, 5, 0n, 0],
    [0, 2, 1n, 0],
    [0, 1, 2n ** 64n - 1n, 0],
    [3, 0, 0n, 0],
    [0, 4, 0n, 0],
    [0, 1, 0n, 2],
  ]
  subscriptions.forEach(([type, id, timeout, flags], index) => {
    const at = SUBSCRIPTIONS_AT + index * SUBSCRIPTION_SIZE
    memory.fill(0, at, at + SUBSCRIPTION_SIZE)
    view.setBigUint64(at, BigInt(index), true)
    view.setUint8(at + 8, type)
    view.setUint32(at + 16, id, true)
    view.setBigUint64(at + 24, timeout, true)
    view.setUint16(at + 40, flags, true)
  })
}

const BAD_POINTERS: readonly number[] = [SIZE - 1, SIZE, SIZE + 1, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, 0xffff_ffff]
const BAD_SIZES: readonly number[] = [1023, 1024, 1025, 65_536, 65_537, SIZE, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]
const BAD_WORDS: readonly number[] = [3, 7, 31, 0xff, 0xffff, 0x8000_0000, 0xffff_ffff]
const LONGS: readonly bigint[] = [0n, 1n, 4095n, 4096n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 53n]
const BAD_LONGS: readonly bigint[] = [2n ** 62n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 64n - 2n]

const mostly = <T>(good: fc.Arbitrary<T>, bad: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof({ arbitrary: good, weight: 9 }, { arbitrary: fc.constantFrom(...bad), weight: 1 })

/** A call of `names` with arguments as its signature has them. */
export function randomCall(names: readonly CallName[] = callNames): fc.Arbitrary<RandomCall> {
  return fc.constantFrom(...names).chain((name) => {
    return argumentsOf(name).map((args) => ({ name, args }))
  })
}

/** A call whose arguments are any 32 or 64 bits, or addresses of one another. */
export function anyCall(names: readonly CallName[] = callNames): fc.Arbitrary<RandomCall> {
  const word = fc.oneof(fc.integer(), fc.nat(SIZE), fc.nat(16), fc.constantFrom(...BAD_POINTERS, ...BAD_SIZES))
  const long = fc.oneof(fc.bigInt(-(2n ** 63n), 2n ** 64n - 1n), fc.constantFrom(...LONGS, ...BAD_LONGS))
  return fc.constantFrom(...names).chain((name) => {
    const { params } = signatures[name]
    const args = params.map(({ type }): fc.Arbitrary<number | bigint> => (type === 'i64' ? long : word))
    return fc.tuple(...args).map((values) => ({ name, args: values }))
  })
}

function argumentsOf(name: CallName): fc.Arbitrary<readonly (number | bigint)[]> {
  const { params } = signatures[name]
  const parts = params.flatMap((param, index): fc.Arbitrary<readonly (number | bigint)[]>[] => {
    // A count comes with its pointer; but that of subscriptions comes after two pointers.
    if (params.some(({ count }) => count === param.name) && param.name !== 'nsubscriptions') return []
    return [argument(name, param, index)]
  })
  return fc.tuple(...parts).map((values) => values.flat())
}

function argument(name: CallName, param: Param, index: number): fc.Arbitrary<readonly (number | bigint)[]> {
  const one = (value: fc.Arbitrary<number | bigint>): fc.Arbitrary<readonly (number | bigint)[]> =>
    value.map((it) => [it])
  const result = RESULTS_AT + index * RESULT_ROOM
  const place = mostly(fc.constant(result), [SIZE - 16 * (index + 1), ...BAD_POINTERS])
  const likely = name.startsWith('path_') ? fc.constantFrom(3, 3, 3, 6) : fc.constantFrom(3, 5, 6, 7)
  switch (param.kind) {
    case 'signal':
      return one(fc.nat(31))
    case 'fd':
      return one(mostly(fc.oneof(fc.nat(9), likely), [10, 99, 1024, 0x7fff_ffff, 0xffff_ffff]))
    case 'path':
      return mostly(
        fc.constantFrom(...paths).map(({ ptr, len }) => [ptr, len]),
        [
          [PATHS_AT - 16, 5],
          [PATHS_AT, 4095],
          [PATHS_AT, 4096],
          [0, SIZE],
          [SIZE - 1, 2],
          [0xffff_ffff, 0xffff_ffff],
        ],
      )
    case 'iovs':
    case 'ciovs':
      return mostly(
        fc.nat(IOVECS.length - 1).map((at) => [iovecsAt(at), (IOVECS[at] as readonly unknown[]).length]),
        [
          [IOVECS_AT, 1024],
          [IOVECS_AT, 1025],
          [SIZE - 8, 2],
          [0xffff_fff8, 1],
          [IOVECS_AT, 0xffff_ffff],
          [IOVECS_AT, 0],
        ],
      )
    case 'buffer':
      return param.count === undefined
        ? one(place)
        : fc.tuple(place, mostly(fc.constantFrom(0, 1, 23, 24, 25, 100, 4096), BAD_SIZES))
    case 'subscriptions':
      return one(
        mostly(
          fc.nat(10).map((at) => SUBSCRIPTIONS_AT + at * SUBSCRIPTION_SIZE),
          BAD_POINTERS,
        ),
      )
    case 'size':
      return one(mostly(fc.integer({ min: 1, max: 4 }), [0, ...BAD_SIZES]))
    case 'pointer':
    case 'pointers':
    case 'events':
      return one(place)
    case 'rights':
      return one(mostly<number | bigint>(fc.constantFrom(0n, 0x3fff_ffffn, 0x22n, 0x62n), [2n ** 30n, ...BAD_LONGS]))
    case 'filesize':
    case 'filedelta':
    case 'timestamp':
    case 'dircookie':
      return one(mostly<number | bigint>(fc.oneof(fc.bigInt(0n, 10n), fc.constantFrom(...LONGS)), BAD_LONGS))
    default:
      return one(mostly(fc.constantFrom(0, 0, 0, 1, 1, 2, 3, 4, 5, 8, 9), BAD_WORDS))
  }
}

function iovecsAt(index: number): number {
  return IOVECS_AT + index * 64
}
