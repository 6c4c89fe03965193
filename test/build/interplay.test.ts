/** Build steps under other engines: make, and Bazel where it is installed. */

import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, statSync, symlinkSync, utimesSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { COMMAND } from '../cli/command.ts'
import { scratch } from '../node/folder.ts'
import { CACHE } from '../support/compile.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const CLANG = join(ROOT, 'node_modules/@yowasp/clang/gen')
const VIVARIUM = `${process.execPath} ${COMMAND}`
const ENV = { PATH: process.env.PATH, HOME: process.env.HOME, XDG_CACHE_HOME: CACHE }

/** The example, in a folder of its own. */
function example(): string {
  const folder = join(scratch(), 'interplay')
  cpSync(join(ROOT, 'examples/build/interplay'), folder, { recursive: true })
  return folder
}

function run(command: string, args: readonly string[], cwd: string): { status: number | null; said: string } {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', env: ENV })
  if (error !== undefined) throw error
  return { status, said: stdout + stderr }
}

describe('the Makefile', () => {
  it('builds a program that runs, and again only what has changed', () => {
    const folder = example()
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    const make = (): { status: number | null; said: string } => run('make', [`VIVARIUM=${VIVARIUM}`], folder)
    const first = make()
    expect(first.status, first.said).toBe(0)
    expect(readFileSync(join(folder, 'build/hello.txt'), 'utf8')).toBe(
      'hello from a machine that is the same everywhere\n',
    )
    expect(make().said).toContain('up to date')
    // Made again from the same, it is the same, and what comes after it is what it was.
    const before = readFileSync(join(folder, 'build/hello.o'))
    const later = new Date(statSync(join(folder, 'build/hello.o')).mtimeMs + 10_000)
    utimesSync(join(folder, 'src/greeting.h'), later, later)
    const again = make()
    expect([again.status, again.said]).toEqual([0, expect.stringContaining('-c /src/hello.c')])
    expect(readFileSync(join(folder, 'build/hello.o')).equals(before)).toBe(true)
  })
})

const hasBazel = spawnSync('bazel', ['version'], { cwd: dirname(ROOT) }).error === undefined

describe('the rule for Bazel', () => {
  it.runIf(hasBazel)('builds the same twice, the second time from its cache', () => {
    const folder = example()
    mkdirSync(join(folder, 'toolchain'))
    for (const name of ['llvm.core.wasm', 'llvm-resources.tar'])
      symlinkSync(join(CLANG, name), join(folder, 'toolchain', name))
    const base = join(folder, '../bazel')
    const bazel = (...args: readonly string[]): { status: number | null; said: string } =>
      run('bazel', [`--output_user_root=${base}`, ...args], folder)
    // Its server, and files that it has made read-only.
    onTestFinished(() => {
      bazel('shutdown')
      spawnSync('chmod', ['-R', 'u+w', base])
    })
    const build = [
      'build',
      `--action_env=VIVARIUM=${VIVARIUM}`,
      `--action_env=XDG_CACHE_HOME=${CACHE}`,
      `--disk_cache=${base}-cache`,
      '//:hello',
    ]
    const first = bazel(...build)
    expect(first.status, first.said).toBe(0)
    const made = readFileSync(join(folder, 'bazel-bin/hello.wasm'))
    bazel('clean')
    const second = bazel(...build)
    expect([second.status, second.said]).toEqual([0, expect.stringMatching(/2 (disk|remote) cache hit/)])
    expect(readFileSync(join(folder, 'bazel-bin/hello.wasm')).equals(made)).toBe(true)
    // Without the cache too: it is done again, and comes out the same.
    bazel('clean')
    const third = bazel(...build.filter((arg) => !arg.startsWith('--disk_cache')))
    expect(third.status, third.said).toBe(0)
    expect(readFileSync(join(folder, 'bazel-bin/hello.wasm')).equals(made)).toBe(true)
  })
})
