/** `vivarium run --record`, `replay`, `trace`, `trace diff` and `timeline`. */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { complaint, type Ended, guest, vivarium, workplace } from './command.ts'

// Once for all tests, since the first time takes long.
beforeAll(() => void guest())

/** A folder with `in/file.txt` and a recording of a run that reads it, `run.json`. */
function recorded(text = 'content\n', more: readonly string[] = []): string {
  const cwd = workplace()
  mkdirSync(join(cwd, 'in'))
  writeFileSync(join(cwd, 'in/file.txt'), text)
  const args = ['run', '--dir', 'in::/', '--seed', '7', '--record', 'run.json', ...more, 'tool.wasm', 'cat', 'file.txt']
  expect(vivarium(args, { cwd })).toEqual({ status: 0, stdout: text, stderr: '' })
  return cwd
}

describe('vivarium replay', () => {
  it('proves that a recorded run is the same', () => {
    const cwd = recorded()
    const ended = vivarium(['replay', 'run.json'], { cwd })
    expect(ended).toMatchObject({ status: 0, stderr: '' })
    expect(ended.stdout).toMatch(
      /^the same: \d+ calls, trace digest [0-9a-f]{32}, the same output and the same state\n$/,
    )
    // The recording says where its inputs are from where it is itself.
    expect(vivarium(['replay', join(cwd, 'run.json')]).status).toBe(0)
    const { calls } = (JSON.parse(readFileSync(join(cwd, 'run.json'), 'utf8')) as { result: { calls: number } }).result
    expect(JSON.parse(vivarium(['replay', '--json', 'run.json'], { cwd }).stdout)).toEqual({
      same: true,
      differences: [],
      calls,
    })
  })

  it('names the input that is another, and says what came out otherwise', () => {
    const cwd = recorded()
    const path = join(cwd, 'run.json')
    const recording = JSON.parse(readFileSync(path, 'utf8'))
    writeFileSync(path, JSON.stringify({ ...recording, result: { ...recording.result, calls: 1 } }))
    const other = vivarium(['replay', 'run.json'], { cwd })
    expect([other.status, other.stdout]).toEqual([1, ''])
    expect(other.stderr).toMatch(/^vivarium: the run is not as it was recorded: calls: recorded 1, now \d+\.\n$/)
    writeFileSync(join(cwd, 'in/file.txt'), 'other\n')
    expect(complaint(vivarium(['replay', 'run.json'], { cwd }))).toMatch(
      /^the folder "in" is another than was recorded: expected sha256:\w+, found sha256:\w+\.$/,
    )
    rmSync(join(cwd, 'in'), { recursive: true })
    expect(complaint(vivarium(['replay', 'run.json'], { cwd }))).toMatch(/^the recorded --dir in: /)
  })

  it('needs no folder where the inputs were kept', () => {
    const cwd = recorded('content\n', ['--record-inputs', '--stdin', 'in/file.txt'])
    rmSync(join(cwd, 'in'), { recursive: true })
    expect(vivarium(['replay', 'run.json'], { cwd })).toMatchObject({ status: 0, stderr: '' })
  })

  it('stops after a call, or at the first that matches, and shows and saves the state there', () => {
    const cwd = recorded()
    const opened = vivarium(['replay', '--break', 'path_open', '--snapshot', 'at.viv', 'run.json'], { cwd })
    expect(opened).toMatchObject({ status: 0, stderr: '' })
    expect(opened.stdout).toMatch(/^ +\d+ {2}path_open\(3, .*"file\.txt"/)
    expect(opened.stdout).toMatch(/^ {3}4 {2}file r- inode \d+ \/file\.txt, offset 0$/m)
    const at = JSON.parse(vivarium(['replay', '--break', 'path_open', '--json', 'run.json'], { cwd }).stdout)
    expect(vivarium(['snapshot', 'digest', '--state', 'at.viv'], { cwd }).stdout).toBe(`${at.stateDigest}\n`)
    expect(vivarium(['replay', '--to', '1', 'run.json'], { cwd }).stdout).toMatch(/^ +1 {2}\w+\(/)
    const missed = vivarium(['replay', '--break', ':ENOENT', 'run.json'], { cwd })
    expect(missed.status).toBe(1)
    expect(missed.stderr).toMatch(/^vivarium: the run ended before any call that is :ENOENT: it made \d+ calls\.\n$/)
    expect(vivarium(['replay', '--break', ':EBADF', 'run.json'], { cwd }).stdout).toMatch(
      /^ +\d+ {2}fd_prestat_get\(4\) = -1 EBADF\n/,
    )
  })

  it('says what is no recording', () => {
    const cwd = workplace()
    writeFileSync(join(cwd, 'other.json'), '{"a":1}')
    expect(complaint(vivarium(['replay', 'tool.wasm'], { cwd }))).toBe(
      '"tool.wasm" is no recording of a run: it is no JSON.',
    )
    expect(complaint(vivarium(['replay', 'other.json'], { cwd }))).toBe('"other.json": this is no recording of a run.')
    expect(complaint(vivarium(['replay', 'none.json'], { cwd }))).toMatch(/"none.json" cannot be read/)
    expect(complaint(vivarium(['replay', '--break', 'open:ENOENT', 'other.json'], { cwd }))).toMatch(
      /There is no call open/,
    )
    expect(complaint(vivarium(['replay', '--break', ':ENOTHING', 'other.json'], { cwd }))).toMatch(
      /There is no errno ENOTHING/,
    )
    expect(complaint(vivarium(['replay', '--snapshot', 's', 'other.json'], { cwd }))).toMatch(/say which by --to N/)
  })
})

describe('vivarium trace', () => {
  it('prints the calls of a run, or of a recording, as text and as JSON', () => {
    const cwd = recorded()
    const text = vivarium(['trace', 'run.json'], { cwd })
    expect(text.stderr).toBe('')
    expect(text.stdout).toMatch(/^fd_read\(4\) = 0 \{nread: 8, iovs: "content\\n"\}$/m)
    const own = vivarium(['trace', '--dir', 'in::/', '--seed', '7', 'tool.wasm', 'cat', 'file.txt'], { cwd })
    expect(own.stdout).toBe(text.stdout)
    const json = vivarium(['trace', '--jsonl', '--only', 'path_open', 'run.json'], { cwd })
    expect(
      json.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([{ call: 'path_open', errno: 'ESUCCESS', args: { path: 'file.txt' }, results: { opened_fd: 4 } }])
    expect(vivarium(['trace', 'tool.wasm', 'exit', '3'], { cwd }).status).toBe(3)
  })

  it('shows where two runs part, and what the files differed in', () => {
    const cwd = recorded('content\n', ['--record-inputs'])
    const other = recorded('contort\n', ['--record-inputs'])
    const args = ['trace', 'diff', 'run.json', join(other, 'run.json')]
    const ended: Ended = vivarium(args, { cwd })
    expect(ended).toMatchObject({ status: 1, stderr: '' })
    expect(ended.stdout).toMatch(
      /^ - +(\d+) {2}fd_read\(4\) .*"content\\n"\}\n \+ +\1 {2}fd_read\(4\) .*"contort\\n"\}$/m,
    )
    expect(ended.stdout).toMatch(/^the files differed before that call:\n \/file\.txt \| 2 \+-$/m)
    expect(vivarium(['trace', 'diff', 'run.json', 'run.json'], { cwd })).toMatchObject({ status: 0, stderr: '' })
    expect(JSON.parse(vivarium(['trace', 'diff', '--json', 'run.json', 'run.json'], { cwd }).stdout)).toBeNull()
    const json = JSON.parse(vivarium([...args, '--json'], { cwd }).stdout)
    expect(json).toMatchObject({ a: { call: 'fd_read' }, stateBefore: [{ path: '/file.txt' }] })
  })
})

describe('vivarium timeline', () => {
  it('lists calls with what each changed', () => {
    const cwd = workplace()
    const args = ['tool.wasm', 'write', 'tmp/x', 'hello']
    const all = vivarium(['timeline', ...args], { cwd })
    const some = vivarium(['timeline', '--changes', ...args], { cwd })
    expect(some.stderr).toBe('')
    expect(some.stdout).toMatch(
      /^ +\d+ {2}path_open\(.*\n {8}\+ \/tmp\/x {2}file, inode \d+, 1 link, 0 bytes\n +\d+ {2}fd_write\(4, iovs: "hello"\).*\n {8}~ \/tmp\/x {2}0 -> 5 bytes\n$/,
    )
    expect(all.stdout.length).toBeGreaterThan(some.stdout.length)
    const when = vivarium(['timeline', '--when', '/tmp/x', '--jsonl', ...args], { cwd })
    const calls = when.stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { call: string }).call)
    expect(calls[0]).toBe('path_open')
    expect(calls.at(-1)).toBe('fd_close')
    expect(complaint(vivarium(['timeline', '--when', 'tmp/x', ...args], { cwd }))).toMatch(/the path is not absolute/)
  })

  it('shows one moment, and writes a page', () => {
    const cwd = workplace()
    const args = ['tool.wasm', 'write', 'tmp/x', 'hello']
    expect(vivarium(['timeline', '--at', '0', ...args], { cwd }).stdout).toMatch(
      /^ +0 {2}start\n\nrealtime +2000-01-01T/,
    )
    expect(complaint(vivarium(['timeline', '--at', '999', ...args], { cwd }))).toMatch(/^there is no moment 999/)
    expect(vivarium(['timeline', '--html', 'page.html', ...args], { cwd })).toMatchObject({
      status: 0,
      stdout: '',
      stderr: '',
    })
    expect(readFileSync(join(cwd, 'page.html'), 'utf8')).toMatch(/^<!doctype html>/i)
  })
})
