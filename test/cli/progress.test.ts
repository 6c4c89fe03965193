import { clearLine, cursorTo, moveCursor } from 'node:readline'
import { PassThrough } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { loadingProgress } from '../../src/cli/progress.ts'

function terminal(isTTY: boolean): { stream: PassThrough & { isTTY: boolean }; shown: () => string } {
  const stream: PassThrough & { isTTY: boolean } = Object.assign(new PassThrough(), {
    isTTY,
    columns: 80,
    cursorTo: (x: number) => cursorTo(stream, x),
    moveCursor: (dx: number, dy: number) => moveCursor(stream, dx, dy),
    clearLine: (dir: -1 | 0 | 1) => clearLine(stream, dir),
  })
  let text = ''
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  return { stream, shown: () => stripVTControlCharacters(text) }
}

describe('loadingProgress()', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
    vi.stubEnv('TERM', 'xterm')
    vi.stubEnv('CI', undefined)
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllEnvs()
  })

  it('shows what is going on once a second has passed, and takes it away', async () => {
    const { stream, shown } = terminal(true)
    const progress = loadingProgress('big.wasm', stream)
    progress.update({ phase: 'read', bytes: 2 ** 20, total: 2 ** 21 })
    await vi.advanceTimersByTimeAsync(999)
    expect(shown()).toBe('')
    await vi.advanceTimersByTimeAsync(1)
    await vi.dynamicImportSettled()
    expect(shown()).toContain('Reading big.wasm (1.0 of 2.0 MiB)')
    progress.update({ phase: 'compile', bytes: 2 ** 21, total: 2 ** 21 })
    await vi.advanceTimersByTimeAsync(200)
    expect(shown()).toContain('Compiling big.wasm (2.0 MiB)')
    progress.stop()
    const before = shown()
    await vi.advanceTimersByTimeAsync(5000)
    expect(shown()).toBe(before)
  })

  it('shows nothing of what is over within a second', async () => {
    const { stream, shown } = terminal(true)
    loadingProgress('small.wasm', stream).stop()
    await vi.advanceTimersByTimeAsync(5000)
    await vi.dynamicImportSettled()
    expect(shown()).toBe('')
  })

  it('shows nothing where there is no terminal', async () => {
    const { stream, shown } = terminal(false)
    const progress = loadingProgress('big.wasm', stream)
    progress.update({ phase: 'read', bytes: 1, total: 2 })
    await vi.advanceTimersByTimeAsync(5000)
    await vi.dynamicImportSettled()
    progress.stop()
    expect(shown()).toBe('')
  })
})
