/**
 * Damaged archives of every format: each either loads or is refused with a FormatError, and what is refused has changed
 * nothing. The cases are a function of the seed; `VIVARIUM_MUTATIONS` makes more of them.
 */

import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { byteString } from '../../../vfs/bytes.ts'
import { check } from '../../../vfs/check.ts'
import { Filesystem } from '../../../vfs/filesystem.ts'
import { FormatError } from '../../../vfs/formats/error.ts'
import {
  type OciLayout,
  readNar,
  readOciLayout,
  readTar,
  readZip,
  writeNar,
  writeTar,
  writeZip,
} from '../../../vfs/formats/index.ts'
import { importTree } from '../../../vfs/tree.ts'
import { SEED } from '../../support/property.ts'
import { stateOf } from '../../support/tree_state.ts'
import { at, makeFs } from '../../support/vfs.ts'
import { json, layoutOf, MANIFEST, RawLayout, sha256 } from './raw_oci.ts'
import { archiveOf, checksumOf, recordOf } from './raw_tar.ts'

const CASES = Number(process.env.VIVARIUM_MUTATIONS ?? 2000)
const QUOTA = { bytes: 1 << 20, inodes: 200, entries: 100 }

/** No array may be larger than this: the room that the quota leaves, what headers may need beside it, and the archive. */
const ALLOCATION_MAX = 4 << 20

/** The largest array that was asked for by a size. */
const asked = { most: 0 }
const Original = Uint8Array

beforeEach(() => {
  asked.most = 0
  class Counted extends Original {
    constructor(...args: unknown[]) {
      if (typeof args[0] === 'number') asked.most = Math.max(asked.most, args[0])
      super(...(args as []))
    }
  }
  Object.defineProperty(Counted, Symbol.hasInstance, { value: (value: unknown) => value instanceof Original })
  vi.stubGlobal('Uint8Array', Counted)
})

afterEach(() => {
  vi.unstubAllGlobals()
})

/** A generator of numbers: xorshift of 32 bits. */
class Choices {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 1
  }

  /** From 0 to `end - 1`. */
  below(end: number): number {
    this.#state ^= this.#state << 13
    this.#state ^= this.#state >>> 17
    this.#state ^= this.#state << 5
    return (this.#state >>> 0) % end
  }

  of<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T
  }
}

/** Bytes that mean something to a format. */
const TELLING = [0, 0xff, 0x80, 0x7f, 0x20, 0x2f, 0x2e, 0x30, 0x37, 0x38, 0x0a, 0x3d, 0x31, 0x53, 0x78, 0x67, 0x4c]

/** A copy with one to four changes: bytes flipped, set, cut, spliced, moved. */
function mutated(choices: Choices, bytes: Uint8Array): Uint8Array {
  let result = Original.from(bytes)
  for (let changes = 1 + choices.below(4); changes > 0 && result.length > 0; changes--) {
    const place = choices.below(result.length)
    switch (choices.below(8)) {
      case 0:
      case 1:
        result[place] = (result[place] as number) ^ (1 << choices.below(8))
        break
      case 2:
      case 3:
        result[place] = choices.of(TELLING)
        break
      case 4:
        for (let i = place; i < Math.min(result.length, place + 8); i++) result[i] = choices.of(TELLING)
        break
      case 5:
        result = result.slice(0, place)
        break
      case 6: {
        const from = choices.below(result.length)
        const part = result.slice(from, from + choices.of([1, 8, 512, 1024]))
        result = Buffer.concat([result.slice(0, place), part, result.slice(place)])
        break
      }
      default: {
        const unit = choices.of([1, 8, 512])
        const start = Math.floor(place / unit) * unit
        result = Buffer.concat([result.slice(0, start), result.slice(start + unit)])
      }
    }
  }
  return new Original(result)
}

/** With the checksum of every block that looks like a header made right, so that the change gets past it. */
function mended(bytes: Uint8Array): Uint8Array {
  for (let i = 0; i + 512 <= bytes.length; i += 512) {
    const block = bytes.subarray(i, i + 512)
    if (String.fromCharCode(...block.subarray(257, 262)) !== 'ustar') continue
    const sum = checksumOf(block)
    for (let k = 0; k < 8; k++) block[148 + k] = sum.charCodeAt(k)
  }
  return bytes
}

/** A tree with something of everything. */
function sample(): Filesystem {
  const fs = makeFs({
    '/bin/tool': { data: '#!/bin/sh\n', executable: true },
    '/dev/null': { device: 'null' },
    '/empty': null,
    [`/${'long'.repeat(30)}/${'name'.repeat(40)}`]: 'x'.repeat(700),
    '/é': { symlink: 'bin/tool' },
    '/text': 'text '.repeat(300),
    '/zhard': { hardlink: '/text' },
  })
  fs.mknodAt(1, byteString('fifo'), 'fifo', undefined, 'clamp', at(0))
  const ino = fs.openAt(1, byteString('sparse'), 1, 'clamp', at(0)) as number
  fs.write(ino, 200_000, new Original(5).fill(1), 0, 5, at(0))
  fs.truncate(ino, 400_000, at(0))
  return fs
}

/** The tree that the archives are added to: some names meet theirs. */
function target(): Filesystem {
  const fs = new Filesystem(QUOTA)
  importTree(fs, { '/text': 'old', '/bin/other': 'o', '/link': { symlink: '/bin' }, '/mine': 'm' }, at(1))
  return fs
}

/** Reads every case into a fork of one tree. */
function judgeAll(cases: Iterable<Uint8Array | OciLayout>, read: (fs: Filesystem, archive: never) => unknown): void {
  const base = target()
  const before = stateOf(base)
  let loaded = 0
  let refused = 0
  let number = 0
  for (const archive of cases) {
    number++
    const fs = base.fork()
    try {
      read(fs, archive as never)
      loaded++
    } catch (error) {
      if (!(error instanceof FormatError)) throw new Error(`case ${number}`, { cause: error })
      refused++
      if (stateOf(fs).join('\n') !== before.join('\n'))
        throw new Error(`case ${number} has changed the tree: ${error.message}`)
    }
    const faults = check(fs)
    if (faults.length > 0) throw new Error(`case ${number}: ${faults.join()}`)
    if (asked.most > ALLOCATION_MAX) throw new Error(`case ${number} asks for ${asked.most} bytes`)
  }
  expect(stateOf(base)).toEqual(before)
  // A test of what is refused only, or never, would test little.
  expect(refused).toBeGreaterThan(CASES / 10)
  expect(loaded).toBeGreaterThan(CASES / 200)
}

function* mutations(bases: readonly Uint8Array[], mend: (bytes: Uint8Array) => Uint8Array): Generator<Uint8Array> {
  const choices = new Choices(SEED)
  for (let i = 0; i < CASES; i++) {
    const changed = mutated(choices, choices.of(bases))
    yield i % 4 === 0 ? changed : mend(changed)
  }
}

/** Archives of other kinds than `writeTar` makes. */
function strangeTars(): Uint8Array[] {
  const pax: [string, string][] = [
    ['GNU.sparse.size', '5000'],
    ['GNU.sparse.map', '0,2,4096,2'],
    ['GNU.sparse.name', 'sparse'],
  ]
  return [
    archiveOf([
      { path: './', type: '5' },
      { path: 'global', type: 'g', content: recordOf('mtime', '5.5') },
      { path: 'x', content: 'abcd', pax },
      { path: 'p'.repeat(150), type: '2', link: 'q'.repeat(150) },
    ]),
    archiveOf([
      {
        path: 'old',
        type: 'S',
        magic: 'ustar  \0',
        content: 'abcd',
        raw: [
          [386, '00000000002\x0000000000002\x0000000010000\x0000000000002\0'],
          [483, '00000010011\0'],
        ],
      },
      { path: 'text', type: '1', link: 'old' },
      { path: 'bin', type: '5', magic: '' },
    ]),
  ]
}

describe('damaged archives', () => {
  it('of tar', () => {
    judgeAll(mutations([writeTar(sample()), writeTar(sample(), { times: 'keep' }), ...strangeTars()], mended), readTar)
  })

  it('of tar in gzip', () => {
    const plain = [writeTar(sample()), ...strangeTars()]
    const packed = plain.map((bytes) => new Original(gzipSync(bytes)))
    function* cases(): Generator<Uint8Array> {
      const choices = new Choices(SEED)
      for (let i = 0; i < CASES; i++) {
        if (i % 4 === 0) yield new Original(gzipSync(mended(mutated(choices, choices.of(plain)))))
        else yield mutated(choices, choices.of(packed))
      }
    }
    judgeAll(cases(), readTar)
  })

  it('of NAR', () => {
    judgeAll(
      mutations([writeNar(sample()), writeNar(sample(), { base: '/bin' })], (bytes) => bytes),
      readNar,
    )
  })

  it('of zip', () => {
    const [whole, small] = [writeZip(sample()), writeZip(sample(), { base: '/bin' })]
    judgeAll(
      mutations([whole, small, small], (bytes) => bytes),
      readZip,
    )
  })

  it('of an image, with digests made right', () => {
    const removals = archiveOf([{ path: '.wh.text' }, { path: 'bin/.wh..wh..opq' }, { path: 'bin/new' }])
    const layers = [writeTar(sample()), removals]
    function* cases(): Generator<OciLayout> {
      const choices = new Choices(SEED)
      for (let i = 0; i < CASES; i++) {
        const spoiled = choices.below(4)
        const which = choices.below(3)
        let document = 0
        const spoil = (bytes: Uint8Array): Uint8Array => (document++ === which ? mutated(choices, bytes) : bytes)
        if (spoiled === 0) yield layoutOf(layers, spoil)
        else yield layoutOf(layers.map((tar, k) => (spoiled === k + 1 ? mended(mutated(choices, tar)) : tar)))
      }
    }
    judgeAll(cases(), readOciLayout)
  })
})

describe('bombs', () => {
  it('of gzip are refused by what the quota leaves', () => {
    const fs = target()
    const zeros = new Original(4 << 20)
    const bomb = new Original(gzipSync(Buffer.concat([...Array(4).fill(zeros)])))
    expect(() => readTar(fs, bomb)).toThrow(/it is over \d+ bytes when decompressed, more than there is room for/)
    expect(asked.most).toBeLessThan(ALLOCATION_MAX)
  })

  it('of zip are refused by what they say, and by what they are', () => {
    const fs = target()
    const big = new Filesystem()
    importTree(big, { '/zeros': new Original(8 << 20) }, at(0))
    const honest = writeZip(big)
    expect(() => readZip(fs, honest)).toThrow(/"zeros" has 8388608 bytes, more than the tree has room for/)
    asked.most = 0
    // The same with a size of 100 bytes in both records.
    const lying = Original.from(honest)
    const view = new DataView(lying.buffer)
    for (let i = 0; i + 4 < lying.length; i++) if (view.getUint32(i, true) === 8 << 20) view.setUint32(i, 100, true)
    expect(() => readZip(fs, lying)).toThrow(/its data is not of the 100 bytes that it says/)
    expect(asked.most).toBeLessThan(ALLOCATION_MAX)
  })

  it('of one layer after the other are refused together', () => {
    const zeros = archiveOf([{ path: 'zeros', content: new Original(900_000) }])
    const layers = (count: number): OciLayout => {
      const layout = new RawLayout()
      const rootfs = { type: 'layers', diff_ids: Array(count).fill(sha256(zeros)) }
      const config = layout.add('config', json({ rootfs }))
      const layer = layout.add('layer', new Original(gzipSync(zeros)))
      return layout.index([layout.add(MANIFEST, json({ config, layers: Array(count).fill(layer) }))])
    }
    const fs = target()
    expect(readOciLayout(fs, layers(2)).files).toBe(2)
    const other = target()
    expect(() => readOciLayout(other, layers(5))).toThrow(/bytes when decompressed, more than there is room for/)
  })
})
