/** The checks of `Hostcalls` catch what they are for: calls that write too far, or change something and fail. */

import { describe, expect, it } from 'vitest'
import { RIGHTS_ALL } from '../../src/abi/types.ts'
import { EBADF } from '../../vfs/errno.ts'
import { Hostcalls } from './hostcalls.ts'

const FILES = { '/file': 'content', '/link': { symlink: 'file' } }

/** Lets the next calls do `more` after what they do, and return `errno`, if that is given, instead of what they return. */
function meddle(h: Hostcalls, more: () => void, errno?: number): void {
  const call = h.run.call.bind(h.run)
  Object.defineProperty(h.run, 'call', {
    value: (name: string, ...args: readonly (number | bigint)[]) => {
      const result = call(name, ...args)
      more()
      return errno ?? result
    },
  })
}

describe('Hostcalls', () => {
  it('passes a call that does what it says', () => {
    const h = new Hostcalls({ files: FILES })
    const fd = h.opened('file', { rights: RIGHTS_ALL })
    expect([h.read(fd, 3), h.write(fd, '!'), h.read(fd, 99)]).toEqual(['con', 1, 'ent'])
    expect([h.read(99, 3), h.answers.at(-1)]).toEqual(['EBADF', 'fd_read EBADF'])
  })

  it.each([
    ['the byte after a result', (ptr: number) => ptr + 24],
    ['the byte before a result', (ptr: number) => ptr - 1],
    ['the first byte of memory', () => 0],
    ['the last byte of memory', (_: number, h: Hostcalls) => h.end - 1],
  ])('fails a call that writes to %s', (_, at) => {
    const h = new Hostcalls({ files: FILES })
    const stat = h.out(24)
    meddle(h, () => {
      h.u8[at(stat, h)] = 0
    })
    expect(() => h.call('fd_fdstat_get', 3, stat)).toThrow(`wrote where it must not, at ${at(stat, h)}`)
  })

  it('fails a call that writes more bytes than it says', () => {
    const h = new Hostcalls({ files: FILES })
    const { ptr, len } = h.put('link')
    const [buf, used] = [h.out(16), h.out(4)]
    meddle(h, () => {
      h.u8[buf + 4] = 0
    })
    expect(() => h.call('path_readlink', 3, ptr, len, buf, 16, used)).toThrow('wrote where it must not')
  })

  it('fails a call that writes beyond what it has read into the second range', () => {
    const h = new Hostcalls({ files: FILES })
    const fd = h.opened('file')
    const { ptr, len, regions } = h.iovs(4, 4)
    const second = regions[1]?.ptr ?? 0
    meddle(h, () => {
      h.u8[second + 3] = 0
    })
    expect(() => h.call('fd_read', fd, ptr, len, h.out(4))).toThrow(`wrote where it must not, at ${second + 3}`)
  })

  it('fails a call that fails after it has written its result', () => {
    const h = new Hostcalls({ files: FILES })
    meddle(h, () => {}, EBADF.number)
    expect(() => h.call('fd_fdstat_get', 3, h.out(24))).toThrow('wrote where it must not')
  })

  it('fails a call that fails after it has changed the tree', () => {
    const h = new Hostcalls({ files: FILES })
    const { ptr, len } = h.put('new')
    meddle(h, () => {}, EBADF.number)
    expect(() => h.call('path_create_directory', 3, ptr, len)).toThrow('but changed the tree')
    const old = h.put('file')
    expect(() => h.call('path_unlink_file', 3, old.ptr, old.len)).toThrow('but changed the tree')
  })

  it('fails a call that fails after it has moved an offset or closed a descriptor', () => {
    const h = new Hostcalls({ files: FILES })
    const fd = h.opened('file', { rights: RIGHTS_ALL })
    h.must('fd_seek', fd, 3n, 0, h.out(8))
    meddle(h, () => {}, EBADF.number)
    expect(() => h.call('fd_close', fd)).toThrow('but changed a descriptor')
    const other = new Hostcalls({ files: FILES })
    const again = other.opened('file')
    meddle(
      other,
      () => {
        const file = other.process.fds.at(again)?.file
        if (file !== undefined) file.offset = 1
      },
      EBADF.number,
    )
    expect(() => other.call('fd_datasync', 99)).toThrow('but changed a descriptor')
  })

  it('fails a line whose test never saw what it says', () => {
    const h = new Hostcalls({ files: FILES })
    expect(() => h.expecting('fd_close', 'EBADF', () => h.must('fd_close', 3))).toThrow('never saw fd_close give EBADF')
    h.expecting('fd_close', 'EBADF', () => expect(h.call('fd_close', 3)).toBe('EBADF'))
  })
})
