/** `npm run demo`, as a user runs it. */

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

/** Of the program that clang 22 makes of examples/demo.c; changes with either of the two, and with nothing else. */
const PROGRAM = '6934b9a3466ca8d14decf0116e5f675487b9cf2e69f194f5bc84228258f09528'

const FACTS = ['demo.wasm', 'output', 'trace of clang', 'trace of wasm-ld', 'trace of demo', 'the whole tree']

describe('npm run demo', () => {
  it('builds and runs its program twice and finds every byte the same', () => {
    const tsx = fileURLToPath(new URL('../../node_modules/tsx/dist/cli.mjs', import.meta.url))
    const demo = fileURLToPath(new URL('../../examples/demo.ts', import.meta.url))
    const child = spawnSync(process.execPath, [tsx, demo], { encoding: 'utf8' })
    expect([child.status, child.stderr]).toEqual([0, ''])
    expect(child.stdout).not.toContain('DIFFERENT')
    for (const fact of FACTS) expect(child.stdout).toMatch(new RegExp(`^same +${fact} .*[0-9a-f]{32}`, 'm'))
    expect(child.stdout).toContain(`sha256 ${PROGRAM}`)
    // Three days of mazes, the last of them solved from the left wall to the right one, and the link to it.
    expect(child.stdout).toContain('2026-01-03 09:00:00  2026-01-03\nl    10  2026-01-03 09:00:00  latest\nseed ')
    expect(child.stdout).toMatch(/^#\.[#. ]+#$[\s\S]*^#.*\.$/m)
  })
})
