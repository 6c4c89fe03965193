import { describe, expect, it } from 'vitest'
import { type ByteString, byteString } from '../../vfs/bytes.ts'
import { Directory } from '../../vfs/directory.ts'
import { Edition } from '../../vfs/persistent_array.ts'
import { fc } from '../support/property.ts'

/** Names whose order is not the order in which they come; enough of them to split nodes twice. */
const name = fc.oneof(
  fc.nat({ max: 3000 }).map((n) => byteString(`n${(n * 7919) % 3001}`)),
  fc.string({ minLength: 1, maxLength: 3, unit: fc.constantFrom('a', 'b', 'é', '\x01', '~') }).map(byteString),
)

interface Side {
  directory: Directory
  edition: Edition
  model: Map<ByteString, number>
}

function sorted(model: Map<ByteString, number>): { name: ByteString; ino: number }[] {
  return [...model].map(([key, ino]) => ({ name: key, ino })).sort((a, b) => (a.name < b.name ? -1 : 1))
}

function expectSame({ directory, model }: Side): void {
  expect(directory.entries()).toEqual(sorted(model))
  expect(directory.size).toBe(model.size)
}

function differenceOf(before: Directory, now: Directory): [ByteString, number, number][] {
  const seen: [ByteString, number, number][] = []
  now.difference(before, (...all) => {
    seen.push(all)
  })
  return seen
}

function expectDifference(before: Side, now: Side): void {
  const seen = differenceOf(before.directory, now.directory)
  const names = [...new Set([...before.model.keys(), ...now.model.keys()])].sort()
  const wanted = names.map((each) => [each, before.model.get(each) ?? 0, now.model.get(each) ?? 0] as const)
  expect(seen).toEqual(wanted.filter(([, was, is]) => was !== is))
  if (now.directory.isSame(before.directory)) expect(seen).toEqual([])
}

type Step =
  | { readonly do: 'set' | 'delete' | 'next'; readonly name: ByteString; readonly side: number }
  | { readonly do: 'many' | 'few'; readonly from: number; readonly count: number; readonly side: number }
  | { readonly do: 'fork'; readonly side: number }

const range = { from: fc.nat({ max: 2000 }), count: fc.nat({ max: 200 }), side: fc.nat() }
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constantFrom('set', 'delete', 'next'), name, side: fc.nat() }) as fc.Arbitrary<Step>,
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('many'), ...range }) as fc.Arbitrary<Step> },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('few'), ...range }) as fc.Arbitrary<Step> },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fork'), side: fc.nat() }) as fc.Arbitrary<Step> },
)

describe('Directory', () => {
  it('is a sorted map of which every copy keeps its own entries', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
        const sides: Side[] = [{ directory: new Directory(1), edition: new Edition(), model: new Map() }]
        let ino = 0
        const look = ({ directory, model }: Side, key: ByteString) => {
          expect(directory.get(key)).toBe(model.get(key) ?? 0)
        }
        const set = (side: Side, key: ByteString) => {
          if (++ino % 2 === 0) look(side, key)
          side.directory.set(side.edition, key, ino)
          side.model.set(key, ino)
          if (ino % 3 === 0) look(side, key)
        }
        const remove = (side: Side, key: ByteString) => {
          if (++ino % 2 === 0) look(side, key)
          if (side.model.delete(key)) side.directory.delete(side.edition, key)
          if (ino % 3 === 0) look(side, key)
        }
        for (const each of steps) {
          const side = sides[each.side % sides.length] as Side
          switch (each.do) {
            case 'set':
              set(side, each.name)
              break
            case 'delete':
              remove(side, each.name)
              break
            case 'many':
              for (let n = each.from; n < each.from + each.count; n++) set(side, byteString(`n${n}`))
              break
            case 'few':
              for (let n = each.from; n < each.from + each.count * 5; n++) remove(side, byteString(`n${n}`))
              break
            case 'next':
              expect(side.directory.next(each.name)).toBe(
                sorted(side.model).find((entry) => entry.name > each.name)?.name,
              )
              look(side, each.name)
              break
            case 'fork':
              side.edition = new Edition()
              sides.push({ directory: side.directory.clone(), edition: new Edition(), model: new Map(side.model) })
              break
          }
        }
        sides.forEach(expectSame)
        for (const before of sides) for (const now of sides) expectDifference(before, now)
      }),
      { numRuns: 100 },
    )
  })

  it('lists in one order whatever the history', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(
          Array.from({ length: 300 }, (_, n) => byteString(`f${n}`)),
          { minLength: 300 },
        ),
        (names) => {
          const directory = new Directory(1)
          const edition = new Edition()
          for (const each of names) directory.set(edition, each, 1)
          expect(directory.entries().map((entry) => entry.name)).toEqual([...names].sort())
        },
      ),
      { numRuns: 30 },
    )
  })
})

describe('visit()', () => {
  it('starts after a name that is there, or is no longer', () => {
    const directory = new Directory(1)
    const edition = new Edition()
    for (let n = 100; n < 400; n++) directory.set(edition, byteString(`${n}`), n)
    directory.delete(edition, byteString('200'))
    const seen: number[] = []
    directory.visit(byteString('200'), (_, ino) => {
      seen.push(ino)
      return seen.length < 3
    })
    expect(seen).toEqual([201, 202, 203])
  })
})

describe('next()', () => {
  it('gives every entry that stays exactly once while others come and go', () => {
    const directory = new Directory(1)
    const edition = new Edition()
    for (let n = 1000; n < 1500; n++) directory.set(edition, byteString(`${n}`), n)
    const seen: number[] = []
    for (let name = directory.next(''); name !== undefined; name = directory.next(name)) {
      seen.push(directory.get(name))
      directory.delete(edition, name)
      directory.set(edition, byteString(`0${name}`), 1)
    }
    expect(seen).toEqual(Array.from({ length: 500 }, (_, n) => n + 1000))
  })
})

describe('delete()', () => {
  it('empties a directory of many names in any order', () => {
    const directory = new Directory(1)
    const edition = new Edition()
    const names = Array.from({ length: 5000 }, (_, n) => byteString(`${(n * 2654435761) % 5003}`))
    for (const each of names) directory.set(edition, each, 1)
    for (const each of names.toReversed()) directory.delete(edition, each)
    expect(directory.size).toBe(0)
    expect(directory.entries()).toEqual([])
    directory.set(edition, byteString('again'), 2)
    expect(directory.get(byteString('again'))).toBe(2)
  })
})

describe('difference()', () => {
  it('tells names in order, with the inodes that had and have them', () => {
    const edition = new Edition()
    const before = new Directory(1)
    for (let n = 100; n < 400; n++) before.set(edition, byteString(`${n}`), n)
    const now = before.clone()
    const later = new Edition()
    now.delete(later, byteString('150'))
    now.set(later, byteString('250'), 9)
    now.set(later, byteString('3x'), 8)
    now.set(later, byteString('350'), 350)
    expect(differenceOf(before, now)).toEqual([
      ['150', 150, 0],
      ['250', 250, 9],
      ['3x', 0, 8],
    ])
    expect(differenceOf(now, before)).toEqual([
      ['150', 0, 150],
      ['250', 9, 250],
      ['3x', 8, 0],
    ])
  })

  it('finds what came between the nodes that two copies share, when those around it have split', () => {
    const edition = new Edition()
    const before = new Directory(1)
    const names = Array.from({ length: 20_000 }, (_, n) => byteString(`${100_000 + n}`))
    for (const [n, each] of names.entries()) before.set(edition, each, n + 1)
    const now = before.clone()
    const later = new Edition()
    for (let n = 0; n < 40; n++) now.set(later, byteString(`100000 ${n}`), 7)
    expect(differenceOf(before, now).map(([name]) => name)).toHaveLength(40)
    expect(differenceOf(now, before).every(([, was, is]) => was === 7 && is === 0)).toBe(true)
  })
})

describe('isSame()', () => {
  it('is true of copies until one changes, and of two that are empty', () => {
    const edition = new Edition()
    const directory = new Directory(1)
    directory.set(edition, byteString('a'), 2)
    const copy = directory.clone()
    expect([copy.isSame(directory), directory.isSame(copy)]).toEqual([true, true])
    copy.set(new Edition(), byteString('a'), 3)
    expect([copy.isSame(directory), directory.isSame(copy)]).toEqual([false, false])
    expect(new Directory(1).isSame(new Directory(2))).toBe(true)
  })
})

describe('a large directory', () => {
  const COUNT = 4200
  const kept = Array.from({ length: COUNT }, (_, n) => byteString(`k${(n * 2654435761) % 4294967296}`))
  const base = new Directory(1)
  const first = new Edition()
  for (const [n, each] of kept.entries()) base.set(first, each, n + 1)
  const model = new Map(kept.map((each, n) => [each, n + 1]))
  /** Names that come and go, at both ends and between those that are there; few, so that one comes again. */
  const some = fc.oneof(
    fc.nat({ max: 60 }).map((n) => byteString(`${'akz'[n % 3]}${n * 70_000_000}`)),
    fc.nat({ max: 20 }).map((n) => kept[n * 199] as ByteString),
  )
  const change = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('brief'), name: some, side: fc.nat() }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('set'), name: some, side: fc.nat() }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('delete'), name: some, side: fc.nat() }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('fork'), name: some, side: fc.nat() }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('next'), name: some, side: fc.nat() }) },
  )

  it('is a sorted map too, of which every copy keeps its own entries', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 150, size: 'max' }), (changes) => {
        const sides: Side[] = [{ directory: base.clone(), edition: new Edition(), model: new Map(model) }]
        let ino = COUNT
        for (const each of changes) {
          const side = sides[each.side % sides.length] as Side
          const { directory } = side
          const has = side.model.has(each.name)
          expect(directory.get(each.name)).toBe(side.model.get(each.name) ?? 0)
          if (each.do === 'fork') {
            side.edition = new Edition()
            sides.push({ directory: directory.clone(), edition: new Edition(), model: new Map(side.model) })
          } else if (each.do === 'next') {
            const wanted = [...side.model.keys()].filter((key) => key > each.name).sort()[0]
            expect(directory.next(each.name)).toBe(wanted)
          } else if (each.do === 'set') {
            directory.set(side.edition, each.name, ++ino)
            side.model.set(each.name, ino)
          } else if (each.do === 'brief' && !has) {
            directory.set(side.edition, each.name, ++ino)
            directory.delete(side.edition, each.name)
          } else if (has) {
            directory.delete(side.edition, each.name)
            side.model.delete(each.name)
          }
          expect(directory.size).toBe(side.model.size)
        }
        sides.forEach(expectSame)
        for (const side of sides) expectDifference(sides[0] as Side, side)
        for (const side of sides) expectDifference(side, sides[0] as Side)
      }),
      { numRuns: 25 },
    )
  })

  it('finds what waited, and what came after, when so many wait that they go to the tree', () => {
    const directory = base.clone()
    const edition = new Edition()
    const set = (n: number): void => directory.set(edition, byteString(`new ${n}`), n)
    set(1)
    directory.delete(edition, byteString('new 1'))
    // Enough for the filter to be made anew on the way, more than once.
    for (let n = 1; n <= 5 * COUNT; n++) {
      set(n)
      if (n % 40 === 0) {
        directory.set(edition, byteString('brief'), 1)
        directory.delete(edition, byteString('brief'))
      }
    }
    expect(directory.size).toBe(6 * COUNT)
    for (let n = 1; n <= 5 * COUNT; n++) expect(directory.get(byteString(`new ${n}`))).toBe(n)
    expect(kept.every((each, n) => directory.get(each) === n + 1)).toBe(true)
    const names = directory.entries().map(({ name: each }) => each)
    expect(names).toEqual([...names].sort())
    expect(names).toHaveLength(6 * COUNT)
  })

  it('keeps what waits when all else is removed, and can grow again', () => {
    const directory = base.clone()
    const edition = new Edition()
    directory.set(edition, byteString('brief'), 1)
    directory.delete(edition, byteString('brief'))
    directory.set(edition, byteString('stays'), 7)
    for (const each of kept) directory.delete(edition, each)
    expect(directory.entries()).toEqual([{ name: 'stays', ino: 7 }])
    for (const [n, each] of kept.entries()) directory.set(edition, each, n + 1)
    expect(directory.size).toBe(COUNT + 1)
    expect(kept.every((each, n) => directory.get(each) === n + 1)).toBe(true)
  })

  it('is the same as its copy until a name waits in one, and again when that has gone', () => {
    const one = base.clone()
    const edition = new Edition()
    one.set(edition, byteString('brief'), 1)
    one.delete(edition, byteString('brief'))
    const two = one.clone()
    const later = new Edition()
    two.set(later, byteString('waits'), 9)
    expect([one.isSame(two), two.isSame(one)]).toEqual([false, false])
    expect(two.clone().isSame(two)).toBe(true)
    expect(differenceOf(one, two)).toEqual([['waits', 0, 9]])
    two.delete(later, byteString('waits'))
    expect([one.isSame(two), two.isSame(one)]).toEqual([true, true])
  })
})
