/** Guests that misuse what has another end: output without end, pipes to themselves, polls of everything, sockets, re-entry. */

import { describe, expect, it } from 'vitest'
import { EVENT_SIZE, SUBSCRIPTION_SIZE } from '../../../src/abi/layout.ts'
import { Machine, type RunOptions } from '../../../src/index.ts'
import { byteString } from '../../../vfs/bytes.ts'
import { check } from '../../../vfs/check.ts'
import { ROOT_INO } from '../../../vfs/inode_table.ts'
import { callerModule } from '../../support/caller.ts'
import { compileC } from '../../support/compile.ts'
import { wasiWat } from '../../support/wasi_wat.ts'

const NOW = { sec: 0, nsec: 0 }

/** Writes a page of memory to a descriptor, for ever. */
const writesTo = (fd: number, call = 'fd_write', extra = ''): Promise<Uint8Array> =>
  wasiWat(`
    (data (i32.const 4) "\\00\\00\\01\\00")
    (func (export "_start")
      (drop (call $sock_accept (i32.const 4) (i32.const 0) (i32.const 8)))
      (loop $more
        (drop (call $${call} (i32.const ${fd}) (i32.const 0) (i32.const 1) ${extra} (i32.const 16)))
        (br $more)))`)

describe('output without end', () => {
  it.each([
    ['stdout', 1],
    ['stderr', 2],
  ])('to %s ends at the limit, to the byte', async (name, fd) => {
    const run = new Machine().run(await writesTo(fd), { limits: { output: 1_000_000 } })
    expect(run.end).toMatchObject({ kind: 'limit', limit: 'output' })
    expect(run[name as 'stdout' | 'stderr'].bytes.length).toBe(1_000_000)
  })

  it('ends at the default limit where none is given', async () => {
    const run = new Machine().run(await writesTo(1))
    expect(run.end).toMatchObject({ kind: 'limit', limit: 'output' })
    expect(run.stdout.bytes.length).toBe(2 ** 26)
  })

  it("to a socket's peer ends at the limit too", async () => {
    const options: RunOptions = { listen: [[{ keepOpen: true }]], limits: { output: 1_000_000 } }
    for (const module of [await writesTo(5), await writesTo(5, 'sock_send', '(i32.const 0)')]) {
      const run = new Machine().run(module, options)
      expect(run.end).toMatchObject({ kind: 'limit', limit: 'output' })
      expect(run.received[0]?.[0]?.bytes.length).toBe(1_000_000)
    }
  })

  it('of no bytes at a time ends by the limit of calls', async () => {
    const module = await wasiWat(`
      (func (export "_start") (loop $more
        (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))
        (br $more)))`)
    const run = new Machine().run(module, { limits: { calls: 10_000, output: 0 } })
    expect(run.end).toMatchObject({ kind: 'limit', limit: 'calls' })
  })

  it('to /dev/null takes no room; to /dev/full has none', async () => {
    const module = compileC(`
      #include <errno.h>
      #include <fcntl.h>
      #include <unistd.h>
      static char block[1 << 20];
      int main(void) {
        int null = open("/dev/null", O_WRONLY), full = open("/dev/full", O_WRONLY);
        for (int i = 0; i < 1000; i++) if (write(null, block, sizeof block) != sizeof block) return 1;
        return write(full, block, 1) != -1 || errno != ENOSPC;
      }`)
    expect(new Machine().run(module, { limits: { output: 0 } }).end).toEqual({ kind: 'exit', code: 0 })
  })

  it('to a file ends at the quota, and the guest sees it', async () => {
    const module = compileC(`
      #include <errno.h>
      #include <fcntl.h>
      #include <unistd.h>
      static char block[65536];
      int main(void) {
        int fd = open("/f", O_CREAT | O_WRONLY | O_APPEND, 0666);
        while (write(fd, block, sizeof block) > 0);
        return errno == ENOSPC ? 0 : 1;
      }`)
    const machine = new Machine({ quota: { bytes: 10_000_000 } })
    expect(machine.run(module).end).toEqual({ kind: 'exit', code: 0 })
    expect(machine.fs.statSync('/f').size).toBeLessThanOrEqual(10_000_000)
  })
})

describe('a fifo open at both ends by one guest', () => {
  const machineWithFifo = (): Machine => {
    const machine = new Machine()
    machine.tree.mknodAt(ROOT_INO, byteString('fifo'), 'fifo', undefined, 'clamp', NOW)
    return machine
  }
  const guest = (body: string): Uint8Array =>
    compileC(`
      #include <errno.h>
      #include <fcntl.h>
      #include <poll.h>
      #include <stdio.h>
      #include <string.h>
      #include <unistd.h>
      static char block[70000];
      int main(void) { ${body} }`)

  it('gives back what was put in', () => {
    const module = guest(`
      int fd = open("/fifo", O_RDWR);
      if (write(fd, "ring", 4) != 4 || read(fd, block, 100) != 4) return 1;
      return memcmp(block, "ring", 4);`)
    expect(machineWithFifo().run(module).end).toEqual({ kind: 'exit', code: 0 })
  })

  it.each([
    ['is empty and read', 'read(fd, block, 1);', 'fd_read', 'readable'],
    ['is full and written', 'write(fd, block, sizeof block);', 'fd_write', 'writable'],
    [
      'is empty and polled',
      'poll(&(struct pollfd){ .fd = fd, .events = POLLRDNORM }, 1, -1);',
      'poll_oneoff',
      'readable',
    ],
  ])('is a deadlock where it %s', (_, code, call, state) => {
    const machine = machineWithFifo()
    const run = machine.run(guest(`int fd = open("/fifo", O_RDWR); ${code} return 0;`))
    expect(run.end).toMatchObject({ kind: 'deadlock', waits: [{ pid: 1, call, fds: [{ fd: 4, for: state }] }] })
    expect(check(machine.tree)).toEqual([])
    expect(machine.run(guest('return 0;')).exitCode).toBe(0)
  })

  it('is a deadlock where it is opened at one end only', () => {
    for (const flags of ['O_RDONLY', 'O_WRONLY']) {
      const run = machineWithFifo().run(guest(`open("/fifo", ${flags}); return 0;`))
      expect(run.end).toMatchObject({ kind: 'deadlock', waits: [{ pid: 1, call: 'path_open', fds: [] }] })
    }
  })

  it('can be removed, renamed and linked while it is open, and is empty for the next run', () => {
    const machine = machineWithFifo()
    const module = guest(`
      int fd = open("/fifo", O_RDWR | O_NONBLOCK);
      if (read(fd, block, 1) != -1 || errno != EAGAIN) return 1;
      if (write(fd, "left", 4) != 4) return 2;
      if (rename("/fifo", "/other") != 0 || link("/other", "/third") != 0 || unlink("/other") != 0) return 3;
      int again = open("/third", O_RDWR | O_NONBLOCK);
      if (read(again, block, 2) != 2) return 4;
      close(fd);
      if (read(again, block, 9) != 2) return 5;
      return write(again, "left", 4) != 4;`)
    expect(machine.run(module).end).toEqual({ kind: 'exit', code: 0 })
    machine.fs.renameSync('/third', '/fifo')
    expect(machine.run(module).end).toEqual({ kind: 'exit', code: 0 })
  })

  it('is not the pipe that a pipeline stage writes to, whatever it is moved over', () => {
    const cat = compileC(
      '#include <stdio.h>\nint main(void) { int c, n = 0; while ((c = getchar()) >= 0) n++; return n; }',
    )
    // A stage that moves its output over its input has no reader in its hands, and no second writer either.
    const mover = compileC(`
      #include <errno.h>
      #include <unistd.h>
      #include <wasi/api.h>
      int main(void) {
        char byte;
        if (__wasi_fd_renumber(1, 0) != 0) return 1;
        if (read(0, &byte, 1) != -1 || errno != EBADF) return 2;
        return write(0, "xyz", 3) != 3;
      }`)
    const runs = new Machine().pipeline([{ module: cat, stdin: 'abc' }, { module: mover }, { module: cat }])
    expect(runs.map(({ exitCode }) => exitCode)).toEqual([3, 0, 3])
  })
})

describe('poll_oneoff', () => {
  const COUNT = 65_536
  const PAGES = Math.ceil((COUNT * (SUBSCRIPTION_SIZE + EVENT_SIZE)) / 65_536) + 1
  const OUT = COUNT * SUBSCRIPTION_SIZE
  const AT = OUT + COUNT * EVENT_SIZE
  const poller = (fill: string): Promise<Uint8Array> =>
    wasiWat(`
      (memory (export "memory") ${PAGES})
      (func (export "poll") (param $count i32) (result i32) (local $i i32) (local $at i32)
        (loop $next
          (local.set $at (i32.mul (local.get $i) (i32.const ${SUBSCRIPTION_SIZE})))
          (i64.store (local.get $at) (i64.extend_i32_u (local.get $i)))
          ${fill}
          (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const ${COUNT}))))
        (call $poll_oneoff (i32.const 0) (i32.const ${OUT}) (local.get $count) (i32.const ${AT})))`)
  const READ_STDIN = '(i32.store8 offset=8 (local.get $at) (i32.const 1))'
  const AFTER =
    '(i32.store offset=16 (local.get $at) (i32.const 1)) (i64.store offset=24 (local.get $at) (i64.extend_i32_u (i32.sub (i32.const 70000) (local.get $i))))'

  it('of 65,536 descriptors gives 65,536 events, of one more EINVAL', async () => {
    const run = new Machine().run(await poller(READ_STDIN))
    expect(run.call('poll', COUNT)).toBe(0)
    const view = new DataView((run.exports.memory as WebAssembly.Memory).buffer)
    expect(view.getUint32(AT, true)).toBe(COUNT)
    expect(view.getBigUint64(OUT + (COUNT - 1) * EVENT_SIZE, true)).toBe(BigInt(COUNT - 1))
    expect(run.call('poll', COUNT + 1)).toBe(28)
    expect(run.call('poll', 0xffff_ffff)).toBe(28)
    expect(run.call('poll', 0)).toBe(28)
  })

  it('of 65,536 clocks jumps to the first', async () => {
    const machine = new Machine({ tick: 0 })
    const run = machine.run(await poller(AFTER))
    const before = machine.time
    expect(run.call('poll', COUNT)).toBe(0)
    expect(machine.time - before).toBe(BigInt(70_000 - (COUNT - 1)))
    const view = new DataView((run.exports.memory as WebAssembly.Memory).buffer)
    expect(view.getUint32(AT, true)).toBe(1)
    expect(view.getBigUint64(OUT, true)).toBe(BigInt(COUNT - 1))
  })

  it('with its events over its subscriptions tells them all', async () => {
    const run = new Machine().run(
      await wasiWat(`
        (func (export "poll") (param $n i32) (result i32) (local $i i32)
          (loop $next
            (i64.store (i32.mul (local.get $i) (i32.const 48)) (i64.extend_i32_u (i32.add (local.get $i) (i32.const 100))))
            (i32.store8 offset=8 (i32.mul (local.get $i) (i32.const 48)) (i32.const 1))
            (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
          (call $poll_oneoff (i32.const 0) (i32.const 0) (local.get $n) (i32.const 60000)))`),
    )
    expect(run.call('poll', 100)).toBe(0)
    const view = new DataView((run.exports.memory as WebAssembly.Memory).buffer)
    const told = Array.from({ length: 100 }, (_, index) => view.getBigUint64(index * EVENT_SIZE, true))
    expect(told).toEqual(told.map((_, index) => BigInt(index + 100)))
  })

  it('that sleeps to the end of time gets there, again and again', async () => {
    const machine = new Machine()
    const run = machine.run(
      await poller(
        '(i64.store offset=24 (local.get $at) (i64.const -1)) (i32.store offset=16 (local.get $at) (i32.const 1))',
      ),
    )
    for (let i = 0; i < 5; i++) expect(run.call('poll', 1)).toBe(0)
    expect(machine.time).toBeLessThan(2n ** 64n)
    machine.fs.writeFileSync('/late', 'x')
    expect(check(machine.tree)).toEqual([])
  })
})

describe('a peer that answers with megabytes', () => {
  it('is read to the last byte, and what is not read is no harm', () => {
    const answer = Uint8Array.from({ length: 5_000_000 }, (_, index) => (index * 7) & 255)
    const module = compileC(`
      #include <sys/socket.h>
      #include <unistd.h>
      static unsigned char block[10000];
      int main(int argc, char **argv) {
        int fd = accept(4, 0, 0);
        if (send(fd, "more", 4, 0) != 4) return 1;
        if (argc > 1) return 0;
        long sum = 0;
        for (ssize_t n; sum < 10000000 && (n = recv(fd, block, sizeof block, 0)) > 0; sum += n) {
          for (ssize_t i = 0; i < n; i++) {
            if (block[i] != (unsigned char)((sum + i) % 5000000 * 7)) return 2;
          }
          if (sum < 5000000 && sum + n >= 5000000) send(fd, "more", 4, 0);
        }
        return sum == 10000000 ? 0 : 3;
      }`)
    const options: RunOptions = { listen: [[{ respond: () => answer, keepOpen: true }]] }
    expect(new Machine().run(module, options).end).toEqual({ kind: 'exit', code: 0 })
    expect(new Machine().run(module, { ...options, args: ['main', 'leave'] }).end).toEqual({ kind: 'exit', code: 0 })
  })

  it('sends megabytes at once, which a poll tells and RECV_WAITALL gives', () => {
    const module = compileC(`
      #include <poll.h>
      #include <sys/ioctl.h>
      #include <sys/socket.h>
      static char all[3000000];
      int main(void) {
        int fd = accept(4, 0, 0), ready = 0;
        if (poll(&(struct pollfd){ .fd = fd, .events = POLLRDNORM }, 1, -1) != 1) return 1;
        if (ioctl(fd, FIONREAD, &ready) != 0 || ready != 3000000) return 2;
        if (recv(fd, all, 100, MSG_PEEK) != 100) return 3;
        if (recv(fd, all, sizeof all, MSG_WAITALL) != sizeof all) return 4;
        return recv(fd, all, 1, 0) != 0;
      }`)
    const run = new Machine().run(module, { listen: [[{ send: new Uint8Array(3_000_000) }]] })
    expect(run.end).toEqual({ kind: 'exit', code: 0 })
  })

  it('is not answered with more memory than one call moves', async () => {
    // 1,024 ranges that are all the same megabyte: a gigabyte in one call, given to the peer in parts.
    const module = await wasiWat(`
      (memory (export "memory") 17)
      (func (export "_start") (local $i i32)
        (loop $next
          (i32.store (i32.mul (local.get $i) (i32.const 8)) (i32.const 16384))
          (i32.store offset=4 (i32.mul (local.get $i) (i32.const 8)) (i32.const 1048576))
          (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1024))))
        (drop (call $sock_accept (i32.const 4) (i32.const 0) (i32.const 16000)))
        (drop (call $sock_send (i32.const 5) (i32.const 0) (i32.const 1024) (i32.const 0) (i32.const 16000))))`)
    const sizes = new Set<number>()
    const respond = (bytes: Uint8Array): undefined => {
      sizes.add(bytes.length)
    }
    const run = new Machine().run(module, { listen: [[{ respond }]] })
    expect(run.end).toMatchObject({ kind: 'limit', limit: 'output' })
    expect([...sizes]).toEqual([2 ** 20])
    expect(run.received[0]?.[0]?.bytes.length).toBe(2 ** 26)
  })
})

describe('a guest that comes back through JavaScript', () => {
  it('makes calls at every depth, each of them whole', async () => {
    const module = await wasiWat(`
      (import "env" "again" (func $again (param i32)))
      (data (i32.const 0) "\\20\\00\\00\\00\\01\\00\\00\\00")
      (func (export "enter") (param i32)
        (i32.store8 (i32.const 32) (i32.add (local.get 0) (i32.const 97)))
        (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
        (call $again (local.get 0))
        (i32.store8 (i32.const 32) (i32.add (local.get 0) (i32.const 65)))
        (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))`)
    let enter = (_depth: number): void => {}
    const again = (depth: number): void => {
      if (depth < 5) enter(depth + 1)
    }
    const run = new Machine().run(module, { imports: { env: { again } } })
    enter = run.exports.enter as (depth: number) => void
    run.call('enter', 0)
    expect(run.stdout.text()).toBe('abcdefFEDCBA')
    expect(run.end).toBeUndefined()
  })

  it('may run another guest on the same machine in between', async () => {
    const machine = new Machine()
    const inner = compileC(
      '#include <stdio.h>\nint main(void) { FILE *f = fopen("/inner", "a"); fputs("x", f); return fclose(f); }',
    )
    const module = await wasiWat(`
      (import "env" "spawn" (func $spawn (result i32)))
      (func (export "_start") (local $n i32)
        (loop $next
          (if (call $spawn) (then unreachable))
          (drop (call $sched_yield))
          (br_if $next (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 3)))))`)
    const spawn = (): number => machine.run(inner).exitCode ?? 99
    expect(machine.run(module, { imports: { env: { spawn } } }).end).toEqual({ kind: 'exit', code: 0 })
    expect(machine.fs.readFileSync('/inner', 'utf8')).toBe('xxx')
  })

  it('cannot leave one call for another, whatever its memory says', () => {
    const run = new Machine().run(callerModule(), {
      stdin: {
        *[Symbol.iterator](): Generator<string> {
          ;(run.exports.fd_close as (fd: number) => void)(0)
          yield 'never'
        },
      },
    })
    new DataView((run.exports.memory as WebAssembly.Memory).buffer).setUint32(4, 5, true)
    expect(() => run.call('fd_read', 0, 0, 1, 8)).toThrow(expect.objectContaining({ code: 'ENDED' }))
    expect(run.end).toMatchObject({ kind: 'trap', message: expect.stringContaining('fd_close was called while') })
  })
})
