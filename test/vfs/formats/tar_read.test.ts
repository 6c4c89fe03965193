import { describe, expect, it } from 'vitest'
import { byteString, textOf } from '../../../vfs/bytes.ts'
import type { Filesystem } from '../../../vfs/filesystem.ts'
import { readTar } from '../../../vfs/formats/tar_read.ts'
import { writeTar } from '../../../vfs/formats/tar_write.ts'
import { Calls, makeFs, shown } from '../../support/vfs.ts'
import { refusalOf } from './format_error.ts'
import { archiveOf, base256, bytesOf, concat, END, type RawEntry, rawEntry, recordOf } from './raw_tar.ts'

/** What an archive of these entries makes of an empty tree. */
function read(entries: readonly RawEntry[], fs: Filesystem = makeFs()): { [path: string]: unknown } {
  readTar(fs, archiveOf(entries))
  return shown(fs)
}

/** What is said of an archive that is refused, by a tree that has something in it already. */
function refused(archive: readonly RawEntry[] | Uint8Array, fs: Filesystem = makeFs({ '/there/file': 'x' })): string {
  return refusalOf(fs, () => readTar(fs, archive instanceof Uint8Array ? archive : archiveOf(archive))).message
}

function mtimeOf(fs: Filesystem, path: string): string {
  const { mtimSec, mtimNsec } = fs.get(new Calls(fs).ino(path))
  return `${mtimSec}.${mtimNsec}`
}

describe('readTar()', () => {
  describe('names', () => {
    it('takes "./", slashes twice and at the end, and makes missing parents', () => {
      const entries = [
        { path: './', type: '5' },
        { path: './a//b/./c', content: 'c' },
        { path: 'd/', type: '5' },
        { path: 'e/' },
      ]
      expect(read(entries)).toEqual({ '/a': null, '/a/b': null, '/a/b/c': 'c', '/d': null, '/e': null })
    })

    it('joins the prefix of ustar, but not what GNU tar has in its place', () => {
      expect(Object.keys(read([{ path: 'c', prefix: 'a/b' }]))).toEqual(['/a', '/a/b', '/a/b/c'])
      expect(Object.keys(read([{ path: 'c', prefix: '00000000000', magic: 'ustar  \0' }]))).toEqual(['/c'])
      expect(Object.keys(read([{ path: 'c', prefix: 'x', magic: '' }]))).toEqual(['/c'])
    })

    it('takes a name that fills its field, and GNU long names and links', () => {
      const [full, long] = ['n'.repeat(100), `${'d'.repeat(200)}/${'f'.repeat(200)}`]
      const entries = [{ path: full }, { path: long, content: 'x' }, { path: 'l', type: '2', link: 't'.repeat(300) }]
      expect(read(entries)).toMatchObject({ [`/${full}`]: '', [`/${long}`]: 'x', '/l': { symlink: 't'.repeat(300) } })
    })

    it('takes path and linkpath of a PAX header before those of the header, and of a global one', () => {
      const entries: RawEntry[] = [
        { path: 'global', type: 'g', content: recordOf('linkpath', 'everywhere') },
        { path: 'x', pax: [['path', 'é'].map((text) => byteString(text)) as unknown as [string, string]] },
        { path: 'l', type: '2', link: 'y' },
        { path: 'm', type: '2', link: 'y', pax: [['linkpath', 'mine']] },
        { path: 'n', type: '2', link: 'y', pax: [['linkpath', '']] },
      ]
      expect(read(entries)).toEqual({
        '/é': '',
        '/l': { symlink: 'everywhere' },
        '/m': { symlink: 'mine' },
        '/n': { symlink: 'y' },
      })
    })

    it.each([
      ['/etc/passwd', /"\/etc\/passwd" is absolute: it would be outside of the place to extract to \(at byte 0\)/],
      ['../x', /"\.\.\/x" has "\.\." in it/],
      ['a/../../x', /has "\.\." in it/],
      ['a/..', /has "\.\." in it/],
      ['a/\xff', /is not UTF-8/],
      [`a/${'n'.repeat(256)}`, /has a name of over 255 bytes/],
      ['', /is empty/],
    ])('refuses %j', (path, message) => {
      expect(refused([{ path }])).toMatch(message)
      expect(refused([{ path: 'ok' }, { path: 'x', type: '1', link: path === '' ? '/' : path }])).toMatch(
        /target|absolute/,
      )
    })

    it('refuses a NUL byte in a PAX name, and names in other character sets', () => {
      expect(refused([{ path: 'x', pax: [['path', 'a\0b']] }])).toMatch(/has a NUL byte/)
      expect(refused([{ path: 'x', pax: [['hdrcharset', 'ISO-IR 8859 1 1998']] }])).toMatch(/not UTF-8/)
      expect(read([{ path: 'x', pax: [['hdrcharset', 'BINARY']] }])).toEqual({ '/x': '' })
    })

    it('refuses a long name that does not end', () => {
      const [header, name] = rawEntry({ path: '././@LongLink', type: 'L', content: 'n'.repeat(512) }) as [
        Uint8Array,
        Uint8Array,
      ]
      expect(refused(concat(header, name, ...rawEntry({ path: 'x' }), END))).toMatch(
        /does not end with a NUL byte \(at byte 512\)/,
      )
    })
  })

  describe('kinds', () => {
    it('takes files, directories, links, hard links, fifos and devices', () => {
      const fs = makeFs()
      const entries: RawEntry[] = [
        { path: 'f', content: 'data', mode: '0100751\0' },
        { path: 'old', type: '\0', content: 'v7' },
        { path: 'contiguous', type: '7', content: 'c' },
        { path: 'd', type: '5', mode: '0001777\0' },
        { path: 's', type: '2', link: '../../outside' },
        { path: 'h', type: '1', link: './f' },
        { path: 'p', type: '6' },
        { path: 'null', type: '3', major: '0000001\0', minor: '0000003\0' },
      ]
      const report = readTar(fs, archiveOf(entries))
      expect(report).toEqual({ files: 4, directories: 1, links: 1, bytes: 7, leftOut: [] })
      const calls = new Calls(fs)
      expect(calls.ino('/h')).toBe(calls.ino('/f'))
      const kinds = ['f', 'd', 's', 'p', 'null'].map((path) => fs.get(calls.ino(path)))
      expect(kinds.map(({ kind, mode }) => `${kind} ${mode.toString(8)}`)).toEqual([
        'file 751',
        'directory 1777',
        'symlink 777',
        'fifo 644',
        'device 644',
      ])
    })

    it('leaves out devices that there are not, and types that are not known', () => {
      const entries: RawEntry[] = [
        { path: 'sda', type: '4', major: '0000010\0', minor: '0000000\0' },
        { path: 'd/kmsg', type: '3', major: '0000001\0', minor: '0000013\0' },
        { path: 'acl', type: 'A', content: 'x'.repeat(600) },
        { path: 'label', type: 'V' },
        { path: 'f' },
      ]
      const fs = makeFs()
      expect(readTar(fs, archiveOf(entries)).leftOut).toEqual([
        { path: 'sda', message: 'it is the block device 8:0, which the tree cannot have' },
        { path: 'd/kmsg', message: 'it is the character device 1:11, which the tree cannot have' },
        { path: 'acl', message: 'it is of a type that is not known, "A"' },
      ])
      expect(shown(fs)).toEqual({ '/f': '' })
    })

    it.each([
      ['missing', /"l": it is a hard link to "missing", which is not there \(at byte 0\)/],
      ['d', /is a directory and has one name only/],
      ['.', /is a directory/],
      ['../../x', /the hard link's target "\.\.\/\.\.\/x" has "\.\." in it/],
      ['', /a hard link has no target/],
    ])('refuses a hard link to %j', (link, message) => {
      expect(refused([{ path: 'l', type: '1', link }], makeFs({ '/d': null }))).toMatch(message)
    })

    it('does not follow links for the target of a hard link, nor for a parent', () => {
      const fs = () => makeFs({ '/real/f': 'x', '/link': { symlink: 'real' } })
      expect(refused([{ path: 'l', type: '1', link: 'link/f' }], fs())).toMatch(/which is not there/)
      expect(refused([{ path: 'link/new' }], fs())).toMatch(/it needs "link" to be a directory, and a symlink is there/)
      const entries = [
        { path: 'evil', type: '2', link: '/etc' },
        { path: 'evil/passwd', content: 'x' },
      ]
      expect(refused(entries)).toMatch(
        /"evil\/passwd": it needs "evil" to be a directory, and a symlink is there \(at byte 512\)/,
      )
    })

    it('refuses a symbolic link without a text, and a part of several volumes', () => {
      expect(refused([{ path: 'l', type: '2' }])).toMatch(/has no text/)
      expect(refused([{ path: 'f', type: 'M' }])).toMatch(/several volumes/)
    })
  })

  describe('on what is there', () => {
    it('lets the last of several entries win', () => {
      const entries: RawEntry[] = [
        { path: 'f', content: 'first' },
        { path: 'h', type: '1', link: 'f' },
        { path: 'f', content: 'second' },
        { path: 'f2', type: '2', link: 'x' },
        { path: './f2', content: 'file' },
        { path: 'h2', content: 'gone' },
        { path: 'h2', type: '1', link: 'f' },
        { path: 'f', type: '1', link: 'f' },
      ]
      expect(read(entries)).toEqual({ '/f': 'second', '/f2': 'file', '/h': 'first', '/h2': { hardlink: '/f' } })
    })

    it('replaces files of the tree and keeps directories', () => {
      const fs = makeFs({ '/d/kept': 'k', '/d/f': 'old', '/l': { symlink: 'd/kept' } })
      const entries = [
        { path: 'd', type: '5', mode: '0000700\0' },
        { path: 'd/f', content: 'new' },
        { path: 'l', content: 'l' },
      ]
      expect(read(entries, fs)).toEqual({ '/d': null, '/d/f': 'new', '/d/kept': 'k', '/l': 'l' })
      expect(fs.get(new Calls(fs).ino('/d')).mode).toBe(0o700)
    })

    it('refuses a file where a directory is, and the other way round', () => {
      const there = () => makeFs({ '/d/x': '', '/f': '' })
      expect(refused([{ path: 'd' }], there())).toMatch(
        /"d": a directory of this name is there, and it cannot become a file/,
      )
      expect(refused([{ path: 'f', type: '5' }], there())).toMatch(
        /a file of this name is there, and it cannot become a dir/,
      )
      expect(refused([{ path: 'f/x' }], there())).toMatch(/it needs "f" to be a directory, and a file is there/)
      expect(refused([{ path: '.' }], there())).toMatch(/the root of the archive is a file/)
    })

    it('adds below a path, which is made, or an inode number', () => {
      const fs = makeFs({ '/d': null })
      readTar(fs, archiveOf([{ path: 'f' }]), { at: '/a/b' })
      readTar(fs, archiveOf([{ path: 'g' }]), { at: new Calls(fs).ino('/d') })
      expect(Object.keys(shown(fs))).toEqual(['/a', '/a/b', '/a/b/f', '/d', '/d/g'])
    })

    it.each([
      ['relative', /at: "relative" is not absolute/],
      ['/a/../b', /has "\." or "\.\." in it/],
      ['/there/file', /at: "\/there\/file" is no directory: "file" is a file/],
      [99, /at: inode 99 is not there/],
      [3, /at: inode 3 is a file/],
    ])('refuses to add below %j', (at, message) => {
      const fs = makeFs({ '/there/file': '' })
      expect(refusalOf(fs, () => readTar(fs, archiveOf([{ path: 'f' }]), { at })).message).toMatch(message)
    })

    it('says which entry the tree has no room for, and changes nothing', () => {
      const content = 'x'.repeat(5000)
      const bytes = makeFs({ '/there': content }, { bytes: 12_288 })
      expect(
        refused(
          [
            { path: 'a', content: 'y' },
            { path: 'b', content },
          ],
          bytes,
        ),
      ).toBe('tar: "b": the tree has no room for it (No space left on device): give it a larger quota (at byte 1024)')
      const inodes = makeFs({ '/there': 'x' }, { inodes: 3 })
      expect(refused([{ path: 'a' }, { path: 'b' }], inodes)).toMatch(/"b": the tree has no room for it/)
      const names = makeFs({}, { entries: 1 })
      expect(refused([{ path: 'a' }, { path: 'b' }], names)).toMatch(
        /"b": the tree has no room for it \(Disk quota exceeded\)/,
      )
    })

    it('counts what is removed and still open', () => {
      const fs = makeFs({ '/open': 'x'.repeat(8000) }, { bytes: 12_288 })
      const calls = new Calls(fs)
      const ino = calls.ino('/open')
      fs.hold(ino)
      calls.unlink('/open')
      expect(refused([{ path: 'a', content: 'x'.repeat(5000) }], fs)).toMatch(/no room/)
      fs.release(ino)
      expect(read([{ path: 'a', content: 'x' }], fs)).toEqual({ '/a': 'x' })
    })
  })

  describe('times', () => {
    it('takes them from the header, in octal or base 256, and from PAX to the nanosecond', () => {
      const fs = makeFs()
      const entries: RawEntry[] = [
        { path: 'octal', mtime: '00000000012 ' },
        { path: 'spaces', mtime: '         12\0' },
        { path: 'blank', mtime: '            ' },
        { path: 'big', mtime: base256(10_000_000_000n, 12) },
        { path: 'negative', mtime: base256(-5n, 12) },
        { path: 'pax', pax: [['mtime', '1700000000.123456789012']] },
        { path: 'before', pax: [['mtime', '-1.5']] },
        { path: 'far', pax: [['mtime', '99999999999']] },
        { path: 'd', type: '5', mtime: '00000000024\0' },
        { path: 'd/later' },
      ]
      readTar(fs, archiveOf(entries))
      expect(entries.map(({ path }) => [path, mtimeOf(fs, path)])).toEqual([
        ['octal', '10.0'],
        ['spaces', '10.0'],
        ['blank', '0.0'],
        ['big', '10000000000.0'],
        ['negative', '0.0'],
        ['pax', '1700000000.123456789'],
        ['before', '0.0'],
        ['far', '18446744072.0'],
        ['d', '20.0'],
        ['d/later', '0.0'],
      ])
    })

    it('gives all one time where it is told to, and the change is now', () => {
      const fs = makeFs()
      readTar(fs, archiveOf([{ path: 'd/f', mtime: '00000000012\0' }]), { at: '/x', times: 7_000, now: 9_000 })
      expect(['/x/d', '/x/d/f'].map((path) => mtimeOf(fs, path))).toEqual(['7.0', '7.0'])
      expect(fs.get(new Calls(fs).ino('/x/d/f')).ctimSec).toBe(9)
      expect(refusalOf(fs, () => readTar(fs, archiveOf([]), { now: 'x' })).message).toMatch(/now: "x" is no moment/)
      expect(refusalOf(fs, () => readTar(fs, archiveOf([]), { times: 'x' })).message).toMatch(/times: "x" is no moment/)
    })
  })

  describe('files with holes', () => {
    /** Contents as text with dots for zeros. */
    const holes = (fs: Filesystem, path: string): string => {
      const inode = fs.get(new Calls(fs).ino(path))
      return inode.isFile() ? String.fromCharCode(...inode.body.toBytes().map((byte) => byte || 46)) : ''
    }
    const ways: [string, RawEntry][] = [
      [
        'the old header',
        {
          path: 'f',
          type: 'S',
          magic: 'ustar  \0',
          content: 'abcd',
          raw: [
            [386, '00000000002\0' + '00000000002\0' + '00000000006\0' + '00000000002\0'],
            [483, '00000000011\0'],
          ],
        },
      ],
      [
        'PAX 0.0',
        {
          path: 'f',
          content: 'abcd',
          pax: [
            ['GNU.sparse.size', '9'],
            ['GNU.sparse.numblocks', '2'],
            ['GNU.sparse.offset', '2'],
            ['GNU.sparse.numbytes', '2'],
            ['GNU.sparse.offset', '6'],
            ['GNU.sparse.numbytes', '2'],
          ],
        },
      ],
      [
        'PAX 0.1',
        {
          path: 'GNUSparseFile/f',
          content: 'abcd',
          pax: [
            ['GNU.sparse.size', '9'],
            ['GNU.sparse.map', '2,2,6,2,9,0'],
            ['GNU.sparse.name', 'f'],
          ],
        },
      ],
      [
        'PAX 1.0',
        {
          path: 'GNUSparseFile/f',
          content: `${'3\n2\n2\n6\n2\n9\n0\n'.padEnd(512, '\0')}abcd`,
          pax: [
            ['GNU.sparse.major', '1'],
            ['GNU.sparse.minor', '0'],
            ['GNU.sparse.name', 'f'],
            ['GNU.sparse.realsize', '9'],
          ],
        },
      ],
    ]
    it.each(ways)('are taken by %s', (_, entry) => {
      const fs = makeFs()
      readTar(fs, archiveOf([entry, { path: 'after', content: 'x' }]))
      expect(holes(fs, '/f')).toBe('..ab..cd.')
      expect(holes(fs, '/after')).toBe('x')
    })

    it('are taken by the old header with more parts than it has room for', () => {
      const octal = (value: number): string => `${value.toString(8).padStart(11, '0')}\0`
      const parts = Array.from({ length: 30 }, (_, i) => octal(2 * i) + octal(1))
      const extension = (from: number, more: string): string =>
        (
          parts
            .slice(from, from + 21)
            .join('')
            .padEnd(504, '\0') + more
        ).padEnd(512, '\0')
      const [header, data] = rawEntry({
        path: 'f',
        type: 'S',
        magic: 'ustar  \0',
        content: 'x'.repeat(30),
        raw: [
          [386, parts.slice(0, 4).join('')],
          [482, '\x01'],
          [483, octal(60)],
        ],
      }) as [Uint8Array, Uint8Array]
      const fs = makeFs()
      readTar(fs, concat(header, bytesOf(extension(4, '\x01')), bytesOf(extension(25, '\0')), data, END))
      expect(holes(fs, '/f')).toBe('x.'.repeat(30))
      expect(refused(concat(header, bytesOf(extension(4, '\x01'))))).toMatch(/ends within its map of holes/)
    })

    const pax = (...records: [string, string][]): RawEntry[] => [{ path: 'f', content: 'abcd', pax: records }]
    it.each<[string, RawEntry[], RegExp]>([
      ['parts out of order', pax(['GNU.sparse.size', '9'], ['GNU.sparse.map', '6,2,2,2']), /out of order/],
      ['parts that overlap', pax(['GNU.sparse.size', '9'], ['GNU.sparse.map', '0,3,2,1']), /out of order/],
      [
        'parts beyond the size',
        pax(['GNU.sparse.size', '9'], ['GNU.sparse.map', '6,4']),
        /goes to byte 10, beyond its size of 9/,
      ],
      [
        'parts of more than there is',
        pax(['GNU.sparse.size', '9'], ['GNU.sparse.map', '0,5']),
        /is of 5 bytes, and there are 4/,
      ],
      [
        'an offset without a length',
        pax(['GNU.sparse.size', '9'], ['GNU.sparse.map', '0,4,7']),
        /an offset without a length/,
      ],
      ['no number', pax(['GNU.sparse.size', '9'], ['GNU.sparse.map', '0,x']), /has "x", no number/],
      ['no size', pax(['GNU.sparse.map', '0,4']), /size with holes is missing/],
      [
        'a size beyond the largest',
        pax(['GNU.sparse.size', '9007199254740993'], ['GNU.sparse.map', '0,4']),
        /no number/,
      ],
      [
        'a version to come',
        pax(['GNU.sparse.major', '2'], ['GNU.sparse.minor', '0'], ['GNU.sparse.size', '9']),
        /2\.0 is not known/,
      ],
      [
        'a map that is no text',
        pax(['GNU.sparse.major', '1'], ['GNU.sparse.minor', '0'], ['GNU.sparse.realsize', '9']),
        /line that is no number/,
      ],
      [
        'turns mixed up',
        pax(['GNU.sparse.size', '9'], ['GNU.sparse.numbytes', '4'], ['GNU.sparse.offset', '0']),
        /out of turn/,
      ],
    ])('are refused with %s', (_, entries, message) => {
      expect(refused(entries)).toMatch(message)
    })

    it('can be larger than all memory', () => {
      const fs = makeFs()
      readTar(fs, archiveOf(pax(['GNU.sparse.size', `${2 ** 53 - 1}`], ['GNU.sparse.map', '1000000000000,4'])))
      expect(fs.get(new Calls(fs).ino('/f')).size).toBe(2 ** 53 - 1)
      expect(writeTar(fs).length).toBeLessThan(12_000)
    })
  })

  describe('damage', () => {
    const good = archiveOf([{ path: 'a', content: 'x'.repeat(600) }, { path: 'b' }])

    it('is said with the place: a wrong checksum, a number that is none', () => {
      expect(refused([{ path: 'a' }, { path: 'b', checksum: '000001\0 ' }])).toBe(
        'tar: a header has a wrong checksum (at byte 512)',
      )
      expect(refused(bytesOf('x'.repeat(2000)))).toMatch(/this is no tar archive/)
      expect(refused([{ path: 'a', size: '0000000000x\0' }])).toMatch(
        /a header has a size that is no number \(at byte 124\)/,
      )
      expect(refused([{ path: 'a', size: base256(-1n, 12) }])).toMatch(/size that is no number/)
      expect(refused([{ path: 'a', size: base256(2n ** 60n, 12) }])).toMatch(/size that is no number/)
      expect(refused([{ path: 'a', mode: 'rwxr-xr-' }])).toMatch(/a header has a mode that is no number/)
      expect(refused([{ path: 'a', mtime: '12:00' }])).toMatch(/a header has a time that is no number/)
      expect(refused([{ path: 'a', type: '3', major: '9' }])).toMatch(/a header has a device number that is no number/)
      expect(refused([{ path: 'a', pax: [['mtime', 'noon']] }])).toMatch(/the time "noon", which is no number/)
      expect(refused([{ path: 'a', pax: [['size', '-1']] }])).toMatch(/the size "-1", which is no number/)
    })

    it('is found wherever the archive was cut', () => {
      expect(refused(new Uint8Array(0))).toMatch(/there is nothing/)
      for (let size = 1; size < good.length - 512; size += 7) expect(refused(good.subarray(0, size))).toMatch(/cut off/)
      expect(refused([{ path: 'a', size: '77777777777\0' }])).toMatch(
        /"a" has 8589934591 bytes, and the archive ends after 1024/,
      )
    })

    it('does not mind one zero block at the end, or many', () => {
      const fs = makeFs()
      readTar(fs, good.subarray(0, good.length - 512))
      readTar(fs, concat(good, new Uint8Array(9000)))
      expect(Object.keys(shown(fs))).toEqual(['/a', '/b'])
    })

    it('is something after the end mark, or an extended header with nothing after it', () => {
      expect(refused(concat(good, good))).toMatch(/something comes after the end mark.*\(at byte 3072\)/)
      expect(refused(concat(...rawEntry({ path: 'p', type: 'x', content: recordOf('path', 'x') }), END))).toMatch(
        /has no entry after it/,
      )
    })

    it.each([
      ['', 'a=b\n', /does not begin with its length and a space/],
      ['a length that is too long', '99 a=b\n', /of 99 bytes is longer than the header that it is in/],
      ['a length that is too short', '5 a=bcd\n', /does not end with a newline where its length says/],
      ['the length 0', '0 a=b\n', /does not end with a newline/],
      ['no "="', '6 abc\n', /has no "="/],
      ['no key', '5 =b\n', /has no key/],
    ])('is a PAX record with %s', (_, content, message) => {
      expect(refused([{ path: 'p', type: 'x', content }, { path: 'f' }])).toMatch(message)
    })
  })

  it('takes sums of signed bytes, as old programs made them', () => {
    const [header] = rawEntry({ path: byteString('é') }) as [Uint8Array]
    let sum = 8 * 32
    header.forEach((byte, i) => {
      if (i < 148 || i >= 156) sum += byte > 127 ? byte - 256 : byte
    })
    header.set(bytesOf(`${sum.toString(8).padStart(6, '0')}\0 `), 148)
    const fs = makeFs()
    readTar(fs, concat(header, END))
    expect(Object.keys(shown(fs))).toEqual(['/é'])
  })

  it('says how to decompress what is not gzip', () => {
    expect(refused(concat(new Uint8Array([0x28, 0xb5, 0x2f, 0xfd]), END))).toMatch(
      /Zstandard: decompress it first \(zstd -d\)/,
    )
    expect(refused(concat(new Uint8Array([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), END))).toMatch(/compressed with xz/)
    expect(refused(concat(bytesOf('BZh91AY'), END))).toMatch(/compressed with bzip2/)
  })

  it('shows long names cut, and on one line', () => {
    const message = refused([{ path: `${'d/'.repeat(5000)}a\n/../b` }])
    expect(message.length).toBeLessThan(500)
    expect(refused([{ path: 'a\nb/..' }])).toContain('"a\\nb/.."')
    expect(textOf(byteString(message))).toBe(message)
  })
})
