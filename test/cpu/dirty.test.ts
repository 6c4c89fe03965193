/**
 * The pass `dirty`: whatever writes, wherever and by whatever way, what is put back by the marks is to the byte what a
 * new instance has; and where nothing could be put back, nothing is marked.
 */

import { describe, expect, it } from 'vitest'
import { GuestMemory } from '../../src/abi/memory.ts'
import { leb } from '../../src/abi/wasm_bytes.ts'
import { GRANULE_MIN, granuleShift, REACH, SLACK } from '../../src/cpu/dirty.ts'
import { ATOMIC, Op, PLAIN, SIMD } from '../../src/cpu/opcodes.ts'
import type { CpuOptions } from '../../src/cpu/options.ts'
import { DIRTY, FUEL, RESET } from '../../src/cpu/options.ts'
import { rewrite } from '../../src/cpu/rewrite.ts'
import { STRICT } from '../../src/cpu/settings.ts'
import { ONLY, Subject, WITH_ALL } from './dirty_support.ts'
import { compile, OFF, occurrences, pair, start } from './support.ts'

const PAGE = 65_536

/** Every instruction that stores: its name, its bytes, and whether its operands are aligned. */
interface Store {
  readonly text: (address: string, offset: number) => string
  readonly name: string
  readonly width: number
  readonly aligned: boolean
}

const ONES = {
  i32: '(i32.const -1)',
  i64: '(i64.const -1)',
  f32: '(f32.const -nan:0x7fffff)',
  f64: '(f64.const -nan:0xfffffffffffff)',
}
const VECTOR = '(v128.const i64x2 -1 -1)'

function store(name: string, width: number, values: string, aligned = false, lane = ''): Store {
  return {
    name,
    width,
    aligned,
    text: (address, offset) => {
      const code = `(${name} offset=${offset} ${lane} ${address} ${values})`
      return /rmw/.test(name) ? `(drop ${code})` : code
    },
  }
}

function rmw(type: 'i32' | 'i64', part: string, width: number): Store[] {
  const name = (what: string): string => `${type}.atomic.rmw${part}.${what}${part === '' ? '' : '_u'}`
  const value = ONES[type]
  // Zero less one would be one, and so mostly zeros.
  const less = `(${type}.const 0x${'01'.repeat(type === 'i32' ? 4 : 8)})`
  const plain = ['add', 'sub', 'or', 'xor', 'xchg'].map((what) =>
    store(name(what), width, what === 'sub' ? less : value, true),
  )
  const zero = `(${type}.const 0)`
  return [...plain, store(name('cmpxchg'), width, `${zero} ${value}`, true)]
}

const STORES: readonly Store[] = [
  store('i32.store', 4, ONES.i32),
  store('i64.store', 8, ONES.i64),
  store('f32.store', 4, ONES.f32),
  store('f64.store', 8, ONES.f64),
  store('i32.store8', 1, ONES.i32),
  store('i32.store16', 2, ONES.i32),
  store('i64.store8', 1, ONES.i64),
  store('i64.store16', 2, ONES.i64),
  store('i64.store32', 4, ONES.i64),
  store('v128.store', 16, VECTOR),
  store('v128.store8_lane', 1, VECTOR, false, '1'),
  store('v128.store16_lane', 2, VECTOR, false, '1'),
  store('v128.store32_lane', 4, VECTOR, false, '1'),
  store('v128.store64_lane', 8, VECTOR, false, '1'),
  store('i32.atomic.store', 4, ONES.i32, true),
  store('i64.atomic.store', 8, ONES.i64, true),
  store('i32.atomic.store8', 1, ONES.i32, true),
  store('i32.atomic.store16', 2, ONES.i32, true),
  store('i64.atomic.store8', 1, ONES.i64, true),
  store('i64.atomic.store16', 2, ONES.i64, true),
  store('i64.atomic.store32', 4, ONES.i64, true),
  ...[rmw('i32', '', 4), rmw('i64', '', 8), rmw('i32', '8', 1), rmw('i32', '16', 2)].flat(),
  ...[rmw('i64', '8', 1), rmw('i64', '16', 2), rmw('i64', '32', 4)].flat(),
]

/** The codes of all stores that the text of STORES comes to, and `and`, which cannot make ones of zeros. */
it('is tried with every instruction that takes an address and may write', () => {
  const plain = Array.from({ length: 256 }, (_, code) => code).filter((code) => code >= 0x36 && code <= 0x3e)
  expect(plain.every((code) => PLAIN.known[code] === 1 && PLAIN.pops[code] === 2 && PLAIN.pushes[code] === 0)).toBe(
    true,
  )
  const simd = [...SIMD.known.keys()].filter(
    (code) => [6, 7].includes(SIMD.immediate[code] as number) && SIMD.pushes[code] === 0,
  )
  const atomics = [...ATOMIC.known.keys()].filter((code) => ATOMIC.known[code] === 1 && code >= 0x17)
  // Each of the 7 widths has `and` too.
  expect(STORES.length).toBe(plain.length + simd.filter((code) => SIMD.known[code] === 1).length + atomics.length - 7)
})

/** Functions for a store by each way in which an address can come; all have `at` for where it ends up. */
function ways({ text, name }: Store, wide: boolean, offset: number): string {
  const type = wide ? 'i64' : 'i32'
  const zero = `(${type}.const 0)`
  return `
    (func (export "${name} local ${offset}") (param $at ${type}) ${text('(local.get $at)', offset)})
    (func (export "${name} tee ${offset}") (param $at ${type}) (local $other ${type})
      ${text('(local.tee $other (local.get $at))', offset)})
    (func (export "${name} any ${offset}") (param $at ${type}) ${text(`(${type}.add (local.get $at) ${zero})`, offset)})
    (func (export "${name} set ${offset}") (param $at ${type})
      ${text(`(local.get $at) (local.set $at ${zero})`, offset)})
    (func (export "${name} block ${offset}") (param $at ${type})
      ${text(`(block (result ${type}) (local.get $at))`, offset)})`
}

const WAYS = ['local', 'tee', 'any', 'set', 'block']
const OFFSETS = [0, 15, REACH - 1, REACH, 3 * REACH + 700]

describe.each([
  ['i32', false],
  ['i64', true],
] as const)('a store at an address that is an %s', (type, wide) => {
  const memory = (pages: number): string => `(memory ${wide ? 'i64' : ''} ${pages})`
  const address = (at: number): number | bigint => (wide ? BigInt(at) : at)

  /** All the places where a store of that width is at the border of a granule, or of the memory. */
  function places({ width, aligned }: Store, size: number, offset: number): number[] {
    const granule = 2 ** granuleShift(size)
    const borders = [granule, granule + SLACK, 32 * granule, size]
    return borders
      .flatMap((border) => [-width, -width + 1, -1, 0, 1].map((by) => border + by))
      .concat([0, 1, 5000, 5000 + REACH])
      .filter((at) => at >= 0 && at + width <= size && at >= offset && !(aligned && at % width !== 0))
  }

  it.each([
    ['64 KiB', 1, ONLY],
    ['192 KiB, with all passes', 3, WITH_ALL],
  ])('is put back, of each kind, by each way, in %s', async (_, pages, options) => {
    const size = pages * PAGE
    const all = STORES.flatMap((each) => OFFSETS.map((offset) => ways(each, wide, offset)))
    const subject = new Subject(await compile(`(module ${memory(pages)} ${all.join('\n')})`), options)
    for (const each of STORES) {
      for (const offset of OFFSETS) {
        for (const at of places(each, size, offset)) {
          for (const way of WAYS) {
            const what = `${each.name} ${way} ${offset}`
            expect(subject.call(what, address(at - offset)), `${what} at ${at}`).not.toBe('trap')
            if (!subject.isChanged(at, each.width)) throw new Error(`${what} at ${at} did not write all of it`)
            subject.putBack(`${what} at ${at}`)
          }
        }
      }
    }
  })

  it('is put back where the address is a constant', async () => {
    const size = 3 * PAGE
    const cases = STORES.flatMap((each) =>
      OFFSETS.flatMap((offset) =>
        places(each, size, offset).map((at) => ({
          each,
          at,
          text: each.text(`(${type}.const ${at - offset})`, offset),
        })),
      ),
    )
    const functions = cases.map(({ text }, index) => `(func (export "${index}") ${text})`)
    const subject = new Subject(await compile(`(module ${memory(3)} ${functions.join('\n')})`))
    cases.forEach(({ each, at }, index) => {
      expect(subject.call(String(index))).not.toBe('trap')
      if (!subject.isChanged(at, each.width)) throw new Error(`${each.name} at ${at} did not write all of it`)
      subject.putBack(`${each.name} at ${at}`)
    })
  })

  it('outside the memory traps, and what it marks does no harm', async () => {
    const offset = wide ? '0xfffffffffffffff8' : '0xfffffff8'
    const subject = new Subject(
      await compile(`(module ${memory(2)} (data (${type}.const 70000) "kept")
        (func (export "at") (param ${type}) (i64.store (local.get 0) (i64.const -1)))
        (func (export "off") (param ${type}) (i64.store offset=${offset} (local.get 0) (i64.const -1)))
        (func (export "constant") (i64.store (${type}.const -8) (i64.const -1)))
        (func (export "near") (i64.store (${type}.const 131065) (i64.const -1))))`),
    )
    for (const at of [2 * PAGE - 7, 2 * PAGE, 5 * PAGE, 2 ** 31, 2 ** 32 - 8, 2 ** 32 - 1]) {
      expect(subject.call('at', wide ? BigInt(at) : at | 0)).toBe('trap')
      expect(subject.call('off', wide ? BigInt(at) : at | 0)).toBe('trap')
      subject.putBack(String(at))
    }
    expect([subject.call('constant'), subject.call('near')]).toEqual(['trap', 'trap'])
    subject.putBack('constants')
  })

  it('is put back where the address comes with the operands of a loop, or from the last time round', async () => {
    const add = (value: string, by: number): string => `(${type}.add ${value} (${type}.const ${by}))`
    const subject = new Subject(
      await compile(`(module ${memory(4)}
        ;; The operand of the loop is the address: of the first time a constant, then another one.
        (func (export "operand") (param $n i32) (local $next ${type})
          (${type}.const 100)
          (loop (param ${type})
            (i32.store (i32.const 7))
            (local.get $next) (local.set $next ${add('(local.get $next)', 30_000)})
            (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1))))
            drop))
        ;; The local is set after the store in the loop, and marked before it.
        (func (export "later") (param $n i32) (local $at ${type})
          (i32.store (local.get $at) (i32.const 7))
          (loop
            (i32.store (local.get $at) (i32.const 7))
            (local.set $at ${add('(local.get $at)', 30_000)})
            (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
          (i32.store (local.get $at) (i32.const 7)))
        (func (export "inner") (param $n i32) (local $at ${type})
          (i32.store (local.get $at) (i32.const 7))
          (loop
            (block
              (if (i32.eq (local.get $n) (i32.const 1)) (then
                (loop (i32.store (local.get $at) (i32.const 7)))
                (br 1))))
            (local.set $at ${add('(local.get $at)', 30_000)})
            (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))`),
    )
    for (const name of ['operand', 'later', 'inner']) {
      for (let n = 1; n <= 8; n++) {
        subject.call(name, n)
        if (n > 1 && subject.changed === 0) throw new Error(`${name} stored nothing`)
        subject.putBack(`${name} ${n}`)
      }
    }
  })

  it('is put back where a mark of the same local stands on another way, or was of what it held before', async () => {
    const at = (n: number): string => `(${type}.const ${n})`
    const mark = (value = 7, offset = 0): string => `(i32.store8 offset=${offset} (local.get $at) (i32.const ${value}))`
    const set = (n: number): string => `(local.set $at ${at(n)})`
    const bodies = [
      // Arms of an if: one marks, and the other, or what comes after, stores.
      `${set(90_000)} (if (local.get $n) (then ${mark()}) (else ${mark()}))`,
      `${set(90_000)} (if (local.get $n) (then ${mark()})) ${mark(1)}`,
      // A mark that is jumped over.
      `${set(90_000)} (block (br_if 0 (local.get $n)) ${mark()}) ${mark(1)}`,
      `${set(90_000)} (block (block (br_table 0 1 (local.get $n))) ${mark()}) ${mark(1)}`,
      // The local is set on one way only.
      `${set(90_000)} ${mark()} (if (local.get $n) (then ${set(20_000)})) ${mark(2, 8)}`,
      `${set(90_000)} ${mark()} ${set(20_000)} ${mark()} ${set(90_000)} ${mark(3, 5)}`,
      `${mark()} (drop (local.tee $at ${at(90_000)})) ${mark()}`,
      // Offsets of two reaches, in turn.
      `${set(40_000)} ${mark(1, 900)} ${mark(1, 3000)} ${mark(1, 901)} ${mark(1, 120_000)} ${mark(1, 3001)}`,
      // An exception on the way to the mark, and after it.
      `${set(90_000)} (try (do (if (local.get $n) (then (throw $t))) ${mark()}) (catch $t ${mark(2)})) ${mark(4)}`,
      `${set(90_000)} (try (do ${mark()} (throw $t)) (catch_all ${set(20_000)} ${mark(2)})) ${mark(4)}`,
      `${set(90_000)} (try (do (throw $t)) (catch $t ${mark(2)}) (catch_all ${mark(2)}))`,
      // What is after a branch that is always taken does not mark.
      `${set(90_000)} (block (br 0) ${mark()}) ${mark(1)}`,
      `${set(90_000)} (block (br_if 0 (local.get $n)) (return)) ${mark(1)}`,
      // Constants on one way only.
      `(if (local.get $n) (then (i32.store8 ${at(90_000)} (i32.const 1))) (else (i32.store8 ${at(90_001)} (i32.const 1))))
       (i32.store8 ${at(90_002)} (i32.const 1)) (i32.store8 offset=90000 ${at(40_000)} (i32.const 1))`,
    ]
    const functions = bodies.map(
      (body, index) => `(func (export "${index}") (param $n i32) (local $at ${type}) ${body})`,
    )
    for (const options of [ONLY, WITH_ALL]) {
      const subject = new Subject(await compile(`(module ${memory(4)} (tag $t) ${functions.join('\n')})`), options)
      bodies.forEach((body, index) => {
        for (const n of [0, 1]) {
          subject.call(String(index), n)
          subject.putBack(`${body} with ${n}`)
        }
      })
    }
  })

  describe('and what writes a range', () => {
    const text = (pages: number): string => `(module ${memory(pages)}
      (data $long "${'x'.repeat(5000)}") (data $short "yz")
      (func (export "fill") (param ${type} i32 ${type}) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
      (func (export "copy") (param ${type} ${type} ${type}) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
      (func (export "long") (param ${type} i32 i32) (memory.init $long (local.get 0) (local.get 1) (local.get 2)))
      (func (export "short") (param ${type} i32 i32) (memory.init $short (local.get 0) (local.get 1) (local.get 2)))
      (func (export "put") (param ${type}) (i64.store (local.get 0) (i64.const -1))))`

    it.each([
      ['64 KiB', 1, ONLY],
      ['320 KiB, with all passes', 5, WITH_ALL],
    ])('is put back, across any granules of %s', async (_, pages, options) => {
      const size = pages * PAGE
      const granule = 2 ** granuleShift(size)
      const subject = new Subject(await compile(text(pages)), options)
      const starts = [0, 1, granule - 1, granule, 31 * granule + 5, 32 * granule, size - 2, size - 1, size]
      const lengths = [0, 1, 2, granule, granule + 1, 3 * granule - 1, 33 * granule, size - 5, size]
      for (const from of starts) {
        for (const length of lengths) {
          const traps = from + length > size
          const what = `${length} bytes at ${from}`
          expect(subject.call('fill', address(from), 0xff, address(length))).toBe(traps ? 'trap' : undefined)
          expect(subject.changed).toBe(traps ? 0 : length)
          subject.putBack(`fill ${what}`)
          subject.call('put', address(5))
          expect(subject.call('copy', address(from), address(0), address(length))).toBe(traps ? 'trap' : undefined)
          subject.putBack(`copy ${what}`)
          const isLong = length <= 5000
          expect(subject.call('long', address(from), 0, length)).toBe(traps || !isLong ? 'trap' : undefined)
          subject.putBack(`init ${what}`)
        }
        expect(subject.call('short', address(from), 1, 1)).toBe(from < size ? undefined : 'trap')
        subject.putBack(`init one byte at ${from}`)
      }
      expect(subject.call('fill', address(8), 1, wide ? -1n : -1)).toBe('trap')
      subject.putBack('fill too many')
    })
  })
})

describe('what is put back', () => {
  const text = `(module (memory 3)
    (data (i32.const 0) "start") (data (i32.const 4090) "over the border") (data (i32.const 20480) "${'d'.repeat(9000)}")
    (data (i32.const 131000) "x") (data (i32.const 196600) "the end!")
    (func (export "put") (param i32) (i32.store8 (local.get 0) (i32.const 0xee)))
    (func (export "clear") (param i32 i32) (memory.fill (local.get 0) (i32.const 0) (local.get 1))))`

  it('is what the memory starts with, wherever it was written over', async () => {
    const subject = new Subject(await compile(text))
    for (let at = 0; at < 3 * PAGE; at += 61) {
      subject.call('put', at)
      subject.putBack(`a byte at ${at}`)
      subject.call('clear', at, Math.min(5000, 3 * PAGE - at))
      subject.putBack(`none at ${at}`)
    }
    subject.call('clear', 0, 3 * PAGE)
    expect(subject.changed).toBeGreaterThan(9000)
    subject.putBack('all')
  })

  it('is what was marked, and not all there is', async () => {
    const subject = new Subject(await compile(text))
    const granule = 2 ** granuleShift(3 * PAGE)
    subject.bytes[100_000] = 9
    subject.call('put', 50_000)
    subject.instance.reset()
    expect(subject.firstChange).toBe(100_000)
    expect(subject.changed).toBe(1)
    // The marks are gone, and the one before where it is takes only what may have been written from there.
    subject.call('put', (Math.floor(100_000 / granule) + 1) * granule)
    subject.instance.reset()
    expect(subject.changed).toBe(1)
    subject.call('put', 100_001)
    subject.putBack('the granule')
  })

  it('is what the host wrote, through any view of the memory, and no more than that', async () => {
    const subject = new Subject(await compile(text))
    const views = [new GuestMemory(subject.memory), new GuestMemory(subject.memory)]
    const write = (at: number, length: number): void => {
      for (const view of views) {
        expect(view.covers(at, length)).toBe(true)
        view.fill(at, length, 0xee)
      }
    }
    const granule = 2 ** granuleShift(3 * PAGE)
    for (const at of [0, granule - 1, granule, 31 * granule, 32 * granule - 1, 33 * granule + 1, 3 * PAGE - 5]) {
      for (const length of [0, 1, 2, granule, 5 * granule, 40 * granule, 3 * PAGE]) {
        if (at + length > 3 * PAGE) continue
        write(at, length)
        subject.putBack(`${length} bytes at ${at}`)
      }
    }
    // What it has written before a reset is no matter after it.
    subject.bytes[70_000] = 9
    subject.instance.reset()
    expect(subject.firstChange).toBe(70_000)
    subject.bytes[70_000] = 0
    expect(views[0]?.covers(3 * PAGE, 1)).toBe(false)
    expect(views[0]?.covers(3 * PAGE, 0)).toBe(true)
    subject.putBack('nothing')
  })

  it('is a memory whose last granule ends where addresses do', async () => {
    // Of 4 GiB but a page a granule is 64 MiB; only the arithmetic is tried, since few hosts have so much.
    const { rewritten } = await pair('(module (memory 65535))', { reset: true, dirty: true })
    expect(WebAssembly.validate(rewritten)).toBe(true)
    expect(granuleShift(65_535 * PAGE)).toBe(26)
  })

  it('is a large memory', async () => {
    const subject = new Subject(
      await compile(`(module (memory 300) (data (i32.const 19660000) "far")
        (func (export "put") (param i32) (v128.store (local.get 0) (v128.const i64x2 -1 -1))))`),
    )
    const granule = 2 ** granuleShift(300 * PAGE)
    for (let border = granule; border <= 300 * PAGE; border += granule) {
      for (const by of [-16, -8, 0]) {
        if (border + by + 16 > 300 * PAGE) continue
        subject.call('put', border + by)
        subject.instance.reset()
        expect(subject.bytes.subarray(border + by - 64, border + by + 64).every((b) => b === 0)).toBe(true)
      }
    }
    subject.putBack('all of it')
  })
})

describe('granuleShift()', () => {
  it('gives the least granule, of a KiB or more, of which 64 are the memory', () => {
    for (let pages = 1; pages < 3000; pages += 7) {
      const granule = 2 ** granuleShift(pages * PAGE)
      expect(64 * granule).toBeGreaterThanOrEqual(pages * PAGE)
      expect(granule === GRANULE_MIN || 32 * granule < pages * PAGE).toBe(true)
    }
  })
})

describe('marks', () => {
  const marks = async (body: string, memory = '(memory 4)'): Promise<number> => {
    const { original, rewritten } = await pair(
      `(module ${memory} (tag $t) (func (param $a i32) (param $b i32) ${body}))`,
      {
        reset: true,
        dirty: true,
      },
    )
    // or, and global.set of the one global that there is.
    const mark = [0x84, Op.GLOBAL_SET, 0]
    const own = rewrite(await compile(`(module ${memory} (tag $t) (func (param $a i32) (param $b i32)))`), ONLY)
    return occurrences(rewritten, mark) - occurrences(original, mark) - occurrences(own, mark)
  }
  const store = (local: string, offset = 0): string =>
    `(i32.store offset=${offset} (local.get $${local}) (i32.const 1))`

  it('stand once for stores through one local that nothing comes between', async () => {
    expect(await marks(store('a') + store('a', 4) + store('a', REACH - 1))).toBe(1)
    expect(await marks(store('a') + store('b') + store('a') + store('b'))).toBe(2)
    expect(await marks(`${store('a')} (block (if (local.get $b) (then ${store('a', 8)}))) ${store('a')}`)).toBe(1)
    expect(await marks(`${store('a')} (loop (nop)) ${store('a')}`)).toBe(1)
    expect(await marks(`(loop ${store('a')} (block ${store('a', 8)}))`)).toBe(1)
    expect(await marks(store('a', REACH) + store('a', REACH + 7))).toBe(1)
  })

  it('stand again where they have to', async () => {
    expect(await marks(store('a') + store('a', REACH))).toBe(2)
    expect(await marks(`${store('a')} (local.set $a (i32.const 5)) ${store('a')}`)).toBe(2)
    expect(await marks(`(if (local.get $b) (then ${store('a')}) (else ${store('a')})) ${store('a')}`)).toBe(3)
    expect(await marks(`${store('a')} (loop ${store('a')})`)).toBe(2)
  })

  it('stand for constants once in each granule, and for none outside the memory that it starts with', async () => {
    const constant = (at: number): string => `(i32.store (i32.const ${at}) (i32.const 1))`
    expect(await marks(constant(16) + constant(4000) + constant(5000))).toBe(2)
    expect(await marks(constant(4 * PAGE) + constant(-4))).toBe(0)
    expect(await marks(store('a', 4 * PAGE))).toBe(0)
    expect(await marks(`(return) ${store('a')}`)).toBe(0)
  })
})

describe('a module of which nothing is marked', () => {
  const table = '(table 4 funcref) (elem $e func $f)'
  const code =
    '(func $f (i32.store (i32.const 0) (i32.const 1)) (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)))'
  it.each([
    ['has no memory', '(module (func))'],
    ['has one of no pages', `(module (memory 0 5) ${code})`],
    ['imports it', `(module (import "m" "n" (memory 1)) ${code})`],
    ['shares it', `(module (memory 1 1 shared) ${code})`],
    ['has two', `(module (memory 1) (memory 1) ${code})`],
    ['has one of 4 GiB', `(module (memory 65536) ${code})`],
    ['changes a table', `(module (memory 1) ${table} ${code} (func (table.set (i32.const 0) (ref.null func))))`],
    ['drops a segment', `(module (memory 1) (data $d "a") ${code} (func (data.drop $d)))`],
    ['has a start function that the engine runs', `(module (memory 1) ${code} (start $f))`],
  ])('%s', async (_, text) => {
    const bytes = await compile(text)
    const plain: CpuOptions = { ...OFF, reset: true }
    expect(Buffer.compare(rewrite(bytes, { ...plain, dirty: true }), rewrite(bytes, plain))).toBe(0)
  })

  it('is not to be put back', async () => {
    const bytes = await compile(`(module (memory 1) ${code})`)
    expect(Buffer.compare(rewrite(bytes, { ...OFF, dirty: true }), rewrite(bytes, OFF))).toBe(0)
  })
})

describe('the bound of the stack', () => {
  it('is where it is without marks, and before the end of the stack of the engine', async () => {
    const at = '(i32.add (local.get $at) (i32.const 8))'
    const stores = STORES.filter(({ name }) => /^(i32|i64|f32|f64|v128)\.store$|cmpxchg$/.test(name))
    const bytes = await compile(`(module (memory 1) (global $depth (export "depth") (mut i32) (i32.const 0))
      (func $deep (export "deep") (param $at i32)
        (global.set $depth (i32.add (global.get $depth) (i32.const 1)))
        ${stores.map(({ text }) => text(at, 0)).join('\n')}
        (call $deep (local.get $at))))`)
    const strict: CpuOptions = { ...WITH_ALL, stack: STRICT.stack as number }
    const depths = [strict, { ...strict, dirty: false }].map((options) => {
      const exports = start<Record<string, WebAssembly.Global> & { deep(at: number): void }>(rewrite(bytes, options))
      ;(exports[FUEL] as WebAssembly.Global).value = 1n << 50n
      expect(() => exports.deep(0)).toThrow(WebAssembly.RuntimeError)
      return (exports.depth as WebAssembly.Global).value
    })
    expect(depths[0]).toBeGreaterThan(1000)
    expect(depths[0]).toBe(depths[1])
  })
})

describe('the functions that it adds', () => {
  it('give the marks to the host in halves, those of the host with them', async () => {
    const bytes = await compile(
      '(module (memory 1) (func (export "put") (param i32) (i32.store (local.get 0) (i32.const 1))))',
    )
    const exports = start<{ [DIRTY](): number; [RESET](low: number, high: number): number; put(at: number): void }>(
      rewrite(bytes, ONLY),
    )
    for (const granule of [0, 3, 31, 32, 63]) exports.put(granule * 1024)
    expect(exports[DIRTY]() >>> 0).toBe(0x8000_0001)
    expect(exports[RESET](0x10, -1) >>> 0).toBe(0x8000_0019)
    expect([exports[DIRTY](), exports[RESET](0, 0)]).toEqual([0, 0])
  })

  it('take names that are reserved', async () => {
    await expect(compile(`(module (func (export "${DIRTY}")))`).then((bytes) => rewrite(bytes, OFF))).rejects.toThrow(
      /reserved/,
    )
  })

  it('are none in which the guest traps', async () => {
    const bytes = await compile(
      '(module (memory 1) (func (export "f") (memory.fill (i32.const 65535) (i32.const 1) (i32.const 2))))',
    )
    const frames = [ONLY, OFF].map((options) => {
      try {
        start<{ f(): void }>(rewrite(bytes, options)).f()
        return []
      } catch (error) {
        return [...String((error as Error).stack).matchAll(/wasm-function\[\d+\]/g)].map(([frame]) => frame)
      }
    })
    expect(frames).toEqual([['wasm-function[0]'], ['wasm-function[0]']])
  })

  it('leave what indexes say as it was', async () => {
    const bytes = await compile(
      '(module (memory 1) (data $d "abc") (func (memory.init $d (i32.const 1) (i32.const 0) (i32.const 2))))',
    )
    expect(occurrences(rewrite(bytes, ONLY), [Op.MISC, 8, ...leb(0), 0])).toBe(1)
  })
})
