import { execFileSync } from 'node:child_process'
import * as hostFs from 'node:fs'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HOST, type HostCalls } from '../../src/node/host_calls.ts'
import { type ExportOptions, exportHost, HostError, importHost } from '../../src/node/index.ts'
import { byteString } from '../../vfs/bytes.ts'
import { Filesystem } from '../../vfs/filesystem.ts'
import { type Entry, exportTree, type Files, importTree } from '../../vfs/tree.ts'
import { asOrdinaryUser, hostFault, listing, scratch } from './folder.ts'

const NOW = { sec: 1_000_000_000, nsec: 0 }
const TIME = 1_000_000_000_000_000_000n

function treeOf(files: Files): Filesystem {
  const fs = new Filesystem()
  importTree(fs, files, NOW)
  return fs
}

function failure(action: () => unknown): HostError {
  try {
    action()
  } catch (error) {
    if (error instanceof HostError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/** Host calls that fail with `code` at the `n`-th call of `name`, and as often after as `times` says. */
function failing(
  name: 'writeSync' | 'renameSync' | 'mkdirSync' | 'rmdirSync',
  code: string,
  n: number,
  times = 1,
): HostCalls {
  let calls = 0
  const real = HOST[name] as (...args: unknown[]) => unknown
  const call = (...args: unknown[]): unknown => {
    calls++
    if (calls >= n && calls < n + times) throw hostFault(code)
    return real(...args)
  }
  return { ...HOST, [name]: call }
}

describe('exportHost()', () => {
  describe('of a file', () => {
    it('writes the bytes, the executable bit and the time, and leaves nothing else beside it', () => {
      const folder = scratch()
      const fs = treeOf({
        '/out/tool': { data: 'bytes', executable: true, mtime: '2001-02-03T04:05:06.5Z' },
        '/out/plain': 'p',
      })
      const report = exportHost(fs, '/out/tool', join(folder, 'tool'))
      exportHost(fs, '/out/plain', join(folder, 'plain'))
      expect(listing(folder)).toEqual({ tool: 'bytes', plain: 'p' })
      expect(report).toMatchObject({ files: 1, directories: 0, links: 0, bytes: 5, leftOut: [] })
      const stats = statSync(join(folder, 'tool'))
      expect(stats.mode & 0o111).toBe(0o111 & ~process.umask())
      expect(statSync(join(folder, 'plain')).mode & 0o111).toBe(0)
      expect(stats.mtimeMs).toBe(Date.UTC(2001, 1, 3, 4, 5, 6, 500))
    })

    it('replaces a file, and not the other names that it has on the host', () => {
      const folder = scratch()
      writeFileSync(join(folder, 'f'), 'old')
      hostFs.linkSync(join(folder, 'f'), join(folder, 'other'))
      exportHost(treeOf({ '/f': 'new' }), '/f', join(folder, 'f'))
      expect(listing(folder)).toEqual({ f: 'new', other: 'old' })
    })

    it('follows a link in the machine, which can lead nowhere but into the machine', () => {
      const folder = scratch()
      const fs = treeOf({ '/out': { symlink: '/../../etc/passwd' }, '/etc/passwd': 'of the machine' })
      exportHost(fs, '/out', join(folder, 'f'))
      expect(listing(folder)).toEqual({ f: 'of the machine' })
    })

    it('leaves the old file when the disk fills up half-way', () => {
      const folder = scratch()
      writeFileSync(join(folder, 'f'), 'old')
      const fs = treeOf({ '/f': new Uint8Array(3 << 20).fill(1) })
      const error = failure(() => exportHost(fs, '/f', join(folder, 'f'), { host: failing('writeSync', 'ENOSPC', 3) }))
      expect(error.code).toBe('WRITE_FAILED')
      expect(error.message).toMatch(
        /^writing ".*\/f": it could not be written: the disk is full \(ENOSPC\)\. What was there is as before$/,
      )
      expect(listing(folder)).toEqual({ f: 'old' })
    })

    it('leaves the old file when the last rename fails', () => {
      const folder = scratch()
      writeFileSync(join(folder, 'f'), 'old')
      const error = failure(() =>
        exportHost(treeOf({ '/f': 'new' }), '/f', join(folder, 'f'), { host: failing('renameSync', 'EIO', 1) }),
      )
      expect(error.code).toBe('WRITE_FAILED')
      expect(listing(folder)).toEqual({ f: 'old' })
    })

    it('writes on when the host takes a part', () => {
      const folder = scratch()
      const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index % 251)
      const host: HostCalls = {
        ...HOST,
        writeSync: ((fd: number, data: Uint8Array, offset: number, length: number, position: number) =>
          hostFs.writeSync(fd, data, offset, Math.min(length, 7001), position)) as HostCalls['writeSync'],
      }
      exportHost(treeOf({ '/f': bytes }), '/f', join(folder, 'f'), { host })
      expect(Buffer.compare(readFileSync(join(folder, 'f')), bytes)).toBe(0)
    })

    it('keeps holes as holes, and every byte', () => {
      const folder = scratch()
      const fs = treeOf({ '/f': 'start' })
      const ino = fs.lookup(1, byteString('/f'), 'nofollow', 'clamp') as number
      fs.write(ino, 50_000_001, Buffer.alloc(70_000, 'm'), 0, 70_000, NOW)
      fs.truncate(ino, 200_000_000, NOW)
      exportHost(fs, '/f', join(folder, 'f'))
      const stats = statSync(join(folder, 'f'))
      expect(stats.size).toBe(200_000_000)
      expect(stats.blocks * 512).toBeLessThan(1 << 20)
      expect(readFileSync(join(folder, 'f')).equals(Buffer.from((exportTree(fs) as { '/f': Uint8Array })['/f']))).toBe(
        true,
      )
    })

    it('fails clearly, with nothing written, on a size that the host cannot hold', () => {
      const folder = scratch()
      const fs = treeOf({ '/f': 'x' })
      const ino = fs.lookup(1, byteString('/f'), 'nofollow', 'clamp') as number
      fs.truncate(ino, Number.MAX_SAFE_INTEGER, NOW)
      const error = failure(() => exportHost(fs, '/f', join(folder, 'f')))
      expect(error.message).toContain('too large for this host (EFBIG)')
      expect(listing(folder)).toEqual({})
    })
  })

  describe('of a directory', () => {
    const files: Files = {
      '/out/a': 'a',
      '/out/d/b': { data: 'b', executable: true, mtime: 5_000 },
      '/out/d/empty': null,
      '/out/d/up': { symlink: '../a' },
      '/out/hard': { hardlink: '/out/a' },
      '/other': 'not written',
    }
    const written = { a: 'a', d: null, 'd/b': 'b', 'd/empty': null, 'd/up': '-> ../a', hard: 'a' }

    it('makes a folder that is missing, with files, links, hard links, bits and times', () => {
      const folder = scratch()
      const report = exportHost(treeOf(files), '/out', join(folder, 'out'))
      expect(listing(join(folder, 'out'))).toEqual(written)
      expect(readdirSync(folder)).toEqual(['out'])
      expect(report).toMatchObject({ files: 3, directories: 2, links: 1, leftOut: [] })
      expect(statSync(join(folder, 'out/hard')).ino).toBe(statSync(join(folder, 'out/a')).ino)
      expect(statSync(join(folder, 'out/d/b')).mtimeMs).toBe(5_000)
      expect(statSync(join(folder, 'out/d')).mtimeMs).toBe(NOW.sec * 1000)
      expect(statSync(join(folder, 'out/d/b')).mode & 0o100).toBe(0o100)
    })

    it('fills a folder that is empty, which stays the same folder', () => {
      const folder = scratch()
      mkdirSync(join(folder, 'out'))
      const before = statSync(join(folder, 'out')).ino
      exportHost(treeOf(files), '/out', join(folder, 'out'))
      expect(listing(join(folder, 'out'))).toEqual(written)
      expect(statSync(join(folder, 'out')).ino).toBe(before)
    })

    it('refuses a folder with content, and replaces all of it when asked', () => {
      const folder = scratch()
      mkdirSync(join(folder, 'out/d'), { recursive: true })
      writeFileSync(join(folder, 'out/d/old'), 'old')
      const error = failure(() => exportHost(treeOf(files), '/out', join(folder, 'out')))
      expect(error.code).toBe('REFUSED')
      expect(error.message).toContain('has something in it: empty it, name another, or ask for it to be replaced')
      expect(listing(folder)).toEqual({ out: null, 'out/d': null, 'out/d/old': 'old' })
      const report = exportHost(treeOf(files), '/out', join(folder, 'out'), { replace: true })
      expect(listing(join(folder, 'out'))).toEqual(written)
      expect(report.leftover).toBeUndefined()
    })

    it('never writes through links of the folder that it replaces', () => {
      const folder = scratch()
      const outside = scratch()
      writeFileSync(join(outside, 'a'), 'outside')
      mkdirSync(join(folder, 'out'))
      symlinkSync(outside, join(folder, 'out/d'))
      symlinkSync(join(outside, 'a'), join(folder, 'out/a'))
      exportHost(treeOf(files), '/out', join(folder, 'out'), { replace: true })
      expect(listing(join(folder, 'out'))).toEqual(written)
      expect(listing(outside)).toEqual({ a: 'outside' })
    })

    it.each([
      ['the first byte', 'writeSync', 'ENOSPC', 1],
      ['the second file', 'writeSync', 'EIO', 2],
      ['a folder', 'mkdirSync', 'EACCES', 2],
      ['the first move', 'renameSync', 'EIO', 1],
      ['a move of new content', 'renameSync', 'EIO', 4],
    ] as const)('leaves the old content as it was when %s fails', (_, name, code, n) => {
      const folder = scratch()
      const out = join(folder, 'out')
      const old: Files = { '/a': 'old a', '/d/x': 'old x', '/z': { symlink: 'a' } }
      exportHost(treeOf(old), '/', out)
      const before = listing(out)
      const error = failure(() =>
        exportHost(treeOf(files), '/out', out, { replace: true, host: failing(name, code, n) }),
      )
      expect(error.code).toBe('WRITE_FAILED')
      expect(error.message).toMatch(/What was there is as before$/)
      expect(listing(out)).toEqual(before)
      expect(readdirSync(folder)).toEqual(['out'])
    })

    it('says where the old content lies when it cannot be put back', () => {
      const folder = scratch()
      const out = join(folder, 'out')
      exportHost(treeOf({ '/a': 'old a', '/b': 'old b' }), '/', out)
      const host = failing('renameSync', 'EIO', 2, 100)
      const error = failure(() => exportHost(treeOf(files), '/out', out, { replace: true, host }))
      expect(error.code).toBe('NOT_RESTORED')
      const place = /old content lies in "([^"]+)"/.exec(error.message)?.[1] ?? ''
      expect(listing(place)).toEqual({ a: 'old a' })
      expect(readFileSync(join(out, 'b'), 'utf8')).toBe('old b')
    })

    it('names the folder with old content that it could not remove', () => {
      const folder = scratch()
      const out = join(folder, 'out')
      exportHost(treeOf({ '/old': 'old' }), '/', out)
      const report = exportHost(treeOf({ '/new': 'new' }), '/', out, {
        replace: true,
        host: failing('rmdirSync', 'EBUSY', 1),
      })
      expect(readFileSync(join(out, 'new'), 'utf8')).toBe('new')
      expect(report.leftover?.startsWith(join(out, '.vivarium-'))).toBe(true)
    })

    it('says so when the permission to write is missing, and changes nothing', () => {
      const folder = scratch()
      chmodSync(folder, 0o555)
      const error = failure(() => asOrdinaryUser(() => exportHost(treeOf(files), '/out', join(folder, 'out'))))
      chmodSync(folder, 0o755)
      expect(error.code).toBe('WRITE_FAILED')
      expect(error.message).toMatch(/nothing can be made in the folder .*: permission denied \(EACCES\)$/)
      expect(listing(folder)).toEqual({})
    })
  })

  describe('against a guest that means harm', () => {
    it('leaves out links that are absolute or may lead outside, and writes none through', () => {
      const folder = scratch()
      const fs = treeOf({
        '/out/abs': { symlink: '/etc/passwd' },
        '/out/up': { symlink: '../x' },
        '/out/d/up1': { symlink: '..' },
        '/out/d/up2': { symlink: '../..' },
        '/out/d/in': { symlink: './/../d/./f' },
        '/out/self': { symlink: '.' },
        '/out/sneaky': { symlink: 'self/../x' },
        '/out/missing': { symlink: 'not/yet/there' },
        '/out/zero': null,
        '/x': 'outside',
      })
      const report = exportHost(fs, '/out', join(folder, 'out'))
      expect(listing(join(folder, 'out'))).toEqual({
        d: null,
        'd/in': '-> .//../d/./f',
        'd/up1': '-> ..',
        missing: '-> not/yet/there',
        self: '-> .',
        zero: null,
      })
      expect(report.leftOut.map(({ path }) => path)).toEqual(['abs', 'd/up2', 'sneaky', 'up'])
      expect(report.leftOut[0]).toEqual({
        path: 'abs',
        reason: 'link',
        message: 'it is a link to "/etc/passwd", which may lead outside',
      })
      const all = exportHost(fs, '/out', join(folder, 'all'), { links: 'all' })
      expect([all.links, all.leftOut]).toEqual([8, []])
      expect(hostFs.readlinkSync(join(folder, 'all/abs'))).toBe('/etc/passwd')
      const none = exportHost(fs, '/out', join(folder, 'none'), { links: 'none' })
      expect([none.links, none.leftOut.length]).toEqual([0, 8])
      expect(listing(join(folder, 'none'))).toEqual({ d: null, zero: null })
    })

    it('takes names that look like ways out as the plain names that they are', () => {
      const folder = scratch()
      const names = [
        '..a',
        '...',
        ' ..',
        '.. ',
        '..\\..\\x',
        'C:\\x',
        '~',
        '-rf',
        '$HOME',
        'a\nb',
        '*',
        '%2e%2e%2fx',
        '\u202e',
      ]
      const fs = treeOf(Object.fromEntries(names.map((name) => [`/out/${name}`, name])))
      exportHost(fs, '/out', join(folder, 'out'))
      expect(Object.keys(listing(join(folder, 'out'))).sort()).toEqual(names.toSorted())
      expect(readdirSync(folder)).toEqual(['out'])
    })

    it('fails clearly on a path that is too long for the host, and removes what it had made', () => {
      const folder = scratch()
      const fs = new Filesystem()
      let dir = 1
      for (let depth = 0; depth < 3000; depth++) dir = fs.mkdirAt(dir, byteString('deep'), 'clamp', NOW) as number
      const error = failure(() => exportHost(fs, '/', join(folder, 'out')))
      expect(error.code).toBe('NAME')
      expect(error.message).toMatch(
        /too long for this host: shorten it, or write to a shorter path\. What was there is as before$/,
      )
      expect(error.message.length).toBeLessThan(600)
      expect(readdirSync(folder)).toEqual([])
    })

    it('writes names of 255 bytes', () => {
      const folder = scratch()
      const name = `${'é'.repeat(127)}x`
      exportHost(treeOf({ [`/out/${name}`]: 'long' }), '/out', join(folder, 'out'))
      expect(listing(join(folder, 'out'))).toEqual({ [name]: 'long' })
    })

    /** A host on which letter case makes no difference, as far as making things goes. */
    function caseless(): HostCalls {
      const there = new Set<string>()
      const make = (path: unknown): void => {
        const key = String(path).toLowerCase()
        if (there.has(key)) throw hostFault('EEXIST')
        there.add(key)
      }
      return {
        ...HOST,
        openSync: (path, flags, mode) => {
          make(path)
          return hostFs.openSync(path, flags, mode)
        },
        mkdirSync: ((path: string) => {
          make(path)
          hostFs.mkdirSync(path)
        }) as HostCalls['mkdirSync'],
        symlinkSync: (text, path) => {
          make(path)
          hostFs.symlinkSync(text, path)
        },
      }
    }

    it.each<[string, Files]>([
      ['files', { '/out/d/Makefile': 'upper', '/out/d/makefile': 'lower' }],
      ['a link and a file', { '/out/d/Makefile': { symlink: 'x' }, '/out/d/makefile': 'lower' }],
      ['a link and a folder', { '/out/d/Makefile': { symlink: '.' }, '/out/d/makefile/f': 'x' }],
      ['a folder and a link', { '/out/d/Makefile/f': 'x', '/out/d/makefile': { symlink: '.' } }],
    ])('names both where %s differ only in case and the host does not', (_, files) => {
      const folder = scratch()
      writeFileSync(join(folder, 'kept'), 'kept')
      const error = failure(() => exportHost(treeOf(files), '/out', join(folder, 'out'), { host: caseless() }))
      expect(error.code).toBe('COLLISION')
      expect(error.message).toContain('"/d/makefile" and "/d/Makefile" are one name on this host: rename one of them')
      expect(listing(folder)).toEqual({ kept: 'kept' })
    })

    it('writes both where the host tells them apart', () => {
      const folder = scratch()
      exportHost(treeOf({ '/out/Makefile': 'upper', '/out/makefile': 'lower' }), '/out', join(folder, 'out'))
      expect(listing(join(folder, 'out'))).toEqual({ Makefile: 'upper', makefile: 'lower' })
    })

    it.each(['a\\b', 'c:', 'nul', 'COM1.txt', 'dot.', 'space ', 'a?'])(
      'refuses the name %j on Windows before it writes',
      (name) => {
        const folder = scratch()
        const host: HostCalls = { ...HOST, platform: 'win32' }
        const error = failure(() => exportHost(treeOf({ [`/out/${name}`]: '' }), '/out', join(folder, 'out'), { host }))
        expect(error.code).toBe('NAME')
        expect(error.message).toContain('this host cannot hold the name of')
        expect(readdirSync(folder)).toEqual([])
      },
    )

    it('leaves out devices, fifos and sockets', () => {
      const folder = scratch()
      const fs = treeOf({ '/dev/null': { device: 'null' }, '/dev/f': 'file' })
      fs.mknodAt(1, byteString('/dev/pipe'), 'fifo', undefined, 'clamp', NOW)
      fs.mknodAt(1, byteString('/dev/sock'), 'socket', undefined, 'clamp', NOW)
      const report = exportHost(fs, '/dev', join(folder, 'dev'))
      expect(listing(folder)).toEqual({ dev: null, 'dev/f': 'file' })
      expect(report.leftOut.map(({ path, reason }) => [path, reason])).toEqual([
        ['null', 'device'],
        ['pipe', 'fifo'],
        ['sock', 'socket'],
      ])
      expect(failure(() => exportHost(fs, '/dev/null', join(folder, 'null'))).code).toBe('WRONG_KIND')
    })

    it('touches nothing outside, and reads back as it was, for any tree', () => {
      const name = fc.constantFrom('a', 'B', 'b', '..c', '.d', 'é', 'e e', '-')
      const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => `/out/${names.join('/')}`)
      const text = fc.array(fc.constantFrom('a', 'b', '..', '.', '', '..c', 'outside'), { minLength: 1, maxLength: 5 })
      const entry: fc.Arbitrary<Uint8Array | null | Entry> = fc.oneof(
        fc.uint8Array({ maxLength: 50 }),
        fc.constant(null),
        fc.uint8Array({ maxLength: 5 }).map((data) => ({ data, executable: true })),
        text.map((parts) => ({ symlink: parts.join('/') || '/' })),
      )
      fc.assert(
        fc.property(fc.array(fc.tuple(path, entry), { maxLength: 12 }), (entries) => {
          const folder = scratch()
          mkdirSync(join(folder, 'outside'))
          writeFileSync(join(folder, 'outside/kept'), 'kept')
          const fs = treeOf({ '/out': null })
          for (const [path, value] of entries) {
            try {
              importTree(fs, { [path]: value }, NOW)
            } catch {
              // Something else has the name, or is on the way to it.
            }
          }
          const options: ExportOptions = { replace: true }
          const report = exportHost(fs, '/out', join(folder, 'out'), options)
          exportHost(fs, '/out', join(folder, 'out'), options)
          const back = new Filesystem()
          expect(importHost(back, join(folder, 'out'), '/out', TIME).leftOut).toEqual([])
          for (const { path, reason } of report.leftOut) {
            expect(reason).toBe('link')
            fs.unlinkAt(1, byteString(`/out/${path}`), 'clamp', NOW)
          }
          expect(exportTree(back)).toEqual(exportTree(fs))
          expect(readdirSync(folder).sort()).toEqual(['out', 'outside'])
          expect(listing(join(folder, 'outside'))).toEqual({ kept: 'kept' })
          // Every link that was written resolves within the folder, or not at all.
          const real = hostFs.realpathSync(join(folder, 'out'))
          for (const [path, value] of Object.entries(listing(join(folder, 'out')))) {
            if (value?.startsWith('-> ') !== true) continue
            const link = join(folder, 'out', path)
            if (!lstatSync(link).isSymbolicLink() || !existsSync(link)) continue
            const target = hostFs.realpathSync(link)
            expect(target === real || target.startsWith(`${real}/`)).toBe(true)
          }
        }),
        { numRuns: 60 },
      )
    })
  })

  describe('to a place that will not do', () => {
    it('refuses links, also dangling ones and ones with a slash after them', () => {
      const folder = scratch()
      mkdirSync(join(folder, 'real'))
      symlinkSync('real', join(folder, 'link'))
      symlinkSync('nothing', join(folder, 'dangling'))
      const fs = treeOf({ '/out/f': 'f' })
      for (const [guest, host] of [
        ['/out', 'link'],
        ['/out', 'link/'],
        ['/out/f', 'dangling'],
        ['/out/f', 'link'],
      ] as const) {
        const error = failure(() => exportHost(fs, guest, `${folder}/${host}`))
        expect(error.code).toBe('REFUSED')
        expect(error.message).toContain('is a link, which is not written through')
      }
      expect(listing(folder)).toEqual({ real: null, link: '-> real', dangling: '-> nothing' })
    })

    it('refuses a fifo, a root, a folder for a file, a file for a folder, and a parent that is missing or none', () => {
      const folder = scratch()
      execFileSync('mkfifo', [join(folder, 'pipe')])
      mkdirSync(join(folder, 'd'))
      writeFileSync(join(folder, 'f'), 'old')
      const fs = treeOf({ '/out/f': 'f' })
      const tries: readonly (readonly [string, string, string])[] = [
        ['/out/f', join(folder, 'pipe'), 'is neither a file nor a folder'],
        ['/out', '/', 'is the root of a disk'],
        ['/out/f', join(folder, 'd'), 'is a folder, and "/out/f" a file: name the file to write'],
        ['/out', join(folder, 'f'), 'is a file, and "/out" a directory: name a folder'],
        ['/out/f', join(folder, 'no/f'), 'make the folder that is to hold it first'],
        ['/out/f', join(folder, 'f/f'), 'a part of the path is no folder'],
        ['/missing', join(folder, 'x'), 'the machine has no "/missing"'],
        ['out', join(folder, 'x'), 'start it with "/"'],
      ]
      for (const [guest, host, message] of tries)
        expect(failure(() => exportHost(fs, guest, host)).message).toContain(message)
      unlinkSync(join(folder, 'pipe'))
      expect(listing(folder)).toEqual({ d: null, f: 'old' })
    })
  })
})
