/** Guests that go to the bounds of files and trees: sizes and offsets, the quota, depth, links, and descriptors. */

import { describe, expect, it } from 'vitest'
import {
  FDFLAG_APPEND,
  OFLAG_CREAT,
  OFLAG_DIRECTORY,
  OFLAG_EXCL,
  OFLAG_TRUNC,
  WHENCE_CUR,
  WHENCE_END,
  WHENCE_SET,
} from '../../../src/abi/types.ts'
import { exportTree, Machine, type Run } from '../../../src/index.ts'
import { check } from '../../../vfs/check.ts'
import { BLOCK_SIZE, CHUNK_SIZE, FILE_SIZE_MAX } from '../../../vfs/limits.ts'
import { compileC } from '../../support/compile.ts'
import { Hostcalls, READ_WRITE } from '../../support/hostcalls.ts'
import { wasiWat } from '../../support/wasi_wat.ts'

const LAST = BigInt(FILE_SIZE_MAX)
const CREATE = { oflags: OFLAG_CREAT, rights: READ_WRITE }

describe('sizes and offsets', () => {
  it('beyond the largest are refused, whatever the call, and nothing is changed', () => {
    const guest = new Hostcalls()
    const fd = guest.opened('f', CREATE)
    expect(guest.write(fd, 'text')).toBe(4)
    const { ptr, len } = guest.iovs('x')
    for (const offset of [LAST, LAST + 1n, 2n ** 62n, 2n ** 63n - 1n]) {
      expect(guest.call('fd_pwrite', fd, ptr, len, offset, guest.out(4))).toBe('EFBIG')
      expect(guest.call('fd_pread', fd, ptr, len, offset, guest.out(4))).toBe('ESUCCESS')
      expect(guest.call('fd_allocate', fd, offset, 1n)).toBe('EFBIG')
      expect(guest.call('fd_advise', fd, offset, offset, 0)).toBe('ESUCCESS')
      if (offset === LAST) continue
      expect(guest.call('fd_filestat_set_size', fd, offset)).toBe('EFBIG')
      expect(guest.call('fd_seek', fd, offset, WHENCE_SET, guest.out(8))).toBe('EOVERFLOW')
    }
    // As signed numbers these are negative.
    for (const offset of [2n ** 63n, 2n ** 64n - 1n]) {
      for (const [name, ...rest] of [
        ['fd_pwrite', ptr, len, offset, guest.out(4)],
        ['fd_pread', ptr, len, offset, guest.out(4)],
        ['fd_allocate', offset, 1n],
        ['fd_allocate', 0n, offset],
        ['fd_advise', offset, 0n, 0],
        ['fd_advise', 0n, offset, 0],
        ['fd_filestat_set_size', offset],
        ['fd_seek', offset, WHENCE_SET, guest.out(8)],
      ] as const) {
        expect(`${name} ${guest.call(name, fd, ...rest)}`).toBe(`${name} EINVAL`)
      }
    }
    for (const delta of [2n ** 63n - 1n, 2n ** 62n]) {
      for (const whence of [WHENCE_CUR, WHENCE_END]) {
        expect(guest.call('fd_seek', fd, delta, whence, guest.out(8))).toBe('EOVERFLOW')
        expect(guest.call('fd_seek', fd, -delta - 1n, whence, guest.out(8))).toBe('EINVAL')
      }
    }
    expect(guest.fstat(fd).size).toBe(4n)
  })

  it('of a file as large as can be are read, appended to and cut as those of a small one', () => {
    const guest = new Hostcalls({ quota: { bytes: CHUNK_SIZE } })
    const fd = guest.opened('f', CREATE)
    expect(guest.call('fd_filestat_set_size', fd, 2n ** 62n)).toBe('EFBIG')
    guest.must('fd_filestat_set_size', fd, LAST)
    expect(guest.fstat(fd).size).toBe(LAST)
    const read = guest.iovs(16)
    const nread = guest.out(4)
    guest.must('fd_pread', fd, read.ptr, read.len, LAST - 5n, nread)
    expect(guest.u32(nread)).toBe(5)
    expect(guest.bytes(read.regions[0]?.ptr ?? 0, 5)).toEqual([0, 0, 0, 0, 0])
    const write = guest.iovs('0123456789')
    const nwritten = guest.out(4)
    // Not all of it fits before the largest size: as much as does is written.
    guest.must('fd_pwrite', fd, write.ptr, write.len, LAST - 4n, nwritten)
    expect(guest.u32(nwritten)).toBe(4)
    guest.must('fd_seek', fd, 0n, WHENCE_END, guest.out(8))
    expect(guest.write(fd, 'x')).toBe('EFBIG')
    const appending = guest.opened('f', { rights: READ_WRITE, fdflags: FDFLAG_APPEND })
    expect(guest.write(appending, 'x')).toBe('EFBIG')
    expect(guest.write(appending, '')).toBe(0)
    // What was charged is what holds data, not the hole before it.
    expect(guest.tree.blocks).toBeGreaterThan(0)
    expect(guest.tree.blocks * BLOCK_SIZE).toBeLessThanOrEqual(CHUNK_SIZE)
    guest.must('fd_filestat_set_size', fd, 1n)
    expect(guest.tree.blocks).toBe(0)
    expect(guest.write(appending, 'abc')).toBe(3)
    expect(guest.fstat(fd).size).toBe(4n)
  })

  it('of a large file do no harm to what handles the tree as a whole', () => {
    const guest = new Hostcalls()
    const fd = guest.opened('f', CREATE)
    guest.must('fd_filestat_set_size', fd, LAST)
    expect(guest.machine.fs.statSync('/f').size).toBe(FILE_SIZE_MAX)
    expect(() => guest.machine.fs.readFileSync('/f')).toThrow()
    expect(() => exportTree(guest.tree)).toThrow(/\/f/)
    expect(guest.machine.fork().fs.statSync('/f').size).toBe(FILE_SIZE_MAX)
    guest.machine.fs.unlinkSync('/f')
    guest.must('fd_close', fd)
    expect(exportTree(guest.tree)).toEqual({ '/tmp': null })
  })

  it('of iovecs are bounded by their number and their sum', () => {
    const guest = new Hostcalls()
    const fd = guest.opened('f', CREATE)
    for (const count of [1025, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]) {
      for (const name of ['fd_read', 'fd_write'] as const) {
        expect(guest.call(name, fd, 1024, count, guest.out(4))).toBe('EINVAL')
      }
    }
    // A thousand ranges that are all the same 200 KiB: not over what memory has, but over what a count can say.
    const ptr = guest.out(1024 * 8)
    const region = 0x1_0000
    for (let i = 0; i < 1024; i++) {
      guest.view.setUint32(ptr + 8 * i, region, true)
      guest.view.setUint32(ptr + 8 * i + 4, 0x2_ffff, true)
    }
    const nwritten = guest.out(4)
    guest.must('fd_write', fd, ptr, 1024, nwritten)
    expect(guest.u32(nwritten)).toBe(1024 * 0x2_ffff)
    expect(guest.call('fd_write', 1, ptr, 1024, guest.out(4))).toBe('ENDED')
    expect(guest.run.end).toMatchObject({ kind: 'limit', limit: 'output' })
  })
})

describe('the quota', () => {
  const filler = compileC(`
    #include <errno.h>
    #include <fcntl.h>
    #include <stdio.h>
    #include <string.h>
    #include <unistd.h>
    static char block[7000];
    static long fill(const char *path) {
      int fd = open(path, O_CREAT | O_WRONLY, 0666);
      if (fd < 0) return -errno;
      long sum = 0;
      for (ssize_t n; (n = write(fd, block, sizeof block)) > 0;) sum += n;
      int failed = errno;
      close(fd);
      printf("%s %ld %s\\n", path, sum, strerror(failed));
      return sum;
    }
    int main(void) {
      memset(block, 'x', sizeof block);
      fill("/one");
      fill("/two");
      /* In place there is room. */
      int fd = open("/one", O_RDWR);
      memset(block, 'y', sizeof block);
      printf("in place %zd\\n", pwrite(fd, block, sizeof block, 10000));
      printf("at the end %zd\\n", pwrite(fd, "z", 1, lseek(fd, 0, SEEK_END)));
      printf("cut %d\\n", ftruncate(fd, 100000));
      fill("/two");
      fill("/three");
      printf("remove %d\\n", unlink("/two") | unlink("/three"));
      fill("/four");
      return 0;
    }`)
  const QUOTA = { quota: { bytes: 2 ** 20 + 1000 } }

  it('ends at the same byte on each run; what is written in part is counted right; what is removed is free', () => {
    const machine = new Machine(QUOTA)
    const run = machine.run(filler)
    expect(run.stdout.text().split('\n')).toEqual([
      '/one 1048576 No space left on device',
      '/two 0 No space left on device',
      'in place 7000',
      'at the end -1',
      'cut 0',
      // What is left of /one is 25 blocks of the 256.
      `/two ${231 * 4096} No space left on device`,
      '/three 0 No space left on device',
      'remove 0',
      `/four ${231 * 4096} No space left on device`,
      '',
    ])
    expect(machine.fs.statSync('/one').size).toBe(100_000)
    expect(check(machine.tree)).toEqual([])
    expect(new Machine(QUOTA).run(filler).traceDigest).toBe(run.traceDigest)
  })

  it('of inodes and entries is reached, and left again', () => {
    const guest = new Hostcalls({ image: 'empty', quota: { inodes: 11, entries: 6 } })
    const make = (path: string): number | string => guest.open(path, { oflags: OFLAG_CREAT | OFLAG_EXCL, rights: 0 })
    const close = (fd: number | string): void => guest.must('fd_close', fd as number)
    for (let i = 0; i < 6; i++) close(make(`f${i}`))
    expect(make('f6')).toBe('EDQUOT')
    const { ptr, len } = guest.put('f0')
    guest.must('path_unlink_file', 3, ptr, len)
    guest.must('path_create_directory', 3, ptr, len)
    const kept: (number | string)[] = []
    for (let i = 0; i < 4; i++) kept.push(make(`f0/${i}`))
    expect(make('f0/4')).toBe('ENOSPC')
    const one = guest.put('f0/1')
    guest.must('path_unlink_file', 3, one.ptr, one.len)
    // It is open, so it is still there.
    expect(make('f0/4')).toBe('ENOSPC')
    close(kept[1] as number)
    close(make('f0/4'))
  })

  it('bounds what a guest with sparse files, links, names and forks can take', () => {
    const module = compileC(`
      #include <errno.h>
      #include <fcntl.h>
      #include <stdio.h>
      #include <string.h>
      #include <sys/stat.h>
      #include <unistd.h>
      int main(void) {
        char path[300], target[4000];
        memset(target, 't', sizeof target - 1);
        target[sizeof target - 1] = 0;
        long links = 0;
        for (;; links++) {
          snprintf(path, sizeof path, "/%0250ld", links);
          if (symlink(target, path) != 0) break;
        }
        int failed = errno;
        printf("%ld %d %d\\n", links, failed == ENOSPC, mkdir("/d", 0777) != 0 && errno == ENOSPC);
        int fd = open("/tmp/x", O_CREAT | O_RDWR, 0666);
        return fd >= 0;
      }`)
    const machine = new Machine({ quota: { inodes: 1000 } })
    const run = machine.run(module)
    expect(run.stdout.text()).toBe(`${1000 - new Machine().tree.table.count} 1 1\n`)
    expect(run.exitCode).toBe(0)
  })
})

describe('a directory chain 100,000 deep', () => {
  const DEPTH = 100_000
  const module = compileC(`
    #include <dirent.h>
    #include <fcntl.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/stat.h>
    #include <unistd.h>
    /* Descriptors on the way down, so that the way up needs no "..". */
    enum { DEPTH = ${DEPTH}, STEP = 200 };
    static int stops[DEPTH / STEP + 1];
    static char path[2 * STEP];
    static int enter(int fd) {
      int next = openat(fd, "d", O_RDONLY | O_DIRECTORY);
      return next;
    }
    int main(int argc, char **argv) {
      int removes = argc > 1;
      int fd = open("/", O_RDONLY | O_DIRECTORY);
      struct stat s;
      for (int i = 0; i < DEPTH; i++) {
        if (i % STEP == 0) stops[i / STEP] = fd;
        if (!removes && mkdirat(fd, "d", 0777) != 0) return 1;
        int next = enter(fd);
        if (next < 0) return 2;
        if (i % STEP != 0) close(fd);
        fd = next;
        if (i % 10000 == 0 && fstat(fd, &s) != 0) return 3;
      }
      if (fstat(fd, &s) != 0 || s.st_nlink != (removes ? 2 : 2)) return 4;
      DIR *dir = fdopendir(fd);
      int entries = 0;
      while (readdir(dir) != NULL) entries++;
      closedir(dir);
      if (entries != 2) return 5;
      if (!removes) return 0;
      for (int i = DEPTH - 1; i >= 0; i--) {
        int steps = i % STEP + 1;
        memset(path, 0, sizeof path);
        for (int k = 0; k < steps; k++) memcpy(path + 2 * k, k == 0 ? "d" : "/d", k == 0 ? 1 : 2);
        char *at = path;
        for (int k = 0; k < steps; k++) { *at++ = 'd'; if (k + 1 < steps) *at++ = '/'; }
        *at = 0;
        if (unlinkat(stops[i / STEP], path, AT_REMOVEDIR) != 0) return 6;
      }
      return 0;
    }`)

  it('is made, entered, listed and removed by a guest', () => {
    const machine = new Machine()
    const { count } = machine.tree.table
    const made = machine.run(module)
    expect(made.end).toEqual({ kind: 'exit', code: 0 })
    expect(machine.tree.table.count).toBe(count + DEPTH)
    expect(check(machine.tree)).toEqual([])
    const removed = machine.run(module, { args: ['main', 'remove'] })
    expect(removed.end).toEqual({ kind: 'exit', code: 0 })
    expect(machine.tree.table.count).toBe(count)
    expect(check(machine.tree)).toEqual([])
  })

  it('is exported, imported, copied and removed by the host', () => {
    const machine = new Machine({ image: 'empty' })
    expect(machine.run(module).exitCode).toBe(0)
    const files = exportTree(machine.tree)
    const [path] = Object.keys(files)
    expect(Object.keys(files)).toHaveLength(1)
    expect(path).toBe('/d'.repeat(DEPTH))
    const other = new Machine({ image: 'empty', files })
    expect(other.tree.table.count).toBe(DEPTH + 1)
    expect(exportTree(other.tree)).toEqual(files)
    expect(machine.fork().tree.table.count).toBe(DEPTH + 1)
    machine.fs.rmSync('/d', { recursive: true })
    expect(machine.tree.table.count).toBe(1)
    expect(check(machine.tree)).toEqual([])
  })

  it('turns neither a rename of its top into itself, nor a rename at its bottom, into trouble', () => {
    const machine = new Machine({ image: 'empty' })
    expect(machine.run(module).exitCode).toBe(0)
    const guest = machine.run(
      compileC(`
        #include <errno.h>
        #include <fcntl.h>
        #include <stdio.h>
        #include <unistd.h>
        int main(void) {
          int top = open("/", O_RDONLY | O_DIRECTORY), fd = top;
          for (int i = 0; i < ${DEPTH}; i++) {
            int next = openat(fd, "d", O_RDONLY | O_DIRECTORY);
            if (fd != top) close(fd);
            fd = next;
          }
          if (renameat(top, "d", fd, "x") == 0 || errno != EINVAL) return 1;
          return renameat(top, "d", top, "e");
        }`),
    )
    expect(guest.end).toEqual({ kind: 'exit', code: 0 })
    expect(machine.fs.readdirSync('/')).toEqual(['e'])
    expect(check(machine.tree)).toEqual([])
  })
})

describe('symbolic links', () => {
  it('are followed 40 times and no more', () => {
    const guest = new Hostcalls()
    const link = (target: string, path: string): void => {
      const [from, to] = [guest.put(target), guest.put(path)]
      guest.must('path_symlink', from.ptr, from.len, 3, to.ptr, to.len)
    }
    guest.opened('l0', CREATE)
    for (let i = 1; i <= 45; i++) link(`l${i - 1}`, `l${i}`)
    expect(typeof guest.open('l40')).toBe('number')
    expect(guest.open('l41')).toBe('ELOOP')
    expect(guest.open('l45')).toBe('ELOOP')
  })

  it('that double with each step end in ELOOP at once', () => {
    const guest = new Hostcalls({ files: { '/d/d': null } })
    const link = (target: string, path: string): void => {
      const [from, to] = [guest.put(target), guest.put(path)]
      guest.must('path_symlink', from.ptr, from.len, 3, to.ptr, to.len)
    }
    link('.', 'b0')
    // b30 stands for 2^30 steps, each of which would be followed on its own.
    for (let i = 1; i <= 30; i++) link(`b${i - 1}/b${i - 1}`, `b${i}`)
    expect(guest.open('b30')).toBe('ELOOP')
    expect(guest.open('b6')).toBe('ELOOP')
    expect(typeof guest.open('b4')).toBe('number')
    const long = '../'.repeat(1365)
    link(long, 'd/up')
    expect(guest.open('d/up/d/up/d/up')).toBe('EPERM')
    link(`${'./'.repeat(2000)}d/long`, 'd/long')
    expect(['ENOENT', 'ELOOP', 'ENAMETOOLONG']).toContain(guest.open('d/long'))
  })
})

describe('a million descriptors', () => {
  const MILLION = 1_000_000
  it('are opened, numbered without gaps, and closed', async () => {
    const module = await wasiWat(`
      (data (i32.const 0) "f")
      (func $open (result i32)
        (call $path_open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const ${OFLAG_CREAT})
          (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 8)))
      (func (export "_start") (local $n i32) (local $errno i32)
        (block $full
          (loop $more
            (br_if $full (local.tee $errno (call $open)))
            (local.set $n (i32.add (local.get $n) (i32.const 1)))
            (if (i32.ne (i32.load (i32.const 8)) (i32.add (local.get $n) (i32.const 3))) (then unreachable))
            (br $more)))
        (if (i32.ne (local.get $errno) (i32.const 33)) (then unreachable))
        (if (i32.ne (local.get $n) (i32.const ${MILLION - 4})) (then unreachable))
        ;; Every second one is closed, from the top, and the lowest free is given out again.
        (local.set $n (i32.const ${MILLION - 2}))
        (loop $less
          (drop (call $fd_close (local.get $n)))
          (br_if $less (i32.ge_u (local.tee $n (i32.sub (local.get $n) (i32.const 2))) (i32.const 4))))
        (drop (call $open))
        (if (i32.ne (i32.load (i32.const 8)) (i32.const 4)) (then unreachable))
        (drop (call $open))
        (if (i32.ne (i32.load (i32.const 8)) (i32.const 6)) (then unreachable)))`)
    const machine = new Machine()
    const run = machine.run(module, { limits: { descriptors: MILLION } })
    expect(run.end).toEqual({ kind: 'exit', code: 0 })
    expect(run.calls).toBeGreaterThan(1.4 * MILLION)
    expect(machine.tree.isHeld(machine.fs.statSync('/f').ino as number)).toBe(false)
    expect(check(machine.tree)).toEqual([])
  })

  it('of one file moved over each other leave one', async () => {
    const module = await wasiWat(`
      (data (i32.const 0) "f")
      (func (export "_start") (local $n i32) (local $round i32)
        (loop $open
          (drop (call $path_open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const ${OFLAG_CREAT})
            (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 8)))
          (br_if $open (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 1000))))
        ;; Everything is moved over everything, the preopen and the standard streams too.
        (loop $storm
          (drop (call $fd_renumber (i32.rem_u (i32.mul (local.get $round) (i32.const 7919)) (i32.const 1010))
            (i32.rem_u (i32.mul (local.get $round) (i32.const 104729)) (i32.const 1013))))
          (br_if $storm (i32.lt_u (local.tee $round (i32.add (local.get $round) (i32.const 1))) (i32.const 200000))))
        (drop (call $fd_renumber (i32.const -1) (i32.const -1)))
        (drop (call $fd_renumber (i32.const 0) (i32.const 2147483647))))`)
    const machine = new Machine()
    const run: Run = machine.run(module)
    expect(run.end).toEqual({ kind: 'exit', code: 0 })
    expect(check(machine.tree)).toEqual([])
    machine.fs.unlinkSync('/f')
    expect(machine.tree.table.count).toBe(new Machine().tree.table.count)
  })
})

describe('a guest that makes and removes for ever', () => {
  it('leaves no more behind than it has', () => {
    const guest = new Hostcalls()
    const { count } = guest.tree.table
    const { ptr, len } = guest.put('x')
    for (let i = 0; i < 40; i++) {
      const fd = guest.opened('x', { oflags: OFLAG_CREAT | OFLAG_TRUNC, rights: READ_WRITE })
      guest.write(fd, 'x'.repeat(100))
      guest.must('path_unlink_file', 3, ptr, len)
      guest.must('path_create_directory', 3, ptr, len)
      const dir = guest.opened('x', { oflags: OFLAG_DIRECTORY })
      guest.must('path_remove_directory', 3, ptr, len)
      expect(guest.names(dir)).toEqual([])
      guest.must('fd_close', dir)
      guest.must('fd_close', fd)
    }
    expect(guest.tree.table.count).toBe(count)
    expect(guest.tree.blocks).toBe(0)
    expect(guest.process.fds.size).toBe(4)
  })
})
