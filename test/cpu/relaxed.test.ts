/**
 * Relaxed SIMD: what stands in place of each instruction gives one of the results that the proposal allows, always the
 * same one. An engine that has the instructions is asked too, which shows that what is allowed here is no more or less.
 */

import { afterAll, describe, expect, it } from 'vitest'
import { fc, SEED } from '../support/property.ts'
import { closeEngine, noNewEngine, pair, perform, performInNewEngine, type Step } from './support.ts'

afterAll(closeEngine)

/** 16 bytes in the lanes that an instruction has. */
type Vector = DataView

/** The results that are allowed for a lane of the result; `a`, `b` and `c` are the operands. */
type Allowed = (lane: number, a: Vector, b: Vector, c: Vector) => number[]

interface Instruction {
  readonly name: string
  readonly operands: number
  /** Bytes of a lane of the result, and how it is read. */
  readonly size: number
  readonly read: (vector: Vector, at: number) => number
  readonly allowed: Allowed
  /** The one of the allowed results that is given. */
  readonly chosen: Allowed
}

const u8 = (vector: Vector, lane: number) => vector.getUint8(lane)
const s8 = (vector: Vector, lane: number) => vector.getInt8(lane)
const s16 = (vector: Vector, lane: number) => vector.getInt16(2 * lane, true)
const s32 = (vector: Vector, lane: number) => vector.getInt32(4 * lane, true)
const u32 = (vector: Vector, lane: number) => vector.getUint32(4 * lane, true)
const f32 = (vector: Vector, lane: number) => vector.getFloat32(4 * lane, true)
const f64 = (vector: Vector, lane: number) => vector.getFloat64(8 * lane, true)

const wrap16 = (value: number) => (value << 16) >> 16
const saturate16 = (value: number) => Math.max(-0x8000, Math.min(0x7fff, value))

/** Conversion to i32: cut where it fits, else one end, or what the CPU has for "no such integer". */
function trunc(value: number, least: number, most: number, none: number): number[] {
  if (Number.isNaN(value)) return [0, none]
  const cut = Math.trunc(value) + 0
  if (cut >= least && cut <= most) return [cut]
  return [cut < least ? least : most, none]
}

const signed = (value: number) => trunc(value, -0x80000000, 0x7fffffff, -0x80000000)
const unsigned = (value: number) => trunc(value, 0, 0xffffffff, 0xffffffff)

/** Both operands where one is a NaN or both are zeros; a NaN for a NaN. */
function extreme(pick: (a: number, b: number) => number, a: number, b: number): number[] {
  if (Number.isNaN(a) || Number.isNaN(b)) return [a, b, Number.NaN]
  return a === 0 && b === 0 ? [a, b] : [pick(a, b)]
}

/** What is chosen of these: signed, and wrapped. */
const dot = (lane: number, a: Vector, b: Vector): number =>
  wrap16(s8(a, 2 * lane) * s8(b, 2 * lane) + s8(a, 2 * lane + 1) * s8(b, 2 * lane + 1))

/** Sums of two products as i16: the second operand signed or not, the sum wrapped or saturated. */
function dots(lane: number, a: Vector, b: Vector): number[] {
  const sum = (read: typeof u8) => s8(a, 2 * lane) * read(b, 2 * lane) + s8(a, 2 * lane + 1) * read(b, 2 * lane + 1)
  return [s8, u8].flatMap((read) => [wrap16(sum(read)), saturate16(sum(read))])
}

/** A mask decides by each of its bits, or by the highest of a lane; on x86 also by that of each byte (pblendvb). */
const select = (name: string, size: number): Instruction => ({
  name: `${name}.relaxed_laneselect`,
  operands: 3,
  size: 1,
  read: u8,
  allowed: (byte, a, b, mask) => [
    (u8(a, byte) & u8(mask, byte)) | (u8(b, byte) & ~u8(mask, byte) & 0xff),
    s8(mask, byte - (byte % size) + size - 1) < 0 ? u8(a, byte) : u8(b, byte),
    s8(mask, byte) < 0 ? u8(a, byte) : u8(b, byte),
  ],
  chosen: (byte, a, b, mask) => [(u8(a, byte) & u8(mask, byte)) | (u8(b, byte) & ~u8(mask, byte) & 0xff)],
})

/** Multiplication and addition, rounded once or twice. The first is what is chosen; the other is near to it. */
const product = (name: string, size: number, read: Instruction['read'], sign: number): Instruction => {
  const round = size === 4 ? Math.fround : (value: number) => value
  const twice: Allowed = (lane, a, b, c) => [round(round(sign * round(read(a, lane) * read(b, lane))) + read(c, lane))]
  return { name, operands: 3, size, read, allowed: twice, chosen: twice }
}

const conversion = (
  name: string,
  read: Instruction['read'],
  results: (a: Vector, lane: number) => number[],
): Instruction => ({
  name,
  operands: 1,
  size: 4,
  read,
  allowed: (lane, a) => results(a, lane),
  chosen: (lane, a) => results(a, lane).slice(0, 1),
})

const INSTRUCTIONS: readonly Instruction[] = [
  {
    name: 'i8x16.relaxed_swizzle',
    operands: 2,
    size: 1,
    read: u8,
    allowed: (lane, a, b) => {
      const index = u8(b, lane)
      return index < 16 ? [u8(a, index)] : index < 128 ? [0, u8(a, index % 16)] : [0]
    },
    chosen: (lane, a, b) => [u8(b, lane) < 16 ? u8(a, u8(b, lane)) : 0],
  },
  conversion('i32x4.relaxed_trunc_f32x4_s', s32, (a, lane) => signed(f32(a, lane))),
  conversion('i32x4.relaxed_trunc_f32x4_u', u32, (a, lane) => unsigned(f32(a, lane))),
  conversion('i32x4.relaxed_trunc_f64x2_s_zero', s32, (a, lane) => (lane < 2 ? signed(f64(a, lane)) : [0])),
  conversion('i32x4.relaxed_trunc_f64x2_u_zero', u32, (a, lane) => (lane < 2 ? unsigned(f64(a, lane)) : [0])),
  product('f32x4.relaxed_madd', 4, f32, 1),
  product('f32x4.relaxed_nmadd', 4, f32, -1),
  product('f64x2.relaxed_madd', 8, f64, 1),
  product('f64x2.relaxed_nmadd', 8, f64, -1),
  select('i8x16', 1),
  select('i16x8', 2),
  select('i32x4', 4),
  select('i64x2', 8),
  ...(
    [
      ['f32x4', 4, f32],
      ['f64x2', 8, f64],
    ] as const
  ).flatMap(([type, size, read]) =>
    (['min', 'max'] as const).map((name) => ({
      name: `${type}.relaxed_${name}`,
      operands: 2,
      size,
      read,
      allowed: (lane: number, a: Vector, b: Vector) => extreme(Math[name], read(a, lane), read(b, lane)),
      chosen: (lane: number, a: Vector, b: Vector) => [Math[name](read(a, lane), read(b, lane))],
    })),
  ),
  {
    name: 'i16x8.relaxed_q15mulr_s',
    operands: 2,
    size: 2,
    read: s16,
    allowed: (lane, a, b) => {
      const rounded = (s16(a, lane) * s16(b, lane) + 0x4000) >> 15
      return rounded === 0x8000 ? [0x7fff, -0x8000] : [rounded]
    },
    chosen: (lane, a, b) => [Math.min(0x7fff, (s16(a, lane) * s16(b, lane) + 0x4000) >> 15)],
  },
  {
    name: 'i16x8.relaxed_dot_i8x16_i7x16_s',
    operands: 2,
    size: 2,
    read: s16,
    allowed: dots,
    chosen: (lane, a, b) => [dot(lane, a, b)],
  },
  {
    name: 'i32x4.relaxed_dot_i8x16_i7x16_add_s',
    operands: 3,
    size: 4,
    read: s32,
    // The four products may be added as i32 at once too (vpdpbusd).
    allowed: (lane, a, b, c) => [
      ...dots(2 * lane, a, b).flatMap((low) => dots(2 * lane + 1, a, b).map((high) => (low + high + s32(c, lane)) | 0)),
      ...[s8, u8].map((second) => {
        const sum = [0, 1, 2, 3].reduce((so, at) => so + s8(a, 4 * lane + at) * second(b, 4 * lane + at), 0)
        return (sum + s32(c, lane)) | 0
      }),
    ],
    chosen: (lane, a, b, c) => [(dot(2 * lane, a, b) + dot(2 * lane + 1, a, b) + s32(c, lane)) | 0],
  },
]

/** A module with an export for each: operands and result are halves of 64 bits. */
const TEXT = `(module ${INSTRUCTIONS.map(({ name, operands }) => {
  const vectors = Array.from(
    { length: operands },
    (_, at) => `(i64x2.replace_lane 1 (i64x2.splat (local.get ${2 * at})) (local.get ${2 * at + 1}))`,
  )
  return `(func (export "${name}") (param ${'i64 '.repeat(2 * operands)}) (result i64 i64) (local $x v128)
    (local.set $x (${name} ${vectors.join(' ')}))
    (i64x2.extract_lane 0 (local.get $x)) (i64x2.extract_lane 1 (local.get $x)))`
}).join('\n')})`

const bytes16 = (write: (view: DataView) => void): Vector => {
  const view = new DataView(new ArrayBuffer(16))
  write(view)
  return view
}
const lanesOf = <T>(values: readonly T[], lanes: number, write: (view: DataView, at: number, value: T) => void) =>
  fc.array(fc.constantFrom(...values), { minLength: lanes, maxLength: lanes }).map((given) =>
    bytes16((view) => {
      given.forEach((value, at) => {
        write(view, at, value)
      })
    }),
  )

/** Where each kind of lane has its ends. */
const FLOATS = [
  ...[0, -0, 0.5, -0.5, -0.99, 1, -1, 1.5, 3.25, -2.75, 1e10, -1e10, 0.1, 16_777_217.5, 2 ** -149, 2 ** -1074, 1e300],
  ...[2 ** 31, 2 ** 31 - 1, -(2 ** 31), -(2 ** 31) - 1, 2 ** 31 - 128, 2 ** 32, 2 ** 32 - 1, 2 ** 32 - 256, -1e300],
  ...[Infinity, -Infinity, Number.NaN, 3.402_823_466_385_288_6e38, 1.000_000_119_209_289_6],
]
const vector = fc.oneof(
  fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => new DataView(bytes.slice().buffer)),
  lanesOf([0, 1, 15, 16, 17, 127, 128, 129, 255], 16, (view, at, value) => view.setUint8(at, value)),
  lanesOf([0, 1, 0x7fff, 0x8000, 0x8001, 0xffff, 0x4000], 8, (view, at, value) => view.setUint16(2 * at, value, true)),
  lanesOf([0, 0xffffffff, 0x80000000, 0x7fffffff], 4, (view, at, value) => view.setUint32(4 * at, value, true)),
  lanesOf(FLOATS, 4, (view, at, value) => view.setFloat32(4 * at, value, true)),
  lanesOf(FLOATS, 2, (view, at, value) => view.setFloat64(8 * at, value, true)),
)

/** The same operands in every test. */
const OPERANDS = fc.sample(fc.tuple(vector, vector, vector), { numRuns: 400, seed: SEED })

function stepsOf({ name, operands }: Instruction): Step[] {
  return OPERANDS.map((vectors) => [
    name,
    ...vectors
      .slice(0, operands)
      .flatMap((each) => [`${each.getBigUint64(0, true)}n`, `${each.getBigUint64(8, true)}n`]),
  ])
}

/** The result of a step, back in 16 bytes. */
function vectorOf(result: string): Vector {
  const [low, high] = result.split(',').map((half) => BigInt(half.slice(0, -1))) as [bigint, bigint]
  return bytes16((view) => {
    view.setBigInt64(0, low, true)
    view.setBigInt64(8, high, true)
  })
}

/** Whether the value is among them; NaNs are alike, zeros are not. */
const among = (value: number, allowed: readonly number[]) => allowed.some((each) => Object.is(each, value))

describe('what stands in place of a relaxed instruction', () => {
  it.each(INSTRUCTIONS)('gives the one result of $name that is chosen of those allowed', async (instruction) => {
    const { rewritten } = await pair(TEXT, { relaxedSimd: true })
    const results = perform(rewritten, stepsOf(instruction))
    const { size, read, allowed, chosen } = instruction
    results.forEach((result, index) => {
      const [a, b, c] = OPERANDS[index] as [Vector, Vector, Vector]
      const given = vectorOf(result)
      for (let lane = 0; lane < 16 / size; lane++) {
        const value = read(given, lane)
        if (!among(value, allowed(lane, a, b, c)) || !among(value, chosen(lane, a, b, c)))
          expect([index, lane, value]).toEqual([index, lane, allowed(lane, a, b, c)])
      }
    })
  })

  it('is no relaxed instruction', async () => {
    // Node 20 has none, so it would refuse what is left of them.
    const { rewritten } = await pair(TEXT, { relaxedSimd: true })
    expect(WebAssembly.validate(rewritten)).toBe(true)
  })

  it('is left alone where that is not asked for', async () => {
    const { original, rewritten } = await pair(TEXT, {})
    expect(rewritten).toEqual(original)
  })

  it('gives the same in another engine, whose own results are allowed too', async () => {
    if (noNewEngine() !== undefined) return
    const { original, rewritten } = await pair(TEXT, { relaxedSimd: true, nan: true })
    for (const instruction of INSTRUCTIONS) {
      const { name, size, read, allowed } = instruction
      const steps = stepsOf(instruction)
      const here = perform(rewritten, steps)
      const there = await performInNewEngine(rewritten, steps)
      const own = await performInNewEngine(original, steps)
      expect([name, there]).toEqual([name, here])
      own.forEach((result, index) => {
        const [a, b, c] = OPERANDS[index] as [Vector, Vector, Vector]
        const given = vectorOf(result)
        for (let lane = 0; lane < 16 / size; lane++) {
          const value = read(given, lane)
          const values = allowed(lane, a, b, c)
          // Rounded once instead of twice is allowed as well, and not computed here.
          if (!name.includes('madd') && !among(value, values))
            expect([name, index, lane, value]).toEqual([name, index, lane, values])
        }
      })
    }
  })
})
