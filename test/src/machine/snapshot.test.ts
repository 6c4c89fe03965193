/** Snapshots and forks: the same machine twice, which no longer know of each other; and seeds. */

import { describe, expect, it } from 'vitest'
import { FILETYPE_DIRECTORY, OFLAG_CREAT, WHENCE_SET } from '../../../src/abi/types.ts'
import { exportTree, Machine, type Run } from '../../../src/index.ts'
import { check } from '../../../vfs/check.ts'
import { compileC } from '../../support/compile.ts'
import { Hostcalls, READ_WRITE } from '../../support/hostcalls.ts'

/** Appends to /log what it can see of the machine's state: time, randomness, a new inode's number, the log's length. */
const PROBE = `
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
int main(int argc, char **argv) {
  struct timespec real, mono;
  unsigned char bytes[8];
  struct stat made;
  clock_gettime(CLOCK_REALTIME, &real);
  clock_gettime(CLOCK_MONOTONIC, &mono);
  getentropy(bytes, sizeof bytes);
  int fd = open(argv[1], O_CREAT | O_RDWR, 0666);
  fstat(fd, &made);
  char line[256];
  int length = snprintf(line, sizeof line, "%lld.%09ld %lld.%09ld %02x%02x%02x%02x %llu %lld\\n", (long long)real.tv_sec,
    real.tv_nsec, (long long)mono.tv_sec, mono.tv_nsec, bytes[0], bytes[1], bytes[2], bytes[3],
    (unsigned long long)made.st_ino, (long long)made.st_size);
  lseek(fd, 0, SEEK_END);
  write(fd, line, length);
  return write(1, line, length) != length;
}`

function probe(machine: Machine, path = '/log'): Run {
  const run = machine.run(compileC(PROBE), { args: ['probe', path] })
  expect(run.exitCode).toBe(0)
  return run
}

const OPTIONS = {
  image: 'empty',
  seed: 'snapshot',
  epoch: '2026-01-01T00:00:00Z',
  files: { '/a/b': 'text', '/l': { symlink: 'a' } },
} as const

describe('snapshot()', () => {
  it('goes on as the machine at home does', () => {
    const home = new Machine(OPTIONS)
    probe(home)
    const snapshot = home.snapshot()
    const away = Machine.from(snapshot)
    for (const path of ['/log', '/other', '/log']) {
      const [here, there] = [probe(home, path), probe(away, path)]
      expect(there.stdout.text()).toBe(here.stdout.text())
      expect(there.traceDigest).toBe(here.traceDigest)
      expect(there.pid).toBe(here.pid)
    }
    expect(away.time).toBe(home.time)
    expect(exportTree(away.tree)).toEqual(exportTree(home.tree))
  })

  it('stays as it is, whatever becomes of the machines that come from it', () => {
    const machine = new Machine(OPTIONS)
    probe(machine)
    const snapshot = machine.snapshot()
    const texts = [1, 2, 3].map(() => probe(Machine.from(snapshot)).stdout.text())
    machine.fs.rmSync('/log')
    machine.fs.writeFileSync('/a/b', 'changed')
    texts.push(probe(Machine.from(snapshot)).stdout.text())
    expect(new Set(texts).size).toBe(1)
    expect(Machine.from(snapshot).fs.readFileSync('/a/b', 'utf8')).toBe('text')
  })

  it('can be taken of a machine that comes from one', () => {
    const first = new Machine(OPTIONS)
    let machine = first.fork()
    for (let depth = 0; depth < 100; depth++) machine = Machine.from(machine.snapshot())
    expect(probe(machine).traceDigest).toBe(probe(first).traceDigest)
  })

  it('leaves out what only an open descriptor kept', () => {
    const calls = new Hostcalls()
    const { machine } = calls
    const { count } = machine.tree.table
    const fd = calls.opened('gone', { oflags: OFLAG_CREAT, rights: READ_WRITE })
    expect(calls.write(fd, 'secret')).toBe(6)
    const { ptr, len } = calls.put('gone')
    calls.must('path_unlink_file', 3, ptr, len)
    const fork = machine.fork()
    expect(machine.tree.table.count).toBe(count + 1)
    expect(fork.tree.table.count).toBe(count)
    expect(fork.tree.blocks).toBe(0)
    expect(check(fork.tree)).toEqual([])
    calls.must('fd_seek', fd, 0n, WHENCE_SET, calls.out(8))
    expect(calls.read(fd, 100)).toBe('secret')
    calls.run.close()
    expect(machine.tree.table.count).toBe(count)
  })
})

describe('fork()', () => {
  it('is independent of the machine, both ways', () => {
    const home = new Machine(OPTIONS)
    const away = home.fork()
    home.fs.writeFileSync('/home', 'h')
    away.fs.writeFileSync('/away', 'a')
    away.fs.appendFileSync('/a/b', ' more')
    home.fs.renameSync('/a', '/z')
    expect(Object.keys(exportTree(home.tree)).sort()).toEqual(['/home', '/l', '/z/b'].sort())
    expect(Object.keys(exportTree(away.tree)).sort()).toEqual(['/a/b', '/away', '/l'].sort())
    expect(home.fs.readFileSync('/z/b', 'utf8')).toBe('text')
    expect(away.fs.readFileSync('/a/b', 'utf8')).toBe('text more')
    expect(check(home.tree)).toEqual([])
    expect(check(away.tree)).toEqual([])
  })

  it('costs the same whatever the tree holds', () => {
    const files = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`/d${index % 100}/f${index}`, 'x']))
    const large = new Machine({ files })
    const small = new Machine()
    // Not time but work: a fork makes no inode, no node and no chunk, so a copy of the tree would show.
    const before = [...inodesOf(large)]
    const forks = Array.from({ length: 1000 }, () => large.fork())
    expect([...inodesOf(large)].every((inode, index) => inode === before[index])).toBe(true)
    const last = [...inodesOf(forks.at(-1) as Machine)]
    expect(last.every((inode, index) => inode === before[index])).toBe(true)
    expect(last.length).toBe(before.length)
    expect(small.fork().tree.table.count).toBe(small.tree.table.count)
  })

  it('copies no more than a write touches', () => {
    const files = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`/d/f${index}`, 'x']))
    const home = new Machine({ files })
    const away = home.fork()
    away.fs.writeFileSync('/d/f500', 'changed')
    const shared = new Set(inodesOf(home))
    expect([...inodesOf(away)].filter((inode) => !shared.has(inode)).length).toBeLessThan(3)
  })
})

describe('seed', () => {
  const random = (seed: string | number): string =>
    probe(new Machine({ ...OPTIONS, seed }))
      .stdout.text()
      .split(' ')[2] as string

  it('is all that randomness depends on', () => {
    expect(random('a')).toBe(random('a'))
    expect(random(1)).toBe(random('1'))
    const seeds = ['', 'a', 'b', 'A', 'a ', 'aa', 1, 2, -1, 1e21]
    expect(new Set(seeds.map(random)).size).toBe(seeds.length)
  })

  it('gives each process a stream of its own', () => {
    const machine = new Machine(OPTIONS)
    expect(probe(machine).stdout.text().split(' ')[2]).not.toBe(probe(machine).stdout.text().split(' ')[2])
  })

  it('does not change what has nothing to do with it', () => {
    const [a, b] = ['a', 'b'].map((seed) =>
      probe(new Machine({ ...OPTIONS, seed }))
        .stdout.text()
        .split(' '),
    )
    expect(a?.toSpliced(2, 1)).toEqual(b?.toSpliced(2, 1))
  })
})

describe('machine.fs', () => {
  it('shows what a guest wrote, at once, and guests what it wrote', () => {
    const calls = new Hostcalls()
    const { fs } = calls.machine
    const fd = calls.opened('shared', { oflags: OFLAG_CREAT, rights: READ_WRITE })
    expect(calls.write(fd, 'A')).toBe(1)
    expect(fs.readFileSync('/shared', 'utf8')).toBe('A')
    fs.appendFileSync('/shared', 'BC')
    expect(calls.read(fd, 100)).toBe('BC')
    fs.linkSync('/shared', '/twice')
    expect(calls.fstat(fd).nlink).toBe(2n)
    expect(calls.stat('twice').ino).toBe(BigInt(fs.statSync('/shared').ino))
    fs.unlinkSync('/shared')
    fs.unlinkSync('/twice')
    expect(calls.fstat(fd).nlink).toBe(0n)
    expect(fs.existsSync('/shared')).toBe(false)
    calls.must('fd_seek', fd, 0n, WHENCE_SET, calls.out(8))
    expect(calls.read(fd, 100)).toBe('ABC')
    fs.mkdirSync('/shared')
    expect(calls.stat('shared').filetype).toBe(FILETYPE_DIRECTORY)
  })

  it("stamps what it writes with the machine's time, which only guests move", () => {
    const machine = new Machine({ epoch: '2026-01-01T00:00:00Z', tick: 1000 })
    machine.fs.writeFileSync('/before', '')
    expect(machine.fs.statSync('/before').mtime.toISOString()).toBe('2026-01-01T00:00:00.000Z')
    machine.run(compileC('#include <unistd.h>\nint main(void) { return sleep(86400); }'))
    machine.fs.writeFileSync('/after', '')
    expect(machine.fs.statSync('/after').mtime.toISOString()).toBe('2026-01-02T00:00:00.000Z')
    expect(machine.time - BigInt(Date.UTC(2026, 0, 2)) * 1_000_000n).toBeLessThan(1_000_000n)
  })
})

function inodesOf(machine: Machine): Set<object> {
  const found = new Set<object>()
  machine.tree.table.forEach((inode) => {
    found.add(inode)
  })
  return found
}
