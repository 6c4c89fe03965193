/** Section B of the public bug reports: the directories that a guest starts with, and their names. */

import { describe, expect, it } from 'vitest'
import { OFLAG_CREAT, OFLAG_DIRECTORY } from '../../src/abi/types.ts'
import { Machine, type RunOptions } from '../../src/index.ts'
import { loadGuest } from '../support/guests.ts'
import { READ_WRITE } from '../support/hostcalls.ts'
import { CGuest } from './c_guest.ts'
import { Posix } from './posix.ts'

/** Opens each of its arguments. */
const GUEST = new CGuest('b_preopens.c')
const ESBUILD = loadGuest('esbuild').module

type Preopens = NonNullable<RunOptions['preopens']>

/** What the C guest says of each path; `+path` makes it. */
function libc(files: Record<string, string>, preopens: Preopens, ...paths: string[]): readonly string[] {
  return GUEST.lines(new Machine({ image: 'empty', files }), paths, { preopens })
}

describe('B. preopens', () => {
  const TREES = {
    '/one/file1': 'one',
    '/one/abs/file1': 'one/abs',
    '/two/file1': 'two',
    '/two/abs/file1': 'two/abs',
  }

  it('26. Preopens "/" and "." together', () => {
    const preopens = [
      { name: '/', path: '/one' },
      { name: '.', path: '/two' },
    ]
    const guest = new Posix(TREES, { run: { preopens } })
    expect([3, 4, 5].map((fd) => guest.preopen(fd))).toEqual(['/', '.', 'EBADF'])
    for (const [fd, content] of [
      [3, 'one'],
      [4, 'two'],
    ] as const) {
      expect(guest.read(guest.opened('./file1', { fd }), 16)).toBe(content)
      expect(guest.read(guest.opened('abs/file1', { fd }), 16)).toBe(`${content}/abs`)
    }
    expect(guest.rename('file1', 'abs/moved', 3, 4)).toBe('ok')
    expect(guest.ls('/one')).toEqual(['abs'])
    expect(guest.ls('/two/abs')).toEqual(['file1', 'moved'])
    // To libc both are the empty name, and the last that it was given wins, whichever that is.
    const paths = ['./file1', 'file1', '/abs/file1', 'abs/file1']
    const only = (tree: string): string[] => {
      return [`./file1: ${tree}`, `file1: ${tree}`, `/abs/file1: ${tree}/abs`, `abs/file1: ${tree}/abs`]
    }
    expect(libc(TREES, preopens, ...paths)).toEqual(only('two'))
    expect(libc(TREES, [...preopens].reverse(), ...paths)).toEqual(only('one'))
  })

  it('26. Preopens "/" and "." together: the order given, not that of the names, and the same name twice', () => {
    const names = ['z', '/', 'a', '.', 'a', '', '/z/', '10', '2', '\u{e9}']
    const guest = new Posix(TREES, { run: { preopens: names.map((name) => ({ name, path: '/one' })) } })
    expect(names.map((_, index) => guest.preopen(3 + index))).toEqual(names)
    expect(guest.preopen(3 + names.length)).toBe('EBADF')
  })

  it('28. Longest prefix, at a component boundary, with a trailing slash in the name', () => {
    const files = {
      '/root/data/x': 'below the root',
      '/root/database/x': 'database',
      '/root/y': 'y',
      '/disk/x': 'disk',
      '/disk/sub/x': 'disk/sub',
    }
    const order = [
      { name: '/', path: '/root' },
      { name: '/data/', path: '/disk' },
    ]
    for (const preopens of [order, [...order].reverse()]) {
      const guest = new Posix(files, { run: { preopens } })
      const [first, second] = preopens.map(({ name }) => name)
      expect([3, 4].map((fd) => guest.preopen(fd))).toEqual([first, second])
      expect(
        libc(
          files,
          preopens,
          '/data/x',
          '/data//sub/x',
          '/data/./sub/../x',
          '/database/x',
          '/y',
          'data/x',
          '/data/',
          '/data/none',
        ),
      ).toEqual([
        '/data/x: disk',
        '/data//sub/x: disk/sub',
        '/data/./sub/../x: disk',
        '/database/x: database',
        '/y: y',
        'data/x: disk',
        '/data/: EISDIR',
        '/data/none: ENOENT',
      ])
    }
    // Without the slash the name covers the directory itself as well.
    const bare = [
      { name: '/', path: '/root' },
      { name: '/data', path: '/disk' },
    ]
    expect(libc(files, bare, '/data/x', '/database/x', '/data')).toEqual([
      '/data/x: disk',
      '/database/x: database',
      '/data: EISDIR',
    ])
  })

  it('28. A guest that takes fd 3 for the place of all its paths fails, and writes nowhere else', () => {
    const preopens = [
      { name: '/data', path: '/disk' },
      { name: '/', path: '/root' },
    ]
    const guest = new Posix({ '/root/out/x': 'x', '/disk/y': 'y' }, { run: { preopens } })
    expect(guest.open('out/made', { oflags: OFLAG_CREAT, rights: READ_WRITE })).toBe('ENOENT')
    expect(guest.open('/out/made', { oflags: OFLAG_CREAT, rights: READ_WRITE })).toBe('EPERM')
    expect(guest.ls('/disk')).toEqual(['y'])
    expect(guest.ls('/root/out')).toEqual(['x'])
  })

  it('29. Go guests see EBADF when the preopen is called "."', () => {
    const files = { '/main.go': 'package main', '/sub/x': 'x' }
    const named = new GoGuest(files, '/')
    expect(named.list('.')).toEqual(['main.go', 'sub'])
    expect(named.list('./')).toEqual(['main.go', 'sub'])
    expect(named.list('sub')).toEqual(['x'])
    expect(named.goOpen('main.go')).toBeTypeOf('number')
    expect(named.goOpen('/main.go')).toBeTypeOf('number')
    expect(named.goOpen('missing.go')).toBe('ENOENT')
    const dot = new GoGuest(files, '.')
    for (const path of ['main.go', './main.go', 'missing.go', '/main.go']) expect(dot.goOpen(path), path).toBe('EBADF')
    expect(dot.goOpen('.')).toBeTypeOf('number')
  })

  it('29. Go guests see EBADF when the preopen is called ".": esbuild, which is one', () => {
    const run = (name: string, path: string) => {
      const machine = new Machine({ files: { '/main.ts': 'let x: number = 1' } })
      return machine.run(ESBUILD, { args: ['esbuild', path], preopens: { [name]: '/' } })
    }
    const good = run('/', 'main.ts')
    expect([good.exitCode, good.stdout.text()]).toEqual([0, 'let x = 1;\n'])
    const missing = run('/', 'missing.ts')
    expect(missing.exitCode).toBe(1)
    expect(missing.stderr.text()).toMatch(/Could not resolve "missing.ts"/)
    const dot = run('.', 'main.ts')
    expect([dot.exitCode, dot.stdout.text()]).toEqual([1, ''])
    expect(dot.stderr.text()).toContain('Bad file number')
  })

  it('31. fd_prestat_get on an ordinary directory fd', () => {
    const guest = new Posix({ '/d/e': 'x' }, { run: { preopens: { '/a/name': '/' }, stdin: 'x' } })
    const directory = guest.opened('d', { oflags: OFLAG_DIRECTORY })
    const again = guest.opened('.', { oflags: OFLAG_DIRECTORY })
    const file = guest.opened('d/e')
    const [prestat, buf] = [guest.out(8), guest.out(64)]
    for (const fd of [directory, again, file, 0, 1, 2, 99, -1]) {
      expect(guest.call('fd_prestat_get', fd, prestat), `${fd}`).toBe('EBADF')
      expect(guest.call('fd_prestat_dir_name', fd, buf, 64), `${fd}`).toBe('EBADF')
    }
    for (let len = 0; len < 7; len++)
      expect(guest.call('fd_prestat_dir_name', 3, buf, len), `${len}`).toBe('ENAMETOOLONG')
    // A longer buffer keeps its guard bytes after the name, which `call` checks up to `len` alone.
    const before = guest.bytes(buf, 64)
    guest.must('fd_prestat_dir_name', 3, buf, 64)
    expect(guest.text({ ptr: buf, len: 7 })).toBe('/a/name')
    expect(guest.bytes(buf + 7, 57)).toEqual(before.slice(7))
    // What a preopen is goes with its number: over another one by renumbering, and away by closing.
    guest.must('fd_renumber', 3, directory)
    expect(guest.preopen(3)).toBe('EBADF')
    expect(guest.preopen(directory)).toBe('/a/name')
    guest.must('fd_close', directory)
    expect(guest.preopen(directory)).toBe('EBADF')
    expect(guest.opened('d', { fd: again })).toBe(3)
    expect(guest.preopen(3)).toBe('EBADF')
  })

  it("32. Relative paths need the mount's name", () => {
    const files = { '/w/from.txt': 'here', '/w/d/x': 'x' }
    const at = (name: string, ...paths: string[]) => libc(files, { [name]: '/w' }, ...paths)
    expect(at('/', 'from.txt', './from.txt', '/from.txt', 'd/x')).toEqual([
      'from.txt: here',
      './from.txt: here',
      '/from.txt: here',
      'd/x: x',
    ])
    expect(at('.', 'from.txt', './from.txt', 'd/x')).toEqual(['from.txt: here', './from.txt: here', 'd/x: x'])
    // libc looks for a name that the path begins with.
    expect(at('../', '../from.txt', 'from.txt')).toEqual(['../from.txt: here', 'from.txt: ENOENT'])
    for (const name of ['/', '.', '../', './', 'a//b/', '/../x', 'C:\\dir', '']) {
      const guest = new Posix(files, { run: { preopens: { [name]: '/w' } } })
      expect(guest.preopen(3)).toBe(name)
      expect(guest.read(guest.opened('from.txt'), 8)).toBe('here')
    }
    const machine = new Machine({ image: 'empty', files })
    const made = GUEST.lines(machine, ['+made', '+d/made'], { preopens: { '/': '/w' } })
    expect(made).toEqual(['made: 4', 'd/made: 6'])
    expect(machine.fs.readFileSync('/w/d/made', 'utf8')).toBe('d/made')
  })
})

/** What Go's runtime does with paths: it joins them to the first preopen's name and looks for a preopen as prefix. */
class GoGuest extends Posix {
  readonly #preopens: { readonly fd: number; readonly name: string }[] = []

  constructor(files: Record<string, string>, name: string) {
    super(files, { run: { preopens: { [name]: '/' } } })
    for (let fd = 3; ; fd++) {
      const preopen = this.preopen(fd)
      if (preopen === 'EBADF') break
      this.#preopens.push({ fd, name: preopen })
    }
  }

  goOpen(path: string, oflags: number = 0): number | string {
    const joined = this.#join(path)
    let fd = -1
    let prefix = ''
    for (const { fd: candidate, name } of this.#preopens) {
      if (name.length > prefix.length && joined.startsWith(name)) [fd, prefix] = [candidate, name]
    }
    const rest = joined.slice(prefix.length).replace(/^\/+/, '')
    return this.open(rest === '' ? '.' : rest, { fd, oflags })
  }

  list(path: string): string[] {
    const fd = this.goOpen(path, OFLAG_DIRECTORY)
    if (typeof fd === 'string') return [fd]
    return this.names(fd).filter((name) => name !== '.' && name !== '..')
  }

  #join(path: string): string {
    const parts: string[] = []
    const from = path.startsWith('/') ? '/' : (this.#preopens[0]?.name ?? '')
    for (const part of `${from}/${path}`.split('/')) {
      if (part === '..') parts.pop()
      else if (part !== '' && part !== '.') parts.push(part)
    }
    if (from.startsWith('/')) return `/${parts.join('/')}`
    return parts.length === 0 ? '.' : parts.join('/')
  }
}
