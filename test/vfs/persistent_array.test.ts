import { describe, expect, it } from 'vitest'
import { Edition, PersistentArray } from '../../vfs/persistent_array.ts'
import { fc } from '../support/property.ts'

const MAX = Number.MAX_SAFE_INTEGER

/** Indexes that meet: small ones, those around the edges of nodes and levels, and the largest. */
const index = fc.oneof(
  fc.constant(0),
  fc.nat({ max: 70 }),
  fc.constantFrom(
    0,
    31,
    32,
    33,
    1023,
    1024,
    32_767,
    32_768,
    2 ** 20,
    2 ** 25 - 1,
    2 ** 25,
    2 ** 30 - 1,
    2 ** 30,
    2 ** 30 + 1,
  ),
  fc.constantFrom(2 ** 31, 2 ** 32, 2 ** 35, 2 ** 40, 2 ** 50 - 1, 2 ** 50, 2 ** 52, MAX - 1, MAX),
  fc.maxSafeNat(),
)

type Step =
  | { readonly do: 'set' | 'delete' | 'truncate' | 'next' | 'get'; readonly index: number; readonly side: number }
  | { readonly do: 'fork'; readonly side: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constantFrom('set', 'set', 'delete', 'truncate', 'next', 'get'),
      index,
      side: fc.nat(),
    }) as fc.Arbitrary<Step>,
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fork'), side: fc.nat() }) as fc.Arbitrary<Step> },
)

interface Side {
  array: PersistentArray<number>
  edition: Edition
  model: Map<number, number>
}

function sorted(model: Map<number, number>): [number, number][] {
  return [...model].sort(([a], [b]) => a - b)
}

function expectSame({ array, model }: Side): void {
  const seen: [number, number][] = []
  array.forEach((value, at) => {
    seen.push([at, value])
  })
  expect(seen).toEqual(sorted(model))
  for (const [at, value] of model) expect(array.get(at)).toBe(value)
}

function expectDifference(before: Side, now: Side): void {
  const seen: [number, number | undefined, number | undefined][] = []
  now.array.difference(before.array, (...all) => {
    seen.push(all)
  })
  const indexes = [...new Set([...before.model.keys(), ...now.model.keys()])].sort((a, b) => a - b)
  const wanted = indexes.map((at) => [at, before.model.get(at), now.model.get(at)] as const)
  expect(seen).toEqual(wanted.filter(([, was, is]) => was !== is))
  if (now.array.isSame(before.array)) expect(seen).toEqual([])
}

describe('PersistentArray', () => {
  it('is a sparse array of which every copy keeps its own content', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
        const sides: Side[] = [{ array: new PersistentArray(), edition: new Edition(), model: new Map() }]
        let value = 0
        for (const each of steps) {
          const side = sides[each.side % sides.length] as Side
          const { array, edition, model } = side
          switch (each.do) {
            case 'fork':
              side.edition = new Edition()
              sides.push({ array: array.clone(), edition: new Edition(), model: new Map(model) })
              break
            case 'set':
              array.set(edition, each.index, ++value)
              model.set(each.index, value)
              break
            case 'delete':
              array.delete(edition, each.index)
              model.delete(each.index)
              break
            case 'truncate':
              array.truncate(edition, each.index)
              for (const at of [...model.keys()]) if (at >= each.index) model.delete(at)
              break
            case 'next':
              expect(array.next(each.index)).toBe(sorted(model).find(([at]) => at >= each.index)?.[0] ?? -1)
              break
            case 'get':
              expect(array.get(each.index)).toBe(model.get(each.index))
              break
          }
        }
        sides.forEach(expectSame)
        for (const before of sides) for (const now of sides) expectDifference(before, now)
      }),
      { numRuns: 300 },
    )
  })
})

describe('set()', () => {
  it('works again after the last value went', () => {
    const array = new PersistentArray<string>()
    const edition = new Edition()
    for (const at of [5, MAX, 0]) {
      array.set(edition, at, 'x')
      array.truncate(edition, 0)
      expect(array.get(at)).toBeUndefined()
      array.set(edition, 0, 'y')
      expect(array.get(0)).toBe('y')
      expect(array.next(1)).toBe(-1)
      array.delete(edition, 0)
    }
  })

  it('is right when indexes far apart come and go, and copies keep what they had', () => {
    const array = new PersistentArray<string>()
    let edition = new Edition()
    for (const value of ['a', 'b', 'c']) {
      array.set(edition, 7, value)
      for (const at of [MAX, 2 ** 40, MAX]) {
        array.set(edition, at, value)
        expect([array.next(0), array.next(8), array.next(at + 1)]).toEqual([7, at, -1])
        const copy = array.clone()
        edition = new Edition()
        array.delete(edition, at)
        expect([array.next(8), copy.get(7), copy.get(at)]).toEqual([-1, value, value])
      }
    }
  })

  it('keeps what was there when a larger index makes the tree higher', () => {
    const array = new PersistentArray<number>()
    const edition = new Edition()
    const indexes = [0, 31, 32, 1024, 2 ** 20, 2 ** 30, 2 ** 45, MAX]
    for (const at of indexes) array.set(edition, at, at)
    for (const at of indexes) expect(array.get(at)).toBe(at)
  })
})

describe('get()', () => {
  it('is undefined for every index that was never set', () => {
    const array = new PersistentArray<number>()
    expect(array.get(0)).toBeUndefined()
    array.set(new Edition(), 7, 7)
    for (const at of [0, 6, 8, 32, 2 ** 31 + 7, 2 ** 32 + 7, MAX]) expect(array.get(at)).toBeUndefined()
  })
})

describe('difference()', () => {
  it('tells indexes of arrays of any heights, with what was there and what is', () => {
    const edition = new Edition()
    const [low, high] = [new PersistentArray<string>(), new PersistentArray<string>()]
    low.set(edition, 3, 'three')
    low.set(edition, 40, 'forty')
    high.set(edition, 3, 'three')
    high.set(edition, MAX, 'last')
    const seen: unknown[] = []
    high.difference(low, (...all) => {
      seen.push(all)
    })
    expect(seen.splice(0)).toEqual([
      [40, 'forty', undefined],
      [MAX, undefined, 'last'],
    ])
    low.difference(high, (...all) => {
      seen.push(all)
    })
    expect(seen).toEqual([
      [40, undefined, 'forty'],
      [MAX, 'last', undefined],
    ])
  })

  it('tells all of an array before which there was none', () => {
    const array = new PersistentArray<number>()
    const seen: unknown[] = []
    array.difference(new PersistentArray(), (...all) => {
      seen.push(all)
    })
    expect(seen).toEqual([])
    array.set(new Edition(), 1000, 1)
    array.difference(new PersistentArray(), (...all) => {
      seen.push(all)
    })
    expect(seen).toEqual([[1000, undefined, 1]])
  })
})

describe('isSame()', () => {
  it('is true of copies until one changes, and of no two arrays that were made apart', () => {
    const array = new PersistentArray<number>()
    array.set(new Edition(), 5, 5)
    const copy = array.clone()
    expect([copy.isSame(array), array.isSame(copy)]).toEqual([true, true])
    copy.set(new Edition(), 5, 5)
    expect([copy.isSame(array), array.isSame(copy)]).toEqual([false, false])
  })
})

describe('fill()', () => {
  it('sets indexes side by side, of one copy only, and alike() counts them up to what has another value', () => {
    const array = new PersistentArray<string>()
    const edition = new Edition()
    array.set(edition, 70, 'old')
    const before = array.clone()
    const later = new Edition()
    array.fill(later, 64, 16, 'new')
    array.fill(later, 2 ** 40, 32, 'far')
    expect([63, 64, 70, 79, 80, 2 ** 40 + 31, 2 ** 40 + 32].map((at) => array.get(at))).toEqual([
      undefined,
      'new',
      'new',
      'new',
      undefined,
      'far',
      undefined,
    ])
    expect([64, 70].map((at) => before.get(at))).toEqual([undefined, 'old'])
    expect([array.alike(64, 16), array.alike(64, 9), array.alike(75, 16), array.alike(2 ** 40, 32)]).toEqual([
      16, 9, 5, 32,
    ])
    array.set(later, 70, 'one')
    expect([array.alike(64, 16), array.alike(70, 10), array.alike(71, 9)]).toEqual([6, 1, 9])
    for (let at = 64; at < 80; at++) array.delete(later, at)
    expect(array.next(0)).toBe(2 ** 40)
  })
})
