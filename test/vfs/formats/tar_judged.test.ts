/** Tar archives, judged by GNU tar: both ways, in every format that it writes. */

import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { check } from '../../../vfs/check.ts'
import { Filesystem } from '../../../vfs/filesystem.ts'
import { readTar } from '../../../vfs/formats/tar_read.ts'
import { tarChunks, writeTar } from '../../../vfs/formats/tar_write.ts'
import { fc } from '../../support/property.ts'
import { makeFs } from '../../support/vfs.ts'
import { discard, folder, hostState, judge, treeState, writePieces } from './judge.ts'
import { trees } from './random_tree.ts'

const NANOSECOND = 1n
const SECOND = 1_000_000_000n

/** Extracts a tree into a new folder by GNU tar. */
function extracted(fs: Filesystem): string {
  const work = folder()
  writePieces(join(work, 'a.tar'), tarChunks(fs, { times: 'keep' }))
  judge('mkdir', [join(work, 'out')])
  judge('tar', ['-x', '-p', '--no-same-owner', '-f', join(work, 'a.tar'), '-C', join(work, 'out')])
  return work
}

/** The tree of an archive of a folder that GNU tar makes. */
function packed(work: string, args: readonly string[]): Filesystem {
  const archive = join(work, 'b.tar')
  judge('tar', ['-c', ...args, '-f', archive, '-C', join(work, 'out'), '.'])
  const fs = new Filesystem()
  expect(readTar(fs, readFileSync(archive)).leftOut).toEqual([])
  expect(check(fs)).toEqual([])
  return fs
}

describe('writeTar(), judged by GNU tar', () => {
  it('is extracted to the same content, links, hard links, modes and times', () => {
    const property = fc.property(trees(), (fs) => {
      const work = extracted(fs)
      expect(hostState(join(work, 'out'), { times: NANOSECOND })).toEqual(treeState(fs, { times: NANOSECOND }))
      discard(work)
    })
    fc.assert(property, { numRuns: 100 })
  })

  it('lists character devices with the numbers of Linux', () => {
    const fs = makeFs({ '/null': { device: 'null' }, '/tty': { device: 'tty' }, '/urandom': { device: 'urandom' } })
    const work = folder()
    writePieces(join(work, 'a.tar'), tarChunks(fs))
    const listing = judge('tar', ['-tvf', join(work, 'a.tar')]).toString()
    expect(listing.split('\n').map((line) => line.replace(/ +/g, ' '))).toEqual([
      'crw-rw-rw- 0/0 1,3 1970-01-01 00:00 null',
      'crw-rw-rw- 0/0 5,0 1970-01-01 00:00 tty',
      'crw-rw-rw- 0/0 1,9 1970-01-01 00:00 urandom',
      '',
    ])
  })

  it('keeps a file of 4 GiB with holes small, here and on the host', () => {
    const fs = makeFs({ '/big': 'start' })
    const ino = fs.lookup(1, 'big' as never, 'nofollow', 'clamp') as number
    fs.write(ino, 2 ** 31 + 5, new Uint8Array(10).fill(7), 0, 10, { sec: 0, nsec: 0 })
    fs.truncate(ino, 2 ** 32, { sec: 0, nsec: 0 })
    expect(writeTar(fs).length).toBeLessThan(50_000)
    const work = extracted(fs)
    const stats = statSync(join(work, 'out/big'))
    expect(stats.size).toBe(2 ** 32)
    expect(stats.blocks).toBeLessThan(1000)
    for (const version of ['0.0', '0.1', '1.0']) {
      const copy = packed(work, ['--format=pax', '--sparse', `--sparse-version=${version}`])
      const found = copy.get(copy.lookup(1, 'big' as never, 'nofollow', 'clamp') as number)
      expect(found.size).toBe(2 ** 32)
      expect(found.isFile() && found.body.blocks).toBeLessThan(50)
    }
    const old = packed(work, ['--format=gnu', '--sparse'])
    expect(old.get(old.lookup(1, 'big' as never, 'nofollow', 'clamp') as number).size).toBe(2 ** 32)
  })
})

describe('readTar(), given what GNU tar made', () => {
  const formats = [
    { format: 'gnu', times: SECOND, plain: false },
    { format: 'oldgnu', times: SECOND, plain: false },
    { format: 'pax', times: NANOSECOND, plain: false },
    { format: 'ustar', times: SECOND, plain: true },
    { format: 'v7', times: SECOND, plain: true },
  ]
  for (const { format, times, plain } of formats) {
    for (const sparse of ['', '--sparse', '--sparse-version=0.0', '--sparse-version=0.1']) {
      if (sparse !== '' && (plain || (sparse !== '--sparse' && format !== 'pax'))) continue
      it(`gives the tree that was packed by --format=${format} ${sparse}`, () => {
        const fifos = format !== 'v7'
        const property = fc.property(trees({ plain, fifos, linkedFifos: false }), (fs) => {
          const work = extracted(fs)
          const args = [`--format=${format}`, ...(sparse === '' ? [] : ['--sparse', sparse])]
          // A time of over 8^11 seconds has no room in the older formats.
          const whole = times === SECOND ? ['--mtime=@1234567890'] : []
          const copy = packed(work, [...args, ...whole])
          const compared = { times: times === SECOND ? 0n : times }
          expect(treeState(copy, compared)).toEqual(treeState(fs, compared))
          discard(work)
        })
        fc.assert(property, { numRuns: 25 })
      })
    }
  }

  it('takes gzip, also of several members', () => {
    const work = extracted(makeFs({ '/a': 'hello', '/d/b': 'x'.repeat(100_000) }))
    const out = join(work, 'out')
    judge('tar', ['-c', '-z', '-f', join(work, 'a.tgz'), '-C', out, '.'])
    const archive = join(work, 'a.tar')
    judge('sh', [
      '-c',
      `head -c 1000 ${archive} | gzip > ${work}/m.gz; tail -c +1001 ${archive} | gzip >> ${work}/m.gz`,
    ])
    for (const name of ['a.tgz', 'm.gz']) {
      const fs = new Filesystem()
      readTar(fs, readFileSync(join(work, name)))
      expect(treeState(fs, { times: 0n })).toEqual(hostState(out, { times: 0n }))
    }
  })
})
