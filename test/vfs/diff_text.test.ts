import { execFileSync } from 'node:child_process'
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { byteString, textOf } from '../../vfs/bytes.ts'
import { diffTrees } from '../../vfs/diff.ts'
import { formatPatch, formatStat } from '../../vfs/diff_text.ts'
import type { Filesystem } from '../../vfs/filesystem.ts'
import { ROOT_INO } from '../../vfs/inode_table.ts'
import { exportTree, importTree } from '../../vfs/tree.ts'
import { type Operation, programs } from '../property/operations.ts'
import { requireGit } from '../support/git.ts'
import { fc } from '../support/property.ts'
import { follow, smallTreeOf, timelines } from '../support/timelines.ts'
import { at, Calls, makeFs, watch } from '../support/vfs.ts'

let folder = ''
beforeAll(() => {
  requireGit()
  folder = mkdtempSync(join(tmpdir(), 'vivarium-patch-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What git knows of a tree: its files and links, with their bytes and whether they can be executed. */
type Known = Record<string, string>

function knownOf(fs: Filesystem): Known {
  const known: Known = {}
  for (const [path, value] of Object.entries(exportTree(fs))) {
    const whole = value === null || typeof value === 'string' || value instanceof Uint8Array ? undefined : value
    const data = value instanceof Uint8Array ? value : whole?.data
    if (whole?.symlink !== undefined) known[path] = `link ${whole.symlink}`
    else if (whole?.hardlink !== undefined) known[path] = knownAt(fs, path)
    else if (data !== undefined) known[path] = knownAt(fs, path)
  }
  return known
}

function knownAt(fs: Filesystem, path: string): string {
  const inode = fs.get(fs.lookup(ROOT_INO, byteString(path), 'nofollow', 'clamp') as number)
  if (inode.isSymlink()) return `link ${textOf(inode.body)}`
  if (!inode.isFile()) throw new Error(path)
  return `file ${(inode.mode & 0o100) !== 0} ${Buffer.from(inode.body.toBytes()).toString('latin1')}`
}

/** Writes what git knows of a tree into a folder; that of the host has no hard links then. */
function checkOut(fs: Filesystem, to: string): void {
  for (const [path, value] of Object.entries(knownOf(fs))) {
    mkdirSync(dirname(to + path), { recursive: true })
    if (value.startsWith('link ')) symlinkSync(value.slice(5), to + path)
    else {
      const [, mode, ...rest] = value.split(' ')
      writeFileSync(to + path, Buffer.from(rest.join(' '), 'latin1'), { mode: mode === 'true' ? 0o755 : 0o644 })
    }
  }
}

function knownIn(from: string, path = '', known: Known = {}): Known {
  for (const name of readdirSync(join(from, path))) {
    const at = `${path}/${name}`
    const stat = lstatSync(from + at)
    if (stat.isDirectory()) knownIn(from, at, known)
    else if (stat.isSymbolicLink()) known[at] = `link ${readlinkSync(from + at)}`
    else known[at] = `file ${(stat.mode & 0o100) !== 0} ${readFileSync(from + at).toString('latin1')}`
  }
  return known
}

let checkouts = 0

/** What git makes of a checkout of `a` and the patch from it to `b`. */
function appliedByGit(a: Filesystem, patch: string): Known {
  const to = join(folder, `${checkouts++}`)
  mkdirSync(to)
  checkOut(a, to)
  if (patch !== '') {
    try {
      execFileSync('git', ['apply', '--whitespace=nowarn', '--unsafe-paths', '-'], {
        cwd: to,
        input: patch,
        stdio: 'pipe',
        env: { ...process.env, GIT_CEILING_DIRECTORIES: folder, GIT_DIR: join(folder, 'none') },
      })
    } catch (error) {
      throw new Error(`git apply: ${(error as { stderr: Buffer }).stderr}\n${patch}`)
    }
  }
  const known = knownIn(to)
  rmSync(to, { recursive: true, force: true })
  return known
}

function expectApplies(a: Filesystem, b: Filesystem): void {
  const patch = formatPatch(a, b, diffTrees(a, b))
  expect(appliedByGit(a, patch)).toEqual(knownOf(b))
}

const line = fc.string({
  maxLength: 4,
  unit: fc.constantFrom('a', 'b', ' ', '\t', '\r', '-', '+', '\\', 'é', '\u2028', '\u{1f600}', '\ufeff'),
})
const text = fc
  .tuple(fc.array(fc.oneof(line, fc.constantFrom('x', 'y', 'z')), { maxLength: 30, size: 'max' }), fc.boolean())
  .map(([lines, ends]) => lines.join('\n') + (ends && lines.length > 0 ? '\n' : ''))
const name = fc
  .string({
    minLength: 1,
    maxLength: 5,
    unit: fc.constantFrom('a', 'b', ' ', '\t', '\n', '"', '\\', '-', 'é', '\x01', '\x7f', '.'),
  })
  .filter((each) => each !== '.' && each !== '..')

/**
 * The same without what makes NUL bytes, since a file with one is no text, and with links that lead nowhere: where one
 * that leads to itself gives way to a directory, git follows it and gives up (as it does with a patch of its own).
 */
function asText(operations: readonly Operation[]): Operation[] {
  return operations
    .filter(({ call }) => call !== 'truncate' && call !== 'ftruncate')
    .map((operation) => {
      if (operation.call === 'write') return { ...operation, position: null, data: 'x' }
      if (operation.call === 'writeFile') return { ...operation, data: operation.data.replace('é', 'e') }
      return operation.call === 'symlink' ? { ...operation, target: `nowhere${operation.target}` } : operation
    })
}

describe('formatPatch()', () => {
  it('gives what git makes the other tree of, for any texts under any names', () => {
    const files = fc.uniqueArray(
      fc.record({ name, before: fc.option(text), after: fc.option(text), runs: fc.boolean() }),
      {
        minLength: 1,
        maxLength: 6,
        selector: (each) => each.name,
      },
    )
    const property = fc.property(files, fc.boolean(), (list, isRelated) => {
      const a = makeFs()
      for (const each of list)
        if (each.before !== null) importTree(a, { [`/${each.name}`]: each.before }, { sec: 1, nsec: 0 })
      const b = isRelated ? watch(a.fork()) : makeFs()
      const calls = new Calls(b)
      for (const { name: each, after, runs } of list) {
        if (isRelated && calls.lookup(`/${each}`) !== 'ENOENT') calls.unlink(`/${each}`)
        if (after !== null) importTree(b, { [`/${each}`]: { data: after, executable: runs } }, { sec: 2, nsec: 0 })
      }
      expectApplies(a, b)
    })
    fc.assert(property, { numRuns: 150 })
  })

  it('gives what git makes any other state of a tree of: renames, links, modes, other kinds', () => {
    const property = fc.property(timelines, (steps) => {
      const states: Filesystem[] = []
      follow(
        steps.map((step) => (step.do === 'run' ? { ...step, operations: asText(step.operations) } : step)),
        30,
        ({ tree }) => {
          states.push(tree.fork())
        },
      )
      for (const [i, state] of states.entries()) {
        const other = states[(i * 7 + 3) % states.length] as Filesystem
        if (other !== state) expectApplies(other, state)
      }
    })
    fc.assert(property, { numRuns: 12 })
  })

  it('gives what git makes a tree of that has nothing to do with it', () => {
    const property = fc.property(programs, programs, (p, q) => {
      expectApplies(smallTreeOf(asText(p)), smallTreeOf(asText(q)))
    })
    fc.assert(property, { numRuns: 40 })
  })

  it('writes what git writes: a name with a blank ends with a tab, one with a quote is quoted', () => {
    const a = makeFs({ '/a file': 'one\ntwo\nthree\n', '/tab\t"': 'x\n', '/gone': 'no end' })
    const b = makeFs({ '/a file': 'one\n2\nthree\n', '/tab\t"': 'y\n', '/new': { data: '', executable: true } })
    expect(formatPatch(a, b, diffTrees(a, b))).toBe(
      [
        ...['diff --git a/a file b/a file', '--- a/a file\t', '+++ b/a file\t'],
        ...['@@ -1,3 +1,3 @@', ' one', '-two', '+2', ' three'],
        ...['diff --git a/gone b/gone', 'deleted file mode 100644', '--- a/gone', '+++ /dev/null'],
        ...['@@ -1,1 +0,0 @@', '-no end', '\\ No newline at end of file'],
        ...['diff --git a/new b/new', 'new file mode 100755'],
        ...['diff --git "a/tab\\011\\"" "b/tab\\011\\""', '--- "a/tab\\011\\""', '+++ "b/tab\\011\\""'],
        ...['@@ -1,1 +1,1 @@', '-x', '+y', ''],
      ].join('\n'),
    )
  })

  it('has a rename for each file in a directory that was renamed, and says of what is no text only that it differs', () => {
    const a = makeFs({ '/d/x': 'x\n', '/d/e/y': 'y\n', '/d/z': new Uint8Array([0]), '/f': 'f' })
    const b = watch(a.fork())
    const calls = new Calls(b)
    calls.rename('/d', '/new')
    calls.write('/new/z', 'Z')
    calls.write('/new/x', 'more\n', 2)
    calls.rename('/f', '/new/f')
    expect(formatPatch(a, b, diffTrees(a, b))).toBe(
      [
        ...['diff --git a/d/e/y b/new/e/y', 'rename from d/e/y', 'rename to new/e/y'],
        ...['diff --git a/f b/new/f', 'rename from f', 'rename to new/f'],
        ...['diff --git a/d/x b/new/x', 'rename from d/x', 'rename to new/x', '--- a/d/x', '+++ b/new/x'],
        ...['@@ -1,1 +1,2 @@', ' x', '+more'],
        ...['diff --git a/d/z b/new/z', 'rename from d/z', 'rename to new/z'],
        ...['Binary files a/d/z and b/new/z differ', ''],
      ].join('\n'),
    )
  })

  it('leaves out what git does not know: empty directories, devices, times, and permissions but one', () => {
    const a = makeFs({ '/f': 'x', '/g': 'y' })
    const b = watch(a.fork())
    b.setMode(new Calls(b).ino('/f'), 0o640, at(5))
    b.setMode(new Calls(b).ino('/g'), 0o700, at(5))
    importTree(b, { '/d': null, '/null': { device: 'null' } }, at(5))
    const patch = 'diff --git a/g b/g\nold mode 100644\nnew mode 100755\n'
    expect(formatPatch(a, b, diffTrees(a, b))).toBe(patch)
  })
})

describe('formatStat()', () => {
  it('has a line for each change and a sum, with bars to one scale', () => {
    const lines = Array.from({ length: 100 }, (_, i) => `${i}\n`).join('')
    const a = makeFs({
      '/all': lines,
      '/bin': new Uint8Array(3),
      '/d/x': 'x',
      '/gone': 'a\nb\n',
      '/mode': '',
      '/old': 'a\nb',
    })
    const b = watch(a.fork())
    const calls = new Calls(b)
    calls.unlink('/gone')
    calls.unlink('/all')
    calls.mkdir('/all')
    importTree(b, { '/added': lines, '/bin2': new Uint8Array(5), '/link': { symlink: 'to' } }, at(1))
    calls.write('/bin', 'abcdef')
    b.setMode(calls.ino('/mode'), 0o755, at(1))
    calls.rename('/d', '/e')
    calls.rename('/old', '/renamed')
    calls.write('/renamed', 'x', 2)
    expect(formatStat(a, b, diffTrees(a, b, ['mode']))).toBe(
      [
        ` /added           | 100 ${'+'.repeat(40)}`,
        ' /all             | file -> directory',
        ' /bin             | Bin 3 -> 6 bytes',
        ' /bin2            | Bin 0 -> 5 bytes',
        ' /d => /e         | moved',
        ' /gone            | 2 -',
        ' /link            | symlink -> to added',
        ' /mode            | mode 0644 -> 0755',
        ' /old => /renamed | 2 +-',
        ' 9 changes, 102 insertions(+), 103 deletions(-)',
        '',
      ].join('\n'),
    )
  })

  it('is empty where there is no change', () => {
    const fs = makeFs({ '/f': 'x' })
    expect(formatStat(fs, fs, diffTrees(fs, fs))).toBe('')
    expect(formatPatch(fs, fs, diffTrees(fs, fs))).toBe('')
  })
})
