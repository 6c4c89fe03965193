/** NAR, zip and OCI, judged by the tools that they are for: Nix, Info-ZIP, umoci and skopeo. */

import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { check } from '../../../vfs/check.ts'
import { Filesystem } from '../../../vfs/filesystem.ts'
import { narChunks, readNar, writeNar } from '../../../vfs/formats/nar.ts'
import { readOciLayout } from '../../../vfs/formats/oci_read.ts'
import { type OciWriteOptions, writeOciLayout } from '../../../vfs/formats/oci_write.ts'
import { tarChunks } from '../../../vfs/formats/tar_write.ts'
import { readZip } from '../../../vfs/formats/zip_read.ts'
import { zipChunks } from '../../../vfs/formats/zip_write.ts'
import { hexOf, pureHashes } from '../../../vfs/hash.ts'
import { fc } from '../../support/property.ts'
import { makeFs } from '../../support/vfs.ts'
import { discard, folder, hostState, judge, treeState, writePieces } from './judge.ts'
import { trees } from './random_tree.ts'

const SECOND = 1_000_000_000n
/** What a NAR knows of a file: no times, and of its mode the owner's right to execute. */
const NAR = { times: 0n, hardlinks: false, modes: 0 }

/** Puts a tree into a new folder of the host, by GNU tar; the folder is `out` in what is returned. */
function onHost(fs: Filesystem): string {
  const work = folder()
  writePieces(join(work, 'a.tar'), tarChunks(fs, { times: 'keep' }))
  mkdirSync(join(work, 'out'))
  judge('tar', ['-x', '-p', '--no-same-owner', '-f', join(work, 'a.tar'), '-C', join(work, 'out')])
  return work
}

describe('writeNar() and readNar(), judged by Nix', () => {
  it('give and take the very bytes of nix-store --dump, and the digest of nix-hash', () => {
    const property = fc.property(trees({ fifos: false }), (fs) => {
      const work = onHost(fs)
      const out = join(work, 'out')
      const dump = judge('nix-store', ['--dump', out])
      expect(Buffer.compare(dump, writeNar(fs))).toBe(0)
      const hash = pureHashes('sha256')
      for (const piece of narChunks(fs)) hash.update(piece)
      expect(hexOf(hash.digest())).toBe(judge('nix-hash', ['--type', 'sha256', out]).toString().trim())
      const copy = new Filesystem()
      readNar(copy, dump)
      expect(check(copy)).toEqual([])
      expect(treeState(copy, NAR)).toEqual(treeState(fs, NAR))
      expect(Buffer.compare(dump, writeNar(copy))).toBe(0)
      discard(work)
    })
    fc.assert(property, { numRuns: 40 })
  })

  it('gives a NAR that nix-store --restore takes, of one file or link too', () => {
    const fs = makeFs({ '/d/exe': { data: '#!/bin/sh\n', executable: true }, '/l': { symlink: 'd/exe' } })
    const work = folder()
    for (const [base, restored] of [
      ['/', 'tree'],
      ['/d/exe', 'file'],
      ['/l', 'link'],
    ] as const) {
      writePieces(join(work, 'a.nar'), narChunks(fs, { base }))
      judge('sh', ['-c', `nix-store --restore ${work}/${restored} < ${work}/a.nar`])
      expect(Buffer.compare(judge('nix-store', ['--dump', join(work, restored)]), writeNar(fs, { base }))).toBe(0)
    }
  })
})

describe('writeZip() and readZip(), judged by Info-ZIP', () => {
  const modes = 0o777
  const compared = { times: 0n, hardlinks: false, modes }

  it('give an archive that unzip finds sound and extracts to the same tree', () => {
    const property = fc.property(trees({ fifos: false, modes }), (fs) => {
      const work = folder()
      writePieces(join(work, 'a.zip'), zipChunks(fs, { times: 1_700_000_000_000 }))
      mkdirSync(join(work, 'out'))
      // An archive without entries is a warning, as it is for unzip's own.
      if (fs.table.count > 1) {
        judge('unzip', ['-tq', join(work, 'a.zip')])
        judge('unzip', ['-q', '-^', join(work, 'a.zip'), '-d', join(work, 'out')])
      }
      expect(hostState(join(work, 'out'), compared)).toEqual(treeState(fs, compared))
      discard(work)
    })
    fc.assert(property, { numRuns: 40 })
  })

  it('keep times to the second up to 2038', () => {
    const fs = makeFs({ '/a': { data: 'x', mtime: '2038-01-19T03:14:07Z' }, '/b': { data: 'x', mtime: 0 } })
    const work = folder()
    writePieces(join(work, 'a.zip'), zipChunks(fs, { times: 'keep' }))
    judge('unzip', ['-q', join(work, 'a.zip'), '-d', join(work, 'out')])
    expect(hostState(join(work, 'out'), { times: SECOND })).toEqual(treeState(fs, { times: SECOND }))
  })

  it('take what zip made, compressed, stored and streamed', () => {
    const property = fc.property(trees({ fifos: false, modes, plain: true }), (fs) => {
      if (fs.table.count === 1) return
      const work = onHost(fs)
      const out = join(work, 'out')
      judge('zip', ['-y', '-r', '-q', join(work, 'a.zip'), '.'], out)
      judge('zip', ['-0', '-y', '-r', '-q', join(work, 'b.zip'), '.'], out)
      judge('sh', ['-c', 'zip -y -r -q - . > ../c.zip'], out)
      for (const name of ['a.zip', 'b.zip', 'c.zip']) {
        const copy = new Filesystem()
        readZip(copy, readFileSync(join(work, name)))
        expect(check(copy)).toEqual([])
        expect(treeState(copy, compared)).toEqual(hostState(out, compared))
      }
      discard(work)
    })
    fc.assert(property, { numRuns: 20 })
  })

  it('go beyond 65,535 entries by the 64-bit records', () => {
    const fs = makeFs(Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => [`/d/${i}`, ''])))
    const work = folder()
    writePieces(join(work, 'a.zip'), zipChunks(fs))
    expect(
      judge('unzip', ['-Z1', join(work, 'a.zip')])
        .toString()
        .split('\n').length,
    ).toBe(70_002)
    const copy = new Filesystem()
    expect(readZip(copy, readFileSync(join(work, 'a.zip')))).toMatchObject({ files: 70_000, directories: 1 })
  })
})

/** Writes an image into a folder. */
function layoutOn(dir: string, fs: Filesystem, options: OciWriteOptions = {}): void {
  for (const [path, bytes] of Object.entries(writeOciLayout(fs, options))) {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    writeFileSync(join(dir, path), bytes)
  }
}

/** The files of an image layout folder. */
function filesOf(dir: string): { [path: string]: Uint8Array } {
  const paths = readdirSync(dir, { recursive: true, encoding: 'utf8', withFileTypes: true })
  const files: { [path: string]: Uint8Array } = {}
  for (const entry of paths) {
    if (!entry.isFile()) continue
    const full = join(entry.parentPath, entry.name)
    files[full.slice(dir.length + 1)] = readFileSync(full)
  }
  return files
}

/** umoci makes a runtime's configuration too, which it can for Linux alone. */
const LINUX = { os: 'linux', architecture: 'amd64' }

describe('writeOciLayout() and readOciLayout(), judged by umoci and skopeo', () => {
  it('give an image that umoci unpacks to the same tree', () => {
    const property = fc.property(trees({ fifos: false, modes: 0o1777 }), (fs) => {
      const work = folder()
      layoutOn(join(work, 'image'), fs, { ...LINUX, times: 'keep' })
      judge('umoci', ['unpack', '--rootless', '--image', `${join(work, 'image')}:latest`, join(work, 'bundle')])
      const rootfs = join(work, 'bundle/rootfs')
      expect(hostState(rootfs, { times: 0n })).toEqual(treeState(fs, { times: 0n }))
      const copy = new Filesystem()
      readOciLayout(copy, filesOf(join(work, 'image')))
      expect(treeState(copy, { times: 1n })).toEqual(treeState(fs, { times: 1n }))
      discard(work)
    })
    fc.assert(property, { numRuns: 20 })
  })

  it('give an image that skopeo inspects and copies, digest for digest', () => {
    const fs = makeFs({ '/app.wasm': 'x'.repeat(1000) })
    const config = { Entrypoint: ['/app.wasm'], Env: ['A=1'], Cmd: ['--help'], Labels: { of: 'a test' } }
    const work = folder()
    layoutOn(join(work, 'image'), fs, { config, created: '2026-01-02T03:04:05.678Z', ref: 'v1.0' })
    const shown = JSON.parse(judge('skopeo', ['inspect', `oci:${join(work, 'image')}:v1.0`]).toString())
    expect(shown).toMatchObject({
      Architecture: 'wasm',
      Os: 'wasip1',
      Created: '2026-01-02T03:04:05.678Z',
      Env: ['A=1'],
      Labels: { of: 'a test' },
    })
    judge('skopeo', ['copy', `oci:${join(work, 'image')}:v1.0`, `dir:${join(work, 'dir')}`])
    judge('skopeo', ['copy', `dir:${join(work, 'dir')}`, `oci:${join(work, 'again')}:v1.0`])
    const copy = new Filesystem()
    const report = readOciLayout(copy, filesOf(join(work, 'again')), { ref: 'v1.0' })
    expect(report).toMatchObject({ digest: shown.Digest, config, architecture: 'wasm', os: 'wasip1', files: 1 })
    expect(treeState(copy, { times: 0n })).toEqual(treeState(fs, { times: 0n }))
  })

  it('take an image of several layers that umoci made, with removals', () => {
    const work = folder()
    const image = join(work, 'image')
    layoutOn(image, makeFs({ '/gone': 'x', '/dir/a': 'a', '/dir/b': 'b', '/was/dir/x': '', '/stays': 's' }), LINUX)
    judge('umoci', ['unpack', '--rootless', '--image', `${image}:latest`, join(work, 'bundle')])
    const rootfs = join(work, 'bundle/rootfs')
    rmSync(join(rootfs, 'gone'))
    rmSync(join(rootfs, 'dir/a'))
    rmSync(join(rootfs, 'was'), { recursive: true })
    writeFileSync(join(rootfs, 'was'), 'now a file')
    symlinkSync('stays', join(rootfs, 'dir/link'))
    chmodSync(join(rootfs, 'stays'), 0o711)
    judge('umoci', ['repack', '--refresh-bundle', '--image', `${image}:latest`, join(work, 'bundle')])
    rmSync(join(rootfs, 'dir'), { recursive: true })
    mkdirSync(join(rootfs, 'dir'))
    writeFileSync(join(rootfs, 'dir/new'), 'n')
    judge('umoci', ['repack', '--image', `${image}:latest`, join(work, 'bundle')])
    const copy = new Filesystem()
    readOciLayout(copy, filesOf(image))
    expect(check(copy)).toEqual([])
    expect(treeState(copy, { times: 0n })).toEqual(hostState(rootfs, { times: 0n }))
    expect(treeState(copy, { times: 0n }).map((line) => line.split(':')[0])).toEqual(
      ['dir', 'dir/new', 'stays', 'was'].map((path) => JSON.stringify(path)),
    )
  })
})
