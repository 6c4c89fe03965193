import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Holds } from '../../vfs/holds.ts'

const ino = fc.integer({ min: 1, max: 40 })
const steps = fc.array(fc.record({ adds: fc.boolean(), ino }), { maxLength: 200 })

/** What is held by `holds`, and how often. */
function contents(holds: Holds): Map<number, number> {
  const all = new Map<number, number>()
  holds.forEach((held, count) => {
    expect(all.has(held)).toBe(false)
    all.set(held, count)
  })
  return all
}

function sorted(map: ReadonlyMap<number, number>): [number, number][] {
  return [...map].sort(([a], [b]) => a - b)
}

test('holds count as a map of numbers does, and a copy goes on by itself', () => {
  fc.assert(
    fc.property(ino, steps, steps, (first, before, after) => {
      const model = new Map([[first, 1]])
      const holds = new Holds(first)
      const take = (target: Holds, counts: Map<number, number>, list: typeof before): void => {
        for (const step of list) {
          const count = counts.get(step.ino) ?? 0
          if (step.adds) {
            target.add(step.ino)
            counts.set(step.ino, count + 1)
          } else {
            expect(target.remove(step.ino)).toBe(count === 0 ? undefined : count - 1)
            if (count > 1) counts.set(step.ino, count - 1)
            else counts.delete(step.ino)
          }
          expect(target.has(step.ino)).toBe(counts.has(step.ino))
        }
      }
      take(holds, model, before)
      const [copy, copied] = [holds.clone(), new Map(model)]
      take(copy, copied, after)
      expect(sorted(contents(copy))).toEqual(sorted(copied))
      expect(sorted(contents(holds))).toEqual(sorted(model))
    }),
    { numRuns: 300 },
  )
})
