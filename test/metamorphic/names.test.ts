/** Names are only names: other ones, used everywhere in their place, change nothing but themselves. */

import { describe, expect, it } from 'vitest'
import { byteString } from '../../vfs/bytes.ts'
import { type Operation, programs } from '../property/operations.ts'
import { fc } from '../support/property.ts'
import { Facade } from './facade.ts'

/** The names of the programs; what is none of them stays. */
const NAMES = ['a', 'b', 'missing', 'é']
/** In byte order, as the names that they stand for. */
const IN_ORDER = ['-', 'Z'.repeat(255), 'a name', '\u{1f600}']
/** In no order, and one may begin another. */
const MIXED = ['zz', 'z', '\u4e16\u754c', 'zzz']

describe('other names', () => {
  it('in the same order give the same results and the same tree', () => {
    const property = fc.property(programs, (program) => {
      const [given, renamed] = both(program, IN_ORDER)
      expect(renamed.outcomes).toEqual(given.outcomes.map((outcome) => translated(outcome, IN_ORDER)))
      expect(renamed.rest.lines).toEqual(given.rest.lines.map((line) => translated(line, IN_ORDER)))
    })
    fc.assert(property, { numRuns: 100 })
  })

  it('in any order give the same, where nothing stops half way through a tree', () => {
    const property = fc.property(programs, (program) => {
      const [given, renamed] = both(
        program.filter(({ call }) => call !== 'cp'),
        MIXED,
      )
      expect(renamed.outcomes.map(sorted)).toEqual(given.outcomes.map((outcome) => sorted(translated(outcome, MIXED))))
      expect(shape(renamed.rest.lines)).toEqual(
        shape(given.rest.lines.map((line) => translated(line, MIXED) as string)),
      )
    })
    fc.assert(property, { numRuns: 100 })
  })

  it('are in the order that the test says', () => {
    const inOrder = (names: readonly string[]) =>
      names.map(byteString).every((name, i, all) => i === 0 || (all[i - 1] ?? '') < name)
    expect([inOrder(NAMES), inOrder(IN_ORDER), inOrder(MIXED)]).toEqual([true, true, false])
  })
})

function both(program: readonly Operation[], names: readonly string[]) {
  const renamed = program.map((operation) => ({
    ...operation,
    ...('path' in operation ? { path: inPath(operation.path, names) } : {}),
    ...('to' in operation ? { to: inPath(operation.to, names) } : {}),
    ...('target' in operation ? { target: inPath(operation.target, names) } : {}),
  })) as Operation[]
  return [program, renamed].map((each) => {
    const facade = new Facade()
    const outcomes = facade.run(each)
    const rest = facade.world.rest()
    facade.close()
    return { outcomes, rest }
  }) as [Done, Done]
}

interface Done {
  readonly outcomes: ReturnType<Facade['run']>
  readonly rest: ReturnType<Facade['world']['rest']>
}

/** Each part of a path that is a name, by the name in its place. */
function inPath(path: string, names: readonly string[]): string {
  return path
    .split('/')
    .map((part) => names[NAMES.indexOf(part)] ?? part)
    .join('/')
}

/** The same in what an operation gave: names there stand between spaces, commas and slashes. */
function translated(outcome: unknown, names: readonly string[]): unknown {
  if (typeof outcome !== 'string') return outcome
  return outcome.replace(/[^ ,/]+/g, (part) => names[NAMES.indexOf(part)] ?? part)
}

/** A listing in no order. */
function sorted(outcome: unknown): unknown {
  return typeof outcome === 'string' ? outcome.split(',').sort().join() : outcome
}

/** The lines in no order, and without the first name of each inode, which depends on the order. */
function shape(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/(nlink=\d+) \S+( .*)?$/, '$1$2')).sort()
}
