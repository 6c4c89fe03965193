import { execFileSync, spawnSync } from 'node:child_process'
import * as hostFs from 'node:fs'
import {
  chmodSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { HOST, type HostCalls } from '../../src/node/host_calls.ts'
import { HostError, importHost } from '../../src/node/index.ts'
import { byteString } from '../../vfs/bytes.ts'
import { check } from '../../vfs/check.ts'
import { Filesystem } from '../../vfs/filesystem.ts'
import { exportTree, importTree } from '../../vfs/tree.ts'
import { asOrdinaryUser, hostFault, scratch } from './folder.ts'

const NOW = { sec: 1_000_000_000, nsec: 0 }
const TIME = 1_000_000_000_000_000_000n

function inoOf(fs: Filesystem, path: string): number {
  const ino = fs.lookup(1, byteString(path), 'nofollow', 'clamp')
  if (typeof ino !== 'number') throw new Error(`${path}: ${ino.name}`)
  return ino
}

/** The tree as plain text, for comparison. */
function text(fs: Filesystem): { [path: string]: unknown } {
  const files: { [path: string]: unknown } = {}
  for (const [path, entry] of Object.entries(exportTree(fs))) {
    files[path] = entry instanceof Uint8Array ? Buffer.from(entry).toString() : entry
  }
  return files
}

/** What `importHost` throws. */
function failure(action: () => unknown): HostError {
  try {
    action()
  } catch (error) {
    if (error instanceof HostError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('importHost()', () => {
  it('copies files, folders and executable bits into a directory that it makes', () => {
    const folder = scratch()
    mkdirSync(join(folder, 'sub/empty'), { recursive: true })
    writeFileSync(join(folder, 'sub/é.txt'), 'data')
    writeFileSync(join(folder, 'tool'), '#!', { mode: 0o755 })
    const fs = new Filesystem()
    const report = importHost(fs, folder, '/a/b', TIME)
    expect(text(fs)).toEqual({
      '/a/b/sub/empty': null,
      '/a/b/sub/é.txt': 'data',
      '/a/b/tool': { data: new Uint8Array([35, 33]), executable: true },
    })
    expect(report).toMatchObject({ files: 2, directories: 2, links: 0, bytes: 6, leftOut: [] })
    expect(check(fs)).toEqual([])
  })

  it('copies links as links, whether they loop, dangle or point outside, and reads nothing through them', () => {
    const outside = scratch()
    writeFileSync(join(outside, 'secret'), 'secret')
    const folder = scratch()
    mkdirSync(join(folder, 'd'))
    symlinkSync(outside, join(folder, 'absolute'))
    symlinkSync(`../../${outside.split('/').at(-1)}/secret`, join(folder, 'd/relative'))
    symlinkSync('..', join(folder, 'd/up'))
    symlinkSync('self', join(folder, 'self'))
    symlinkSync('nowhere', join(folder, 'dangling'))
    const fs = new Filesystem()
    const report = importHost(fs, folder, '/', TIME)
    expect(text(fs)).toEqual({
      '/absolute': { symlink: outside },
      '/d/relative': { symlink: `../../${outside.split('/').at(-1)}/secret` },
      '/d/up': { symlink: '..' },
      '/dangling': { symlink: 'nowhere' },
      '/self': { symlink: 'self' },
    })
    expect(report).toMatchObject({ files: 0, links: 5, leftOut: [] })
    expect(check(fs)).toEqual([])
  })

  it('follows the folder argument itself where that is a link', () => {
    const folder = scratch()
    mkdirSync(join(folder, 'real'))
    writeFileSync(join(folder, 'real/f'), '1')
    symlinkSync('real', join(folder, 'link'))
    const fs = new Filesystem()
    importHost(fs, join(folder, 'link'), '/', TIME)
    expect(text(fs)).toEqual({ '/f': '1' })
  })

  it('leaves out fifos, sockets and devices with reasons, and never waits for one', async () => {
    const folder = scratch()
    execFileSync('mkfifo', [join(folder, 'pipe')])
    const server = createServer().listen(join(folder, 'sock'))
    await new Promise((resolve) => server.once('listening', resolve))
    const canMakeDevice = spawnSync('mknod', [join(folder, 'null'), 'c', '1', '3']).status === 0
    writeFileSync(join(folder, 'z'), 'kept')
    const fs = new Filesystem()
    const report = importHost(fs, folder, '/', TIME)
    server.close()
    expect(text(fs)).toEqual({ '/z': 'kept' })
    expect(report.leftOut.map(({ path, reason }) => [path, reason])).toEqual([
      ...(canMakeDevice ? [['null', 'device']] : []),
      ['pipe', 'fifo'],
      ['sock', 'socket'],
    ])
    expect(report.leftOut.at(-2)?.message).toBe('it is a fifo, which has no content to copy')
  })

  it('leaves out unreadable files and folders with reasons', () => {
    const folder = scratch()
    chmodSync(folder, 0o755)
    mkdirSync(join(folder, 'closed'))
    writeFileSync(join(folder, 'closed/inside'), 'x')
    writeFileSync(join(folder, 'secret'), 'x')
    writeFileSync(join(folder, 'open'), 'x')
    chmodSync(join(folder, 'closed'), 0o000)
    chmodSync(join(folder, 'secret'), 0o000)
    const fs = new Filesystem()
    const report = asOrdinaryUser(() => importHost(fs, folder, '/', TIME))
    chmodSync(join(folder, 'closed'), 0o755)
    expect(text(fs)).toEqual({ '/open': 'x' })
    expect(report.leftOut).toEqual([
      { path: 'closed', reason: 'unreadable', message: 'it cannot be read: permission denied (EACCES)' },
      { path: 'secret', reason: 'unreadable', message: 'it cannot be read: permission denied (EACCES)' },
    ])
    expect(check(fs)).toEqual([])
  })

  it('leaves out names and link texts that are not UTF-8', () => {
    const folder = scratch()
    const bad = Buffer.concat([Buffer.from(`${folder}/a`), Buffer.from([0xff])])
    try {
      writeFileSync(bad, 'x')
    } catch {
      return // A host whose names are always UTF-8.
    }
    symlinkSync(Buffer.from([0xfe]), join(folder, 'link'))
    const fs = new Filesystem()
    const report = importHost(fs, folder, '/', TIME)
    expect(report.leftOut).toEqual([
      { path: 'a\\xff', reason: 'name', message: 'its name is not UTF-8' },
      { path: 'link', reason: 'name', message: "the link's text is not UTF-8" },
    ])
    expect(text(fs)).toEqual({})
    unlinkSync(bad)
  })

  it('keeps hard links within the folder', () => {
    const folder = scratch()
    mkdirSync(join(folder, 'd'))
    writeFileSync(join(folder, 'b'), 'shared')
    linkSync(join(folder, 'b'), join(folder, 'a'))
    linkSync(join(folder, 'b'), join(folder, 'd/c'))
    const fs = new Filesystem()
    const report = importHost(fs, folder, '/', TIME)
    expect(fs.get(inoOf(fs, '/a')).nlink).toBe(3)
    expect([inoOf(fs, '/b'), inoOf(fs, '/d/c')]).toEqual([inoOf(fs, '/a'), inoOf(fs, '/a')])
    expect(report).toMatchObject({ files: 3, bytes: 6 })
    expect(check(fs)).toEqual([])
  })

  it('gives the same inode numbers whatever order the host lists in and whatever its times are', () => {
    const names = ['b', 'a', 'é', 'Z', 'z', '10', '9']
    const numbers = [names, names.toReversed()].map((order) => {
      const folder = scratch()
      for (const name of order) writeFileSync(join(folder, name), name)
      for (const name of order) utimesSync(join(folder, name), 1, order.indexOf(name))
      const shuffled: HostCalls = {
        ...HOST,
        readdirSync: ((path: string, options: { encoding: 'buffer' }) =>
          hostFs.readdirSync(path, options).reverse()) as HostCalls['readdirSync'],
      }
      const fs = new Filesystem()
      importHost(fs, folder, '/', TIME, order === names ? {} : { host: shuffled })
      return [names.map((name) => inoOf(fs, `/${name}`)), exportTree(fs, 1, { times: true })]
    })
    expect(numbers[1]).toEqual(numbers[0])
    expect(numbers[0]?.[0]).toEqual([6, 5, 8, 4, 7, 2, 3])
  })

  it('takes modification times along only when asked', () => {
    const folder = scratch()
    mkdirSync(join(folder, 'd'))
    writeFileSync(join(folder, 'd/f'), 'x')
    utimesSync(join(folder, 'd/f'), 5, 1234.5)
    utimesSync(join(folder, 'd'), 5, 99)
    const kept = new Filesystem()
    importHost(kept, folder, '/', TIME, { times: true })
    expect(kept.get(inoOf(kept, '/d/f'))).toMatchObject({ mtimSec: 1234, mtimNsec: 500_000_000, ctimSec: NOW.sec })
    expect(kept.get(inoOf(kept, '/d')).mtimSec).toBe(99)
    const fresh = new Filesystem()
    importHost(fresh, folder, '/', TIME)
    expect(fresh.get(inoOf(fresh, '/d/f')).mtimSec).toBe(NOW.sec)
  })

  it('merges with directories that are there, and leaves out what would replace something', () => {
    const folder = scratch()
    mkdirSync(join(folder, 'tmp'))
    writeFileSync(join(folder, 'tmp/new'), 'new')
    writeFileSync(join(folder, 'taken'), 'host')
    symlinkSync('x', join(folder, 'dir'))
    const fs = new Filesystem()
    importTree(fs, { '/tmp/old': 'old', '/taken': 'guest', '/dir/f': 'f' }, NOW)
    const report = importHost(fs, folder, '/', TIME)
    expect(text(fs)).toEqual({ '/dir/f': 'f', '/taken': 'guest', '/tmp/new': 'new', '/tmp/old': 'old' })
    expect(report.leftOut.map(({ path, message }) => [path, message])).toEqual([
      ['dir', 'the machine has a directory of this name already'],
      ['taken', 'the machine has a file of this name already'],
    ])
    expect(check(fs)).toEqual([])
  })

  it.each([
    ['a link', (path: string, outside: string) => symlinkSync(join(outside, 'secret'), path)],
    ['a fifo', (path: string) => execFileSync('mkfifo', [path])],
    ['a folder', (path: string) => mkdirSync(path)],
    ['nothing', () => undefined],
  ])('neither follows nor waits for %s that takes the place of a file after it was looked at', (_, swap) => {
    const folder = scratch()
    const outside = scratch()
    writeFileSync(join(outside, 'secret'), 'secret')
    writeFileSync(join(folder, 'f'), 'x')
    const host: HostCalls = {
      ...HOST,
      openSync: (path, flags) => {
        rmSync(path)
        swap(String(path), outside)
        return hostFs.openSync(path, flags)
      },
    }
    const fs = new Filesystem()
    const report = importHost(fs, folder, '/', TIME, { host })
    expect(text(fs)).toEqual({})
    expect(report.leftOut).toMatchObject([{ path: 'f', reason: 'changed' }])
    expect(report.files).toBe(0)
  })

  it('does not list through a link that takes the place of a folder after it was looked at', () => {
    const folder = scratch()
    const outside = scratch()
    writeFileSync(join(outside, 'secret'), 'secret')
    mkdirSync(join(folder, 'd'))
    const host: HostCalls = {
      ...HOST,
      readdirSync: ((path: string, options: { encoding: 'buffer' }) => {
        if (path.endsWith('/d')) {
          renameSync(path, `${path}.old`)
          symlinkSync(outside, path)
        }
        return hostFs.readdirSync(path, options)
      }) as HostCalls['readdirSync'],
    }
    const fs = new Filesystem()
    const report = importHost(fs, folder, '/', TIME, { host })
    expect(text(fs)).toEqual({})
    expect(report.leftOut).toEqual([
      { path: 'd', reason: 'changed', message: 'it was replaced while it was being copied' },
    ])
  })

  it('leaves out a file that fails after its first part, rather than keep the part', () => {
    const folder = scratch()
    writeFileSync(join(folder, 'f'), Buffer.alloc(3 << 20, 1))
    let reads = 0
    const host: HostCalls = {
      ...HOST,
      readSync: ((...args: Parameters<typeof hostFs.readSync>) => {
        if (++reads === 2) throw hostFault('EIO')
        return hostFs.readSync(...args)
      }) as HostCalls['readSync'],
    }
    const fs = new Filesystem()
    const report = importHost(fs, folder, '/', TIME, { host })
    expect(text(fs)).toEqual({})
    expect(report).toMatchObject({
      files: 0,
      leftOut: [{ path: 'f', reason: 'unreadable', message: 'it cannot be read: EIO' }],
    })
    expect(check(fs)).toEqual([])
  })

  it('copies folders as deep as the host can name them, without recursion', () => {
    const folder = scratch()
    let deep = folder
    let depth = 0
    while (deep.length < 3900) {
      deep += '/d'
      depth++
    }
    mkdirSync(deep, { recursive: true })
    const fs = new Filesystem()
    const report = importHost(fs, folder, '/', TIME)
    expect(report).toMatchObject({ directories: depth, leftOut: [] })
    expect(depth).toBeGreaterThan(1500)
  })

  it('lists what lies too deep for the host to name', () => {
    const folder = scratch()
    // Made from within, since no path reaches that far.
    const script = 'for (let i = 0; i < 30; i++) { const n = "d".repeat(200); fs.mkdirSync(n); process.chdir(n) }'
    execFileSync(process.execPath, ['-e', script], { cwd: folder })
    const fs = new Filesystem()
    const report = importHost(fs, folder, '/', TIME)
    expect(report.directories).toBeGreaterThan(15)
    expect(report.leftOut).toMatchObject([{ reason: 'name', message: 'its path is too long for this host' }])
  })

  it('keeps stretches of zeros as holes, and every byte', () => {
    const folder = scratch()
    const fd = hostFs.openSync(join(folder, 'sparse'), 'w')
    hostFs.writeSync(fd, 'middle', 5 << 20)
    hostFs.ftruncateSync(fd, (9 << 20) + 5)
    hostFs.closeSync(fd)
    const fs = new Filesystem({ bytes: 2 << 20 })
    const report = importHost(fs, folder, '/', TIME)
    expect(report.bytes).toBe((9 << 20) + 5)
    const bytes = exportTree(fs)['/sparse'] as Uint8Array
    expect(Buffer.compare(bytes, hostFs.readFileSync(join(folder, 'sparse')))).toBe(0)
    expect(check(fs)).toEqual([])
  })

  it('says which file the machine has no room for', () => {
    const folder = scratch()
    writeFileSync(join(folder, 'large'), Buffer.alloc(100_000, 1))
    const error = failure(() => importHost(new Filesystem({ bytes: 8192 }), folder, '/', TIME))
    expect([error.code, error.path]).toEqual(['QUOTA', 'large'])
    expect(error.message).toContain('give it a larger quota or copy less')
    mkdirSync(join(folder, 'a/b'), { recursive: true })
    expect(failure(() => importHost(new Filesystem({ inodes: 2 }), folder, '/', TIME))).toMatchObject({
      code: 'QUOTA',
      path: 'a/b',
    })
  })

  it('refuses a folder that is missing, no folder, or unreadable, and a guest path that cannot be one', () => {
    const folder = scratch()
    writeFileSync(join(folder, 'file'), '')
    mkdirSync(join(folder, 'closed'), { mode: 0o000 })
    chmodSync(folder, 0o755)
    const fs = new Filesystem()
    importTree(fs, { '/file': '', '/link': { symlink: '/' } }, NOW)
    const codes = [
      failure(() => importHost(fs, join(folder, 'missing'), '/', TIME)),
      failure(() => importHost(fs, join(folder, 'file'), '/', TIME)),
      failure(() => asOrdinaryUser(() => importHost(fs, join(folder, 'closed'), '/', TIME))),
      failure(() => importHost(fs, folder, 'relative', TIME)),
      failure(() => importHost(fs, folder, '/file/x', TIME)),
      failure(() => importHost(fs, folder, '/link/x', TIME)),
      failure(() => importHost(fs, folder, '/a/../b', TIME)),
    ].map((error) => error.code)
    expect(codes).toEqual([
      'NOT_FOUND',
      'WRONG_KIND',
      'UNREADABLE',
      'WRONG_KIND',
      'WRONG_KIND',
      'WRONG_KIND',
      'WRONG_KIND',
    ])
    expect(Object.keys(exportTree(fs)).sort()).toEqual(['/file', '/link'])
  })
})
