/** Traces: the digest says whether two runs are the same, and records say what was called, in words. */

import { describe, expect, it } from 'vitest'
import { formatRecord, Machine, type MachineOptions, type Run, type RunOptions } from '../../../src/index.ts'
import { callerModule } from '../../support/caller.ts'
import { compileC } from '../../support/compile.ts'
import { Hostcalls, type HostcallsOptions } from '../../support/hostcalls.ts'

const GUEST = `
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
int main(int argc, char **argv) {
  char line[64];
  FILE *f = fopen("/out", "w");
  fprintf(f, "%s\\n", getenv("NAME"));
  fclose(f);
  mkdir("/d", 0777);
  symlink("target", "/d/link");
  rename("/out", "/d/out");
  stat("/missing", &(struct stat){0});
  DIR *d = opendir("/d");
  while (readdir(d) != NULL);
  closedir(d);
  usleep(1000);
  getentropy(line, 16);
  puts(fgets(line, sizeof line, stdin) != NULL ? line : "no line");
  return argc;
}`

function run(machine: MachineOptions = {}, options: RunOptions = {}): Run {
  return new Machine(machine).run(compileC(GUEST), { env: { NAME: 'value' }, stdin: 'input\n', ...options })
}

describe('traceDigest', () => {
  it('is 32 hexadecimal digits, and the same for the same run', () => {
    expect(run().traceDigest).toMatch(/^[0-9a-f]{32}$/)
    expect(run().traceDigest).toBe(run().traceDigest)
  })

  it.each([
    ['the seed', { seed: 'other' }, {}],
    ['the epoch', { epoch: '2001-01-01T00:00:00Z' }, {}],
    ['the tick', { tick: 999 }, {}],
    ['a file that is stat', { files: { '/missing': '' } }, {}],
    ['the environment', {}, { env: { NAME: 'other' } }],
    ['the input', {}, { stdin: 'inpuT\n' }],
    ['the arguments', {}, { args: ['main', 'more'] }],
    ['a terminal', {}, { tty: true }],
    ['a preopen', {}, { preopens: { '/': '/tmp' } }],
  ])('differs by %s', (_, machine, options) => {
    expect(run(machine, options).traceDigest).not.toBe(run().traceDigest)
  })

  /** Two runs of a few calls each, which differ in one thing: `of` makes the machine for `x`, `act` the calls. */
  type Pair = readonly [what: string, of: (x: 'a' | 'b') => HostcallsOptions, act: (h: Hostcalls, x: 'a' | 'b') => void]

  const pairs: readonly Pair[] = [
    ['a path', () => ({}), (h, x) => path(h, 'path_create_directory', x)],
    ['which call it was', () => ({}), (h, x) => h.call(x === 'a' ? 'fd_sync' : 'fd_datasync', 3)],
    ['its first argument', () => ({}), (h, x) => h.call('fd_close', x === 'a' ? 98 : 99)],
    ['its last argument', () => ({}), (h, x) => h.call('fd_advise', 99, 0, 0, x === 'a' ? 0 : 1)],
    ['the high word of an argument', () => ({}), (h, x) => h.call('fd_advise', 99, x === 'a' ? 0n : 2n ** 32n, 0, 0)],
    ['its errno', (x) => ({ files: { [`/${x}`]: '' } }), (h) => path(h, 'path_unlink_file', 'a')],
    ['what was read', (x) => ({ files: { '/f': x } }), (h) => h.read(h.opened('f'), 1)],
    ['what was read at an offset', (x) => ({ files: { '/f': `-${x}` } }), (h) => pread(h)],
    ['what was written', () => ({}), (h, x) => h.write(1, x)],
    ['the bytes of the second range', () => ({}), (h, x) => writev(h, 'first', x)],
    ['random bytes', (x) => ({ seed: x }), (h) => h.must('random_get', h.out(4), 4)],
    ['a name in a directory', (x) => ({ image: 'empty', files: { [`/${x}`]: '' } }), (h) => h.names(3)],
    ['the text of a link', (x) => ({ files: { '/l': { symlink: x } } }), (h) => readlink(h)],
    ['an argument of the program', (x) => ({ run: { args: [x] } }), (h) => h.must('args_get', h.out(4), h.out(2))],
    ['the environment', (x) => ({ run: { env: { x } } }), (h) => h.must('environ_get', h.out(4), h.out(4))],
    ['the name of a preopen', (x) => ({ run: { preopens: { [x]: '/' } } }), (h) => dirName(h)],
    ['user data of a poll', () => ({}), (h, x) => poll(h, x)],
    ['a word of a result', (x) => ({ files: { '/f': x === 'a' ? '' : 'x' } }), (h) => h.fstat(h.opened('f'))],
    [
      'the second result',
      (x) => ({ run: { args: x === 'a' ? ['m'] : ['main'] } }),
      (h) => h.must('args_sizes_get', h.out(4), h.out(4)),
    ],
  ]

  function path(h: Hostcalls, call: 'path_create_directory' | 'path_unlink_file', text: string): void {
    const { ptr, len } = h.put(text)
    h.call(call, 3, ptr, len)
  }

  function pread(h: Hostcalls): void {
    const { ptr, len } = h.iovs(1)
    h.must('fd_pread', h.opened('f'), ptr, len, 1, h.out(4))
  }

  function writev(h: Hostcalls, ...texts: string[]): void {
    const { ptr, len } = h.iovs(...texts)
    h.must('fd_write', 1, ptr, len, h.out(4))
  }

  function readlink(h: Hostcalls): void {
    const { ptr, len } = h.put('l')
    h.must('path_readlink', 3, ptr, len, h.out(9), 9, h.out(4))
  }

  function dirName(h: Hostcalls): void {
    h.must('fd_prestat_dir_name', 3, h.out(1), 1)
  }

  /** A clock that has struck, with 8 bytes of user data of which the last differs. */
  function poll(h: Hostcalls, x: 'a' | 'b'): void {
    const subscription = new Uint8Array(48)
    subscription[7] = x === 'a' ? 0 : 1
    subscription[16] = 1
    h.must('poll_oneoff', h.put(subscription).ptr, h.out(32), 1, h.out(4))
  }

  function digestOf([, of, act]: Pair, x: 'a' | 'b'): string | undefined {
    const h = new Hostcalls(of(x))
    act(h, x)
    return h.run.traceDigest
  }

  it.each(pairs)('differs by %s', (...pair) => {
    expect(digestOf(pair, 'a')).toBe(digestOf(pair, 'a'))
    expect(digestOf(pair, 'a')).not.toBe(digestOf(pair, 'b'))
  })

  it('does not depend on what else is in the memory, the rest of a buffer for one', () => {
    const digests = ['rest', 'REST'].map((rest) => {
      const h = new Hostcalls({ files: { '/f': 'x' } })
      const { ptr, len } = h.iovs(rest, rest)
      h.must('fd_read', h.opened('f'), ptr, len, h.out(4))
      return h.run.traceDigest
    })
    expect(digests[0]).toBe(digests[1])
  })

  it('is the same with records, and there is none when it is off', () => {
    const [off, digest, records] = (['off', 'digest', 'records'] as const).map((trace) => run({}, { trace }))
    expect(records?.traceDigest).toBe(digest?.traceDigest)
    expect(off?.traceDigest).toBeUndefined()
    expect(off?.trace).toEqual([])
    expect(digest?.trace).toEqual([])
    expect(records?.trace).toHaveLength(records?.calls ?? 0)
    expect([off, digest, records].map((one) => one?.stdout.text())).toEqual(Array(3).fill('input\n\n'))
    expect([off, digest, records].map((one) => one?.calls)).toEqual(Array(3).fill(records?.calls))
  })

  it('goes on with the calls of a reactor', () => {
    const reactor = new Machine().run(callerModule())
    const digests = [reactor.traceDigest]
    for (let i = 0; i < 3; i++) {
      reactor.call('sched_yield')
      digests.push(reactor.traceDigest)
    }
    expect(new Set(digests).size).toBe(4)
  })
})

describe('trace', () => {
  it('has a record for each call, in order, with the time', () => {
    const { trace, calls } = run({ tick: 10 }, { trace: 'records' })
    expect(trace.map(({ index }) => index)).toEqual(Array.from({ length: calls }, (_, index) => index + 1))
    expect(trace.every(({ pid }) => pid === 1)).toBe(true)
    const times = trace.map(({ time }) => time)
    expect(times).toEqual(times.toSorted((a, b) => (a < b ? -1 : 1)))
    expect(new Set(times).size).toBe(calls)
  })

  it('reads as strace does', () => {
    const lines = run({}, { trace: 'records' }).trace.map(formatRecord)
    const expected = [
      /^fd_prestat_get\(3\) = 0 \{buf: \{name_len: 1\}\}$/,
      /^fd_prestat_get\(4\) = -1 EBADF$/,
      /^path_open\(3, dirflags: SYMLINK_FOLLOW, path: "out", oflags: CREAT\|TRUNC, .*\) = 0 \{opened_fd: 4\}$/,
      /^environ_sizes_get\(\) = 0 \{environc: 1, environ_buf_size: 11\}$/,
      /^fd_write\(4, iovs: "value\\n"\) = 0 \{nwritten: 6\}$/,
      /^fd_close\(4\) = 0$/,
      /^path_create_directory\(3, path: "d"\) = 0$/,
      /^path_symlink\(old_path: "target", 3, new_path: "d\/link"\) = 0$/,
      /^path_rename\(3, old_path: "out", new_fd: 3, new_path: "d\/out"\) = 0$/,
      /^path_filestat_get\(3, flags: SYMLINK_FOLLOW, path: "missing"\) = -1 ENOENT$/,
      /^fd_readdir\(4, .*cookie: 0\) = 0 \{bufused: \d+\}$/,
      /^fd_read\(0\) = 0 \{nread: 6, iovs: "input\\n"\}$/,
      /^proc_exit\(rval: 1\) = \?$/,
    ]
    let at = 0
    for (const pattern of expected) {
      const found = lines.findIndex((line, index) => index >= at && pattern.test(line))
      expect(found, `${pattern} is missing after line ${at} of\n${lines.join('\n')}`).toBeGreaterThanOrEqual(0)
      at = found + 1
    }
  })

  it('prints wrong arguments as they are', () => {
    const calls = new Hostcalls({ run: { trace: 'records' } })
    calls.call('fd_read', 99, 0xffff_fff0, 3, 8)
    calls.call('path_open', 3, -1, 0xffff_ff00, 5, -1, -1n, 0n, 0xffff, 8)
    calls.call('fd_seek', 0, -(2n ** 63n), 77, 8)
    calls.call('clock_time_get', 99, 2n ** 64n - 1n, 8)
    calls.call('fd_write', 1, 0, 0xffff_ffff, 8)
    const lines = calls.run.trace.map(formatRecord)
    expect(lines).toHaveLength(5)
    for (const line of lines) expect(line).toMatch(/^[a-z_]+\(.*\) = -1 E[A-Z0-9]+$/)
    expect(lines[2]).toContain('-9223372036854775808')
  })

  it('records every call there is', () => {
    const calls = new Hostcalls({ run: { trace: 'records', listen: [[{ send: 'x' }]] } })
    const { run: reactor } = calls
    const names = Object.keys(reactor.exports).filter((name) => !['memory', 'memory_grow', 'proc_exit'].includes(name))
    for (const name of names) {
      const { length } = reactor.exports[name] as { length: number }
      const i64 =
        /^(clock_time_get|fd_(advise|allocate|fdstat_set_rights|filestat_set|p(read|write)|readdir|seek)|path_(open|filestat_set))/
      if (!i64.test(name)) reactor.call(name, ...Array<number>(length).fill(0))
    }
    expect(reactor.trace.length).toBe(names.length - 12)
    for (const record of reactor.trace) expect(formatRecord(record)).toMatch(/^[a-z_]+\(.*\) = (0|-1 E)/)
  })

  it('says that a call ended the process', () => {
    const reactor = new Machine().run(callerModule(), { trace: 'records' })
    expect(() => reactor.call('proc_exit', 3)).toThrow()
    expect(reactor.trace.map(formatRecord)).toEqual(['proc_exit(rval: 3) = ?'])
    expect(reactor.trace[0]?.errno).toBe('ended')
  })
})
