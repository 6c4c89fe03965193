/** `vivarium fuzz`, `fuzz merge` and `replay viv1:…`, as they are built. */

import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { complaint, type Ended, vivarium } from '../cli/command.ts'
import { scratch } from '../node/folder.ts'
import { guest } from './guest.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

const BANG = `
import fc from 'fast-check'
import { stdin, world } from 'vivarium/fuzz'
export default {
  world: world({ args: fc.constant(['guest', 'bang']), stdin: stdin() }),
  property: ({ stdout }) => stdout.text() === '',
}
`
const KEPT = `
import { survives } from 'vivarium/fuzz'
export const oracle = survives({ recovery: { args: ['guest', 'show'] } })
export const world = { files: { '/log': '' } }
`

/** A folder with the guest in it, and these files; packages are found from there. */
function folderWith(files: { readonly [name: string]: string } = {}): string {
  const cwd = scratch()
  mkdirSync(join(cwd, 'node_modules'))
  symlinkSync(ROOT, join(cwd, 'node_modules/vivarium'))
  symlinkSync(join(ROOT, 'node_modules/fast-check'), join(cwd, 'node_modules/fast-check'))
  writeFileSync(join(cwd, 'guest.wasm'), guest())
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text)
  return cwd
}

/** The line that says how to see it again. */
function lineOf({ stdout }: Ended): string {
  return /vivarium replay '(viv1:[\w-]+)'/.exec(stdout)?.[1] ?? ''
}

describe('vivarium fuzz', () => {
  it('finds nothing and exits with 0, or tells each finding and exits with 1', () => {
    const cwd = folderWith({ 'bang.js': BANG })
    const fine = vivarium(['fuzz', '--runs', '200', 'guest.wasm', 'exit'], { cwd })
    expect(fine).toMatchObject({ status: 0, stdout: '' })
    expect(fine.stderr).toMatch(/^vivarium: 0 findings in 200 runs, [\d.]+ s: seed 0\.\n$/)
    const found = vivarium(['fuzz', '--property', 'bang.js', '--runs', '3000', 'guest.wasm'], { cwd })
    expect(found.status).toBe(1)
    expect(found.stdout).toMatch(/^trap: unreachable\n {4}at [\w.]*abort \(function/)
    expect(found.stdout).toContain('stdin      "!"')
    const again = vivarium(['replay', lineOf(found)], { cwd })
    expect(again).toMatchObject({ status: 0, stderr: 'vivarium: the same failure.\n' })
    expect(again.stdout).toContain('trap: unreachable')
    const stopped = vivarium(['replay', '--break', 'fd_read', lineOf(found)], { cwd })
    expect(stopped.stdout).toMatch(/^ +\d+ {2}fd_read\(0\) = 0 .*"!"/)
    const elsewhere = folderWith()
    expect(complaint(vivarium(['replay', '--module', 'none.wasm', lineOf(found)], { cwd: elsewhere }))).toMatch(
      /the guest none.wasm: "none.wasm" cannot be read/,
    )
    writeFileSync(join(elsewhere, 'guest.wasm'), new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))
    expect(complaint(vivarium(['replay', lineOf(found)], { cwd: elsewhere }))).toMatch(
      /the module guest.wasm is another than failed: expected sha256:[0-9a-f]{64}, found/,
    )
  })

  it('finds the same by one thread, by two, and by shards that are merged', () => {
    const cwd = folderWith({ 'bang.js': BANG })
    const fuzz = (...more: readonly string[]): string => {
      const args = ['fuzz', '--property', 'bang.js', '--runs', '2000', '--json', ...more, 'guest.wasm']
      const ended = vivarium(args, { cwd })
      expect(ended.stderr).toBe('')
      return ended.stdout
    }
    const one = fuzz()
    expect(JSON.parse(one).findings.length).toBe(1)
    expect(fuzz('--parallel', '2')).toBe(one)
    for (const part of [1, 2, 3]) writeFileSync(join(cwd, `${part}.json`), fuzz('--shard', `${part}/3`))
    const merged = vivarium(['fuzz', 'merge', '2.json', '1.json', '3.json', '-o', 'all.json'], { cwd })
    expect(merged).toMatchObject({ status: 1, stderr: 'vivarium: 1 findings in 2000 runs.\n' })
    expect(readFileSync(join(cwd, 'all.json'), 'utf8')).toBe(one)
  })

  it('sweeps a run with exhaustive faults, and a lost promise replays with its property', () => {
    const cwd = folderWith({ 'kept.js': KEPT })
    const args = ['--faults', 'exhaustive', '--property', 'kept.js', '--argv0', 'guest', 'guest.wasm']
    const kept = vivarium(['fuzz', ...args, 'append'], { cwd })
    expect(kept.status, kept.stdout).toBe(0)
    expect(kept.stderr).toMatch(/\d+ calls, \d+ cases \(\d+ errnos, \d+ short counts, \d+ power cuts\)/)
    const few = vivarium(['fuzz', '--errnos', 'ENOSPC,EIO', ...args, 'append'], { cwd })
    expect(Number(/\((\d+) errnos/.exec(few.stderr)?.[1])).toBeLessThan(Number(/\((\d+) errnos/.exec(kept.stderr)?.[1]))
    expect(complaint(vivarium(['fuzz', '--errnos', 'EWHAT', ...args], { cwd }))).toMatch(/no errno EWHAT; write/)
    const lost = vivarium(['fuzz', ...args, 'promise'], { cwd })
    expect(lost.status).toBe(1)
    expect(lost.stdout).toMatch(/^survives: "one" was acknowledged, and is lost/)
    expect(vivarium(['replay', lineOf(lost)], { cwd })).toMatchObject({ status: 0 })
    // Found elsewhere, too, where it is told where things are.
    const there = folderWith({ 'kept.js': KEPT })
    mkdirSync(join(there, 'moved'))
    writeFileSync(join(there, 'line.viv1'), lineOf(lost))
    writeFileSync(join(there, 'moved/k.js'), KEPT)
    expect(vivarium(['replay', '--property', 'moved/k.js', 'line.viv1'], { cwd: there }).status).toBe(0)
  })

  it('starts from a folder or a saved machine, which a replay checks', () => {
    const cwd = folderWith({ 'kept.js': "export const property = ({ stdout }) => stdout.text() === 'old'" })
    mkdirSync(join(cwd, 'in'))
    writeFileSync(join(cwd, 'in/log'), 'other')
    const found = vivarium(['fuzz', '--runs', '1', '--dir', 'in::/', '--property', 'kept.js', 'guest.wasm', 'show'], {
      cwd,
    })
    expect(found.stdout).toMatch(/^property: the property does not hold/)
    expect(vivarium(['replay', lineOf(found)], { cwd }).status).toBe(0)
    writeFileSync(join(cwd, 'in/log'), 'changed')
    expect(complaint(vivarium(['replay', lineOf(found)], { cwd }))).toMatch(/the base is another than failed/)
  })

  it('joins corpora', () => {
    const cwd = folderWith()
    for (const [name, text] of [
      ['a', 'one'],
      ['b', 'two'],
    ] as const) {
      mkdirSync(join(cwd, name))
      writeFileSync(join(cwd, name, 'sample'), text)
    }
    expect(vivarium(['fuzz', 'merge', 'a', 'b', '-o', 'all'], { cwd }).stderr).toBe('vivarium: 2 worlds in "all".\n')
    expect(readdirSync(join(cwd, 'all')).every((name) => /^[0-9a-f]{64}$/.test(name))).toBe(true)
    expect(vivarium(['fuzz', 'merge', 'a', 'all', '-o', 'all'], { cwd }).stderr).toBe('vivarium: 2 worlds in "all".\n')
  })

  it('says what is wrong, with how it is done right', () => {
    const cwd = folderWith({
      'empty.js': '',
      'odd.js': 'export default { proprety: 1 }',
      'bad.js': '(',
      'no.json': '{}',
    })
    // (module (import "env" "f" (func)) (func (export "_start")))
    const needs = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 2, 9, 1, 3, 101, 110, 118, 1, 102, 0, 0]
    const rest = [3, 2, 1, 0, 7, 10, 1, 6, 95, 115, 116, 97, 114, 116, 0, 1, 10, 4, 1, 2, 0, 11]
    writeFileSync(join(cwd, 'needs.wasm'), new Uint8Array([...needs, ...rest]))
    const said = (...args: readonly string[]): string => complaint(vivarium(args, { cwd }))
    expect(said('fuzz', '--property', 'none.js', 'guest.wasm')).toMatch(
      /^--property none.js: there is no file "none.js"; give a file of JavaScript such as: export default/,
    )
    expect(said('fuzz', '--property', 'empty.js', 'guest.wasm')).toMatch(/it exports no property; give a file/)
    expect(said('fuzz', '--property', 'odd.js', 'guest.wasm')).toMatch(/has "proprety", and may have property, oracle/)
    expect(said('fuzz', '--property', 'bad.js', 'guest.wasm')).toMatch(/it cannot be loaded: .*; give a file/)
    expect(said('fuzz', 'needs.wasm')).toMatch(
      /"needs.wasm" cannot be fuzzed: the module imports the function env.f.*as by: clang/,
    )
    expect(said('fuzz', 'empty.js')).toMatch(/"empty.js" cannot be run: .*as in: vivarium fuzz/)
    expect(said('fuzz', 'none.wasm')).toMatch(/the guest none.wasm: "none.wasm" cannot be read/)
    expect(said('fuzz', '--from', 'none.viv', 'guest.wasm')).toMatch(
      /--from none.viv: .*vivarium snapshot create --dir/,
    )
    expect(said('fuzz', '--from', 'guest.wasm', 'guest.wasm')).toMatch(/--from guest.wasm: .*vivarium snapshot create/)
    expect(said('fuzz', '--faults', 'fd_wriet=EIO', 'guest.wasm')).toMatch(
      /^--faults fd_wriet=EIO: "fd_wriet=EIO" is no fault: there is no call fd_wriet; write one as in fd_write/,
    )
    expect(said('fuzz', '--shard', '4/3', 'guest.wasm')).toMatch(/Write --shard I\/N, as 1\/4/)
    expect(said('fuzz', '--minutes', '0', 'guest.wasm')).toMatch(/Write minutes as a number above 0/)
    expect(said('fuzz', 'merge', 'none.json', '-o', 'x')).toMatch(
      /there is nothing at "none.json".*as in: vivarium fuzz merge/,
    )
    expect(said('fuzz', 'merge', 'no.json', '-o', 'x')).toMatch(
      /"no.json": this is no report of "vivarium fuzz --json"/,
    )
    expect(said('fuzz', 'merge', 'bad.js', '-o', 'x')).toMatch(/it is no JSON/)
    expect(said('replay', 'viv1:abc')).toMatch(/this is no reproducer of a failure: the line is damaged/)
    expect(said('replay', 'viv9:abc')).toMatch(/it was made by a newer version/)
  })
})
