import { describe, expect, it } from 'vitest'
import { diffLines, hunksOf, linesOf } from '../../vfs/line_diff.ts'
import { fc } from '../support/property.ts'

const text = fc
  .array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 14, size: 'max' })
  .map((lines) => lines.map((line) => `${line}\n`))

/** The length of a longest common subsequence, the slow way. */
function shared(x: readonly string[], y: readonly string[]): number {
  const rows = [...x, ''].map(() => new Array<number>(y.length + 1).fill(0))
  for (let i = x.length - 1; i >= 0; i--) {
    for (let k = y.length - 1; k >= 0; k--) {
      const [row, below] = [rows[i] as number[], rows[i + 1] as number[]]
      row[k] = x[i] === y[k] ? 1 + (below[k + 1] as number) : Math.max(below[k] as number, row[k + 1] as number)
    }
  }
  return (rows[0] as number[])[0] as number
}

function kept(lines: readonly string[], flags: Uint8Array): string[] {
  return lines.filter((_, i) => flags[i] === 0)
}

function numbered(count: number, prefix = ''): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${i}\n`)
}

describe('diffLines()', () => {
  it('keeps as many lines as can be, the same on both sides', () => {
    const property = fc.property(text, text, (before, after) => {
      const { gone, fresh } = diffLines(before, after)
      expect(kept(before, gone)).toEqual(kept(after, fresh))
      expect(kept(before, gone)).toHaveLength(shared(before, after))
    })
    fc.assert(property, { numRuns: 500 })
  })

  it('finds what two long texts share among lines that only one of them has', () => {
    const [x, y] = [numbered(50_000, 'old '), numbered(50_000, 'new ')]
    for (let i = 0; i < 50_000; i += 10) x[i] = y[i + 7] = `both ${i}\n`
    const { gone, fresh } = diffLines(x, y)
    expect(kept(x, gone)).toHaveLength(5000)
    expect(kept(y, fresh)).toEqual(kept(x, gone))
  })

  it('gives up the search where the lines of long texts are in another order, but for what they begin and end with', () => {
    const middle = numbered(20_000)
    const x = ['start\n', ...middle, 'end\n']
    const y = ['start\n', ...middle.toReversed(), 'end\n']
    const { gone, fresh } = diffLines(x, y)
    expect(kept(x, gone)).toEqual(['start\n', 'end\n'])
    expect(kept(y, fresh)).toEqual(['start\n', 'end\n'])
  })
})

describe('hunksOf()', () => {
  const shown = (before: string, after: string): string => hunksOf(diffLines(linesOf(before), linesOf(after)))

  it('shows three lines around each change, and joins changes up to six lines apart', () => {
    const before = numbered(30)
    const changed = (...at: number[]) => before.map((line, i) => (at.includes(i) ? 'x\n' : line)).join('')
    expect(shown(before.join(''), changed(10))).toBe('@@ -8,7 +8,7 @@\n 7\n 8\n 9\n-10\n+x\n 11\n 12\n 13\n')
    const heads = (hunks: string) => hunks.match(/^@@.*$/gm)
    expect(heads(shown(before.join(''), changed(10, 17)))).toEqual(['@@ -8,14 +8,14 @@'])
    expect(heads(shown(before.join(''), changed(10, 18)))).toEqual(['@@ -8,7 +8,7 @@', '@@ -16,7 +16,7 @@'])
    expect(heads(shown(before.join(''), changed(0, 29)))).toEqual(['@@ -1,4 +1,4 @@', '@@ -27,4 +27,4 @@'])
  })

  it('is that of a text that comes or goes, and says where the last line has no end', () => {
    expect(shown('', 'a\nb\n')).toBe('@@ -0,0 +1,2 @@\n+a\n+b\n')
    expect(shown('a', '')).toBe('@@ -1,1 +0,0 @@\n-a\n\\ No newline at end of file\n')
    expect(shown('a', 'a\n')).toBe('@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+a\n')
    expect(shown('a\nb', 'x\nb')).toBe('@@ -1,2 +1,2 @@\n-a\n+x\n b\n\\ No newline at end of file\n')
    expect(shown('a\n', 'a\n')).toBe('')
  })
})

describe('linesOf()', () => {
  it('ends a line with \\n and with nothing else', () => {
    expect(linesOf('a\r\nb\rc\u2028d\n\n')).toEqual(['a\r\n', 'b\rc\u2028d\n', '\n'])
    expect(linesOf('')).toEqual([])
    expect(linesOf('a')).toEqual(['a'])
  })
})
