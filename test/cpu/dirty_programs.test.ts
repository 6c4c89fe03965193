/**
 * Random programs whose stores go through locals that are set and branched over in all ways, so that a mark which is
 * left out where it may not be leaves bytes behind. Each runs again and again on one instance, with other branches taken.
 */

import { describe, expect, it } from 'vitest'
import { fc } from '../support/property.ts'
import { ONLY, Subject, WITH_ALL } from './dirty_support.ts'
import { compile } from './support.ts'

const PAGES = 3
const SIZE = PAGES * 65_536
/** Not all of a program's addresses are there: so the end of the memory is tried, and traps. */
const address = fc.oneof(
  fc.nat(SIZE + 100),
  fc.nat(63).map((granule) => granule * 4096 - 8),
)
const offset = fc.constantFrom(0, 0, 4, 8, 900, 1007, 1008, 1009, 2100, 50_000, 150_000)
const local = fc.constantFrom('$x', '$y', '$z')
const VALUES = {
  i32: '(i32.const -1)',
  i64: '(i64.const -1)',
  v128: '(v128.const i64x2 -1 -1)',
  f64: '(f64.const 1.1)',
}
const store = fc.constantFrom(
  ['i32.store', VALUES.i32],
  ['i32.store8', VALUES.i32],
  ['i64.store', VALUES.i64],
  ['f64.store', VALUES.f64],
  ['v128.store', VALUES.v128],
  ['v128.store64_lane', VALUES.v128, '1'],
)
const CHANCE = '(i32.and (local.tee $c (i32.rotr (local.get $c) (i32.const 1))) (i32.const 1))'
/** A chance, as long as there are turns left, so that every program ends. */
const MORE = `(i32.and ${CHANCE} (i32.gt_s (local.tee $turns (i32.sub (local.get $turns) (i32.const 1))) (i32.const 0)))`

/** An address that is there, or may be with what is added to it. */
const within = (at: string): string => `(i32.rem_u ${at} (i32.const ${SIZE - 60_000}))`

type Store = readonly string[]
const put = ([name, value, lane = '']: Store, at: string, by: number): string =>
  `(${name} offset=${by} ${lane} ${at} ${value})`

/** A statement that is as likely as `weight` others. */
const of = (weight: number, arbitrary: fc.Arbitrary<string>) => ({ weight, arbitrary })

const { body } = fc.letrec<{ body: string; statement: string }>((tie) => ({
  body: fc.array(tie('statement'), { maxLength: 6, depthIdentifier: 'body' }).map((all) => all.join('\n')),
  statement: fc.oneof(
    { depthIdentifier: 'body', maxDepth: 4, withCrossShrink: true },
    of(
      10,
      fc.tuple(store, local, offset).map(([what, at, by]) => put(what, `(local.get ${at})`, by)),
    ),
    of(
      1,
      fc.tuple(store, address, offset).map(([what, at, by]) => put(what, `(i32.const ${at})`, by)),
    ),
    of(
      1,
      fc
        .tuple(store, local, address, offset)
        .map(([what, at, to, by]) => put(what, `(local.tee ${at} (i32.const ${to}))`, by)),
    ),
    of(
      1,
      fc
        .tuple(store, local, address, offset)
        .map(([what, at, to, by]) => put(what, `(local.get ${at}) (local.set ${at} (i32.const ${to}))`, by)),
    ),
    of(
      1,
      fc
        .tuple(store, local, offset)
        .map(([what, at, by]) => put(what, `(i32.add (local.get ${at}) (i32.const 5000))`, by)),
    ),
    of(
      1,
      fc
        .tuple(local, store, offset)
        .map(([at, what, by]) =>
          put(what, `(if (result i32) ${CHANCE} (then (local.get ${at})) (else (i32.const 9)))`, by),
        ),
    ),
    of(
      4,
      fc.tuple(local, address).map(([at, to]) => `(local.set ${at} (i32.const ${to}))`),
    ),
    of(
      4,
      fc
        .tuple(local, address)
        .map(([at, to]) => `(local.set ${at} ${within(`(i32.add (local.get ${at}) (i32.const ${to}))`)})`),
    ),
    of(
      1,
      fc.tuple(local, local).map(([to, from]) => `(local.set ${to} (local.get ${from}))`),
    ),
    of(
      1,
      fc
        .tuple(local, fc.nat(9000))
        .map(([at, length]) => `(memory.fill (local.get ${at}) (i32.const 7) (i32.const ${length}))`),
    ),
    of(
      1,
      fc.nat(3).map((label) => `(br_if ${label} ${MORE})`),
    ),
    of(
      1,
      fc.nat(3).map((label) => `(if ${MORE} (then (br ${label})))`),
    ),
    of(1, fc.constant(`(if ${CHANCE} (then (throw $t)))`)),
    of(
      1,
      tie('body').map((inner) => `(block ${inner})`),
    ),
    of(
      4,
      tie('body').map((inner) => `(loop ${inner} (br_if 0 ${MORE}))`),
    ),
    of(
      1,
      tie('body').map((inner) => `(if ${CHANCE} (then ${inner}))`),
    ),
    of(
      1,
      fc.tuple(tie('body'), tie('body')).map(([one, other]) => `(if ${CHANCE} (then ${one}) (else ${other}))`),
    ),
    of(
      1,
      fc.tuple(tie('body'), tie('body')).map(([one, other]) => `(try (do ${one}) (catch $t ${other}))`),
    ),
    // Its label takes a value, so that no branch may go there but its own.
    of(
      3,
      fc.tuple(local, local, local, address, store, offset).map(
        ([from, then, set, to, what, by]) =>
          `(local.get ${from}) (loop (param i32) ${put(what, '', by)} (local.set ${set} (i32.const ${to}))
          (local.get ${then}) (br_if 0 ${MORE}) drop)`,
      ),
    ),
  ),
}))

/** Functions with labels enough for every branch, an exception ends the one and is caught in the other. */
const text = (inner: string): string => `(module (memory ${PAGES}) (tag $t)
  (data (i32.const 100) "some") (data (i32.const 65530) "over a border")
  (func (export "run") (param $c i32) (local $x i32) (local $y i32) (local $z i32) (local $turns i32)
    (local.set $x (i32.const 30000)) (local.set $y (i32.const 100000)) (local.set $turns (i32.const 8))
    (try (do (block (block (loop (block ${inner}))))) (catch_all))))`

describe('a random program', () => {
  it.each([
    ['alone', ONLY, 800],
    ['with all other passes', WITH_ALL, 200],
  ])('leaves nothing that is not put back (%s)', async (_, options, numRuns) => {
    let written = 0
    await fc.assert(
      fc.asyncProperty(body, fc.array(fc.integer(), { minLength: 6, maxLength: 12 }), async (inner, chances) => {
        const subject = new Subject(await compile(text(inner)), options)
        for (const chance of chances) {
          subject.call('run', chance)
          if (subject.firstChange >= 0) written++
          subject.putBack(`with ${chance}`)
        }
      }),
      { numRuns },
    )
    expect(written).toBeGreaterThan(numRuns)
  })
})
