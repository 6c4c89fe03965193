import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type Change, diffTrees, type Field } from '../../vfs/diff.ts'
import { Directory } from '../../vfs/directory.ts'
import { FileData } from '../../vfs/file_data.ts'
import { Filesystem, OPEN_CREATE } from '../../vfs/filesystem.ts'
import { ROOT_INO } from '../../vfs/inode_table.ts'
import { Names } from '../../vfs/names.ts'
import type { Files } from '../../vfs/tree.ts'
import '../support/property.ts'
import { at, bytes, Calls, makeFs, watch } from '../support/vfs.ts'

/** A change in a line: what, where, and what else of it. */
function line({ type, path, from, before, after, content, fields, replaced }: Change): string {
  const kinds =
    before !== undefined && after !== undefined && before.kind !== after.kind ? `${before.kind}>${after.kind}` : ''
  const more = [
    ...(from === undefined ? [] : [`from ${from}`]),
    ...(kinds === '' ? [] : [kinds]),
    ...(replaced === undefined ? [] : [`over ${replaced.kind} ${replaced.ino}`]),
    ...(content && type === 'renamed' ? ['content'] : []),
    ...fields,
  ]
  return [type, path, ...more].join(' ')
}

/** What a fork of a tree of `files` differs in after `change`, and the fork's way back, one line for each change. */
function diffOf(files: Files, change: (calls: Calls, fs: Filesystem) => unknown, fields: Field[] = ['mode']): string[] {
  const a = makeFs(files)
  const b = watch(a.fork())
  const calls = new Calls(b)
  calls.now = 5
  change(calls, b)
  return diffTrees(a, b, fields).map(line)
}

const ALL: Field[] = ['mode', 'nlink', 'atime', 'mtime', 'ctime', 'btime']

describe('diffTrees()', () => {
  it('tells what was added and removed, all of a directory too', () => {
    const files = { '/d/x': 'x', '/d/e/y': 'y', '/keep': '' }
    expect(
      diffOf(files, (calls) => {
        calls.unlink('/d/e/y')
        calls.rmdir('/d/e')
        calls.mkdir('/new')
        calls.mkdir('/new/sub')
        calls.symlink('to', '/new/sub/link')
      }),
    ).toEqual(['removed /d/e', 'removed /d/e/y', 'added /new', 'added /new/sub', 'added /new/sub/link'])
  })

  it('gives both sides of a change, and nothing but them', () => {
    const a = makeFs({ '/f': 'old', '/link': { symlink: 'a' }, '/gone': '' })
    const b = watch(a.fork())
    const calls = new Calls(b)
    calls.now = 7
    calls.write('/f', 'newer')
    calls.unlink('/gone')
    calls.symlink('é', '/link2')
    const [file, link, gone] = [2, 3, 4]
    expect(diffTrees(a, b)).toEqual([
      {
        type: 'changed',
        path: '/f',
        before: { ino: file, kind: 'file', mode: 0o644, size: 3, nlink: 1, mtime: 0n },
        after: { ino: file, kind: 'file', mode: 0o644, size: 5, nlink: 1, mtime: 7_000_000_000n },
        content: true,
        fields: ['mtime', 'ctime'],
      },
      {
        type: 'removed',
        path: '/gone',
        before: { ino: gone, kind: 'file', mode: 0o644, size: 0, nlink: 1, mtime: 0n },
        content: true,
        fields: [],
      },
      {
        type: 'added',
        path: '/link2',
        after: { ino: gone + 1, kind: 'symlink', mode: 0o777, size: 2, nlink: 1, mtime: 7_000_000_000n, target: 'é' },
        content: true,
        fields: [],
      },
    ])
    expect(link).toBe(3)
  })

  it('tells what changed without its content, and only of fields that count', () => {
    const change = (_: Calls, fs: Filesystem): void => {
      fs.setMode(2, 0o600, at(5))
      fs.setTimes(3, at(1), undefined, at(5))
      fs.setMode(ROOT_INO, 0o700, at(6))
    }
    const files = { '/f': 'x', '/g': 'y' }
    expect(diffOf(files, change, ALL)).toEqual([
      'metadata / mode ctime',
      'metadata /f mode ctime',
      'metadata /g atime ctime',
    ])
    expect(diffOf(files, change)).toEqual(['metadata / mode', 'metadata /f mode'])
    expect(diffOf(files, change, ['atime'])).toEqual(['metadata /g atime'])
    expect(diffOf(files, change, [])).toEqual([])
  })

  it('tells nothing of a file that was written with what was there, but its times', () => {
    const files = { '/f': 'x'.repeat(100_000) }
    expect(diffOf(files, (calls) => calls.write('/f', 'x'.repeat(100_000)))).toEqual([])
    expect(diffOf(files, (calls) => calls.write('/f', 'x'), ALL)).toEqual(['metadata /f mtime ctime'])
    expect(diffOf(files, (calls) => calls.write('/f', 'y', 99_999))).toEqual(['changed /f'])
    expect(diffOf(files, (_, fs) => fs.truncate(2, 100_001, at(5)))).toEqual(['changed /f'])
    expect(diffOf({ '/f': '' }, (_, fs) => fs.truncate(2, 2 ** 50, at(5)))).toEqual(['changed /f'])
  })

  it('knows a file that was renamed, also where it was written, or moved to another directory', () => {
    const files = { '/f': 'x', '/d/e': null, '/d/g': 'y' }
    expect(diffOf(files, (calls) => calls.rename('/f', '/z'))).toEqual(['renamed /z from /f'])
    expect(
      diffOf(files, (calls) => {
        calls.rename('/f', '/d/e/f')
        calls.rename('/d/g', '/g')
        calls.write('/g', 'more')
      }),
    ).toEqual(['renamed /d/e/f from /f', 'renamed /g from /d/g content'])
  })

  it('tells a rename over something as one change, and what it put an end to', () => {
    const files = { '/f': 'x', '/g': 'y', '/d': null, '/e': null }
    expect(diffOf(files, (calls) => calls.rename('/f', '/g'))).toEqual(['renamed /g from /f over file 3'])
    expect(diffOf(files, (calls) => calls.rename('/d', '/e'))).toEqual(['renamed /e from /d over directory 5'])
  })

  it('tells the swap of two names as two renames, and a ring as three', () => {
    const swap = (calls: Calls, x: string, y: string): void => {
      calls.rename(x, '/tmp')
      calls.rename(y, x)
      calls.rename('/tmp', y)
    }
    const files = { '/f': 'x', '/g': 'y', '/h': 'z' }
    expect(diffOf(files, (calls) => swap(calls, '/f', '/g'))).toEqual(['renamed /f from /g', 'renamed /g from /f'])
    expect(
      diffOf(files, (calls) => {
        swap(calls, '/f', '/g')
        swap(calls, '/g', '/h')
      }),
    ).toEqual(['renamed /f from /g', 'renamed /g from /h', 'renamed /h from /f'])
  })

  it('tells a hard link that came as added, one that went as removed, and how many there are', () => {
    const files = { '/f': 'x', '/g': 'y', '/g2': { hardlink: '/g' } }
    expect(
      diffOf(
        files,
        (calls) => {
          calls.link('/f', '/a')
          calls.unlink('/g')
        },
        ['nlink'],
      ),
    ).toEqual(['added /a', 'metadata /f nlink', 'removed /g', 'metadata /g2 nlink'])
  })

  it('tells all other names of a file too when it was renamed and written', () => {
    expect(
      diffOf({ '/a': 'x', '/b': { hardlink: '/a' } }, (calls) => {
        calls.rename('/a', '/c')
        calls.write('/c', 'new')
      }),
    ).toEqual(['changed /b', 'renamed /c from /a content'])
  })

  it('of names that went takes for a rename one whose place is empty', () => {
    expect(
      diffOf({ '/a': 'x', '/b': { hardlink: '/a' } }, (calls) => {
        calls.rename('/a', '/c')
        calls.unlink('/b')
        calls.write('/a', 'other')
      }),
    ).toEqual(['changed /a', 'renamed /c from /b'])
  })

  it('tells the rename of a directory as one change, and what changed in it under its new path', () => {
    const files = { '/d/f': 'x', '/d/g': 'y', '/d/sub/h': 'z', '/d/old': '' }
    expect(diffOf(files, (calls) => calls.rename('/d', '/e'))).toEqual(['renamed /e from /d'])
    expect(
      diffOf(files, (calls) => {
        calls.rename('/d', '/e')
        calls.write('/e/f', 'changed')
        calls.unlink('/e/old')
        calls.rename('/e/g', '/e/sub/g')
        calls.rename('/e/sub', '/e/sub2')
        calls.open('/e/new', OPEN_CREATE)
      }),
    ).toEqual([
      'removed /d/old',
      'renamed /e from /d',
      'changed /e/f',
      'added /e/new',
      'renamed /e/sub2 from /d/sub',
      'renamed /e/sub2/g from /d/g',
    ])
  })

  it('tells a file that came in the place of another as changed, or not at all where nothing counts', () => {
    const again = (text: string) => (calls: Calls) => {
      calls.unlink('/f')
      calls.write('/f', text)
    }
    expect(diffOf({ '/f': 'x' }, again('y'))).toEqual(['changed /f'])
    expect(diffOf({ '/f': 'x' }, again('x'))).toEqual([])
    expect(diffOf({ '/f': 'x' }, again('x'), ALL)).toEqual(['metadata /f atime mtime ctime btime'])
  })

  it('compares what is in a new directory with what was in the one that it took the place of', () => {
    const files = { '/d/same': 'x', '/d/other': 'y', '/d/gone': 'z', '/d/moved': 'm', '/d/e/deep': 'deep' }
    expect(
      diffOf(files, (calls) => {
        calls.mkdir('/n')
        calls.mkdir('/n/e')
        calls.rename('/d/e/deep', '/n/e/deep')
        calls.rename('/d/moved', '/n/moved')
        calls.write('/n/same', 'x')
        calls.write('/n/other', 'new')
        for (const name of ['same', 'other', 'gone']) calls.unlink(`/d/${name}`)
        calls.rmdir('/d/e')
        calls.rmdir('/d')
        calls.rename('/n', '/d')
      }),
    ).toEqual(['removed /d/gone', 'changed /d/other'])
  })

  it('compares so too where the old directory is still held open', () => {
    expect(
      diffOf({ '/d/same': 'x', '/d/other': 'y' }, (calls, fs) => {
        const ino = calls.ino('/d')
        fs.hold(ino)
        onTestFinished(() => fs.release(ino))
        for (const name of ['same', 'other']) calls.unlink(`/d/${name}`)
        calls.rmdir('/d')
        calls.mkdir('/d')
        calls.write('/d/same', 'x')
        calls.write('/d/other', 'new')
      }),
    ).toEqual(['changed /d/other'])
  })

  it('tells every change of kind', () => {
    const files = { '/file': 'x', '/dir/in': 'y', '/link': { symlink: 'x' }, '/null': { device: 'null' } } as const
    expect(
      diffOf(files, (calls, fs) => {
        for (const name of ['file', 'dir/in', 'link', 'null']) calls.unlink(`/${name}`)
        calls.rmdir('/dir')
        calls.mkdir('/file')
        calls.open('/file/in', OPEN_CREATE)
        calls.symlink('x', '/dir')
        fs.mknodAt(ROOT_INO, bytes('link'), 'fifo', undefined, 'clamp', at(1))
        fs.mknodAt(ROOT_INO, bytes('null'), 'device', 'zero', 'clamp', at(1), 0o666)
      }),
    ).toEqual([
      ...[
        'changed /dir directory>symlink mode',
        'removed /dir/in',
        'changed /file file>directory mode',
        'added /file/in',
      ],
      ...['changed /link symlink>fifo mode', 'changed /null'],
    ])
  })

  it('tells a file that was saved from a directory that went', () => {
    expect(
      diffOf({ '/d/f': 'x', '/d/g': 'y' }, (calls) => {
        calls.rename('/d/f', '/f')
        calls.unlink('/d/g')
        calls.rmdir('/d')
      }),
    ).toEqual(['removed /d', 'removed /d/g', 'renamed /f from /d/f'])
  })

  it('tells the removal first where a path was taken away and is taken again', () => {
    expect(
      diffOf({ '/d/x': 'x' }, (calls) => {
        calls.rename('/d', '/e')
        calls.unlink('/e/x')
        calls.mkdir('/d')
        calls.write('/d/x', 'new')
      }),
    ).toEqual(['added /d', 'removed /d/x', 'added /d/x', 'renamed /e from /d'])
  })

  it('tells nothing of what is removed and held open', () => {
    expect(
      diffOf({ '/f': 'x', '/d': null }, (calls, fs) => {
        for (const ino of [2, 3]) fs.hold(ino)
        calls.unlink('/f')
        calls.rmdir('/d')
        fs.write(2, 0, new Uint8Array(5), 0, 5, at(3))
        for (const ino of [2, 3]) onTestFinished(() => fs.release(ino))
      }),
    ).toEqual(['removed /d', 'removed /f'])
  })

  it('tells siblings apart that gave one number to two things', () => {
    const trunk = makeFs({ '/base': 'x' })
    const [a, b, c] = [watch(trunk.fork()), watch(trunk.fork()), watch(trunk.fork())]
    const [x, y, z] = [new Calls(a), new Calls(b), new Calls(c)]
    x.mkdir('/d')
    x.write('/d/f', 'one')
    y.now = 2
    y.mkdir('/e')
    y.write('/e/f', 'two')
    z.now = 3
    z.mkdir('/d')
    z.write('/d/f', 'three')
    expect(diffTrees(a, b, []).map(line)).toEqual(['removed /d', 'removed /d/f', 'added /e', 'added /e/f'])
    expect(diffTrees(a, c, []).map(line)).toEqual(['changed /d/f'])
    expect(diffTrees(c, a, ['btime']).map(line)).toEqual(['changed /d/f btime'])
    x.rename('/d', '/z')
    expect(diffTrees(a, c, []).map(line)).toEqual(['added /d', 'added /d/f', 'removed /z', 'removed /z/f'])
  })

  it('compares trees that have nothing to do with each other path by path, and of their metadata the mode', () => {
    const a = makeFs({ '/d/f': 'x', '/d/g': 'y', '/d2': 'file', '/link': { symlink: 'x' }, '/z/deep/er': '' })
    const b = makeFs({ '/link': { symlink: 'y' }, '/d/g': { data: 'y', executable: true }, '/d/h': 'x', '/d2/in': '' })
    expect(diffTrees(a, b).map(line)).toEqual([
      ...['removed /d/f', 'metadata /d/g mode', 'added /d/h', 'changed /d2 file>directory mode', 'added /d2/in'],
      ...['changed /link', 'removed /z', 'removed /z/deep', 'removed /z/deep/er'],
    ])
    b.setMode(ROOT_INO, 0o700, at(0))
    expect(diffTrees(a, b)[0]).toMatchObject({ type: 'metadata', path: '/', fields: ['mode'] })
  })

  it('compares by bytes what two trees have in different pieces, holes too', () => {
    const size = 300_000
    const [a, b] = [makeFs({ '/f': new Uint8Array(size) }), makeFs({ '/f': '' })]
    b.truncate(2, size, at(0))
    expect(diffTrees(a, b)).toEqual([])
    b.write(2, 200_000, new Uint8Array([1]), 0, 1, at(0))
    expect(diffTrees(a, b).map(line)).toEqual(['changed /f'])
    expect(diffTrees(b, a).map(line)).toEqual(['changed /f'])
    a.write(2, 200_000, new Uint8Array([1]), 0, 1, at(0))
    expect(diffTrees(a, b)).toEqual([])
  })

  it('goes 100,000 levels down in either way of comparing', () => {
    const deep = (): Filesystem => {
      const fs = watch(new Filesystem())
      let dir = ROOT_INO
      for (let level = 0; level < 100_000; level++) dir = fs.mkdirAt(dir, bytes('d'), 'clamp', at(0)) as number
      fs.openAt(dir, bytes('f'), OPEN_CREATE, 'clamp', at(0))
      return fs
    }
    const a = deep()
    const b = watch(a.fork())
    const file = a.table.nextIno - 1
    b.write(file, 0, new Uint8Array(1), 0, 1, at(1))
    const path = `${'/d'.repeat(100_000)}/f`
    expect(diffTrees(a, b, []).map((change) => [change.type, change.path === path])).toEqual([['changed', true]])
    expect(diffTrees(deep(), b, []).map((change) => [change.type, change.path === path])).toEqual([['changed', true]])
    new Calls(b).rename('/d', '/e')
    expect(diffTrees(a, b, []).map(({ type }) => type)).toEqual(['renamed', 'changed'])
  })

  it('of two states of a tree of 100,000 files looks at what they do not share', () => {
    const a = watch(new Filesystem())
    for (let d = 0; d < 100; d++) {
      const dir = a.mkdirAt(ROOT_INO, bytes(`d${d}`), 'clamp', at(0)) as number
      for (let f = 0; f < 1000; f++) a.openAt(dir, bytes(`f${f}`), OPEN_CREATE, 'clamp', at(0))
    }
    const b = watch(a.fork())
    const calls = new Calls(b)
    calls.write('/d3/f7', 'changed')
    calls.rename('/d4/f1', '/d5/new')
    calls.rename('/d6', '/e')
    // The names of all are found once.
    a.lineage.names(a.table)
    const spies = [
      vi.spyOn(Filesystem.prototype, 'get'),
      vi.spyOn(Directory.prototype, 'difference'),
      vi.spyOn(Directory.prototype, 'visit'),
      vi.spyOn(FileData.prototype, 'read'),
      vi.spyOn(Names.prototype, 'of'),
    ]
    const changes = diffTrees(a, b, [])
    const looks = spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0)
    for (const spy of spies) spy.mockRestore()
    expect(changes.map(line)).toEqual(['changed /d3/f7', 'renamed /d5/new from /d4/f1', 'renamed /e from /d6'])
    expect(looks).toBeLessThan(150)
  })
})
