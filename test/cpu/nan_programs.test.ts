/**
 * Random programs over floating-point locals, run after rewriting and by a reference that works on bits and in which
 * every NaN of arithmetic is canonical: what either shows is the same.
 */

import { describe, expect, it } from 'vitest'
import { fc } from '../support/property.ts'
import { canonicalized, pair, start } from './support.ts'

/** An expression or a statement: the name of an instruction, or of a form of this file, with what goes into it. */
interface Node {
  readonly op: string
  readonly args: readonly Node[]
  /** Which local, which lane, or how often. */
  readonly index: number
  /** The value of a constant, as bits. */
  readonly bits: bigint
}

/** Values are bits: a NaN is more than `NaN`. */
type Values = { f32: bigint[]; f64: bigint[]; v128: bigint[] }
type LocalType = keyof Values

const LOCALS = 3
const LOG = 1024
const LOG_SIZE = 4096

const node = (op: string, args: readonly Node[] = [], index = 0, bits = 0n): Node => ({ op, args, index, bits })

const bits32 = fc.oneof(
  fc.constantFrom(
    0x7fc00000n,
    0x7fc00001n,
    0x7f800001n,
    0xffc00000n,
    0xffffffffn,
    0xff812345n,
    0x7f800000n,
    0xff800000n,
  ),
  fc.constantFrom(0n, 0x80000000n, 0x3f800000n, 0xbfc00000n, 0x00000001n, 0x7f7fffffn, 0x4b7fffffn, 0x3f000000n),
  fc.bigInt(0n, 0xffffffffn),
)
const bits64 = fc.oneof(
  fc.constantFrom(0x7ff8000000000000n, 0x7ff8000000000001n, 0x7ff0000000000001n, 0xfff8000000000000n, (1n << 64n) - 1n),
  fc.constantFrom(
    0n,
    1n << 63n,
    0x3ff0000000000000n,
    0xbff8000000000000n,
    1n,
    0x7fefffffffffffffn,
    0x7ff0000000000000n,
  ),
  fc.bigInt(0n, (1n << 64n) - 1n),
)
const bits128 = fc.oneof(
  fc.tuple(bits32, bits32, bits32, bits32).map(([a, b, c, d]) => a | (b << 32n) | (c << 64n) | (d << 96n)),
  fc.tuple(bits64, bits64).map(([a, b]) => a | (b << 64n)),
)

const UNARY = ['ceil', 'floor', 'trunc', 'nearest', 'sqrt']
const BINARY = ['add', 'sub', 'mul', 'div', 'min', 'max']
const named = (types: readonly string[], names: readonly string[]) =>
  fc.constantFrom(...types.flatMap((type) => names.map((name) => `${type}.${name}`)))

interface Grammar {
  f32: Node
  f64: Node
  v128: Node
  i32: Node
  statement: Node
}

const grammar = fc.letrec<Grammar>((untyped) => {
  const tie = untyped as (name: keyof Grammar) => fc.Arbitrary<Node>
  const local = fc.nat(LOCALS - 1)
  const which = { f32: tie('f32'), f64: tie('f64'), v128: tie('v128') }
  const use = (names: fc.Arbitrary<string>, ...args: fc.Arbitrary<Node>[]) =>
    fc.tuple(names, fc.tuple(...args), fc.nat(3)).map(([op, given, index]) => node(op, given, index))
  const of = (type: LocalType, lanes: readonly string[], constant: fc.Arbitrary<bigint>) => {
    const self = which[type]
    const form = (name: string, ...args: fc.Arbitrary<Node>[]) => use(fc.constant(`${type} ${name}`), ...args)
    return [
      local.map((index) => node(`${type} get`, [], index)),
      constant.map((bits) => node(`${type}.const`, [], 0, bits)),
      fc.tuple(local, self).map(([index, value]) => node(`${type} tee`, [value], index)),
      use(named(lanes, BINARY), self, self),
      use(named(lanes, BINARY), self, self),
      use(named(lanes, UNARY), self),
      use(named(lanes, ['neg', 'abs']), self),
      form('select', self, self, tie('i32')),
      form('if', tie('i32'), self, self),
      form('br_if', self, tie('i32'), self),
      form('call', self),
    ]
  }
  const small = { maxDepth: 4, depthIdentifier: 'expression' }
  return {
    f32: fc.oneof(
      small,
      ...of('f32', ['f32'], bits32),
      use(fc.constant('f32.copysign'), tie('f32'), tie('f32')),
      use(fc.constant('f32.demote_f64'), tie('f64')),
      use(fc.constant('f32.reinterpret_i32'), tie('i32')),
      use(fc.constant('f32x4.extract_lane'), tie('v128')),
    ),
    f64: fc.oneof(
      small,
      ...of('f64', ['f64'], bits64),
      use(fc.constant('f64.copysign'), tie('f64'), tie('f64')),
      use(fc.constant('f64.promote_f32'), tie('f32')),
      use(fc.constant('f64x2.extract_lane'), tie('v128')),
    ),
    v128: fc.oneof(
      small,
      ...of('v128', ['f32x4', 'f64x2'], bits128),
      use(named(['f32x4', 'f64x2'], ['pmin', 'pmax']), tie('v128'), tie('v128')),
      use(fc.constantFrom('v128.and', 'v128.or', 'v128.xor', 'i64x2.add'), tie('v128'), tie('v128')),
      use(fc.constantFrom('f32x4.demote_f64x2_zero', 'f64x2.promote_low_f32x4'), tie('v128')),
      use(fc.constant('f32x4.splat'), tie('f32')),
      use(fc.constant('f64x2.splat'), tie('f64')),
    ),
    i32: fc.oneof(
      small,
      bits32.map((bits) => node('i32.const', [], 0, bits)),
      use(named(['f32'], ['lt', 'eq', 'ne', 'ge']), tie('f32'), tie('f32')),
      use(named(['f64'], ['lt', 'eq', 'ne', 'ge']), tie('f64'), tie('f64')),
      use(fc.constant('i32.reinterpret_f32'), tie('f32')),
      use(fc.constant('v128.any_true'), tie('v128')),
    ),
    statement: fc.oneof(
      { maxDepth: 3, depthIdentifier: 'statement' },
      ...(['f32', 'f64', 'v128'] as const).map((type) =>
        fc.tuple(local, which[type]).map(([index, value]) => node(`${type} set`, [value], index)),
      ),
      ...(['f32', 'f64', 'v128'] as const).map((type) => use(fc.constant(`${type} log`), which[type])),
      fc
        .tuple(fc.integer({ min: 1, max: 3 }), fc.array(tie('statement'), { minLength: 1, maxLength: 4 }))
        .map(([times, body]) => node('loop', body, times)),
      fc.tuple(tie('i32'), tie('statement'), tie('statement')).map((args) => node('if', args)),
    ),
  }
})

/** The text of a node. `depth` counts the loops around it: each has its own counter. */
function text({ op, args, index, bits }: Node, depth = 0): string {
  const inner = args.map((arg) => text(arg, depth))
  const [a, b, c] = inner
  const [type, form] = op.split(' ') as [string, string | undefined]
  switch (form) {
    case 'get':
      return `(local.get $${type}_${index})`
    case 'tee':
    case 'set':
      return `(local.${form} $${type}_${index} ${a})`
    case 'select':
      return `(select ${a} ${b} ${c})`
    case 'if':
      return `(if (result ${type}) ${a} (then ${b}) (else ${c}))`
    case 'br_if':
      return `(block (result ${type}) (drop (br_if 0 ${a} ${b})) ${c})`
    case 'call':
      return `(call $same_${type} ${a})`
    case 'log':
      return `(${type}.store offset=${LOG} (local.get $p) ${a})
        (local.set $p (i32.and (i32.add (local.get $p) (i32.const 16)) (i32.const ${LOG_SIZE - 1})))`
  }
  switch (op) {
    case 'loop': {
      const body = args.map((arg) => text(arg, depth + 1)).join('\n')
      const counter = `$n${depth}`
      return `(local.set ${counter} (i32.const ${index})) (loop ${body}
        (br_if 0 (local.tee ${counter} (i32.sub (local.get ${counter}) (i32.const 1)))))`
    }
    case 'if':
      return `(if ${a} (then ${b}) (else ${c}))`
    case 'i32.const':
      return `(i32.const ${bits})`
    case 'f32.const':
      return `(f32.reinterpret_i32 (i32.const ${bits}))`
    case 'f64.const':
      return `(f64.reinterpret_i64 (i64.const ${bits}))`
    case 'v128.const':
      return `(v128.const i64x2 ${bits & ONES_64} ${bits >> 64n})`
    case 'f32x4.extract_lane':
      return `(${op} ${index} ${a})`
    case 'f64x2.extract_lane':
      return `(${op} ${index & 1} ${a})`
  }
  return `(${op} ${inner.join(' ')})`
}

const ONES_64 = (1n << 64n) - 1n
const scratch = new DataView(new ArrayBuffer(8))

/** One lane of arithmetic on numbers. */
function compute(name: string, a: number, b: number): number {
  switch (name) {
    case 'add':
      return a + b
    case 'sub':
      return a - b
    case 'mul':
      return a * b
    case 'div':
      return a / b
    case 'min':
      return Math.min(a, b)
    case 'max':
      return Math.max(a, b)
    case 'nearest': {
      if (!(Math.abs(a) < 2 ** 52)) return a
      const size = Math.abs(a) + 2 ** 52 - 2 ** 52
      return a < 0 || Object.is(a, -0) ? -size : size
    }
    default:
      return (Math[name as 'ceil'] as (value: number) => number)(a)
  }
}

function toNumber(width: number, bits: bigint): number {
  if (width === 32) {
    scratch.setUint32(0, Number(bits))
    return scratch.getFloat32(0)
  }
  scratch.setBigUint64(0, bits)
  return scratch.getFloat64(0)
}

function toBits(width: number, value: number): bigint {
  if (Number.isNaN(value)) return width === 32 ? 0x7fc00000n : 0x7ff8000000000000n
  if (width === 32) {
    scratch.setFloat32(0, value)
    return BigInt(scratch.getUint32(0))
  }
  scratch.setFloat64(0, value)
  return scratch.getBigUint64(0)
}

/** The program as the reference runs it. */
class Reference {
  readonly values: Values = { f32: [0n, 0n, 0n], f64: [0n, 0n, 0n], v128: [0n, 0n, 0n] }
  readonly log = new DataView(new ArrayBuffer(LOG_SIZE))
  #at = 0

  run({ op, args, index, bits }: Node): bigint {
    const [type, form] = op.split(' ') as [LocalType, string | undefined]
    const arg = (at: number) => this.run(args[at] as Node)
    switch (form) {
      case 'get':
        return this.values[type][index] as bigint
      case 'tee':
      case 'set': {
        const value = arg(0)
        this.values[type][index] = value
        return value
      }
      case 'select': {
        const [a, b, c] = [arg(0), arg(1), arg(2)]
        return c !== 0n ? a : b
      }
      case 'if':
        return arg(0) !== 0n ? arg(1) : arg(2)
      case 'br_if': {
        const value = arg(0)
        return arg(1) !== 0n ? value : arg(2)
      }
      case 'call':
        return arg(0)
      case 'log': {
        const value = arg(0)
        if (type === 'f32') this.log.setUint32(this.#at, Number(value), true)
        else this.log.setBigUint64(this.#at, value & ONES_64, true)
        if (type === 'v128') this.log.setBigUint64(this.#at + 8, value >> 64n, true)
        this.#at = (this.#at + 16) % LOG_SIZE
        return 0n
      }
    }
    switch (op) {
      case 'loop':
        for (let left = index; left > 0; left--) for (const statement of args) this.run(statement)
        return 0n
      case 'if':
        return arg(0) !== 0n ? arg(1) : arg(2)
      case 'i32.const':
      case 'f32.const':
      case 'f64.const':
      case 'v128.const':
        return bits
      case 'f32.reinterpret_i32':
      case 'i32.reinterpret_f32':
        return arg(0)
      case 'f32.demote_f64':
        return toBits(32, toNumber(64, arg(0)))
      case 'f64.promote_f32':
        return toBits(64, toNumber(32, arg(0)))
      case 'f32x4.extract_lane':
        return (arg(0) >> BigInt(32 * index)) & 0xffffffffn
      case 'f64x2.extract_lane':
        return (arg(0) >> BigInt(64 * (index & 1))) & ONES_64
      case 'f32x4.splat':
        return arg(0) * 0x1_00000001_00000001_00000001n
      case 'f64x2.splat':
        return arg(0) * ((1n << 64n) + 1n)
      case 'v128.and':
        return arg(0) & arg(1)
      case 'v128.or':
        return arg(0) | arg(1)
      case 'v128.xor':
        return arg(0) ^ arg(1)
      case 'v128.any_true':
        return arg(0) === 0n ? 0n : 1n
      case 'i64x2.add': {
        const [a, b] = [arg(0), arg(1)]
        return (((a & ONES_64) + (b & ONES_64)) & ONES_64) | ((((a >> 64n) + (b >> 64n)) & ONES_64) << 64n)
      }
      case 'f32x4.demote_f64x2_zero': {
        const a = arg(0)
        return toBits(32, toNumber(64, a & ONES_64)) | (toBits(32, toNumber(64, a >> 64n)) << 32n)
      }
      case 'f64x2.promote_low_f32x4': {
        const a = arg(0)
        return toBits(64, toNumber(32, a & 0xffffffffn)) | (toBits(64, toNumber(32, (a >> 32n) & 0xffffffffn)) << 64n)
      }
    }
    return lanes(op, arg(0), args.length > 1 ? arg(1) : 0n)
  }
}

/** An instruction that does the same in each lane. */
function lanes(op: string, a: bigint, b: bigint): bigint {
  const [type, name] = op.split('.') as [string, string]
  const width = type.startsWith('f32') ? 32 : 64
  const ones = (1n << BigInt(width)) - 1n
  const sign = 1n << BigInt(width - 1)
  let out = 0n
  for (let shift = 0; shift < (type.length > 3 ? 128 : width); shift += width) {
    const at = BigInt(shift)
    out |= lane(name, width, sign, (a >> at) & ones, (b >> at) & ones) << at
  }
  return out
}

function lane(name: string, width: number, sign: bigint, a: bigint, b: bigint): bigint {
  const [x, y] = [toNumber(width, a), toNumber(width, b)]
  switch (name) {
    case 'neg':
      return a ^ sign
    case 'abs':
      return a & ~sign
    case 'copysign':
      return (a & ~sign) | (b & sign)
    case 'pmin':
      return y < x ? b : a
    case 'pmax':
      return x < y ? b : a
    case 'lt':
      return BigInt(x < y)
    case 'ge':
      return BigInt(x >= y)
    case 'eq':
      return BigInt(x === y)
    case 'ne':
      return BigInt(x !== y)
    default:
      return toBits(width, compute(name, x, y))
  }
}

/** Which locals are shown at the end: the others are free to hold any NaN. */
type Shown = readonly (readonly [LocalType, number])[]

function moduleOf(statements: readonly Node[], shown: Shown): string {
  const types = ['f32', 'f64', 'v128'] as const
  const locals = types.flatMap((type) => Array.from({ length: LOCALS }, (_, at) => `(local $${type}_${at} ${type})`))
  const same = types.map((type) => `(func $same_${type} (param ${type}) (result ${type}) (local.get 0))`)
  const show = shown.map(([type, at], index) => `(${type}.store (i32.const ${16 * index}) (local.get $${type}_${at}))`)
  return `(module (memory (export "memory") 1) ${same.join(' ')}
    (func (export "run") ${locals.join(' ')} (local $p i32) (local $n0 i32) (local $n1 i32) (local $n2 i32) (local $n3 i32)
      ${statements.map((statement) => text(statement)).join('\n')}
      ${show.join('\n')}))`
}

const program = fc.tuple(
  fc.array(grammar.statement, { minLength: 2, maxLength: 12 }),
  fc.uniqueArray(fc.tuple(fc.constantFrom('f32', 'f64', 'v128'), fc.nat(LOCALS - 1)), {
    minLength: 1,
    maxLength: 9,
    selector: ([type, at]) => `${type}${at}`,
  }) as fc.Arbitrary<Shown>,
)

describe('random programs of floating-point arithmetic', () => {
  it('show the bits that a reference with canonical NaNs shows', async () => {
    let edits = 0
    let changed = 0
    await fc.assert(
      fc.asyncProperty(program, async ([statements, shown]) => {
        const made = await pair(moduleOf(statements, shown), { nan: true })
        const results = [made.rewritten, made.original].map((bytes) => {
          const exports = start<{ memory: WebAssembly.Memory; run: () => void }>(bytes)
          exports.run()
          return Buffer.from(exports.memory.buffer).subarray(0, LOG + LOG_SIZE)
        }) as [Buffer, Buffer]
        const reference = new Reference()
        for (const statement of statements) reference.run(statement)
        const expected = Buffer.alloc(LOG + LOG_SIZE)
        expected.set(new Uint8Array(reference.log.buffer), LOG)
        shown.forEach(([type, at], index) => {
          const value = reference.values[type][at] as bigint
          const bytes = { f32: 4, f64: 8, v128: 16 }[type]
          for (let byte = 0; byte < bytes; byte++)
            expected[16 * index + byte] = Number((value >> BigInt(8 * byte)) & 0xffn)
        })
        edits += canonicalized(made)
        if (!results[1].equals(expected)) changed++
        expect(results[0].toString('hex')).toBe(expected.toString('hex'))
      }),
      { numRuns: 1500 },
    )
    // Else the programs show nothing: there have to be some that come out otherwise before.
    expect(changed).toBeGreaterThan(100)
    expect(edits).toBeGreaterThan(1000)
  })
})
