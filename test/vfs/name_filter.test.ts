import { describe, expect, it } from 'vitest'
import { byteString } from '../../vfs/bytes.ts'
import { NameFilter } from '../../vfs/name_filter.ts'
import { fc } from '../support/property.ts'

describe('NameFilter', () => {
  it('may have every name that was added, however it was asked before', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 12, unit: 'binary' }).map(byteString), { maxLength: 50 }),
        fc.integer({ min: 1, max: 100 }),
        (names, capacity) => {
          const filter = new NameFilter(capacity)
          for (const [at, name] of names.entries()) {
            if (at % 2 === 0) filter.mayHave(name)
            if (at % 3 === 0) filter.mayHave(byteString('another'))
            filter.add(name)
          }
          expect(names.every((name) => filter.mayHave(name))).toBe(true)
        },
      ),
      { numRuns: 50 },
    )
  })

  it('is right about most names that were not added, when it is full', () => {
    const filter = new NameFilter(10_000)
    for (let n = 0; n < 10_000; n++) filter.add(byteString(`name ${n}`))
    let wrong = 0
    for (let n = 0; n < 10_000; n++) if (filter.mayHave(byteString(`other ${n}`))) wrong++
    expect(wrong).toBeLessThan(1500)
  })
})
