/** Random trees with the names, modes, times and holes that archives stumble over. */

import { type ByteString, byteString } from '../../../vfs/bytes.ts'
import { Errno } from '../../../vfs/errno.ts'
import { Filesystem, OPEN_CREATE, OPEN_EXCLUSIVE } from '../../../vfs/filesystem.ts'
import { ROOT_INO } from '../../../vfs/inode_table.ts'
import { fc } from '../../support/property.ts'

/** What the archive that the tree is for can hold. */
export interface TreeOptions {
  /** Names that every format and every tool takes: short ones of a few characters. */
  readonly plain?: boolean
  readonly fifos?: boolean
  /** Whether a fifo can have several names, which GNU tar does not pack as such. */
  readonly linkedFifos?: boolean
  readonly hardlinks?: boolean
  /** Permission bits that come along; the owner's right to read always does. Default 0o7777. */
  readonly modes?: number
}

const NASTY = [
  ' ',
  '-rf',
  '--help',
  '\n',
  'a\nb',
  '\t',
  '.hidden',
  '..x',
  '...',
  'x..',
  '. ',
  'é',
  'e\u0301',
  '日本',
  '😀',
  '\u{10ffff}',
  '*',
  '?',
  '[a]',
  '\\',
  'a\\b',
  '"',
  "'",
  '~',
  '$HOME',
  '`id`',
  'a b',
  ':',
  '=',
  '%2e%2e',
  '\x01',
  '\x7f',
  '\u0085',
  'n'.repeat(99),
  'n'.repeat(100),
  'n'.repeat(101),
  'n'.repeat(155),
  'n'.repeat(255),
  'é'.repeat(127),
]

const nasty = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('a', 'b', 'c', 'd', 'é') },
  { weight: 3, arbitrary: fc.constantFrom(...NASTY) },
  {
    weight: 1,
    arbitrary: fc
      .string({ unit: 'binary', minLength: 1, maxLength: 60 })
      .filter((name) => name !== '.' && name !== '..' && !/[/\0]/.test(name)),
  },
)
const plain = fc.string({ unit: fc.constantFrom('a', 'b', 'Z', '0', '_', 'é'), minLength: 1, maxLength: 3 })

const time = fc.record({
  sec: fc.oneof(
    fc.constantFrom(0, 1, 315_532_799, 1_700_000_001, 2 ** 31 - 1, 2 ** 31, 2 ** 32 + 5, 8 ** 11 - 1, 8 ** 11),
    fc.nat({ max: 2_000_000_000 }),
  ),
  nsec: fc.constantFrom(0, 1, 500_000_000, 123_456_789, 999_999_999),
})

/** A part of a file: bytes at an offset; holes are between. */
const part = fc.record({
  offset: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(0, 0, 511, 512, 4096, 32_767) },
    { weight: 1, arbitrary: fc.constantFrom(100_000, 131_072, 1_000_000) },
  ),
  length: fc.constantFrom(1, 5, 511, 512, 513, 4096, 40_000),
  byte: fc.nat({ max: 255 }),
})

const PLAIN_TARGETS = ['a', '../a', '/etc/passwd', 'é', '.', 't'.repeat(99)]
const TARGETS = [...PLAIN_TARGETS, '../../../x', 'a\nb', 't'.repeat(100), 't'.repeat(101), 't'.repeat(300)]

const stepOf = (options: TreeOptions) =>
  fc.record({
    kind: fc.oneof(
      { weight: 4, arbitrary: fc.constant('file' as const) },
      { weight: 3, arbitrary: fc.constant('directory' as const) },
      { weight: 1, arbitrary: fc.constant('symlink' as const) },
      { weight: options.hardlinks === false ? 0 : 1, arbitrary: fc.constant('hardlink' as const) },
      { weight: options.fifos === false ? 0 : 1, arbitrary: fc.constant('fifo' as const) },
    ),
    name: options.plain === true ? plain : nasty,
    /** Which directory, or which file for another name, of those that there are. */
    dir: fc.nat({ max: 50 }),
    of: fc.nat({ max: 50 }),
    mode: fc.constantFrom(0o644, 0o755, 0o600, 0o400, 0o777, 0o4755, 0o2711, 0o1777, 0o444),
    mtime: time,
    parts: fc.array(part, { maxLength: 3 }),
    /** Bytes of a hole at the end. */
    hole: fc.constantFrom(0, 0, 0, 1, 70_000, 300_000),
    target: fc.constantFrom(...(options.plain === true ? PLAIN_TARGETS : TARGETS)),
  })

/** Trees of up to 20 things. */
export function trees(options: TreeOptions = {}): fc.Arbitrary<Filesystem> {
  return fc.array(stepOf(options), { maxLength: 20 }).map((steps) => {
    const fs = new Filesystem()
    const now = { sec: 77, nsec: 7 }
    const dirs = [ROOT_INO]
    const others: { readonly dir: number; readonly name: ByteString }[] = []
    const times: { readonly ino: number; readonly mtime: { sec: number; nsec: number } }[] = []
    for (const step of steps) {
      const dir = dirs[step.dir % dirs.length] as number
      const name = byteString(step.name)
      const mode = (step.mode & (options.modes ?? 0o7777)) | (step.kind === 'directory' ? 0o500 : 0)
      let ino: number | Errno | undefined
      if (step.kind === 'directory') ino = fs.mkdirAt(dir, name, 'clamp', now, mode)
      else if (step.kind === 'symlink') ino = fs.symlinkAt(byteString(step.target), dir, name, 'clamp', now)
      else if (step.kind === 'fifo') ino = fs.mknodAt(dir, name, 'fifo', undefined, 'clamp', now, mode)
      else if (step.kind === 'hardlink') {
        const other = others[step.of % Math.max(1, others.length)]
        if (other !== undefined) fs.linkAt(other.dir, other.name, 'nofollow', dir, name, 'clamp', now)
        continue
      } else ino = fs.openAt(dir, name, OPEN_CREATE | OPEN_EXCLUSIVE, 'clamp', now, mode)
      if (ino instanceof Errno) continue
      if (step.kind === 'file') {
        let size = 0
        for (const { offset, length, byte } of step.parts) {
          fs.write(ino, offset, new Uint8Array(length).fill(byte), 0, length, now)
          size = Math.max(size, offset + length)
        }
        if (step.hole > 0) fs.truncate(ino, size + step.hole, now)
      }
      if (step.kind === 'directory') dirs.push(ino)
      else if (step.kind !== 'fifo' || options.linkedFifos !== false) others.push({ dir, name })
      times.push({ ino, mtime: step.mtime })
    }
    for (const { ino, mtime } of times) fs.setTimes(ino, mtime, mtime, now)
    return fs
  })
}
