/** Marks of what the host writes: a bit for each granule, shared by all views of a memory. */

import { describe, expect, it } from 'vitest'
import { GuestMemory } from '../../../src/abi/memory.ts'
import { marksOf, markWritten, WrittenMarks } from '../../../src/abi/written_marks.ts'

const marked = (...ranges: readonly (readonly [number, number])[]): [number, number] => {
  const marks = new WrittenMarks(10)
  for (const [ptr, length] of ranges) marks.mark(ptr, length)
  return [marks.low >>> 0, marks.high >>> 0]
}

describe('WrittenMarks', () => {
  it('has the granules of all bytes, from the first to the last', () => {
    expect(marked([0, 1])).toEqual([1, 0])
    expect(marked([1023, 1])).toEqual([1, 0])
    expect(marked([1023, 2])).toEqual([3, 0])
    expect(marked([31 * 1024, 1025])).toEqual([0x8000_0000, 1])
    expect(marked([0, 65_536])).toEqual([0xffff_ffff, 0xffff_ffff])
    expect(marked([65_535, 1])).toEqual([0, 0x8000_0000])
    expect(marked([5 * 1024, 1], [40 * 1024, 3])).toEqual([0x20, 0x100])
  })

  it('has none for no bytes, and none beyond the last granule', () => {
    expect(marked([0, 0], [1024, 0], [65_536, 0])).toEqual([0, 0])
    expect(marked([65_536, 2 ** 31], [2 ** 32 - 1, 1])).toEqual([0, 0])
    expect(marked([63 * 1024, 2 ** 31])).toEqual([0, 0x8000_0000])
  })

  it('has none once it was cleared', () => {
    const marks = new WrittenMarks(10)
    marks.mark(0, 65_536)
    marks.clear()
    expect([marks.low, marks.high]).toEqual([0, 0])
  })
})

describe('markWritten()', () => {
  it('has what each view of the memory covers marked, also after the memory has moved', () => {
    const memory = new WebAssembly.Memory({ initial: 1 })
    const earlier = new GuestMemory(memory)
    const marks = new WrittenMarks(10)
    markWritten(memory, marks)
    expect(marksOf(memory)).toBe(marks)
    const [one, other] = [new GuestMemory(memory), new GuestMemory(memory)]
    earlier.covers(0, 1)
    one.covers(1024, 1)
    memory.grow(0)
    other.covers(2048, 1)
    expect([marks.low, marks.high]).toEqual([6, 0])
    expect(one.covers(65_530, 7)).toBe(false)
    expect(marks.high).toBe(0)
    one.attach(undefined)
    expect(one.covers(0, 0)).toBe(true)
    one.attach(new WebAssembly.Memory({ initial: 1 }))
    one.covers(5000, 1)
    expect([marks.low, marks.high]).toEqual([6, 0])
  })
})
