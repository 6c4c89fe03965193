/** Section K of the cases from public bug reports: performance cliffs. Growth is compared, never a time with a limit. */

import { describe, expect, it } from 'vitest'
import { OFLAG_CREAT } from '../../src/abi/types.ts'
import { type Files, Machine } from '../../src/index.ts'
import { check } from '../../vfs/check.ts'
import { READ_WRITE } from '../support/hostcalls.ts'
import { CGuest } from './c_guest.ts'
import { Posix } from './posix.ts'

const c = new CGuest('k_performance.c')
const MIB = 2 ** 20
const BLOCK = 4096

/** The least of the milliseconds that each job takes, over rounds in which they take turns. */
function leastOf(rounds: number, jobs: readonly (() => void)[]): number[] {
  const least = jobs.map(() => Infinity)
  for (let round = 0; round < rounds; round++) {
    jobs.forEach((job, index) => {
      const start = performance.now()
      job()
      least[index] = Math.min(least[index] as number, performance.now() - start)
    })
  }
  return least
}

describe('K. Performance cliffs', () => {
  it('142. Writing in the middle reallocates', () => {
    const machineOf = (size: number): Machine => new Machine({ files: { '/f': new Uint8Array(size).fill(7) } })
    const [small, large] = [machineOf(MIB), machineOf(64 * MIB)]
    const outputs = new Set<string>()
    const job = (machine: Machine) => () => {
      outputs.add(machine.run(c.module, { args: ['main', 'overwrite', '/f', '10000'], trace: 'off' }).stdout.text())
    }
    const [smallTime, largeTime] = leastOf(4, [job(small), job(large)])
    expect(outputs.size).toBe(1)
    // 64 times the size; a copy of the file for each write, or even a walk over it, would show.
    expect(largeTime).toBeLessThan(16 * (smallTime as number))
    for (const [machine, size] of [
      [small, MIB],
      [large, 64 * MIB],
    ] as const) {
      expect(machine.fs.statSync('/f').size).toBe(size)
      expect(machine.tree.blocks).toBe(size / BLOCK)
      expect(check(machine.tree)).toEqual([])
    }
    // A fork shares what is not written over: neither side sees the other's bytes.
    const fork = large.fork()
    const before = large.fs.readFileSync('/f')
    fork.fs.writeFileSync('/f', 'other')
    expect(Buffer.compare(large.fs.readFileSync('/f'), before)).toBe(0)
  })

  it('143. No bound on memory used by files', () => {
    // A quota counts whole blocks from the start of each 32 KiB, so what was skipped at the start is charged too.
    for (const bytes of [33 * BLOCK, 33 * BLOCK + 4095]) {
      for (const start of [0, 1, 4095, 4096]) {
        const machine = new Machine({ quota: { bytes } })
        const total = 33 * BLOCK - start
        const line = `${total} bytes, ${total % 8192 === 0 ? 0 : 1} in part, then No space left on device\n`
        expect(c.text(machine, ['fill', '/f', `${start}`])).toBe(line)
        // Full for every file, and free again when this one is gone, or empty.
        expect(() => machine.fs.writeFileSync('/g', 'x')).toThrow(/ENOSPC/)
        machine.fs.rmSync('/f')
        machine.fs.rmSync('/g')
        expect(machine.tree.blocks).toBe(0)
        expect(c.text(machine, ['fill', '/f', `${start}`])).toBe(line)
        machine.fs.truncateSync('/f')
        expect(c.text(machine, ['fill', '/f', `${start}`])).toBe(line)
      }
    }
  })

  it('143. No bound on memory used by files: inodes, entries and links', () => {
    const full = 'No space left on device\n'
    for (const kind of ['file', 'dir', 'symlink'] as const) {
      // The root, /tmp, /dev and what is in it, /d and /one are there.
      const machine = new Machine({ files: { '/d': null, '/one': '' }, quota: { inodes: 114 } })
      const { count } = machine.tree.table
      expect(c.text(machine, ['make', kind, '/d'])).toBe(`${114 - count}, then ${full}`)
      // A second name needs no inode.
      expect(c.text(machine, ['make', 'link', '/tmp'], { limits: { calls: 70_100 } })).toBe(
        '64999, then Too many links\n',
      )
      machine.fs.rmSync('/d/0', { recursive: true })
      machine.fs.writeFileSync('/d/again', '')
      expect(() => machine.fs.writeFileSync('/d/more', '')).toThrow(/ENOSPC/)
    }
    for (const kind of ['file', 'dir', 'symlink', 'link'] as const) {
      const machine = new Machine({ files: { '/d': null, '/one': '' }, quota: { entries: 20 } })
      expect(c.text(machine, ['make', kind, '/d'])).toBe('20, then Quota exceeded\n')
      machine.fs.renameSync('/d/0', '/d/00')
      expect(() => machine.fs.renameSync('/one', '/d/one')).toThrow(/EDQUOT/)
      expect(c.text(machine, ['make', kind, '/tmp'])).toBe('20, then Quota exceeded\n')
    }
    const machine = new Machine()
    expect(c.text(machine, ['symlink', '4095'])).toBe('4095: ok\n')
    for (const size of [4096, 65_536]) {
      expect(c.text(machine, ['symlink', `${size}`])).toBe(`${size}: Filename too long\n`)
    }
  })

  it('143. No bound on memory used by files: space that is reserved, and holes', () => {
    const machine = new Machine({ quota: { bytes: 10 * BLOCK } })
    const gib = 2 ** 30
    expect(c.text(machine, ['allocate', '/f', `${10 * gib}`])).toBe('No space left on device, size 0\n')
    expect(c.text(machine, ['allocate', '/f', `${10 * BLOCK + 1}`])).toBe('No space left on device, size 0\n')
    expect(c.text(machine, ['allocate', '/f', `${10 * BLOCK}`])).toBe(`ok, size ${10 * BLOCK}\n`)
    expect(c.text(machine, ['allocate', '/f', `${10 * BLOCK}`])).toBe(`ok, size ${10 * BLOCK}\n`)
    expect(() => machine.fs.writeFileSync('/g', 'x')).toThrow(/ENOSPC/)
    machine.fs.writeFileSync('/f', 'x'.repeat(100))

    const full: Files = { '/full': 'x'.repeat(9 * BLOCK) }
    const h = new Posix(full, { quota: { bytes: 10 * BLOCK } })
    const fd = h.opened('sparse', { oflags: OFLAG_CREAT, rights: READ_WRITE })
    // A hole is free, whatever its size; what is written into it is not.
    expect(h.ftruncate(fd, 2 ** 40)).toBe('ok')
    expect(h.pwrite(fd, 'x', 2 ** 39)).toBe(1)
    expect(h.pwrite(fd, 'y', 2 ** 39 + 4095)).toBe(1)
    expect(h.pwrite(fd, 'z', 2 ** 39 + 4096)).toBe('ENOSPC')
    expect(h.pwrite(fd, 'z', 0)).toBe('ENOSPC')
    expect(h.pwrite(fd, 'ab', 2 ** 39 + 4095)).toBe(1)
    expect(h.pread(fd, 2, 2 ** 39 + 4095)).toBe('a\0')
    expect(h.fallocate(fd, 0, 1)).toBe('ENOSPC')
    expect(h.ftruncate(fd, 2 ** 39)).toBe('ok')
    expect(h.pwrite(fd, 'z', 0)).toBe(1)
    // Reading a hole, and a fork, need no room.
    expect(h.pread(fd, 4, 8192)).toBe('\0\0\0\0')
    expect(() => h.machine.fork().fs.writeFileSync('/g', 'x')).toThrow(/ENOSPC/)
    // A removed file that is open still has its place.
    expect(h.unlink('sparse')).toBe('ok')
    expect(h.write(h.opened('full', { rights: READ_WRITE, fdflags: 1 }), 'x')).toBe('ENOSPC')
    expect(h.close(fd)).toBe('ok')
    expect(h.write(h.opened('full', { rights: READ_WRITE, fdflags: 1 }), 'x')).toBe(1)
    // A fork does not take along what only the descriptor kept.
    const kept = new Posix(full, { quota: { bytes: 10 * BLOCK } })
    kept.opened('full')
    kept.unlink('full')
    const fork = kept.machine.fork()
    fork.fs.writeFileSync('/g', 'x'.repeat(10 * BLOCK))
    expect(check(fork.tree)).toEqual([])
  })
})
