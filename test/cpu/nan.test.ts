/**
 * NaNs: what arithmetic made is canonical wherever its bits show, what it did not make keeps its bits, and what only
 * flows into more arithmetic costs nothing.
 */

import { describe, expect, it } from 'vitest'
import { canonicalized, type Pair, pair, start } from './support.ts'

type Type = 'f32' | 'f64' | 'f32x4' | 'f64x2'

/** NaNs of every kind as bits: quiet, signalling, negative, all ones, with payloads at both ends. */
const ODD_32 = [0x7fc00001, 0x7f800001, 0xffc00000, 0xffffffff, 0xff812345, 0x7fffffff, 0x7fa55aa5]
const ODD_64 = [
  0x7ff8000000000001n,
  0x7ff0000000000001n,
  0xfff8000000000000n,
  0xffffffffffffffffn,
  0xfff0123456789abcn,
  0x7fffffff00000000n,
  0x7ff4000080000000n,
]
/** Operands of which arithmetic makes NaNs, and plain numbers. */
const NUMBERS = [0, -0, 1, -1.5, Infinity, -Infinity, -4]

const UNARY = ['ceil', 'floor', 'trunc', 'nearest', 'sqrt']
const BINARY = ['add', 'sub', 'mul', 'div', 'min', 'max']

/** An instruction of arithmetic: the type of its operands and of its result. */
interface Instruction {
  readonly name: string
  readonly from: Type
  readonly to: Type
  readonly operands: number
}

const INSTRUCTIONS: readonly Instruction[] = [
  ...(['f32', 'f64', 'f32x4', 'f64x2'] as const).flatMap((type) => [
    ...UNARY.map((name) => ({ name: `${type}.${name}`, from: type, to: type, operands: 1 })),
    ...BINARY.map((name) => ({ name: `${type}.${name}`, from: type, to: type, operands: 2 })),
  ]),
  { name: 'f32.demote_f64', from: 'f64', to: 'f32', operands: 1 },
  { name: 'f64.promote_f32', from: 'f32', to: 'f64', operands: 1 },
  { name: 'f32x4.demote_f64x2_zero', from: 'f64x2', to: 'f32x4', operands: 1 },
  { name: 'f64x2.promote_low_f32x4', from: 'f32x4', to: 'f64x2', operands: 1 },
  ...(['f32x4', 'f64x2'] as const).flatMap((type) => [
    { name: `${type}.relaxed_madd`, from: type, to: type, operands: 3 },
    { name: `${type}.relaxed_nmadd`, from: type, to: type, operands: 3 },
    { name: `${type}.relaxed_min`, from: type, to: type, operands: 2 },
    { name: `${type}.relaxed_max`, from: type, to: type, operands: 2 },
  ]),
]

/** The type of a value in the text, its size, and a constant of it. */
const valueType = (type: Type) => (type.length > 3 ? 'v128' : type)
const size = (type: Type) => ({ f32: 4, f64: 8 })[type as 'f32'] ?? 16
const zero = (type: Type) => (type.length > 3 ? '(v128.const i64x2 0 0)' : `(${type}.const 0)`)

/** How a result gets to memory at 64: `e` is the instruction with its operands, `t` the type of its result. */
const WAYS: readonly { readonly name: string; readonly body: (e: string, t: string, zero: string) => string }[] = [
  { name: 'a store', body: (e, t) => `(${t}.store (i32.const 64) ${e})` },
  {
    name: 'a global',
    body: (e, t) => `(global.set $${t} ${e}) (${t}.store (i32.const 64) (global.get $${t}))`,
  },
  {
    name: 'an argument of a call',
    body: (e, t) => `(call $take_${t} ${e})`,
  },
  {
    name: 'an argument of an indirect call',
    body: (e, t) => `(call_indirect (type $take_${t}) ${e} (i32.const 0))`,
  },
  { name: 'an argument of a tail call', body: (e, t) => `(return_call $take_${t} ${e})` },
  { name: 'local.set', body: (e, t) => `(local.set $x ${e}) (${t}.store (i32.const 64) (local.get $x))` },
  {
    name: 'local.tee',
    body: (e, t) => `(drop (local.tee $x ${e})) (${t}.store (i32.const 64) (local.get $x))`,
  },
  { name: 'the value of local.tee', body: (e, t) => `(${t}.store (i32.const 64) (local.tee $x ${e}))` },
  {
    name: 'a chain of locals, read before they are set in the text',
    body: (e, t) => `
      (loop $again
        (if (i32.eq (local.get $i) (i32.const 2)) (then (${t}.store (i32.const 64) (local.get $y))))
        (local.set $y (local.get $x))
        (local.set $x ${e})
        (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3))))`,
  },
  { name: 'select, first', body: (e, t, z) => `(${t}.store (i32.const 64) (select ${e} ${z} (i32.const 1)))` },
  { name: 'select, second', body: (e, t, z) => `(${t}.store (i32.const 64) (select ${z} ${e} (i32.const 0)))` },
  {
    name: 'select with a type',
    body: (e, t, z) => `(${t}.store (i32.const 64) (select (result ${t}) ${e} ${z} (i32.const 1)))`,
  },
  { name: 'the result of a block', body: (e, t) => `(${t}.store (i32.const 64) (block (result ${t}) ${e}))` },
  { name: 'the result of a loop', body: (e, t) => `(${t}.store (i32.const 64) (loop (result ${t}) ${e}))` },
  {
    name: 'the result of then',
    body: (e, t, z) => `(${t}.store (i32.const 64) (if (result ${t}) (i32.const 1) (then ${e}) (else ${z})))`,
  },
  {
    name: 'the result of else',
    body: (e, t, z) => `(${t}.store (i32.const 64) (if (result ${t}) (i32.const 0) (then ${z}) (else ${e})))`,
  },
  {
    name: 'a parameter of a block',
    body: (e, t) => `${e} (block (param ${t}) (local.set $x)) (${t}.store (i32.const 64) (local.get $x))`,
  },
  {
    name: 'a parameter of a loop, from before it',
    body: (e, t) => `(i32.const 64) ${e} (loop (param i32 ${t}) (${t}.store))`,
  },
  {
    name: 'a parameter of a loop, from a branch',
    body: (e, t, z) => `
      ${z}
      (loop $again (param ${t})
        (local.set $x)
        (if (i32.eqz (local.get $i)) (then (local.set $i (i32.const 1)) ${e} (br $again))))
      (${t}.store (i32.const 64) (local.get $x))`,
  },
  {
    name: 'a parameter of if, in then',
    body: (e, t) => `(i32.const 64) ${e} (i32.const 1) (if (param i32 ${t}) (then ${t}.store) (else drop drop))`,
  },
  {
    name: 'a parameter of if, in else',
    body: (e, t) => `(i32.const 64) ${e} (i32.const 0) (if (param i32 ${t}) (then drop drop) (else ${t}.store))`,
  },
  {
    name: 'the value of br',
    body: (e, t) => `(${t}.store (i32.const 64) (block $b (result ${t}) (br $b ${e})))`,
  },
  {
    name: 'the value of br_if, taken',
    body: (e, t, z) => `(${t}.store (i32.const 64) (block $b (result ${t}) (drop (br_if $b ${e} (i32.const 1))) ${z}))`,
  },
  {
    name: 'the value of br_if, not taken',
    body: (e, t) =>
      `(${t}.store (i32.const 64) (block $b (result ${t}) (br_if $b ${e} (i32.const 0)) (local.set $x) (local.get $x)))`,
  },
  {
    name: 'the value of br_table',
    body: (e, t) => `(${t}.store (i32.const 64)
      (block $a (result ${t}) (block $b (result ${t}) (br_table $a $b $a ${e} (i32.const 1)))))`,
  },
  { name: 'the result of a function', body: (_, t) => `(${t}.store (i32.const 64) (call $GIVE))` },
  { name: 'the result of return', body: (_, t) => `(${t}.store (i32.const 64) (call $RETURN))` },
  {
    name: 'one of several results',
    body: (_, t) => `(call $SEVERAL) (drop) (local.set $x) (${t}.store (i32.const 64) (local.get $x))`,
  },
  {
    name: 'the value of an exception',
    body: (e, t) => `(${t}.store (i32.const 64)
      (try (result ${t}) (do (throw $thrown_${t} ${e})) (catch $thrown_${t})))`,
  },
  {
    name: 'the result of try',
    body: (e, t, z) => `(${t}.store (i32.const 64) (try (result ${t}) (do ${e}) (catch_all ${z})))`,
  },
]

const HEAD = `
  (memory (export "memory") 1)
  (type $take_f32 (func (param f32))) (type $take_f64 (func (param f64))) (type $take_v128 (func (param v128)))
  (func $take_f32 (type $take_f32) (f32.store (i32.const 64) (local.get 0)))
  (func $take_f64 (type $take_f64) (f64.store (i32.const 64) (local.get 0)))
  (func $take_v128 (type $take_v128) (v128.store (i32.const 64) (local.get 0)))
  (global $f32 (mut f32) (f32.const 0)) (global $f64 (mut f64) (f64.const 0))
  (global $v128 (mut v128) (v128.const i64x2 0 0))
  (tag $thrown_f32 (param f32)) (tag $thrown_f64 (param f64)) (tag $thrown_v128 (param v128))`

/** The expression of an instruction whose operands are at 0, 16 and 32 of the memory. */
function expression({ name, from, operands }: Instruction): string {
  const load = (index: number) => `(${valueType(from)}.load (i32.const ${16 * index}))`
  return `(${name} ${Array.from({ length: operands }, (_, index) => load(index)).join(' ')})`
}

/** A module that has each way for one instruction as an export. */
function waysOf(instruction: Instruction): string {
  const t = valueType(instruction.to)
  const e = expression(instruction)
  const ways = WAYS.map(({ body }, index) => {
    const text = body(e, t, zero(instruction.to))
    const called = text.match(/\$(GIVE|RETURN|SEVERAL)/)?.[1]
    const results = called === 'SEVERAL' ? `(result ${t} i32)` : `(result ${t})`
    const code = { GIVE: e, RETURN: `(return ${e})`, SEVERAL: `${e} (i32.const 1)` }[called ?? '']
    const callee = called === undefined ? '' : `(func $${called}${index} ${results} ${code})`
    return `${callee}
      (func (export "${index}") (local $x ${t}) (local $y ${t}) (local $i i32)
        ${text.replace(`$${called}`, `$${called}${index}`)})`
  })
  return `(module ${HEAD} (table funcref (elem $take_${t})) ${ways.join('\n')})`
}

/** Bit patterns of operands for a type, each as 16 bytes. */
function operandsOf(type: Type): Uint8Array[] {
  const narrow = type.startsWith('f32')
  const bits = narrow ? ODD_32 : ODD_64
  const count = bits.length + NUMBERS.length
  const lanes = 16 / (narrow ? 4 : 8)
  return Array.from({ length: count }, (_, which) => {
    const bytes = new Uint8Array(16)
    const view = new DataView(bytes.buffer)
    for (let lane = 0; lane < lanes; lane++) {
      const at = (which + 3 * lane) % count
      const number = NUMBERS[at - bits.length]
      if (narrow) {
        if (number === undefined) view.setUint32(4 * lane, bits[at] as number, true)
        else view.setFloat32(4 * lane, number, true)
      } else if (number === undefined) view.setBigUint64(8 * lane, bits[at] as bigint, true)
      else view.setFloat64(8 * lane, number, true)
    }
    return bytes
  })
}

/** The bytes with every NaN lane made canonical, the rest of 16 bytes as they are. */
function canonical(bytes: Uint8Array, type: Type): Uint8Array {
  const out = bytes.slice()
  const view = new DataView(out.buffer)
  const count = size(type)
  if (type.startsWith('f32')) {
    for (let at = 0; at < count; at += 4)
      if (Number.isNaN(view.getFloat32(at, true))) view.setUint32(at, 0x7fc00000, true)
  } else {
    for (let at = 0; at < count; at += 8)
      if (Number.isNaN(view.getFloat64(at, true))) view.setBigUint64(at, 0x7ff8000000000000n, true)
  }
  return out
}

interface Ways {
  readonly memory: WebAssembly.Memory
  readonly [way: string]: (() => void) | WebAssembly.Memory
}

/** What is at 64 after `way`, with the operands put at 0, 16 and 32. */
function result(ways: Ways, way: number, operands: readonly Uint8Array[]): Uint8Array {
  const memory = new Uint8Array(ways.memory.buffer)
  memory.fill(0)
  operands.forEach((operand, index) => {
    memory.set(operand, 16 * index)
  })
  ;(ways[way] as () => void)()
  return memory.slice(64, 80)
}

/** Every way gives these bytes. */
function expectAll(ways: Ways, operands: readonly Uint8Array[], expected: Uint8Array): void {
  WAYS.forEach(({ name }, way) => {
    const given = result(ways, way, operands)
    if (!Buffer.from(expected).equals(given)) expect([name, operands, given]).toEqual([name, operands, expected])
  })
}

/** Operands one by one, and each with each other. */
function combinations({ from, operands }: Instruction): Uint8Array[][] {
  const values = operandsOf(from)
  if (operands === 1) return values.map((a) => [a])
  return values.flatMap((a, at) => values.map((b) => [a, b, values[(at * 5 + 2) % values.length] as Uint8Array]))
}

describe('NaNs that arithmetic made', () => {
  it.each(INSTRUCTIONS.filter(({ name }) => !name.includes('relaxed')))(
    'are canonical in every way that $name shows its result',
    async (instruction) => {
      const { original, rewritten } = await pair(waysOf(instruction), { nan: true })
      const [before, after] = [start<Ways>(original), start<Ways>(rewritten)]
      let odd = 0
      for (const operands of combinations(instruction)) {
        const raw = result(before, 0, operands)
        const expected = canonical(raw, instruction.to)
        if (!Buffer.from(raw).equals(expected)) odd++
        expectAll(after, operands, expected)
      }
      // Else this test shows nothing: engines give the bits of an operand.
      expect(odd).toBeGreaterThan(0)
    },
  )

  it.each(INSTRUCTIONS.filter(({ name }) => name.includes('relaxed')))(
    'are canonical in every way that $name shows its result',
    async (instruction) => {
      const { rewritten } = await pair(waysOf(instruction), { nan: true, relaxedSimd: true })
      const after = start<Ways>(rewritten)
      for (const operands of combinations(instruction)) {
        const stored = result(after, 0, operands)
        expect(stored).toEqual(canonical(stored, instruction.to))
        expectAll(after, operands, stored)
      }
    },
  )
})

/** Both floating-point types that are no vectors, with what the text needs to know of each. */
const SCALARS = [
  { t: 'f32', i: 'i32', nan: 0x7fc00000n, sign: 1n << 31n, odd: ODD_32.map(BigInt) },
  { t: 'f64', i: 'i64', nan: 0x7ff8000000000000n, sign: 1n << 63n, odd: ODD_64 },
] as const

describe.each(SCALARS)('moves of $t', ({ t, i, nan, sign, odd }) => {
  const show = (e: string) => `(${i}.store (i32.const 64) (${i}.reinterpret_${t} ${e}))`
  const a = `(${t}.load (i32.const 0))`
  const b = `(${t}.load (i32.const 16))`
  const sum = `(${t}.add ${a} ${b})`

  it('show a canonical NaN with the sign that neg, abs and copysign give it', async () => {
    const cases = [
      [show(`(${t}.neg ${sum})`), nan | sign],
      [show(`(${t}.abs (${t}.neg ${sum}))`), nan],
      [show(`(${t}.neg (${t}.abs (${t}.neg ${sum})))`), nan | sign],
      [show(`(${t}.copysign ${sum} (${t}.const -1))`), nan | sign],
      [show(`(${t}.copysign ${sum} (${t}.const 1))`), nan],
      // The sign of a NaN is a bit of it, so it is canonical too.
      [show(`(${t}.copysign (${t}.const 1.5) ${sum})`), t === 'f32' ? 0x3fc00000n : 0x3ff8000000000000n],
      [show(`(${t}.copysign ${sum} ${sum})`), nan],
      [`(local.set $x ${sum}) ${show(`(${t}.neg (local.get $x))`)}`, nan | sign],
      [
        `(local.set $x ${sum}) ${show(`(${t}.copysign (${t}.const 1.5) (local.get $x))`)}`,
        t === 'f32' ? 0x3fc00000n : 0x3ff8000000000000n,
      ],
      [`(local.set $y (${t}.neg ${sum})) (local.set $x (${t}.neg (local.get $y))) ${show('(local.get $x)')}`, nan],
    ] as const
    const functions = cases.map(([code], at) => `(func (export "${at}") (local $x ${t}) (local $y ${t}) ${code})`)
    const { rewritten } = await pair(`(module ${HEAD} ${functions.join('\n')})`, { nan: true })
    const ways = start<Ways>(rewritten)
    for (const operand of operandsOf(t).slice(0, odd.length)) {
      cases.forEach(([, expected], way) => {
        const bits = result(ways, way, [operand, operandsOf(t)[way % odd.length] as Uint8Array])
        expect([way, Buffer.from(bits).readBigUInt64LE()]).toEqual([way, expected])
      })
    }
  })

  it('keep the bits of a NaN that no arithmetic made, and are not touched', async () => {
    const ways = [
      [show(a), 0n],
      [`(${t}.store (i32.const 64) ${a})`, 0n],
      [`(local.set $x ${a}) ${show('(local.get $x)')}`, 0n],
      [show(`(local.tee $x ${a})`), 0n],
      [show(`(select ${a} (local.get $x) (i32.const 1))`), 0n],
      [show(`(block (result ${t}) ${a})`), 0n],
      [`(global.set $${t} ${a}) ${show(`(global.get $${t})`)}`, 0n],
      [`(call $take_${t} ${a})`, 0n],
      [show(`(call $same ${a})`), 0n],
      [show(`(${t}.neg (${t}.neg ${a}))`), 0n],
      [show(`(${t}.neg ${a})`), sign],
      [show(`(${t}.reinterpret_${i} (${i}.load (i32.const 0)))`), 0n],
    ] as const
    const functions = ways.map(([code], at) => `(func (export "${at}") (local $x ${t}) ${code})`)
    const same = `(func $same (param ${t}) (result ${t}) (local.get 0))`
    const made = await pair(`(module ${HEAD} ${same} ${functions.join('\n')})`, { nan: true })
    expect(made.rewritten).toEqual(made.original)
    const exports = start<Ways>(made.rewritten)
    operandsOf(t)
      .slice(0, odd.length)
      .forEach((operand, at) => {
        ways.forEach(([, flip], way) => {
          const bits = Buffer.from(result(exports, way, [operand])).readBigUInt64LE()
          expect([way, bits]).toEqual([way, (odd[at] as bigint) ^ flip])
        })
      })
  })

  it('keep the bits of constants', async () => {
    const payload = t === 'f32' ? '0x200001' : '0x4000000000001'
    const constants = [`nan:${payload}`, `-nan:${payload}`, 'nan', '-nan']
    const functions = constants.map((text, at) => `(func (export "${at}") ${show(`(${t}.const ${text})`)})`)
    const made = await pair(`(module ${HEAD} ${functions.join('\n')})`, { nan: true })
    expect(made.rewritten).toEqual(made.original)
    const exports = start<Ways>(made.rewritten)
    const bits = constants.map((_, way) => Buffer.from(result(exports, way, [])).readBigUInt64LE())
    const exponent = t === 'f32' ? 0x7f800000n : 0x7ff0000000000000n
    const kept = exponent | BigInt(payload)
    expect(bits).toEqual([kept, kept | sign, nan, nan | sign])
  })
})

describe('lanes', () => {
  const a = '(v128.load (i32.const 0))'
  const b = '(v128.load (i32.const 16))'
  const store = (e: string) => `(v128.store (i32.const 64) ${e})`
  /** Lane widths with what arithmetic of the other width, and of integers, may see. */
  const SEEN: readonly (readonly [string, Type, string])[] = (['f32x4', 'f64x2'] as const).flatMap((type) => {
    const other = type === 'f32x4' ? 'f64x2' : 'f32x4'
    const sum = `(${type}.add ${a} ${b})`
    const scalar = type.slice(0, 3)
    return [
      ['v128.not', type, store(`(v128.not (v128.not ${sum}))`)],
      ['v128.or', type, store(`(v128.or ${sum} (v128.const i64x2 0 0))`)],
      ['an integer addition', type, store(`(i32x4.add ${sum} (v128.const i64x2 0 0))`)],
      ['v128.bitselect', type, store(`(v128.bitselect ${sum} ${b} (v128.const i64x2 -1 -1))`)],
      ['i8x16.shuffle', type, store(`(i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 ${sum} ${b})`)],
      ['i8x16.swizzle', type, store(`(i8x16.swizzle ${sum} (v128.const i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15))`)],
      ['pmin of itself', type, store(`(local.set $x ${sum}) (${type}.pmin (local.get $x) (local.get $x))`)],
      ['pmax of itself', type, store(`(local.set $x ${sum}) (${type}.pmax (local.get $x) (local.get $x))`)],
      ['negation twice', type, store(`(${type}.neg (${type}.neg ${sum}))`)],
      ['negation twice in lanes of the other width', type, store(`(${other}.neg (${other}.neg ${sum}))`)],
      [
        'lanes taken out and put back',
        type,
        `(local.set $x ${sum}) ${store(
          Array.from({ length: type === 'f32x4' ? 4 : 2 }, (_, lane) => lane).reduce(
            (to, lane) => `(${type}.replace_lane ${lane} ${to} (${type}.extract_lane ${lane} (local.get $x)))`,
            '(v128.const i64x2 0 0)',
          ),
        )}`,
      ],
      [
        'v128.store of lanes',
        type,
        [0, 1].map((lane) => `(v128.store64_lane offset=${64 + 8 * lane} ${lane} (i32.const 0) ${sum})`).join(' '),
      ],
      [
        'integer lanes',
        type,
        [0, 1]
          .map((lane) => `(i64.store offset=${64 + 8 * lane} (i32.const 0) (i64x2.extract_lane ${lane} ${sum}))`)
          .join(' '),
      ],
      [
        'splat',
        type,
        `(local.set $x ${sum}) ${store(`(${type}.splat (${type}.extract_lane 0 (local.get $x)))`)} (drop (${scalar}.load (i32.const 0)))`,
      ],
    ] as const
  })

  it.each(SEEN)('are canonical where %s sees those of %s', async (name, type, code) => {
    const text = `(module ${HEAD}
      (func (export "0") ${store(`(${type}.add ${a} ${b})`)})
      (func (export "1") (local $x v128) ${code}))`
    const { original, rewritten } = await pair(text, { nan: true })
    const [before, after] = [start<Ways>(original), start<Ways>(rewritten)]
    const values = operandsOf(type)
    for (const first of values) {
      for (const second of values) {
        const expected = canonical(result(before, 0, [first, second]), type)
        const splat = expected.slice(0, size(type.slice(0, 3) as Type))
        const wanted =
          name === 'splat' ? Uint8Array.from({ length: 16 }, (_, at) => splat[at % splat.length] as number) : expected
        expect(result(after, 1, [first, second])).toEqual(wanted)
      }
    }
  })

  /** What takes lanes of the other width than those that `type` has, and the type of what it leaves; none is integers. */
  const OTHERS: readonly (readonly [Type, string, string, Type | 'none'])[] = [
    ['f32x4', 'f64x2.add', `(v128.load (i32.const 32))`, 'f64x2'],
    ['f64x2', 'f32x4.add', `(v128.load (i32.const 32))`, 'f32x4'],
    ['f32x4', 'f64x2.sqrt', '', 'f64x2'],
    ['f64x2', 'f32x4.ceil', '', 'f32x4'],
    ['f32x4', 'f32x4.demote_f64x2_zero', '', 'f32x4'],
    ['f64x2', 'f64x2.promote_low_f32x4', '', 'f64x2'],
    ['f32x4', 'f64x2.lt', `(v128.load (i32.const 32))`, 'none'],
    ['f64x2', 'f32x4.ne', `(v128.load (i32.const 32))`, 'none'],
    ['f32x4', 'i32x4.trunc_sat_f64x2_s_zero', '', 'none'],
    ['f64x2', 'i32x4.trunc_sat_f32x4_u', '', 'none'],
  ]

  it.each(OTHERS)('of %s are canonical where %s takes them', async (type, name, second, to) => {
    const text = `(module ${HEAD}
      (func (export "0") ${store(`(${type}.add ${a} ${b})`)})
      (func (export "1") ${store(`(${name} ${a} ${second})`)})
      (func (export "2") ${store(`(${name} (${type}.add ${a} ${b}) ${second})`)})
      (func (export "3") (local $x v128)
        (local.set $x (${type}.add ${a} ${b})) ${store(`(${name} (local.get $x) ${second})`)}))`
    const { original, rewritten } = await pair(text, { nan: true })
    const [before, after] = [start<Ways>(original), start<Ways>(rewritten)]
    const values = operandsOf(type)
    for (const left of values) {
      for (const right of values) {
        const third = values[3] as Uint8Array
        const inner = canonical(result(before, 0, [left, right]), type)
        const outer = result(before, 1, [inner, inner, third])
        const expected = to === 'none' ? outer : canonical(outer, to)
        for (const way of [2, 3]) expect([way, result(after, way, [left, right, third])]).toEqual([way, expected])
      }
    }
  })

  it('keep the bits of vectors that no arithmetic made, and are not touched', async () => {
    const codes = [
      store(a),
      `(local.set $x ${a}) ${store('(local.get $x)')}`,
      store(`(f32x4.neg (f32x4.neg ${a}))`),
      store(`(f64x2.neg (f64x2.neg ${a}))`),
      store(`(v128.xor ${a} (v128.const i64x2 0 0))`),
      store(`(f32x4.pmin ${a} ${a})`),
      store(`(f64x2.pmax ${a} ${a})`),
    ]
    const functions = codes.map((code, at) => `(func (export "${at}") (local $x v128) ${code})`)
    const made = await pair(`(module ${HEAD} ${functions.join('\n')})`, { nan: true })
    expect(made.rewritten).toEqual(made.original)
    const exports = start<Ways>(made.rewritten)
    for (const operand of [...operandsOf('f32x4'), ...operandsOf('f64x2')]) {
      codes.forEach((_, way) => {
        expect(result(exports, way, [operand])).toEqual(operand)
      })
    }
  })
})

describe('results that nobody sees as bits', () => {
  /** A loop over two arrays at 0 and 1024 that adds up their products in $sum. */
  const dot = (t: string, type: string, bytes: number, total: string) => `
    (func (export "dot") (param $count i32) (result ${t}) (local $sum ${t}) (local $i i32)
      (loop $next
        (local.set $sum (${type}.add (local.get $sum)
          (${type}.mul (${t}.load (local.get $i)) (${t}.load offset=1024 (local.get $i)))))
        (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const ${bytes}))) (local.get $count))))
      ${total})`

  it.each([
    ['f32', 'f32', 4, '(local.get $sum)', 1],
    ['f64', 'f64', 8, '(local.get $sum)', 1],
    ['v128', 'f32x4', 16, '(local.get $sum)', 1],
    ['v128', 'f64x2', 16, '(local.get $sum)', 1],
    // With one more sum at the end nothing in the loop is seen: the edit is outside.
    ['f32', 'f32', 4, '(f32.add (local.get $sum) (f32.const 0))', 1],
    ['v128', 'f32x4', 16, '(f32x4.mul (local.get $sum) (local.get $sum))', 1],
    ['v128', 'f64x2', 16, '(f64x2.mul (local.get $sum) (local.get $sum))', 1],
  ] as const)('cost a dot product of %s (%s) one edit', async (t, type, bytes, total, edits) => {
    expect(canonicalized(await pair(`(module ${HEAD} ${dot(t, type, bytes, total)})`, { nan: true }))).toBe(edits)
  })

  const params = '(param $a f32) (param $b f32) (param $c f64) (param $v v128)'
  it.each([
    ['a comparison', '(result i32)', '(f32.lt (f32.mul (local.get $a) (local.get $b)) (f32.sqrt (local.get $b)))'],
    ['a conversion to an integer', '(result i32)', '(i32.trunc_sat_f32_s (f32.add (local.get $a) (local.get $b)))'],
    ['a conversion that traps', '(result i64)', '(i64.trunc_f64_u (f64.add (local.get $c) (local.get $c)))'],
    ['drop', '', '(drop (f64.sqrt (local.get $c)))'],
    [
      'moves into a comparison',
      '(result i32)',
      '(f32.eq (f32.neg (f32.abs (f32.sqrt (local.get $a)))) (local.get $b))',
    ],
    [
      'locals that only a comparison reads',
      '(result i32) (local $x f32) (local $y f32)',
      '(local.set $x (f32.add (local.get $a) (local.get $b))) (local.set $y (local.get $x)) (f32.gt (local.get $y) (local.get $a))',
    ],
    [
      'a demotion into a comparison',
      '(result i32)',
      '(f32.ge (f32.demote_f64 (f64.sqrt (local.get $c))) (local.get $a))',
    ],
    [
      'comparisons of lanes',
      '(result v128)',
      '(f32x4.lt (f32x4.add (local.get $v) (local.get $v)) (f32x4.sqrt (local.get $v)))',
    ],
    [
      'comparisons of wide lanes',
      '(result v128)',
      '(f64x2.lt (f64x2.add (local.get $v) (local.get $v)) (f64x2.sqrt (local.get $v)))',
    ],
    ['conversions of lanes', '(result v128)', '(i32x4.trunc_sat_f32x4_s (f32x4.add (local.get $v) (local.get $v)))'],
    [
      'conversions of wide lanes',
      '(result v128)',
      '(i32x4.trunc_sat_f64x2_u_zero (f64x2.neg (f64x2.add (local.get $v) (local.get $v))))',
    ],
  ])('cost nothing in %s', async (_, results, code) => {
    const made = await pair(`(module (func (export "f") ${params} ${results} ${code}))`, { nan: true })
    expect(canonicalized(made)).toBe(0)
    expect(made.rewritten).toEqual(made.original)
  })

  it.each([
    ['f32', 'f32'],
    ['f64', 'f64'],
    ['v128', 'f32x4'],
    ['v128', 'f64x2'],
  ])('cost a polynomial of %s (%s) one edit, at its end', async (t, type) => {
    const x = '(local.get 0)'
    let horner = x
    for (let step = 0; step < 10; step++) horner = `(${type}.add (${type}.mul ${horner} ${x}) ${x})`
    const made: Pair = await pair(`(module (func (export "f") (param ${t}) (result ${t}) ${horner}))`, { nan: true })
    expect(canonicalized(made)).toBe(1)
  })

  it('cost only the lanes of the other width in a mix', async () => {
    const mixed = `(f64x2.add (f32x4.add (local.get 0) (local.get 0)) (local.get 0))`
    const text = `(module (func (export "f") (param v128) (result v128) (f64x2.lt ${mixed} (local.get 0))))`
    expect(canonicalized(await pair(text, { nan: true }))).toBe(1)
  })
})
