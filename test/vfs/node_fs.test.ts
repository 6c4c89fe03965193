/** What the side-by-side suite cannot show: errors as objects, arguments, encodings, promises, callbacks, cp's own rules. */

import * as real from 'node:fs'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { Filesystem } from '../../vfs/filesystem.ts'
import { createNodeFs, type NodeError, type NodeFs, type TextEncoding } from '../../vfs/node_fs.ts'
import type { Files } from '../../vfs/tree.ts'
import { fc } from '../support/property.ts'
import { makeFs, shown } from '../support/vfs.ts'

interface Made {
  readonly tree: Filesystem
  readonly fs: NodeFs
}

function make(files: Files = {}, quota = {}): Made {
  const tree = makeFs(files, quota)
  let sec = 100
  return { tree, fs: createNodeFs(tree, () => ({ sec: sec++, nsec: 250_000_000 })) }
}

/** What a call throws. */
function thrown(call: () => unknown): NodeError {
  try {
    call()
  } catch (error) {
    return error as NodeError
  }
  throw new Error('nothing was thrown')
}

describe('errors', () => {
  it('have the fields and the wording of node', () => {
    const { fs } = make({ '/f': 'x' })
    const error = thrown(() => fs.openSync('/x'))
    expect(error).toBeInstanceOf(Error)
    expect({ ...error, message: error.message }).toEqual({
      code: 'ENOENT',
      errno: -2,
      syscall: 'open',
      path: '/x',
      message: "ENOENT: no such file or directory, open '/x'",
    })
    expect(thrown(() => fs.renameSync('/x', '/y')).message).toBe(
      "ENOENT: no such file or directory, rename '/x' -> '/y'",
    )
    expect(thrown(() => fs.renameSync('/x', '/y')).dest).toBe('/y')
    expect(thrown(() => fs.closeSync(99)).message).toBe('EBADF: bad file descriptor, close')
  })

  it('say the same as the host does', () => {
    const { fs } = make({ '/f': 'x' })
    const missing = '/no-such-directory-here/x'
    const calls: ((each: NodeFs) => unknown)[] = [
      (each) => each.readFileSync(missing),
      (each) => each.readdirSync(missing),
      (each) => each.statSync(missing),
      (each) => each.lstatSync(missing),
      (each) => each.mkdirSync(missing),
      (each) => each.rmdirSync(missing),
      (each) => each.unlinkSync(missing),
      (each) => each.linkSync(missing, '/y'),
      (each) => each.symlinkSync('t', missing),
      (each) => each.readlinkSync(missing),
      (each) => each.realpathSync.native(missing),
      (each) => each.truncateSync(missing),
      (each) => each.utimesSync(missing, 1, 1),
      (each) => each.lutimesSync(missing, 1, 1),
      (each) => each.chmodSync(missing, 0o600),
      (each) => each.accessSync(missing),
      (each) => each.copyFileSync(missing, '/y'),
      (each) => each.mkdtempSync(missing),
      (each) => each.rmSync(missing),
      (each) => each.cpSync(missing, '/y'),
      (each) => each.closeSync(12_345),
      (each) => each.fstatSync(12_345),
      (each) => each.fsyncSync(12_345),
      (each) => each.fdatasyncSync(12_345),
      (each) => each.ftruncateSync(12_345),
      (each) => each.futimesSync(12_345, 1, 1),
      (each) => each.readSync(12_345, new Uint8Array(1)),
      (each) => each.writeSync(12_345, 'x'),
      (each) => each.unlinkSync('/'),
      (each) => each.mkdirSync('/'),
      (each) => each.readFileSync('/'),
    ]
    for (const call of calls) {
      const [mine, theirs] = [thrown(() => call(fs)), thrown(() => call(real as unknown as NodeFs))]
      expect({ ...mine, message: mine.message }).toEqual({ ...theirs, message: theirs.message })
    }
  })

  it('have node codes for wrong arguments, the same as the host', () => {
    const { fs } = make({ '/f': 'abc' })
    const wrong = (value: unknown) => value as never
    const bytes = new Uint8Array(2)
    const calls: ((each: NodeFs, fd: number) => unknown)[] = [
      (each) => each.openSync(wrong(5)),
      (each) => each.statSync(wrong(undefined)),
      (each) => each.openSync('a\0b'),
      (each) => each.openSync('/f', 'q'),
      (each) => each.openSync('/f', wrong({})),
      (each) => each.closeSync(-1),
      (each) => each.closeSync(1.5),
      (each) => each.closeSync(wrong('x')),
      (each) => each.readSync(wrong('a'), bytes),
      (each, fd) => each.readSync(fd, wrong('text')),
      (each, fd) => each.readSync(fd, bytes, 5, 1),
      (each, fd) => each.readSync(fd, bytes, 0, 9),
      (each, fd) => each.readSync(fd, bytes, 0, 1, -2),
      (each, fd) => each.readSync(fd, bytes, 0, 1, 1.5),
      (each, fd) => each.readSync(fd, bytes, -1, 1),
      (each, fd) => each.readSync(fd, new Uint8Array(0), 0, 1),
      (each, fd) => each.writeSync(fd, wrong({})),
      (each, fd) => each.writeSync(fd, bytes, 0, 9),
      (each, fd) => each.writeSync(fd, bytes, 3),
      (each) => each.readFileSync('/f', wrong('nope')),
      (each) => each.readFileSync('/f', wrong(5)),
      (each) => each.writeFileSync('/f', wrong({})),
      (each) => each.utimesSync('/f', wrong({}), 1),
      (each) => each.mkdirSync('/m', { mode: 'zz' }),
      (each) => each.mkdirSync('/m', { mode: -1 }),
      (each) => each.mkdirSync('/m', wrong({ recursive: 1 })),
      (each) => each.rmSync('/m', wrong({ force: 1 })),
      (each) => each.ftruncateSync(9, 2 ** 60),
      (each) => each.ftruncateSync(9, 1.5),
      (each) => each.statSync(new URL('http://x/y')),
      (each) => each.statSync(new URL('file://h/y')),
      (each) => each.statSync(new URL('file:///a%2fy')),
    ]
    const fd = real.openSync(process.execPath, 'r')
    try {
      for (const call of calls) {
        const mine = thrown(() => call(fs, 3))
        const theirs = thrown(() => call(real as unknown as NodeFs, fd))
        expect([call.toString(), mine.code, mine.name]).toEqual([call.toString(), theirs.code, theirs.name])
      }
    } finally {
      real.closeSync(fd)
    }
  })
})

describe('paths', () => {
  it('may be text, bytes, or file URLs, and start at the root when relative', () => {
    const { fs } = make({ '/d/é b': 'x' })
    const url = pathToFileURL('/d/é b')
    for (const path of ['/d/é b', 'd/é b', new TextEncoder().encode('/d/é b'), url]) {
      expect(fs.readFileSync(path, 'utf8')).toBe('x')
    }
  })

  it('that are not UTF-8 are EILSEQ', () => {
    expect(thrown(() => make().fs.mkdirSync(Uint8Array.of(0xff))).code).toBe('EILSEQ')
  })
})

describe('descriptors', () => {
  it('are the lowest free number from 3 up', () => {
    const { fs } = make({ '/f': 'x' })
    expect([fs.openSync('/f'), fs.openSync('/f'), fs.openSync('/f')]).toEqual([3, 4, 5])
    fs.closeSync(4)
    fs.closeSync(3)
    expect([fs.openSync('/f'), fs.openSync('/f'), fs.openSync('/f')]).toEqual([3, 4, 6])
    for (const fd of [3, 4, 5, 6]) fs.closeSync(fd)
  })

  it('keep a removed file until they are closed', () => {
    const { fs, tree } = make({ '/f': 'abc' })
    const fd = fs.openSync('/f', 'r+')
    fs.unlinkSync('/f')
    expect(fs.fstatSync(fd)).toMatchObject({ nlink: 0, size: 3 })
    fs.writeSync(fd, 'de', 3)
    expect(fs.readFileSync(fd, 'utf8')).toBe('abcde')
    fs.closeSync(fd)
    expect(tree.table.count).toBe(1)
  })

  it('read and write many buffers, at a position or at their own', () => {
    const { fs } = make({ '/f': 'abcdefgh' })
    const fd = fs.openSync('/f', 'r+')
    const [a, b] = [new Uint8Array(3), new Uint8Array(10)]
    expect(fs.readvSync(fd, [a, b])).toBe(8)
    expect(fs.readvSync(fd, [a, b], 2)).toBe(6)
    expect(new TextDecoder().decode(a)).toBe('cde')
    expect(fs.writevSync(fd, [Uint8Array.of(88), Uint8Array.of(89, 90)], 1)).toBe(3)
    expect(fs.readFileSync('/f', 'utf8')).toBe('aXYZefgh')
    fs.closeSync(fd)
  })

  it('stay where they are when they read or write at a position', () => {
    const { fs } = make({ '/f': 'abcdefgh' })
    const fd = fs.openSync('/f', 'r+')
    const target = new Uint8Array(2)
    const text = (): string => new TextDecoder().decode(target)
    expect([fs.readSync(fd, target, 0, 2, 4), text()]).toEqual([2, 'ef'])
    expect([fs.readSync(fd, target, 0, 2, null), text()]).toEqual([2, 'ab'])
    fs.writeSync(fd, 'X', 6)
    expect([fs.readSync(fd, target), text()]).toEqual([2, 'cd'])
    fs.closeSync(fd)
  })

  it('take views of any kind, bigint positions, and options', () => {
    const { fs } = make({ '/f': '12345678' })
    const fd = fs.openSync('/f', 'r+')
    const view = new DataView(new ArrayBuffer(8), 2, 4)
    expect(fs.readSync(fd, view, { offset: 1, length: 2, position: 3n })).toBe(2)
    expect([view.getUint8(0), view.getUint8(1), view.getUint8(2)]).toEqual([0, 52, 53])
    expect(fs.writeSync(fd, view, { offset: 1, length: 2, position: 0 })).toBe(2)
    expect(fs.readFileSync('/f', 'latin1')).toBe('45345678')
    expect(fs.readSync(fd, new Uint8Array(4), 0, 4, 2n ** 62n)).toBe(0)
    fs.closeSync(fd)
  })

  it('give ENXIO for what a kernel would drive', () => {
    const { fs } = make({ '/null': { device: 'null' } })
    expect(thrown(() => fs.openSync('/null')).code).toBe('ENXIO')
  })
})

describe('readFileSync()', () => {
  it('gives bytes that are nobody else’s, and text in every encoding as node does', () => {
    const data = Uint8Array.from({ length: 256 }, (_, i) => i)
    const { fs } = make({ '/f': data })
    const bytes = fs.readFileSync('/f')
    expect(bytes.constructor).toBe(Uint8Array)
    bytes.fill(0)
    expect(fs.readFileSync('/f')).toEqual(data)
    const encodings: TextEncoding[] = [
      'utf8',
      'latin1',
      'binary',
      'ascii',
      'hex',
      'base64',
      'base64url',
      'utf16le',
      'ucs2',
    ]
    for (const encoding of encodings) {
      expect(fs.readFileSync('/f', encoding)).toBe(Buffer.from(data).toString(encoding as BufferEncoding))
      expect(fs.readFileSync('/f', { encoding })).toBe(Buffer.from(data).toString(encoding as BufferEncoding))
    }
    expect(fs.readFileSync('/f', 'UTF-8' as TextEncoding)).toBe(Buffer.from(data).toString('utf8'))
  })

  it('encodes written text in every encoding as node does', () => {
    const { fs } = make()
    const any = fc.tuple(
      fc.constantFrom<BufferEncoding[]>('utf8', 'latin1', 'ascii', 'utf16le'),
      fc.string({ unit: 'binary' }),
    )
    // Of what is in no alphabet node documents only spaces; characters beyond ASCII it cuts to a byte.
    const digits = fc.oneof(fc.base64String(), fc.string({ unit: fc.constantFrom(...'0123abcDEFg=-_+/ ') }))
    const coded = fc.tuple(fc.constantFrom<BufferEncoding[]>('hex', 'base64', 'base64url'), digits)
    fc.assert(
      fc.property(fc.oneof(any, coded), ([encoding, value]) => {
        fs.writeFileSync('/f', value, encoding as TextEncoding)
        expect(Buffer.compare(fs.readFileSync('/f'), Buffer.from(value, encoding))).toBe(0)
      }),
    )
  })

  it('refuses more than 2 GiB by size', () => {
    const { fs } = make({ '/f': '' })
    fs.truncateSync('/f', 2 ** 40)
    expect(thrown(() => fs.readFileSync('/f')).code).toBe('ERR_FS_FILE_TOO_LARGE')
    expect(fs.statSync('/f').size).toBe(2 ** 40)
  })
})

describe('writeFileSync()', () => {
  it('throws ENOSPC where the quota ends, with what had room written', () => {
    const { fs } = make({}, { bytes: 8192 })
    expect(thrown(() => fs.writeFileSync('/f', 'x'.repeat(9000))).code).toBe('ENOSPC')
    expect(fs.statSync('/f').size).toBe(8192)
  })

  it('gives a new file its mode but for the umask', () => {
    const { fs } = make()
    fs.writeFileSync('/f', '', { mode: 0o777 })
    fs.mkdirSync('/d', 0o777)
    fs.mkdirSync('/e', { mode: '700' })
    expect(['/f', '/d', '/e'].map((path) => fs.statSync(path).mode & 0o777)).toEqual([0o755, 0o755, 0o700])
    fs.chmodSync('/f', 0o666)
    expect(fs.statSync('/f').mode & 0o777).toBe(0o666)
    expect(thrown(() => fs.accessSync('/f', fs.constants.X_OK)).code).toBe('EACCES')
    fs.accessSync('/f', fs.constants.R_OK | fs.constants.W_OK)
  })
})

describe('copyFileSync()', () => {
  it('gives the copy the permission bits of the file, also where it is there already', () => {
    const { fs } = make({ '/run': { data: '#!', executable: true }, '/there': 'x' })
    fs.copyFileSync('/run', '/new')
    fs.copyFileSync('/run', '/there')
    expect(['/new', '/there'].map((path) => fs.statSync(path).mode & 0o777)).toEqual([0o755, 0o755])
  })

  it('throws ENOSPC where the quota ends within the file', () => {
    const { fs } = make({ '/f': 'x'.repeat(3 * 4096) }, { bytes: 5 * 4096 })
    expect(thrown(() => fs.copyFileSync('/f', '/g'))).toMatchObject({ code: 'ENOSPC', syscall: 'copyfile' })
  })
})

describe('statSync()', () => {
  it('shows times as milliseconds, dates and nanoseconds', () => {
    const { fs } = make({ '/f': 'x' })
    fs.utimesSync('/f', new Date(1_700_000_000_123), '1.5')
    expect(fs.statSync('/f')).toMatchObject({ atimeMs: 1_700_000_000_123, mtimeMs: 1500, ctimeMs: 100_250 })
    expect(fs.statSync('/f').atime.toISOString()).toBe('2023-11-14T22:13:20.123Z')
    expect(fs.statSync('/f', { bigint: true })).toMatchObject({
      mtimeNs: 1_500_000_000n,
      mtimeMs: 1500n,
      size: 1n,
      nlink: 1n,
    })
    fs.utimesSync('/f', -1, 0)
    expect(fs.statSync('/f')).toMatchObject({ atimeMs: 101_250, mtimeMs: 0 })
    expect(thrown(() => fs.utimesSync('/f', 1e11, 0)).code).toBe('ERR_OUT_OF_RANGE')
  })

  it('gives undefined for nothing when asked to', () => {
    const { fs } = make({ '/f': 'x' })
    expect(fs.statSync('/x', { throwIfNoEntry: false })).toBeUndefined()
    expect(thrown(() => fs.statSync('/f/x', { throwIfNoEntry: false })).code).toBe('ENOTDIR')
  })

  it('has the fields of node, in its order, and its methods', () => {
    const { fs } = make({ '/f': 'x'.repeat(5000), '/null': { device: 'null' } })
    expect(Object.keys(fs.statSync('/f'))).toEqual(Object.keys(real.statSync('/')))
    expect(Object.keys(fs.statSync('/f', { bigint: true })).sort()).toEqual(
      Object.keys(real.statSync('/', { bigint: true })).sort(),
    )
    expect(fs.statSync('/f').blocks).toBe(16)
    expect(fs.statSync('/null').isCharacterDevice()).toBe(true)
    expect(fs.statSync('/f')).toBeInstanceOf(fs.Stats)
  })
})

describe('readdirSync()', () => {
  const files = { '/d/b/c': '', '/d/a': '', '/d/é': null, '/d/l': { symlink: 'b' } }

  it('lists in byte order, deep, with kinds, and as bytes', () => {
    const { fs } = make(files)
    expect(fs.readdirSync('/d')).toEqual(['a', 'b', 'l', 'é'])
    expect(fs.readdirSync('/d', { recursive: true })).toEqual(['a', 'b', 'l', 'é', 'b/c'])
    expect(fs.readdirSync('/d', 'buffer')[3]).toEqual(Uint8Array.of(0xc3, 0xa9))
    const deep = fs.readdirSync('/d/', { recursive: true, withFileTypes: true })
    expect(deep.map(({ parentPath, name }) => [parentPath, name])).toEqual([
      ['/d/', 'a'],
      ['/d/', 'b'],
      ['/d/', 'l'],
      ['/d/', 'é'],
      ['/d/b', 'c'],
    ])
    expect(deep.map((entry) => [entry.isFile(), entry.isDirectory(), entry.isSymbolicLink()])[2]).toEqual([
      false,
      false,
      true,
    ])
  })

  it('is read entry by entry by opendir, whatever comes and goes', async () => {
    const { fs, tree } = make(files)
    const dir = fs.opendirSync('/d')
    expect(dir.readSync()?.name).toBe('a')
    fs.rmSync('/d/b', { recursive: true })
    fs.writeFileSync('/d/aa', '')
    const rest: string[] = []
    for await (const entry of dir) rest.push(entry.name)
    expect(rest).toEqual(['aa', 'l', 'é'])
    expect(thrown(() => dir.readSync()).code).toBe('ERR_DIR_CLOSED')
    expect(tree.isHeld(tree.get(1).ino)).toBe(false)
  })
})

describe('mkdtempSync()', () => {
  it('gives a new name each time, the same for the same history', () => {
    const [one, two] = [make(), make()]
    const names = [one.fs.mkdtempSync('/t-'), one.fs.mkdtempSync('/t-')]
    expect(new Set(names).size).toBe(2)
    expect([two.fs.mkdtempSync('/t-'), two.fs.mkdtempSync('/t-')]).toEqual(names)
    expect(names[0]).toMatch(/^\/t-.{6}$/)
    expect(one.fs.statSync(names[0] as string).mode & 0o777).toBe(0o700)
  })
})

describe('realpathSync()', () => {
  it('resolves links, dots and slashes', () => {
    const { fs } = make({
      '/a/b/f': '',
      '/l': { symlink: 'a/./b/' },
      '/a/abs': { symlink: '/l/..' },
      '/dang': { symlink: 'x' },
    })
    expect(fs.realpathSync('/a/../l//f')).toBe('/a/b/f')
    expect(fs.realpathSync('a/abs/b/../abs')).toBe('/a')
    expect(fs.realpathSync('/..')).toBe('/')
    expect(thrown(() => fs.realpathSync('/dang'))).toMatchObject({ code: 'ENOENT', syscall: 'realpath' })
  })
})

describe('rmSync()', () => {
  it('removes links, not what they name, and paths too long for one call', () => {
    const { fs, tree } = make({ '/keep/f': 'x', '/d/l': { symlink: '../keep' } })
    for (let n = 1; n <= 15; n++) fs.mkdirSync(`/d${`/${'n'.repeat(250)}`.repeat(n)}`)
    fs.renameSync('/d', '/e')
    fs.mkdirSync('/d')
    fs.renameSync('/e', '/d/e')
    fs.mkdirSync(`/f/${'m'.repeat(250)}/${'m'.repeat(250)}`, { recursive: true })
    fs.renameSync('/d', `/f/${'m'.repeat(250)}/${'m'.repeat(250)}/d`)
    expect(fs.readdirSync('/f', { recursive: true }).at(-1)?.length).toBeGreaterThan(4096)
    fs.rmSync('/f', { recursive: true })
    expect(shown(tree)).toEqual({ '/keep': null, '/keep/f': 'x' })
  })

  it('refuses the root as rmdir does, and removes nothing', () => {
    const { fs, tree } = make({ '/f': 'x' })
    expect(thrown(() => fs.rmSync('/', { recursive: true, force: true })).code).toBe('EBUSY')
    expect(shown(tree)).toEqual({ '/f': 'x' })
  })
})

describe('cpSync()', () => {
  it('makes relative links absolute unless told to keep them', () => {
    const { fs } = make({ '/s/f': 'x', '/s/l': { symlink: 'f' }, '/s/abs': { symlink: '/s/f' } })
    fs.cpSync('/s', '/t', { recursive: true })
    fs.cpSync('/s', '/v', { recursive: true, verbatimSymlinks: true })
    expect([fs.readlinkSync('/t/l'), fs.readlinkSync('/t/abs'), fs.readlinkSync('/v/l')]).toEqual(['/s/f', '/s/f', 'f'])
  })

  it('follows links with dereference, and ends where they loop', () => {
    const { fs, tree } = make({ '/s/d/f': 'x', '/s/l': { symlink: 'd' }, '/s/g': { symlink: 'd/f' } })
    fs.cpSync('/s', '/t', { recursive: true, dereference: true })
    expect(shown(tree)).toMatchObject({ '/t/l': null, '/t/l/f': 'x', '/t/g': 'x' })
    fs.symlinkSync('..', '/s/d/up')
    expect(thrown(() => fs.cpSync('/s', '/u', { recursive: true, dereference: true })).code).toBe('ELOOP')
    fs.unlinkSync('/s/d/up')
    fs.symlinkSync('/w', '/s/d/out')
    fs.mkdirSync('/w')
    expect(thrown(() => fs.cpSync('/s', '/w/in', { recursive: true, dereference: true })).code).toBe('ERR_FS_CP_EINVAL')
  })

  it('leaves out what the filter says, and keeps modes, times and holes', () => {
    const { fs, tree } = make({ '/s/yes': { data: 'x', executable: true, mtime: 5000 }, '/s/no/f': '' })
    fs.truncateSync('/s/yes', 2 ** 33)
    fs.utimesSync('/s/yes', 7, 8)
    const seen: string[] = []
    fs.cpSync('/s', '/t', {
      recursive: true,
      preserveTimestamps: true,
      filter: (source, dest) => {
        seen.push(`${source} ${dest}`)
        return !source.endsWith('no')
      },
    })
    expect(seen).toEqual(['/s /t', '/s/no /t/no', '/s/yes /t/yes'])
    expect(fs.readdirSync('/t')).toEqual(['yes'])
    expect(fs.statSync('/t/yes')).toMatchObject({ mode: 0o100755, atimeMs: 7000, mtimeMs: 8000, size: 2 ** 33 })
    expect(tree.blocks).toBe(2)
  })

  it('follows the rules of node for what is there', () => {
    const { fs } = make({ '/f': '1', '/g': '2', '/d/x': '', '/l': { symlink: 'f' }, '/m': { symlink: 'g' } })
    const code = (call: () => unknown) => thrown(call).code
    expect(code(() => fs.cpSync('/d', '/e'))).toBe('ERR_FS_EISDIR')
    expect(code(() => fs.cpSync('/d', '/d/e', { recursive: true }))).toBe('ERR_FS_CP_EINVAL')
    expect(code(() => fs.cpSync('/d', '/d/x/../e/e', { recursive: true }))).toBe('ENOTDIR')
    expect(code(() => fs.cpSync('/f', '/f'))).toBe('ERR_FS_CP_EINVAL')
    expect(code(() => fs.cpSync('/d', '/f', { recursive: true }))).toBe('ERR_FS_CP_DIR_TO_NON_DIR')
    expect(code(() => fs.cpSync('/f', '/d'))).toBe('ERR_FS_CP_NON_DIR_TO_DIR')
    expect(code(() => fs.cpSync('/f', '/g', { force: false, errorOnExist: true }))).toBe('ERR_FS_CP_EEXIST')
    expect(code(() => fs.cpSync('/l', '/g'))).toBe('EEXIST')
    fs.cpSync('/f', '/g', { force: false })
    expect(fs.readFileSync('/g', 'utf8')).toBe('2')
    fs.cpSync('/l', '/m')
    expect(fs.readlinkSync('/m')).toBe('/f')
    fs.cpSync('/f', '/new/deep/f')
    expect(fs.readFileSync('/new/deep/f', 'utf8')).toBe('1')
  })

  it('makes devices anew and refuses fifos', () => {
    const { fs, tree } = make({ '/null': { device: 'null' } })
    tree.mknodAt(1, 'fifo' as never, 'fifo', undefined, 'clamp', { sec: 0, nsec: 0 })
    fs.cpSync('/null', '/copy')
    expect(fs.statSync('/copy').isCharacterDevice()).toBe(true)
    expect(thrown(() => fs.cpSync('/fifo', '/copy2')).code).toBe('ERR_FS_CP_FIFO_PIPE')
  })
})

describe('promises', () => {
  it('are the sync calls, with errors as rejections', async () => {
    const { promises } = make({ '/d/f': 'x' }).fs
    await promises.mkdir('/a/b', { recursive: true })
    await promises.writeFile('/a/b/c', 'héllo')
    expect(await promises.readFile('/a/b/c', 'utf8')).toBe('héllo')
    expect(await promises.readdir('/a', { recursive: true })).toEqual(['b', 'b/c'])
    expect((await promises.stat('/a/b/c')).size).toBe(6)
    await promises.rm('/a', { recursive: true })
    await expect(promises.readFile('/a/b/c')).rejects.toMatchObject({ code: 'ENOENT', syscall: 'open' })
  })

  it('open a handle with the usual methods', async () => {
    const { fs } = make()
    const handle = await fs.promises.open('/f', 'w+')
    expect(handle.fd).toBe(3)
    expect(await handle.write('hello world')).toEqual({ bytesWritten: 11, buffer: 'hello world' })
    await handle.write(Uint8Array.of(72), 0, 1, 0)
    const { bytesRead, buffer } = await handle.read(new Uint8Array(5), 0, 5, 0)
    expect([bytesRead, new TextDecoder().decode(buffer)]).toEqual([5, 'Hello'])
    expect((await handle.read({ position: 6 })).bytesRead).toBe(5)
    expect((await handle.read()).bytesRead).toBe(0)
    await handle.truncate(5)
    await handle.utimes(1, 2)
    await handle.chmod(0o600)
    expect(await handle.stat()).toMatchObject({ size: 5, mtimeMs: 2000, mode: 0o100600 })
    expect((await handle.readv([new Uint8Array(2), new Uint8Array(9)], 1)).bytesRead).toBe(4)
    expect((await handle.writev([Uint8Array.of(33), Uint8Array.of(34)], 5)).bytesWritten).toBe(2)
    await handle.sync()
    await handle.datasync()
    expect(await fs.promises.readFile('/f', 'utf8')).toBe('Hello!"')
    await handle.appendFile('.')
    await handle.close()
    await handle.close()
    expect(handle.fd).toBe(-1)
    await expect(handle.stat()).rejects.toMatchObject({ code: 'EBADF' })
    await expect(fs.promises.readFile(handle)).rejects.toMatchObject({ code: 'EBADF' })
  })
})

describe('callbacks', () => {
  it('get results after the call has returned', async () => {
    const { fs } = make({ '/f': 'abc' })
    const order: unknown[] = []
    await new Promise<void>((done) => {
      fs.readFile('/f', 'utf8', (error, data) => {
        order.push(error, data)
        done()
      })
      order.push('returned')
    })
    expect(order).toEqual(['returned', null, 'abc'])
  })

  it('get errors, the buffer of reads, and only a boolean from exists', async () => {
    const { fs } = make({ '/f': 'abc' })
    const error = await new Promise<NodeError | null>((done) => fs.stat('/x', (problem) => done(problem)))
    expect(error).toMatchObject({ code: 'ENOENT', syscall: 'stat' })
    const fd = fs.openSync('/f')
    const buffer = new Uint8Array(2)
    const results = await new Promise<unknown[]>((done) =>
      fs.read(fd, buffer, 0, 2, null, (...all: unknown[]) => done(all)),
    )
    expect(results).toEqual([null, 2, buffer])
    expect(results[2]).toBe(buffer)
    expect(await new Promise((done) => fs.exists('/f', done))).toBe(true)
    expect(await new Promise((done) => fs.realpath('/../f', (_, path) => done(path)))).toBe('/f')
    fs.closeSync(fd)
  })

  it('throw at once for wrong arguments and without a callback', () => {
    const { fs } = make()
    expect(thrown(() => fs.stat(5 as never, () => {})).code).toBe('ERR_INVALID_ARG_TYPE')
    expect(thrown(() => (fs.stat as (path: string) => void)('/')).code).toBe('ERR_INVALID_ARG_TYPE')
  })
})

describe('createNodeFs()', () => {
  it('gives calls that work without the object, and the constants of Linux', () => {
    const { readFileSync, existsSync, promises, constants } = make({ '/f': 'x' }).fs
    expect(readFileSync('/f', 'utf8')).toBe('x')
    expect([existsSync('/f'), existsSync('/g'), existsSync(5 as never)]).toEqual([true, false, false])
    expect(promises.constants).toBe(constants)
    if (process.platform === 'linux' && process.arch === 'x64') expect(real.constants).toMatchObject(constants)
  })
})
