/** The progress line of `vivarium fuzz`. */

import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { FuzzProgress } from '../../src/cli/fuzz_progress.ts'

describe('FuzzProgress', () => {
  it('adds up what the workers tell, with edges where they are known', () => {
    const progress = new FuzzProgress(2, new PassThrough())
    progress.update(0, { runs: 1000, total: 5000, findings: 1 })
    progress.update(1, { runs: 500, total: 5000, findings: 2 })
    expect(progress.text).toMatch(/^1,500 of 5,000 runs, [\d,]+ a second, 2 findings$/)
    progress.update(1, { runs: 600, findings: 0, edges: 210, corpus: 31 })
    expect(progress.text).toMatch(/^1,600 of 5,000 runs, [\d,]+ a second, 210 edges, 31 worlds kept, 1 findings$/)
  })

  it('draws a line on a terminal, takes it away, and writes nothing elsewhere', () => {
    const written = (isTTY: boolean): string => {
      const stream = Object.assign(new PassThrough(), { isTTY })
      const progress = new FuzzProgress(1, stream)
      progress.update(0, { runs: 10, findings: 0 })
      progress.stop()
      return String(stream.read() ?? '')
    }
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what clears a line begins with one
    expect(written(true)).toMatch(/^\r\x1b\[K10 runs, .* findings\r\x1b\[K$/)
    expect(written(false)).toBe('')
  })
})
