/** The script that a failure is shown as does what the program does. */

import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Operation } from './operations.ts'
import { scriptOf } from './script.ts'

const PROGRAM: readonly Operation[] = [
  { call: 'mkdir', path: '/a/b', recursive: true },
  { call: 'rmdir', path: '/a' },
  { call: 'writeFile', path: '/a/f', data: 'xy', times: 2, flag: 'wx' },
  { call: 'open', path: '/a/f', flags: 'r+' },
  { call: 'write', slot: 4, data: 'z', times: 3, position: 2 },
  { call: 'read', slot: 0, length: 10, position: null },
  { call: 'ftruncate', slot: 0, size: 1 },
  { call: 'close', slot: 1 },
  { call: 'symlink', target: 'f', path: '/a/l' },
  { call: 'readlink', path: '/a/l' },
  { call: 'cp', path: '/a', to: '/c', force: true, errorOnExist: false },
  { call: 'rm', path: '/a', recursive: true, force: false },
  { call: 'exists', path: '/c/l' },
]

describe('scriptOf()', () => {
  it('gives a module that prints what each operation gives', () => {
    const script = `${scriptOf(PROGRAM)}\nconsole.log(root)`
    const { stdout, stderr } = spawnSync(process.execPath, ['--no-warnings', '--input-type=module'], {
      input: script,
      encoding: 'utf8',
    })
    const lines = stdout.trimEnd().split('\n')
    const root = lines.pop() ?? ''
    rmSync(root, { recursive: true })
    const nothing = 'undefined'
    expect(stderr).toBe('')
    expect(lines).toEqual([
      ...[`${root}/a`, 'ENOTEMPTY rmdir', nothing, '1', '3', '5', nothing, nothing, nothing, 'f', nothing, nothing],
      'true',
    ])
  })
})
