/** Section H of the cases from public bug reports: the descriptor table. */

import { describe, expect, it } from 'vitest'
import { OFLAG_CREAT } from '../../src/abi/types.ts'
import { Machine } from '../../src/index.ts'
import { check } from '../../vfs/check.ts'
import { type Hostcalls, READ_WRITE } from '../support/hostcalls.ts'
import { CGuest } from './c_guest.ts'
import { Posix } from './posix.ts'

const c = new CGuest('h_descriptors.c')

describe('H. The descriptor table', () => {
  it('113. freopen on stdin', () => {
    const files = { '/in': 'one\ntwo\n', '/more': 'three\n', '/log': 'old\n', '/first': 'of a file\n' }
    const machine = new Machine({ files })
    for (const [stdin, first] of [
      ['of the host\nnever read\n', 'of the host'],
      [{ file: '/first' }, 'of a file'],
    ] as const) {
      const lines = [first, 'descriptor 0', 'one', 'two', 'descriptor 0', 'three']
      expect(c.lines(machine, ['stdin'], { stdin })).toEqual(lines)
    }
    expect(c.text(machine, ['stdout'])).toBe('before\n')
    expect(machine.fs.readFileSync('/out', 'utf8')).toBe('in the file\n')
    expect(machine.fs.readFileSync('/log', 'utf8')).toBe('old\nappended\n')
    expect(c.text(machine, ['renumber'])).toBe('before\n')
    expect(machine.fs.readFileSync('/out', 'utf8')).toBe('after\n')
  })

  it('113. freopen on stdin: a renumbered descriptor keeps its place, its flags and its rights', () => {
    const h = new Posix({ '/f': '0123456789', '/g': 'gg' })
    const from = h.opened('f', { rights: READ_WRITE, fdflags: 1 })
    const to = h.opened('g')
    h.read(from, 4)
    const { ino } = h.fstat(from)
    const fdstat = h.fdstat(from)
    // What is closed by it is let go at once: a removed file gives its place back.
    h.unlink('g')
    expect(h.machine.tree.table.count).toBe(3)
    expect(h.call('fd_renumber', from, to)).toBe('ESUCCESS')
    expect(h.machine.tree.table.count).toBe(2)
    expect(h.fstat(to).ino).toBe(ino)
    expect(h.fdstat(to)).toEqual(fdstat)
    expect(h.tell(to)).toBe(4)
    expect(h.read(to, 3)).toBe('456')
    for (const name of ['fd_close', 'fd_sync', 'fd_datasync'] as const) expect(h.call(name, from)).toBe('EBADF')
    expect(h.call('fd_renumber', from, to)).toBe('EBADF')
    expect(h.call('fd_renumber', to, from)).toBe('EBADF')
    expect(h.call('fd_renumber', to, 0x7fff_ffff)).toBe('EBADF')
    expect(h.call('fd_renumber', -1, to)).toBe('EBADF')
    expect(h.call('fd_renumber', to, to)).toBe('ESUCCESS')
    expect(h.tell(to)).toBe(7)
  })

  it('115. Renumbering a preopen', () => {
    const options = { run: { preopens: { '/': '/', '/two': '/d' } } }
    const files = { '/d/x': 'x', '/f': 'f' }
    // A file over a preopen: the preopen is gone, and the number is the file.
    const over = new Posix(files, options)
    const file = over.opened('f')
    const { dev, ino } = over.fstat(file)
    expect(over.call('fd_renumber', file, 3)).toBe('ESUCCESS')
    expect(over.fstat(3)).toMatchObject({ dev, ino })
    expect(over.call('fd_filestat_get', file, over.out(64))).toBe('EBADF')
    expect([3, 4, file].map((fd) => over.preopen(fd))).toEqual(['EBADF', '/two', 'EBADF'])
    expect(over.open('f')).toBe('ENOTDIR')
    expect(over.read(3, 9)).toBe('f')
    // A preopen over a file: its name goes with it.
    const moved = new Posix(files, options)
    const other = moved.opened('f')
    expect(moved.call('fd_renumber', 3, other)).toBe('ESUCCESS')
    expect([3, 4, other].map((fd) => moved.preopen(fd))).toEqual(['EBADF', '/two', '/'])
    expect(moved.opens('f', { fd: other })).toBe('ok')
    expect(moved.open('f')).toBe('EBADF')
    // A preopen over a preopen, and one that is closed: what was opened below it lives on.
    const both = new Posix(files, options)
    const below = both.opened('d')
    expect(both.call('fd_renumber', 4, 3)).toBe('ESUCCESS')
    expect([3, 4].map((fd) => both.preopen(fd))).toEqual(['/two', 'EBADF'])
    expect(both.opens('x')).toBe('ok')
    expect(both.close(3)).toBe('ok')
    expect(both.preopen(3)).toBe('EBADF')
    expect(both.opens('x', { fd: below })).toBe('ok')
    // A directory that the guest opened is no preopen, wherever it is put.
    const opened = new Posix(files, options)
    expect(opened.call('fd_renumber', opened.opened('d'), 3)).toBe('ESUCCESS')
    expect(opened.preopen(3)).toBe('EBADF')
    expect(opened.opens('x')).toBe('ok')
  })

  it('116. fd table grows for ever', () => {
    const machine = new Machine({ files: { '/in': 'in' } })
    expect(c.lines(machine, ['many', '100000'])).toEqual(['highest 1', '1 1 1'])
    expect(c.lines(machine, ['all'], { limits: { descriptors: 100 } })).toEqual([
      '96, then No file descriptors available',
    ])
  })

  it('116. fd table grows for ever: nothing is left of an ended process', () => {
    const ends = {
      proc_exit: (h: Hostcalls) => h.call('proc_exit', 3),
      proc_raise: (h: Hostcalls) => h.call('proc_raise', 9),
      close: (h: Hostcalls) => h.run.close(),
    }
    for (const end of Object.values(ends)) {
      const h = new Posix({ '/f': 'f', '/d': null })
      for (const path of ['f', 'f', 'd', 'new']) h.opened(path, { oflags: path === 'new' ? OFLAG_CREAT : 0 })
      h.unlink('f')
      h.rmdir('d')
      expect(h.machine.tree.table.count).toBe(4)
      end(h)
      expect(h.process.fds.size).toBe(0)
      // Only the root and the file that still has a name.
      expect(h.machine.tree.table.count).toBe(2)
      expect(h.machine.tree.isHeld(h.machine.fs.statSync('/new').ino)).toBe(false)
      expect(check(h.machine.tree)).toEqual([])
      // The next process starts with the same numbers.
      h.machine.fs.writeFileSync('/in', 'in')
      const lines = c.lines(h.machine, ['all'], { limits: { descriptors: 10 } })
      expect(lines).toEqual(['6, then No file descriptors available'])
    }
  })
})
