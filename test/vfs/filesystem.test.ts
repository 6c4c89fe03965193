import { describe, expect, it } from 'vitest'
import { encodeUtf8 } from '../../vfs/bytes.ts'
import {
  Filesystem,
  OPEN_CREATE,
  OPEN_DIRECTORY,
  OPEN_EXCLUSIVE,
  OPEN_TRUNCATE,
  OPEN_WRITE,
} from '../../vfs/filesystem.ts'
import { ROOT_INO } from '../../vfs/inode_table.ts'
import { BLOCK_SIZE, CHUNK_SIZE, FILE_SIZE_MAX, LINK_MAX } from '../../vfs/limits.ts'
import { at, bytes, Calls, makeFs, shown, told, watch } from '../support/vfs.ts'

function read(fs: Filesystem, ino: number, offset = 0, length = 100): string {
  const target = new Uint8Array(length)
  return new TextDecoder().decode(target.subarray(0, fs.read(ino, offset, target, 0, length)))
}

describe('openAt()', () => {
  it('makes a file once and then finds it', () => {
    const calls = new Calls(makeFs())
    const ino = calls.open('f', OPEN_CREATE)
    expect(calls.open('f', OPEN_CREATE)).toBe(ino)
    expect(calls.open('f')).toBe(ino)
    expect(calls.nlink('f')).toBe(1)
  })

  it('returns EEXIST for what is there when it must be new, a directory or a link too', () => {
    const calls = new Calls(makeFs({ '/f': '', '/d': null, '/l': { symlink: 'x' } }))
    for (const path of ['f', 'd', 'l', '.', '/']) expect(calls.open(path, OPEN_CREATE | OPEN_EXCLUSIVE)).toBe('EEXIST')
  })

  it('ignores exclusive without create', () => {
    const calls = new Calls(makeFs({ '/f': '' }))
    expect(calls.open('f', OPEN_EXCLUSIVE)).toBe(calls.ino('f'))
  })

  it('returns EISDIR for a directory to be made, written or truncated', () => {
    const calls = new Calls(makeFs({ '/d': null }))
    for (const flag of [OPEN_CREATE, OPEN_WRITE, OPEN_TRUNCATE]) expect(calls.open('d', flag)).toBe('EISDIR')
    expect(calls.open('d', OPEN_DIRECTORY)).toBe(calls.ino('d'))
  })

  it('truncates nothing by itself', () => {
    const calls = new Calls(makeFs({ '/f': 'abc' }))
    expect(calls.open('f', OPEN_TRUNCATE | OPEN_WRITE)).toBe(calls.ino('f'))
    expect(calls.fs.get(calls.ino('f')).size).toBe(3)
  })

  it('returns ENOSPC over the inode quota and EDQUOT over the entry quota, and makes nothing', () => {
    const calls = new Calls(makeFs({ '/a': '' }, { inodes: 3 }))
    expect(calls.open('b', OPEN_CREATE)).toBeTypeOf('number')
    expect(calls.open('c', OPEN_CREATE)).toBe('ENOSPC')
    expect(calls.unlink('a')).toBe('ok')
    expect(calls.open('c', OPEN_CREATE)).toBeTypeOf('number')
    const narrow = new Calls(makeFs({}, { entries: 1 }))
    expect(narrow.open('a', OPEN_CREATE)).toBeTypeOf('number')
    expect(narrow.open('b', OPEN_CREATE)).toBe('EDQUOT')
    expect(narrow.list('/')).toEqual(['a'])
  })
})

describe('mkdirAt()', () => {
  it('returns EEXIST for whatever is there, dots and the root included', () => {
    const calls = new Calls(makeFs({ '/f': '', '/d': null, '/l': { symlink: 'nowhere' } }))
    for (const path of ['f', 'd', 'l', 'l/', '.', '..', '/', 'd/.']) expect(calls.mkdir(path)).toBe('EEXIST')
  })

  it('counts a link of the parent for each directory in it', () => {
    const calls = new Calls(makeFs())
    calls.mkdir('a')
    calls.mkdir('a/b')
    calls.mkdir('a/c')
    expect([calls.nlink('/'), calls.nlink('a'), calls.nlink('a/b')]).toEqual([3, 4, 2])
  })

  it('returns ENOENT, ENOTDIR, ENOSPC and EDQUOT', () => {
    const calls = new Calls(makeFs({ '/f': '' }, { inodes: 3, entries: 2 }))
    expect(calls.mkdir('x/y')).toBe('ENOENT')
    expect(calls.mkdir('f/y')).toBe('ENOTDIR')
    expect(calls.mkdir('d')).toBeTypeOf('number')
    expect(calls.mkdir('e')).toBe('EDQUOT')
    expect(calls.mkdir('d/e')).toBe('ENOSPC')
  })
})

describe('symlinkAt()', () => {
  it('stores the text as it is', () => {
    const calls = new Calls(makeFs({ '/d': null }))
    calls.symlink('./d/../x//y/', 'd/l')
    expect(calls.readlink('d/l')).toBe('./d/../x//y/')
    expect(calls.fs.get(calls.ino('d/l')).size).toBe(12)
  })

  it('returns EEXIST, and ENOENT through a slash', () => {
    const calls = new Calls(makeFs({ '/f': '', '/l': { symlink: 'nowhere' } }))
    expect(calls.symlink('x', 'f')).toBe('EEXIST')
    expect(calls.symlink('x', 'l')).toBe('EEXIST')
    expect(calls.symlink('x', 'new/')).toBe('ENOENT')
    expect(calls.symlink('x', 'f/')).toBe('EEXIST')
  })

  it('returns ENAMETOOLONG for a text over PATH_MAX', () => {
    const calls = new Calls(makeFs())
    expect(calls.symlink('x'.repeat(4095), 'l')).toBeTypeOf('number')
    expect(calls.symlink('x'.repeat(4096), 'm')).toBe('ENAMETOOLONG')
  })
})

describe('mknodAt()', () => {
  it('makes fifos, sockets and devices, and returns EEXIST', () => {
    const fs = makeFs()
    const make = (path: string, kind: 'fifo' | 'socket' | 'device', name?: 'null') =>
      told(fs.mknodAt(ROOT_INO, bytes(path), kind, name, 'clamp', at(0)))
    for (const kind of ['fifo', 'socket'] as const) expect(fs.get(make(kind, kind) as number).kind).toBe(kind)
    expect(fs.get(make('null', 'device', 'null') as number).body).toBe('null')
    expect(make('fifo', 'fifo')).toBe('EEXIST')
    expect(make('new/', 'fifo')).toBe('ENOENT')
  })
})

describe('linkAt()', () => {
  it('gives one inode two names', () => {
    const calls = new Calls(makeFs({ '/a': 'x', '/d': null }))
    expect(calls.link('a', 'd/b')).toBe('ok')
    expect(calls.ino('d/b')).toBe(calls.ino('a'))
    expect(calls.nlink('a')).toBe(2)
    expect(calls.unlink('a')).toBe('ok')
    expect(calls.nlink('d/b')).toBe(1)
  })

  it('links a link itself, or what it names', () => {
    const calls = new Calls(makeFs({ '/f': 'x', '/l': { symlink: 'f' }, '/dang': { symlink: 'nowhere' } }))
    expect(calls.link('l', 'l2')).toBe('ok')
    expect(calls.ino('l2')).toBe(calls.ino('l'))
    expect(calls.link('l', 'f2', 'follow')).toBe('ok')
    expect(calls.ino('f2')).toBe(calls.ino('f'))
    expect(calls.link('dang', 'h')).toBe('ok')
    expect(calls.link('dang', 'h2', 'follow')).toBe('ENOENT')
  })

  it('returns EPERM for a directory, EEXIST, ENOENT and ENOTDIR', () => {
    const calls = new Calls(makeFs({ '/d': null, '/f': '' }))
    expect(calls.link('d', 'e')).toBe('EPERM')
    expect(calls.link('f', 'd')).toBe('EEXIST')
    expect(calls.link('f', 'f')).toBe('EEXIST')
    expect(calls.link('f', 'x/y')).toBe('ENOENT')
    expect(calls.link('f', 'new/')).toBe('ENOENT')
    expect(calls.link('f/', 'g')).toBe('ENOTDIR')
    expect(calls.link('f', 'f/g')).toBe('ENOTDIR')
  })

  it('returns EDQUOT in a full directory and EMLINK over LINK_MAX, and changes nothing', () => {
    const full = new Calls(makeFs({ '/f': '' }, { entries: 1 }))
    expect(full.link('f', 'g')).toBe('EDQUOT')
    expect(full.nlink('f')).toBe(1)
    const calls = new Calls(makeFs({ '/f': '' }))
    for (let n = 1; n < LINK_MAX; n++) calls.link('f', `f${n}`)
    expect(calls.nlink('f')).toBe(LINK_MAX)
    expect(calls.link('f', 'more')).toBe('EMLINK')
    expect(calls.nlink('f')).toBe(LINK_MAX)
  })
})

describe('unlinkAt()', () => {
  it('returns EISDIR for directories, dots and the root, ENOTDIR for a slash, ENOENT', () => {
    const calls = new Calls(makeFs({ '/d': null, '/f': '', '/sd': { symlink: 'd' } }))
    for (const path of ['d', 'd/', '.', '..', '/', 'd/.']) expect(calls.unlink(path)).toBe('EISDIR')
    expect(calls.unlink('sd/')).toBe('ENOTDIR')
    expect(calls.unlink('f/')).toBe('ENOTDIR')
    expect(calls.unlink('missing/')).toBe('ENOENT')
    expect(calls.unlink('sd')).toBe('ok')
    expect(calls.list('/')).toEqual(['d', 'f'])
  })

  it('keeps a held file readable and writable until it is released', () => {
    const fs = makeFs({ '/f': 'abc' })
    const calls = new Calls(fs)
    const ino = calls.ino('f')
    fs.hold(ino)
    fs.hold(ino)
    calls.unlink('f')
    expect(calls.lookup('f')).toBe('ENOENT')
    expect(calls.open('f', OPEN_CREATE)).not.toBe(ino)
    expect(fs.write(ino, 3, encodeUtf8('de'), 0, 2, at(1))).toBe(2)
    fs.release(ino)
    expect(read(fs, ino)).toBe('abcde')
    fs.release(ino)
    expect(fs.table.has(ino)).toBe(false)
    expect(fs.blocks).toBe(0)
  })

  it('never gives an inode number out again', () => {
    const calls = new Calls(makeFs())
    const seen = new Set<unknown>()
    for (let n = 0; n < 50; n++) {
      seen.add(calls.open('f', OPEN_CREATE))
      calls.unlink('f')
    }
    expect(seen.size).toBe(50)
  })
})

describe('rmdirAt()', () => {
  it('returns ENOTDIR, ENOTEMPTY, EINVAL, EBUSY, ENOENT, and takes a slash', () => {
    const calls = new Calls(makeFs({ '/d/e/f': '', '/f': '', '/dot': { symlink: '.' }, '/g': null }))
    expect(calls.rmdir('dot')).toBe('ENOTDIR')
    expect(calls.rmdir('dot/')).toBe('ENOTDIR')
    expect(calls.rmdir('f')).toBe('ENOTDIR')
    expect(calls.rmdir('f/')).toBe('ENOTDIR')
    expect(calls.rmdir('d')).toBe('ENOTEMPTY')
    expect(calls.rmdir('d/e/..')).toBe('ENOTEMPTY')
    expect(calls.rmdir('.')).toBe('EINVAL')
    expect(calls.rmdir('g/.')).toBe('EINVAL')
    expect(calls.rmdir('/')).toBe('EBUSY')
    expect(calls.rmdir('m')).toBe('ENOENT')
    expect(calls.rmdir('g/')).toBe('ok')
    expect(calls.nlink('/')).toBe(3)
  })
})

describe('readlinkAt()', () => {
  it('returns EINVAL for what is no link', () => {
    const calls = new Calls(makeFs({ '/f': '', '/l': { symlink: 'f' } }))
    expect(calls.readlink('f')).toBe('EINVAL')
    expect(calls.readlink('/')).toBe('EINVAL')
    expect(calls.readlink('l/')).toBe('ENOTDIR')
  })
})

describe('write()', () => {
  it('leaves a hole of zeros that costs nothing but in the 32 KiB of the data', () => {
    const calls = new Calls(makeFs({ '/f': 'x'.repeat(29) }))
    calls.write('f', 'Z', 489)
    expect(calls.fs.get(calls.ino('f')).size).toBe(490)
    expect(read(calls.fs, calls.ino('f'), 29, 460)).toBe('\0'.repeat(460))
    calls.write('f', 'a', 2_500_000_000)
    expect(calls.fs.get(calls.ino('f')).size).toBe(2_500_000_001)
    expect(calls.fs.blocks).toBe(1 + Math.ceil(((2_500_000_000 % CHUNK_SIZE) + 1) / BLOCK_SIZE))
  })

  it('does nothing for no bytes, even past the end', () => {
    const calls = new Calls(makeFs({ '/f': 'abc' }))
    calls.now = 9
    expect(calls.write('f', '', 100)).toBe(0)
    expect([calls.fs.get(calls.ino('f')).size, calls.fs.get(calls.ino('f')).mtimSec]).toEqual([3, 0])
  })

  it('stops at the quota, then returns ENOSPC; what is there may be written over, and freed blocks come back', () => {
    const calls = new Calls(makeFs({ '/a': 'a' }, { bytes: 4 * BLOCK_SIZE }))
    expect(calls.write('f', 'x'.repeat(5 * BLOCK_SIZE), 10)).toBe(3 * BLOCK_SIZE - 10)
    expect(calls.write('f', 'y', 3 * BLOCK_SIZE)).toBe('ENOSPC')
    expect(calls.write('f', 'y', 100 * BLOCK_SIZE)).toBe('ENOSPC')
    expect(calls.fs.get(calls.ino('f')).size).toBe(3 * BLOCK_SIZE)
    expect(calls.write('f', 'z'.repeat(2 * BLOCK_SIZE), 5)).toBe(2 * BLOCK_SIZE)
    calls.unlink('a')
    expect(calls.write('f', 'y', 3 * BLOCK_SIZE)).toBe(1)
    expect(told(calls.fs.truncate(calls.ino('f'), 1, at(1)))).toBe('ok')
    expect(calls.fs.blocks).toBe(1)
  })

  it('returns EFBIG at the largest size and a short count before it', () => {
    const calls = new Calls(makeFs())
    expect(calls.write('f', 'x', FILE_SIZE_MAX)).toBe('EFBIG')
    expect(calls.write('f', 'x', 2 ** 63)).toBe('EFBIG')
    expect(calls.write('f', 'abc', FILE_SIZE_MAX - 2)).toBe(2)
    expect(calls.fs.get(calls.ino('f')).size).toBe(FILE_SIZE_MAX)
  })
})

describe('truncate()', () => {
  it('returns EINVAL and EFBIG and leaves the size', () => {
    const calls = new Calls(makeFs({ '/f': 'abc' }))
    const ino = calls.ino('f')
    expect(told(calls.fs.truncate(ino, -1, at(1)))).toBe('EINVAL')
    expect(told(calls.fs.truncate(ino, FILE_SIZE_MAX + 1, at(1)))).toBe('EFBIG')
    expect(told(calls.fs.truncate(ino, FILE_SIZE_MAX, at(1)))).toBe('ok')
    expect(told(calls.fs.truncate(ino, 2, at(1)))).toBe('ok')
    expect(read(calls.fs, ino)).toBe('ab')
  })
})

describe('allocate()', () => {
  it('takes the blocks of a range, all or nothing', () => {
    const calls = new Calls(makeFs({ '/f': 'abc' }, { bytes: 4 * BLOCK_SIZE }))
    const ino = calls.ino('f')
    expect(told(calls.fs.allocate(ino, 0, 5 * BLOCK_SIZE, at(1)))).toBe('ENOSPC')
    expect(told(calls.fs.allocate(ino, 0, 10 * 2 ** 30, at(1)))).toBe('ENOSPC')
    expect(calls.fs.get(ino).size).toBe(3)
    expect(told(calls.fs.allocate(ino, 1, 4 * BLOCK_SIZE - 1, at(1)))).toBe('ok')
    expect([calls.fs.get(ino).size, calls.fs.blocks]).toEqual([4 * BLOCK_SIZE, 4])
    expect(calls.write('f', 'x', 3 * BLOCK_SIZE)).toBe(1)
    expect(read(calls.fs, ino, 0, 4)).toBe('abc\0')
  })

  it('does nothing where some of the blocks are there and there is no room for the rest', () => {
    const calls = new Calls(makeFs({ '/f': '' }, { bytes: 16 * BLOCK_SIZE }))
    const ino = calls.ino('f')
    calls.fs.allocate(ino, 0, CHUNK_SIZE, at(1))
    expect(told(calls.fs.allocate(ino, CHUNK_SIZE, 9 * BLOCK_SIZE, at(2)))).toBe('ENOSPC')
    expect([calls.fs.get(ino).size, calls.fs.blocks]).toEqual([CHUNK_SIZE, 8])
    expect(told(calls.fs.allocate(ino, CHUNK_SIZE, 8 * BLOCK_SIZE, at(2)))).toBe('ok')
  })

  it('returns EINVAL for no length or a negative offset, EFBIG over the largest size', () => {
    const calls = new Calls(makeFs({ '/f': '' }))
    const ino = calls.ino('f')
    expect(told(calls.fs.allocate(ino, 1, 0, at(1)))).toBe('EINVAL')
    expect(told(calls.fs.allocate(ino, -1, 5, at(1)))).toBe('EINVAL')
    expect(told(calls.fs.allocate(ino, 2 ** 53, 3, at(1)))).toBe('EFBIG')
    expect(told(calls.fs.allocate(ino, FILE_SIZE_MAX, 1, at(1)))).toBe('EFBIG')
    expect(calls.fs.get(ino).size).toBe(0)
  })
})

describe('times', () => {
  function times(calls: Calls, path: string): number[] {
    const inode = calls.fs.get(calls.ino(path))
    return [inode.atimSec, inode.mtimSec, inode.ctimSec, inode.btimSec]
  }

  it('move with data, with entries and with links, and never by reading', () => {
    const calls = new Calls(makeFs({ '/d/f': 'x' }))
    calls.now = 10
    calls.write('d/f', 'y')
    expect([times(calls, 'd/f'), times(calls, 'd')]).toEqual([
      [0, 10, 10, 0],
      [0, 0, 0, 0],
    ])
    calls.now = 20
    calls.link('d/f', 'd/g')
    expect([times(calls, 'd/f'), times(calls, 'd')]).toEqual([
      [0, 10, 20, 0],
      [0, 20, 20, 0],
    ])
    calls.now = 30
    calls.unlink('d/g')
    expect([times(calls, 'd/f'), times(calls, 'd')]).toEqual([
      [0, 10, 30, 0],
      [0, 30, 30, 0],
    ])
    calls.now = 40
    calls.mkdir('d/e')
    calls.now = 50
    calls.rmdir('d/e')
    expect(times(calls, 'd')).toEqual([0, 50, 50, 0])
    read(calls.fs, calls.ino('d/f'))
    calls.lookup('d/f')
    expect(times(calls, 'd/f')).toEqual([0, 10, 30, 0])
  })

  it('are set one by one, and a mode marks only metadata', () => {
    const calls = new Calls(makeFs({ '/f': 'x' }))
    const ino = calls.ino('f')
    calls.fs.setTimes(ino, { sec: 3, nsec: 7 }, undefined, at(60))
    expect(times(calls, 'f')).toEqual([3, 0, 60, 0])
    calls.fs.setTimes(ino, undefined, { sec: 0, nsec: 0 }, at(61))
    expect(times(calls, 'f')).toEqual([3, 0, 61, 0])
    calls.fs.setMode(ino, 0o17777, at(62))
    expect([times(calls, 'f'), calls.fs.get(ino).mode]).toEqual([[3, 0, 62, 0], 0o7777])
  })
})

describe('fork()', () => {
  it('gives two trees that change apart', () => {
    const fs = makeFs({ '/d/f': 'one', '/d/g': 'two', '/l': { symlink: 'd' } })
    const fork = watch(fs.fork())
    const [a, b] = [new Calls(fs), new Calls(fork)]
    a.write('d/f', 'ONE')
    a.rename('d/g', 'g')
    b.write('d/f', 'x', 100_000)
    b.unlink('l')
    b.mkdir('e')
    expect(shown(fs)).toEqual({ '/d': null, '/d/f': 'ONE', '/g': 'two', '/l': { symlink: 'd' } })
    expect(b.list('/')).toEqual(['d', 'e'])
    expect(read(fork, b.ino('d/f'), 0, 3)).toBe('one')
    expect(b.list('d')).toEqual(['f', 'g'])
    expect(fork.blocks).toBe(3)
    expect(fs.blocks).toBe(2)
  })

  it('keeps all that is known of an inode when one side changes it', () => {
    const fs = watch(new Filesystem({}, { sec: 1, nsec: 2 }))
    const ino = fs.openAt(ROOT_INO, bytes('f'), OPEN_CREATE, 'clamp', { sec: 3, nsec: 4 }, 0o640) as number
    fs.linkAt(ROOT_INO, bytes('f'), 'nofollow', ROOT_INO, bytes('g'), 'clamp', { sec: 5, nsec: 6 })
    fs.setTimes(ino, { sec: 7, nsec: 8 }, { sec: 9, nsec: 10 }, { sec: 11, nsec: 12 })
    const known = { ...fs.get(ino) }
    const fork = watch(fs.fork())
    // The change itself copies the inode, and shows in ctim alone.
    fork.setTimes(ino, undefined, undefined, { sec: 13, nsec: 14 })
    expect({ ...fs.get(ino) }).toEqual(known)
    expect({ ...fork.get(ino), edition: known.edition }).toEqual({ ...known, ctimSec: 13, ctimNsec: 14 })
  })

  it('forks forks, and gives each side the same next inode number', () => {
    const first = makeFs({ '/f': '0' })
    const forks = [first]
    for (let n = 1; n < 20; n++) {
      const next = watch((forks.at(-1) as Filesystem).fork())
      new Calls(next).write('f', `${n}`)
      forks.push(next)
    }
    expect(forks.map((fs) => read(fs, new Calls(fs).ino('f')))).toEqual(forks.map((_, n) => `${n}`))
    expect(new Set(forks.map((fs) => new Calls(fs).open('new', OPEN_CREATE))).size).toBe(1)
  })

  it('drops what only a descriptor kept alive, or keeps it', () => {
    const fs = makeFs({ '/f': 'abc', '/g': 'kept' })
    const calls = new Calls(fs)
    const [f, g] = [calls.ino('f'), calls.ino('g')]
    fs.hold(f)
    fs.hold(g)
    calls.unlink('f')
    const dropped = watch(fs.fork())
    const kept = watch(fs.fork('keep'))
    expect([dropped.table.has(f), dropped.table.has(g), dropped.blocks, dropped.isHeld(g)]).toEqual([
      false,
      true,
      1,
      false,
    ])
    expect([kept.table.has(f), kept.isHeld(f), kept.blocks]).toEqual([true, true, 2])
    kept.release(f)
    expect(kept.table.has(f)).toBe(false)
    expect(read(fs, f)).toBe('abc')
    fs.release(f)
    fs.release(g)
  })

  it.each([
    ['first', ['f']],
    ['last', ['g', 'f']],
    ['before another', ['f', 'g']],
    ['twice', ['f', 'f']],
    ['again after another', ['f', 'g', 'f']],
  ])('drops or keeps what is held %s', (_, order) => {
    const fs = makeFs({ '/f': 'abc', '/g': '' })
    const calls = new Calls(fs)
    const inos = order.map((path) => calls.ino(path))
    const f = calls.ino('f')
    for (const ino of inos) fs.hold(ino)
    expect(inos.map((ino) => fs.isHeld(ino))).not.toContain(false)
    calls.unlink('f')
    const kept = watch(fs.fork('keep'))
    expect(watch(fs.fork()).table.has(f)).toBe(false)
    for (const each of [fs, kept]) {
      expect(read(each, f)).toBe('abc')
      inos.forEach((ino, index) => {
        each.release(ino)
        expect(each.table.has(f)).toBe(inos.includes(f, index + 1))
      })
      expect(inos.map((ino) => each.isHeld(ino))).not.toContain(true)
    }
  })

  it('does not see a file that was open for writing on the other side grow', () => {
    const fs = makeFs({ '/f': '' })
    const ino = new Calls(fs).ino('f')
    const fork = watch(fs.fork())
    for (let n = 0; n < 100; n++) fs.write(ino, n, Uint8Array.of(n), 0, 1, at(n))
    expect([fork.get(ino).size, fs.get(ino).size]).toEqual([0, 100])
  })
})

describe('release()', () => {
  it('throws KernelBug for what is not held', () => {
    const fs = makeFs({ '/f': '' })
    expect(() => fs.release(new Calls(fs).ino('f'))).toThrow('is not held')
  })
})
