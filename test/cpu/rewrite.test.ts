/** The rewriter as a reader and writer of modules: it refuses what it does not know, says where, and adds at the ends. */

import { describe, expect, it } from 'vitest'
import { leb } from '../../src/abi/wasm_bytes.ts'
import { ATOMIC, GC, MISC, Op, PLAIN, SIMD, type Space } from '../../src/cpu/opcodes.ts'
import { type CpuOptions, DEPTH, FUEL, HOST_MEMORY, RESERVED, RESET, START } from '../../src/cpu/options.ts'
import { rewrite } from '../../src/cpu/rewrite.ts'
import { VivariumError } from '../../src/error.ts'
import {
  ALL,
  ascii,
  body,
  compile,
  F32,
  FUNCREF,
  HEADER,
  I32,
  moduleOf,
  OFF,
  pair,
  perform,
  type SectionBytes,
} from './support.ts'

/** What the rewriter throws for these bytes. */
function refusal(bytes: Uint8Array, options: CpuOptions = ALL): VivariumError {
  try {
    rewrite(bytes, options)
  } catch (error) {
    if (error instanceof VivariumError) return error
    throw error
  }
  throw new Error('it was not refused')
}

const SPACES: readonly (readonly [string, Space, number | undefined])[] = [
  ['without a prefix', PLAIN, undefined],
  ['after 0xfb', GC, Op.GC],
  ['after 0xfc', MISC, Op.MISC],
  ['after 0xfd', SIMD, Op.SIMD],
  ['after 0xfe', ATOMIC, Op.ATOMIC],
]

describe('an instruction that is not known', () => {
  it.each(SPACES)('is refused with its place, wherever it is in the space %s', (_, space, prefix) => {
    const unknown = Array.from(space.known, (known, code) => (known === 0 ? code : -1)).filter((code) => code >= 0)
    if (prefix !== undefined) unknown.push(space.known.length, 1000, 2 ** 31, 2 ** 32 - 1)
    expect(unknown.length).toBeGreaterThan(0)
    for (const code of unknown) {
      if (prefix === undefined && SPACES.some(([, , other]) => other === code)) continue
      const opcode = prefix === undefined ? [code] : [prefix, ...unsigned(code)]
      const bytes = moduleOf(
        [1, [[0x60, 0, 0]]],
        [2, [[...ascii('m'), ...ascii('f'), 0, 0]]],
        [3, [[0], [0]]],
        [10, [body([Op.NOP]), body([Op.NOP, Op.NOP, ...opcode, 0, 0, 0, 0])]],
      )
      const error = refusal(bytes, OFF)
      expect(error.code).toBe('BAD_MODULE')
      const name = `0x${(prefix ?? code).toString(16)}${prefix === undefined ? '' : ` 0x${code.toString(16)}`}`
      // Two functions before it: the imported one, and one of a size, no locals, nop and end.
      const at = bytes.length - 5 - opcode.length
      expect(error.message).toBe(
        `the instruction ${name} is not known (code section, function 2, byte ${at} of the module)`,
      )
    }
  })

  it('is refused in the value that a table starts with', () => {
    const bytes = moduleOf([4, [[0x40, 0, FUNCREF, 0, 1, 0x16, Op.END]]])
    expect(refusal(bytes).message).toMatch(
      /^the instruction 0x16 cannot be .*\(table section, byte 16 of the module\)$/,
    )
  })

  it('is memory.atomic.wait for its own reason', async () => {
    for (const code of [
      '(memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))',
      '(memory.atomic.wait64 (i32.const 0) (i64.const 0) (i64.const -1))',
    ]) {
      const bytes = await compile(`(module (memory 1 1 shared) (func nop) (func (result i32) ${code}))`)
      const { message, code: kind } = refusal(bytes, OFF)
      expect(kind).toBe('BAD_MODULE')
      expect(message).toMatch(
        /^memory.atomic.wait waits for another thread, and threads are not supported \(code section, function 1, byte \d+ of the module\)$/,
      )
    }
  })
})

/** Unsigned LEB128 of up to 32 bits. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...unsigned(Math.floor(value / 0x80))]
}

describe('a name that is reserved for the machine', () => {
  it.each(RESERVED)('is refused as an export, whatever it is of: %s', async (name) => {
    for (const item of ['(func', '(global i32 (i32.const 0)', '(memory 1', '(table 1 funcref']) {
      const text = `(module ${item.replace(/^\((\w+)/, `($1 (export "${name}")`)}))`
      const error = refusal(await compile(text))
      expect([error.code, error.message]).toEqual([
        'BAD_MODULE',
        `the module exports ${name}, a name that is reserved for the machine`,
      ])
    }
  })

  it('is free for what is imported, and others like it for exports', async () => {
    const { rewritten } = await pair(
      `(module (import "vivarium:fuel" "vivarium:depth" (func)) (func (export "vivarium:fuel2")) (func (export "vivarium:")))`,
      ALL,
    )
    const names = WebAssembly.Module.exports(new WebAssembly.Module(rewritten)).map(({ name }) => name)
    expect(names).toEqual(['vivarium:fuel2', 'vivarium:', FUEL, DEPTH, RESET])
  })
})

describe('bytes that are no module', () => {
  it.each([
    ['nothing', [], /do not start as one/],
    ['text', [...Buffer.from('(module)')], /do not start as one/],
    ['half a header', HEADER.slice(0, 6), /version that is not known/],
    ['another version', [0x00, 0x61, 0x73, 0x6d, 2, 0, 0, 0], /version that is not known/],
    ['a component', [0x00, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0], /is a WebAssembly component|are a WebAssembly component/],
  ])('are refused by name: %s', (_, bytes, message) => {
    const error = refusal(Uint8Array.from(bytes))
    expect(error.code).toBe('BAD_MODULE')
    expect(error.message).toMatch(message)
  })

  const type: SectionBytes = [1, [[0x60, 0, 0]]]
  const one: SectionBytes = [3, [[0]]]
  it.each([
    ['sections in the wrong order', moduleOf(one, type), /type section comes twice or too late/],
    ['a section twice', moduleOf(type, type), /type section comes twice or too late/],
    ['a section that nobody knows', moduleOf([14, []]), /there is no section 14/],
    ['a section that is longer than the module', Uint8Array.from([...HEADER, 1, 100, 0]), /longer than the module/],
    ['bytes after what a section has', moduleOf([1, Uint8Array.from([0, 0])]), /goes on after its end/],
    ['more bodies than functions', moduleOf(type, one, [10, [body([]), body([])]]), /not as many bodies/],
    ['a body that is too long', moduleOf(type, one, [10, [[9, 0, Op.END]]]), /longer than the section/],
    ['a body without an end', moduleOf(type, one, [10, [[2, 0, Op.NOP]]]), /ends too early.*function 0/],
    ['instructions after the end', moduleOf(type, one, [10, [[3, 0, Op.END, Op.NOP]]]), /goes on after its end/],
    [
      'an operand that is not there',
      moduleOf(type, one, [10, [body([Op.DROP])]]),
      /operand that is not there.*function 0/,
    ],
    ['a label that is not there', moduleOf(type, one, [10, [body([Op.BR, 1])]]), /there is no label 1.*function 0/],
    [
      'a local that is not there',
      moduleOf(type, one, [10, [body([Op.LOCAL_GET, 0])]]),
      /there is no local 0.*function 0/,
    ],
    ['too many locals', moduleOf(type, one, [10, [[6, 1, 0xe0, 0xd4, 0x03, I32, Op.END]]]), /60000 locals/],
    ['a call of what is not there', moduleOf(type, one, [10, [body([Op.CALL, 7])]]), /a call of what is no function/],
    ['a function of no type', moduleOf(type, [3, [[3]]], [10, [body([])]]), /no type of a function/],
    ['a kind of type that is not known', moduleOf([1, [[0x5d, 0, 0]]]), /there is no kind of type 0x5d/],
    ['a value type that is not known', moduleOf([1, [[0x60, 1, 0x40, 0]]]), /there is no value type 0x40/],
    ['limits that are not known', moduleOf([5, [[8, 1]]]), /limits of kind 8 are not known/],
    ['a number of over 32 bits', moduleOf([3, Uint8Array.from([0xff, 0xff, 0xff, 0xff, 0x1f])]), /more than 32 bits/],
  ])('are refused with the place: %s', (_, bytes, message) => {
    const error = refusal(bytes)
    expect(error.code).toBe('BAD_MODULE')
    expect(error.message).toMatch(message)
    expect(error.message).toMatch(/\(.*byte \d+ of the module\)$/)
    expect(WebAssembly.validate(bytes)).toBe(false)
  })
})

const { customSections } = WebAssembly.Module as unknown as {
  customSections: (module: WebAssembly.Module, name: string) => ArrayBuffer[]
}

describe('what is added', () => {
  const everything = `(module $named
    (import "host" "throw" (func $h)) (import "host" "depth" (func $d (result i32)))
    (memory (export "memory") 1) (table (export "table") 1 funcref) (global $g (export "g") (mut i32) (i32.const 7))
    (tag $e (param i32)) (elem (i32.const 0) $f)
    (func $f (export "f") (param $p i32) (result f32)
      (drop (memory.grow (local.get $p))) (drop (table.grow (ref.null func) (i32.const 1)))
      (f32.add (f32.const 1) (f32.convert_i32_s (call $d))))
    (func $s (global.set $g (i32.const 8))) (start $s)
    (data "abc"))`

  it('comes after what is there, so that no index changes', async () => {
    const { original, rewritten } = await pair(everything, ALL)
    const [before, after] = [original, rewritten].map((bytes) => new WebAssembly.Module(bytes)) as [
      WebAssembly.Module,
      WebAssembly.Module,
    ]
    expect(WebAssembly.Module.imports(after)).toEqual(WebAssembly.Module.imports(before))
    const exports = WebAssembly.Module.exports(before)
    const added = [FUEL, DEPTH].map((name) => ({ name, kind: 'global' }))
    expect(WebAssembly.Module.exports(after)).toEqual([
      ...exports,
      ...added,
      { name: START, kind: 'function' },
      { name: HOST_MEMORY, kind: 'global' },
    ])
    // Before the start function has run.
    expect(perform(rewritten, [['get', 'g'], ['set', FUEL, '100n'], [START], ['get', 'g'], ['f', 0]])).toEqual([
      ...['7', '', 'undefined', '8'],
      String(ALL.stack === undefined ? 0 : ALL.stack + 1 - depthOf(rewritten)),
    ])
  })

  it('is in a module that has none of the sections', async () => {
    for (const text of ['(module)', '(module (memory 1))', '(module (table 1 funcref))', '(module (func))']) {
      const { rewritten } = await pair(text, ALL)
      expect(WebAssembly.validate(rewritten)).toBe(true)
      expect(
        perform(rewritten, [
          ['get', DEPTH],
          ['get', FUEL],
        ]),
      ).toEqual([String(ALL.stack), '0n'])
    }
    const imported = await pair('(module (import "host" "throw" (func)) (import "host" "m" (memory 1)))', ALL)
    expect(WebAssembly.validate(imported.rewritten)).toBe(true)
  })

  it('leaves custom sections where they were, with their bytes', async () => {
    const custom = (text: string): SectionBytes => [0, Uint8Array.from([...ascii(text), 1, 2, 3])]
    const original = moduleOf(
      custom('first'),
      [1, [[0x60, 0, 0]]],
      custom('after types'),
      custom('and another'),
      [3, [[0]]],
      custom('before code'),
      [10, [body([])]],
      custom('last'),
    )
    const rewritten = rewrite(original, ALL)
    const module = new WebAssembly.Module(rewritten)
    for (const name of ['first', 'after types', 'and another', 'before code', 'last']) {
      const [section] = customSections(module, name)
      expect([name, ...new Uint8Array(section as ArrayBuffer)]).toEqual([name, 1, 2, 3])
    }
    const names = ['first', 'after types', 'and another', 'before code', 'last']
    const at = names.map((name) => Buffer.from(rewritten).indexOf(name))
    expect(at).toEqual(at.toSorted((a, b) => a - b))
    expect(at[0]).toBe(HEADER.length + 3)
  })

  it('is refused where it makes a function larger than engines take', async () => {
    const most = (locals: number) => `(module (func (param f32) (result f32)
      (local ${'i32 '.repeat(locals)}) (f32.add (local.get 0) (local.get 0))))`
    const fits = await pair(most(49_998), { nan: true })
    expect(WebAssembly.validate(fits.rewritten)).toBe(true)
    const full = await compile(most(49_999))
    expect(WebAssembly.validate(full)).toBe(true)
    expect(refusal(full, { ...OFF, nan: true }).message).toMatch(
      /function has 50001 locals.*\(code section, function 0, byte \d+ of the module\)$/,
    )

    const roots = Buffer.alloc(2_500_000, Uint8Array.of(Op.LOCAL_GET, 0, 0x91, Op.LOCAL_SET, 0))
    const code = Buffer.concat([Uint8Array.of(0), roots, Uint8Array.of(Op.LOCAL_GET, 0, Op.END)])
    const content = Buffer.concat([Uint8Array.from([1, ...leb(code.length)]), code])
    const before = moduleOf([1, [[0x60, 1, F32, 1, F32]]], [3, [[0]]])
    const long = Uint8Array.from(Buffer.concat([before, Uint8Array.from([10, ...leb(content.length)]), content]))
    expect(WebAssembly.validate(long)).toBe(true)
    expect(refusal(long).message).toMatch(/function has 2 locals and \d+ bytes; engines take 50000 and 7654321/)
  })

  it('is nothing where nothing is asked for', async () => {
    const original = await compile(everything)
    expect(rewrite(original, OFF)).toEqual(original)
  })

  it('is the same from the same bytes, and makes no use of the bytes given', async () => {
    const original = await compile(everything)
    const copy = original.slice()
    const rewritten = rewrite(original, ALL)
    expect(original).toEqual(copy)
    expect(rewrite(copy, ALL)).toEqual(rewritten)
    original.fill(0)
    expect(rewrite(copy, ALL)).toEqual(rewritten)
  })

  it('is in bodies with numbers that are longer than they need be, as linkers write them', () => {
    const long = (value: number) => [value | 0x80, 0x80, 0x80, 0x80, 0]
    const code = [
      ...[...long(1), ...long(2), 0x7d, Op.LOCAL_GET, ...long(0), Op.LOCAL_GET, ...long(0), 0x92],
      ...[Op.LOCAL_TEE, ...long(1), Op.CALL, ...long(1), Op.I32_CONST, ...long(0), Op.MEMORY_GROW, 0, 0x6a, Op.END],
    ]
    const original = moduleOf(
      [
        1,
        [
          [0x60, 1, 0x7d, 1, I32],
          [0x60, ...long(1), 0x7d, ...long(1), I32],
        ],
      ],
      [3, Uint8Array.from([...long(2), ...long(0), ...long(1)])],
      [5, [[0, ...long(1)]]],
      [7, [[...ascii('f'), 0, ...long(0)]]],
      [10, Uint8Array.from([...long(2), ...long(code.length), ...code, ...body([Op.LOCAL_GET, ...long(0), 0xbc])])],
    )
    expect(perform(original, [['f', 1]])).toEqual([String(0x40000000 + 1)])
    const rewritten = rewrite(original, ALL)
    expect(
      perform(rewritten, [
        ['set', FUEL, '100n'],
        ['f', 1],
        ['f', Number.NaN],
      ]),
    ).toEqual([...['', String(0x40000000 + 1), String(0x7fc00000 + 1)]])
  })
})

/** What a frame of `f` takes of the depth. */
function depthOf(bytes: Uint8Array): number {
  const [, , result] = perform(bytes, [
    ['set', FUEL, '100n'],
    ['set', DEPTH, 1_000_000],
    ['f', 0],
  ])
  return 1_000_001 - Number(result)
}
