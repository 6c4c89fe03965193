import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { git, requireGit } from '../support/git.ts'
import { complaint, guest, vivarium, workplace } from './command.ts'

// Once for all tests, since the first time takes long.
beforeAll(() => void guest())

/** A folder with a project in it, and `base.viv`, a machine that has the project in `/proj`. */
function project(): string {
  const cwd = workplace()
  mkdirSync(join(cwd, 'proj/sub'), { recursive: true })
  writeFileSync(join(cwd, 'proj/a.txt'), 'hi\n')
  writeFileSync(join(cwd, 'proj/sub/run'), '#!/bin/sh\n')
  chmodSync(join(cwd, 'proj/sub/run'), 0o755)
  symlinkSync('a.txt', join(cwd, 'proj/l'))
  mkdirSync(join(cwd, 'proj/empty'))
  expect(vivarium(['snapshot', 'create', '--dir', 'proj', 'base.viv'], { cwd })).toEqual(NOTHING)
  return cwd
}

const NOTHING = { status: 0, stdout: '', stderr: '' }

function snapshot(cwd: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = vivarium(['snapshot', ...args], { cwd })
  expect({ status, stderr }, args.join(' ')).toEqual({ status: 0, stderr: '' })
  return stdout
}

function refused(cwd: string, ...args: readonly string[]): string {
  return complaint(vivarium(['snapshot', ...args], { cwd }))
}

describe('vivarium snapshot digest', () => {
  it('prints what git prints, of a folder as of a part of a snapshot', () => {
    requireGit()
    const cwd = project()
    // git knows no empty directories in an index, so it is told the tree without one.
    spawnSync('rmdir', [join(cwd, 'proj/empty')])
    const here = join(cwd, 'proj')
    git(here, ['init', '--quiet', '--object-format=sha256', '.'])
    git(here, ['add', '--all'])
    const id = git(here, ['write-tree']).toString().trim()
    expect(snapshot(cwd, 'digest', 'proj')).toBe(`sha256:${id}\n`)
    expect(snapshot(cwd, 'create', 'git.viv', '--dir', 'proj/sub::/sub', '--empty')).toBe('')
    expect(snapshot(cwd, 'digest', 'git.viv', 'sub')).toBe(
      `sha256:${git(here, ['rev-parse', `${id}:sub`])
        .toString()
        .trim()}\n`,
    )
  })

  it('is the same whatever the tree was turned into on the way', () => {
    const cwd = project()
    const digest = snapshot(cwd, 'digest', 'base.viv', '/proj')
    for (const name of ['out.tar', 'out.nar', 'out.zip', 'out.oci', 'out.git', 'out']) {
      snapshot(cwd, 'export', '--path', '/proj', 'base.viv', name)
      expect(snapshot(cwd, 'digest', name), name).toBe(digest)
      snapshot(cwd, 'import', '--compress', name, `${name}.viv`)
      expect(snapshot(cwd, 'digest', `${name}.viv`), name).toBe(digest)
    }
    expect(readdirSync(cwd).filter((name) => name.startsWith('.'))).toEqual([])
  })

  it('is with --state that of the whole machine', () => {
    const cwd = project()
    snapshot(cwd, 'create', 'other.viv', '--dir', 'proj', '--seed', '1')
    expect(snapshot(cwd, 'digest', 'other.viv')).toBe(snapshot(cwd, 'digest', 'base.viv'))
    expect(snapshot(cwd, 'digest', '--state', 'other.viv')).not.toBe(snapshot(cwd, 'digest', '--state', 'base.viv'))
    snapshot(cwd, 'export', 'base.viv', 'same.viv')
    expect(snapshot(cwd, 'digest', '--state', 'same.viv')).toBe(snapshot(cwd, 'digest', '--state', 'base.viv'))
    expect(refused(cwd, 'digest', '--state', 'base.viv', '/proj')).toMatch(/--state is of the whole machine/)
  })
})

describe('vivarium snapshot', () => {
  it('looks into a state: ls, tree, cat, stat', () => {
    const cwd = project()
    expect(snapshot(cwd, 'ls', 'base.viv', 'proj')).toMatch(
      /^\d+ -rw-r--r-- 1 +3 2000-01-01T00:00:00Z a\.txt\n\d+ drwxr-xr-x 2 +0 \S+ empty\n\d+ lrwxrwxrwx 1 +5 \S+ l -> a\.txt\n\d+ drwxr-xr-x 2 +0 \S+ sub\n$/,
    )
    expect(snapshot(cwd, 'tree', 'base.viv', '/proj')).toBe(
      '/proj\n├── a.txt\n├── empty/\n├── l -> a.txt\n└── sub/\n    └── run\n',
    )
    expect(snapshot(cwd, 'cat', 'base.viv', '/proj/l')).toBe('hi\n')
    expect(snapshot(cwd, 'stat', 'base.viv', '/proj/sub/run')).toMatch(
      /^path +\/proj\/sub\/run\ninode +\d+\nkind +file\nmode +0755 /,
    )
    expect(JSON.parse(snapshot(cwd, 'stat', '--json', 'base.viv'))).toMatchObject({
      format: 'snapshot',
      digest: snapshot(cwd, 'digest', 'base.viv').trim(),
    })
    expect(JSON.parse(snapshot(cwd, 'ls', '--json', 'base.viv', '/proj'))).toMatchObject([
      { name: 'a.txt', kind: 'file', size: 3, mtime: '946684800000000000' },
      { name: 'empty', kind: 'directory' },
      { name: 'l', kind: 'symlink', target: 'a.txt' },
      { name: 'sub' },
    ])
  })

  it('shows no control character that a guest put into a name', () => {
    const cwd = workplace()
    const wrote = vivarium(['run', '--snapshot', 's.viv', 'tool.wasm', 'write', 'tmp/a\x1b[31m\nb', 'x'], { cwd })
    expect(wrote).toEqual(NOTHING)
    for (const command of ['ls', 'tree']) {
      expect(snapshot(cwd, command, 's.viv', '/tmp')).toContain('a\\x1b[31m\\x0ab')
    }
  })

  it('tells states apart as diff does: by its exit status, in lines, as a patch, as JSON', () => {
    const cwd = project()
    snapshot(cwd, 'export', 'base.viv', 'a', '--path', '/proj')
    snapshot(cwd, 'export', 'base.viv', 'b', '--path', '/proj')
    expect(vivarium(['snapshot', 'diff', 'a', 'b'], { cwd })).toEqual(NOTHING)
    writeFileSync(join(cwd, 'b/a.txt'), 'hi\nthere\n')
    writeFileSync(join(cwd, 'b/new'), 'x\n')
    const lines = vivarium(['snapshot', 'diff', 'a', 'b'], { cwd })
    expect(lines).toEqual({
      status: 1,
      stdout: ' /a.txt | 1 +\n /new   | 1 +\n 2 changes, 2 insertions(+)\n',
      stderr: '',
    })
    const patch = vivarium(['snapshot', 'diff', '--patch', 'a', 'b'], { cwd })
    expect(patch.status).toBe(1)
    writeFileSync(join(cwd, 'p'), patch.stdout)
    git(join(cwd, 'a'), ['apply', '../p'])
    expect(vivarium(['snapshot', 'diff', 'a', 'b'], { cwd }).status).toBe(0)
    const json = vivarium(['snapshot', 'diff', '--json', 'proj', 'b'], { cwd })
    expect(JSON.parse(json.stdout)).toMatchObject([
      { type: 'changed', path: '/a.txt' },
      { type: 'added', path: '/new' },
    ])
  })

  it('goes on from a saved machine as from the one that was saved', () => {
    const cwd = workplace()
    const run = (...args: readonly string[]): string => {
      const ended = vivarium(['run', ...args], { cwd })
      expect(ended.stderr).toBe('')
      return ended.stdout
    }
    run('--seed', '5', '--snapshot', 'one.viv', '--compress', 'tool.wasm', 'write', 'tmp/x', 'kept')
    expect(run('--from', 'one.viv', '--snapshot', 'two.viv', 'tool.wasm', 'cat', 'tmp/x')).toBe('kept')
    expect(snapshot(cwd, 'diff', 'one.viv', 'two.viv')).toBe('')
    expect(snapshot(cwd, 'digest', '--state', 'one.viv')).not.toBe(snapshot(cwd, 'digest', '--state', 'two.viv'))
  })

  it('says what is wrong in one paragraph, and writes nothing', () => {
    const cwd = project()
    writeFileSync(join(cwd, 'text'), 'what is this')
    writeFileSync(join(cwd, 'torn.viv'), readFileSync(join(cwd, 'base.viv')).subarray(0, 900))
    expect(refused(cwd, 'ls', 'none')).toMatch(/^there is nothing at "none"/)
    expect(refused(cwd, 'ls', 'text')).toMatch(/^"text" is none of what can be read: a snapshot file, a tar/)
    expect(refused(cwd, 'ls', 'torn.viv')).toMatch(/^"torn.viv" cannot be read: snapshot: the file is damaged/)
    expect(refused(cwd, 'ls', 'base.viv#other')).toBe('"base.viv" has no snapshot "other"; it has snapshot.')
    expect(refused(cwd, 'ls', '--format', 'tar', 'text')).toMatch(/^"text" cannot be read: tar: /)
    expect(refused(cwd, 'ls', '--format', 'rar', 'text')).toMatch(/See "vivarium snapshot ls --help"\.$/)
    expect(refused(cwd, 'cat', 'base.viv', '/proj')).toMatch(/is a directory, which has no content/)
    expect(refused(cwd, 'cat', 'base.viv', '/none')).toMatch(/^there is nothing at "\/none" in it/)
    expect(refused(cwd, 'export', 'base.viv', 'out.xyz')).toMatch(
      /does not say what to write: end it with \.viv, \.tar/,
    )
    expect(refused(cwd, 'export', 'base.viv', 'proj')).toMatch(/has something in it/)
    expect(refused(cwd, 'export', 'base.viv', 'none/out.tar')).toMatch(/make the folder that is to hold it first/)
    expect(refused(cwd, 'create', 'x.viv', '--dir', 'none')).toMatch(/^--dir none: the folder "none" cannot be read/)
    expect(refused(cwd, 'other')).toMatch(/unknown command 'other'/)
    expect(['out.xyz', 'out.tar', 'x.viv'].filter((name) => existsSync(join(cwd, name)))).toEqual([])
    expect(complaint(vivarium(['run', '--from', 'base.viv', '--seed', '1', 'tool.wasm'], { cwd }))).toMatch(
      /^--seed cannot be given with --from/,
    )
  })
})
