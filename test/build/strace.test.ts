/** What the host process opens while steps are done, by strace: nothing at all. */

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { CACHE } from '../support/compile.ts'
import { recipeOf, toy, workshop, writeRecipe } from './workshop.ts'

const CHILD = fileURLToPath(new URL('strace_child.mjs', import.meta.url))
/** Every call that names a file, makes a connection, or starts a program. */
const WATCHED = 'trace=%file,%network,execve,write'

describe('a build, watched by strace,', () => {
  it('opens what the loader named before the steps, and nothing during them', () => {
    const folder = workshop({ 'src/a': 'a\n', 'src/b': 'b\n' })
    const steps = [
      toy('first', 'join', '/1', ['/src/a']),
      toy('reads', 'join', '/2', ['/1', '/src/b']),
      toy('looks', 'listing', '/3', ['/src/']),
      toy('asks', 'time', '/4'),
      toy('draws', 'random', '/5'),
      // Paths that the host has and the machine has not.
      toy('last', 'path', '/6', [], { args: ['toy', 'inode', '/6', '/etc/passwd'] }),
    ]
    const recipe = writeRecipe(folder, recipeOf(steps, { sources: { '/src': 'src' }, outputs: ['/2'] }))
    const log = join(folder, 'log')
    const args = [
      '-f',
      '-s',
      '200',
      '-e',
      WATCHED,
      '-e',
      'signal=none',
      '-o',
      log,
      process.execPath,
      CHILD,
      recipe,
      CACHE,
    ]
    const { status, stderr, error } = spawnSync('strace', args, { encoding: 'utf8' })
    if (error !== undefined) throw new Error(`strace cannot be run (Debian's package strace): ${error.message}`)
    expect([status, stderr]).toEqual([0, ''])
    const lines = readFileSync(log, 'utf8').split('\n')
    const at = (text: string): number => lines.findIndex((line) => line.includes(`write(1, "${text}`))
    const [loaded, begin, end] = [at('loaded'), at('steps begin'), at('steps end with last')]
    expect(loaded).toBeGreaterThan(0)
    expect(begin).toBeGreaterThan(loaded)
    expect(end).toBeGreaterThan(begin)
    // It is seen what is opened: here before the steps.
    const before = lines.slice(0, loaded).join('\n')
    for (const file of ['src/a', 'src/b', 'toy.wasm']) expect(before).toContain(join(folder, file))
    // Threads are watched too: the worker reads its own code, once the build begins.
    expect(lines.slice(loaded, begin).join('\n')).toContain('node/build/worker.js')
    const during = lines
      .slice(begin + 1, end)
      .filter((line) => !/\b(write|exit|futex)\(|<\.\.\. write resumed>|^\d+ \+\+\+/.test(line))
    expect(during).toEqual([])
  })
})
