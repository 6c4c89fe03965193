/** Faults through real guests: what they see of each kind, and that nothing else is other than without. */

import { describe, expect, it } from 'vitest'
import {
  compile,
  diff,
  Machine,
  type MachineOptions,
  type Run,
  type RunOptions,
  record,
  replay,
  type TraceRecord,
} from '../../src/index.ts'
import { check } from '../../vfs/check.ts'
import { errnoName } from '../../vfs/errno.ts'
import { compileC } from '../support/compile.ts'
import { errorOf } from '../support/error_of.ts'
import { wasiWat } from '../support/wasi_wat.ts'

/** Does what its arguments say, and tells of each, in a line and by one write, what it gave. */
const STEPS = compileC(`
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int fd = -1;
static char data[8192];

static long long nanoseconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void tell(const char *what, long long result) {
  char line[9000];
  int size = result < 0 ? snprintf(line, sizeof line, "%s !%d\\n", what, errno)
                        : snprintf(line, sizeof line, "%s %lld\\n", what, result);
  write(1, line, size);
}

static int open_flags(const char *name) {
  if (strcmp(name, "dsync") == 0) return O_DSYNC;
  if (strcmp(name, "sync") == 0) return O_SYNC;
  return strcmp(name, "rsync") == 0 ? O_RSYNC | O_DSYNC : 0;
}

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    char op[16], a[64] = "", b[64] = "";
    sscanf(argv[i], "%15s %63s %63s", op, a, b);
    long n = atol(a);
    if (strcmp(op, "open") == 0) {
      fd = open(a, O_RDWR | O_CREAT | open_flags(b), 0644);
      tell(op, fd);
    } else if (strcmp(op, "write") == 0) tell(op, write(fd, a, strlen(a)));
    else if (strcmp(op, "fill") == 0) tell(op, write(fd, memset(data, *b, n), n));
    else if (strcmp(op, "seek") == 0) tell(op, lseek(fd, n, SEEK_SET));
    else if (strcmp(op, "cut") == 0) tell(op, ftruncate(fd, n));
    else if (strcmp(op, "read") == 0) tell(op, read(fd, data, n));
    else if (strcmp(op, "input") == 0) tell(op, read(0, data, n));
    else if (strcmp(op, "fsync") == 0) tell(op, fsync(fd));
    else if (strcmp(op, "fdatasync") == 0) tell(op, fdatasync(fd));
    else if (strcmp(op, "syncdir") == 0) {
      int dir = open(a, O_RDONLY | O_DIRECTORY);
      tell(op, fsync(dir));
      close(dir);
    } else if (strcmp(op, "rename") == 0) tell(op, rename(a, b));
    else if (strcmp(op, "link") == 0) tell(op, link(a, b));
    else if (strcmp(op, "unlink") == 0) tell(op, unlink(a));
    else if (strcmp(op, "mkdir") == 0) tell(op, mkdir(a, 0755));
    else if (strcmp(op, "close") == 0) tell(op, close(fd));
    else if (strcmp(op, "say") == 0) tell(a, 0);
    else if (strcmp(op, "realtime") == 0) tell(op, nanoseconds(CLOCK_REALTIME));
    else if (strcmp(op, "monotonic") == 0) tell(op, nanoseconds(CLOCK_MONOTONIC));
    else abort();
  }
  exit(0);
}`)
const module = compile(STEPS)

interface Result {
  readonly machine: Machine
  readonly run: Run
  /** What each step told; a failure as the errno's name. */
  readonly told: readonly string[]
}

function steps(list: readonly string[], options: RunOptions = {}, machine: MachineOptions | Machine = {}): Result {
  const made = machine instanceof Machine ? machine : new Machine({ image: 'empty', ...machine })
  const run = made.run(module, { args: ['steps', ...list], ...options })
  expect(check(made.tree)).toEqual([])
  return { machine: made, run, told: toldBy(run) }
}

function toldBy(run: Run): string[] {
  const lines = run.stdout.text().split('\n').slice(0, -1)
  return lines.map((line) => line.replace(/!(\d+)$/, (_, number) => String(errnoName(Number(number)))))
}

const textOf = ({ machine }: Result, path: string): string | undefined =>
  machine.fs.existsSync(path) ? machine.fs.readFileSync(path, 'utf8') : undefined

const callsNamed = (run: Run, name: string): TraceRecord[] => run.trace.filter(({ call }) => call === name)

/** All that a run leaves. */
const outcomeOf = ({ machine, run }: Result): unknown[] => [
  run.traceDigest,
  run.end,
  run.stdout.text(),
  machine.time,
  machine.snapshot().stateDigest,
]

describe('an errno', () => {
  const save = ['open /f', 'write one', 'fsync', 'close', 'rename /f /g']

  it('is what the guest sees, and nothing happens', () => {
    const result = steps(save, { faults: 'fd_write(/f)=ENOSPC; fd_sync=EIO; path_rename=EXDEV' })
    expect(result.told).toEqual(['open 4', 'write ENOSPC', 'fsync EIO', 'close 0', 'rename EXDEV'])
    expect([textOf(result, '/f'), textOf(result, '/g')]).toEqual(['', undefined])
    expect(result.run.exitCode).toBe(0)
    expect(result.run.faults.map(({ rule }) => rule)).toEqual([0, 1, 2])
  })

  it('at any call is all that the call gives, and leaves tree and descriptors as they were', () => {
    const { run: plain } = steps(save, { trace: 'records' })
    for (let call = 1; call < plain.calls; call++) {
      const { run } = steps(save, { faults: `#${call}=EIO`, timeline: true })
      const failed = run.trace[call - 1] as TraceRecord
      expect([failed.call, failed.errno, failed.results]).toEqual([plain.trace[call - 1]?.call, 'EIO', {}])
      expect(run.faults).toEqual([{ rule: 0, call }])
      expect(run.at(call).diff()).toEqual([])
      expect(run.at(call).descriptors).toEqual(run.at(call - 1).descriptors)
    }
  })

  it('does not keep a guest from ending', () => {
    const { run } = steps([], { faults: '*=EIO', trace: 'records' })
    expect(run.end?.kind).toBe('exit')
    expect(run.trace.at(-1)?.call).toBe('proc_exit')
    expect(run.trace.slice(0, -1).every(({ errno }) => errno === 'EIO')).toBe(true)
  })

  it('counts calls by any of the names that a file has', () => {
    const files = { '/a': 'text' }
    for (const path of ['/a', '/b', '/d/../b']) {
      const told = steps(
        ['mkdir /d', 'link /a /b', `open ${path}`, 'read 4', 'read 4'],
        { faults: 'fd_read(/b)#1=EIO' },
        { files },
      ).told
      expect(told.slice(3)).toEqual(['read EIO', 'read 4'])
    }
    const two = steps(['rename /a /b', 'rename /b /c', 'rename /c /d'], { faults: 'path_rename(/b)#2=EIO' }, { files })
    expect(two.told).toEqual(['rename 0', 'rename EIO', 'rename ENOENT'])
  })

  it('is found by the path from the descriptor that a call starts from, and by preopens as the machine has them', () => {
    const options = {
      preopens: { '/data': '/var/lib' },
      faults: 'path_open(/var/lib/x)=EACCES; fd_write(/var/*/y)=EIO',
    }
    const told = steps(['open /data/x', 'open /data/./q/../x', 'open /data/y', 'write a'], options, {
      files: { '/var/lib/q': null },
    }).told
    expect(told).toEqual(['open EACCES', 'open EACCES', 'open 4', 'write EIO'])
  })
})

describe('a short count', () => {
  it('is the most that a call moves', () => {
    const result = steps(
      ['open /f', 'write hello', 'write you', 'seek 0', 'read 9', 'read 1', 'read 9', 'input 9', 'input 9'],
      {
        faults: '(/f)=short:2; fd_read(0)#2=short:1',
        stdin: 'abcdef',
      },
    )
    expect(result.told.slice(1)).toEqual([
      'write 2',
      'write 2',
      'seek 0',
      'read 2',
      'read 1',
      'read 1',
      'input 6',
      'input 0',
    ])
    expect(textOf(result, '/f')).toBe('heyo')
  })

  it('of nothing is the end of the file, or a write of nothing', () => {
    const { told } = steps(['open /f', 'read 9', 'write a'], { faults: '(4)=short:0' }, { files: { '/f': 'text' } })
    expect(told.slice(1)).toEqual(['read 0', 'write 0'])
  })

  it('did something only where the call would have moved more', () => {
    const list = ['open /f', 'write abc', 'write ab', 'write a']
    const { run, told } = steps(list, { faults: 'fd_write(/f)=short:2', trace: 'records' })
    expect(told.slice(1)).toEqual(['write 2', 'write 2', 'write 1'])
    const [first] = run.trace.filter(({ call, args }) => call === 'fd_write' && args.fd === 4)
    expect(run.faults).toEqual([{ rule: 0, call: first?.index }])
  })
})

describe('a delay', () => {
  it('moves the clocks by so much, once, and nothing else', () => {
    const list = ['realtime', 'monotonic', 'open /f', 'realtime', 'monotonic']
    const plain = steps(list)
    const late = steps(list, { faults: 'path_open=delay:90000000123' })
    const numbers = ({ told }: Result) => told.map((line) => Number(line.split(' ')[1]))
    const gaps = numbers(late).map((number, index) => number - (numbers(plain)[index] ?? 0))
    expect(gaps.slice(0, 3)).toEqual([0, 0, 0])
    // Of realtime a number has not all digits.
    expect(gaps[3]).toBeCloseTo(90_000_000_123, -3)
    expect(gaps[4]).toBe(90_000_000_123)
    expect(late.machine.time - plain.machine.time).toBe(90_000_000_123n)
    expect(late.run.calls).toBe(plain.run.calls)
    expect(late.machine.fs.readdirSync('/')).toEqual(['f'])
  })
})

describe('space', () => {
  it('runs out exactly at the byte', () => {
    for (let space = 0; space <= 10; space++) {
      const result = steps(['open /f', 'write abc', 'write def', 'write ghi'], { faults: `space:${space}` })
      let left = space
      const writes = [0, 1, 2].map(() => {
        const count = Math.min(3, left)
        left -= count
        return count === 0 ? 'write ENOSPC' : `write ${count}`
      })
      expect(result.told.slice(1)).toEqual(writes)
      expect(result.run.faults.length).toBe(writes.filter((each) => each !== 'write 3').length)
      expect(result.machine.fs.statSync('/f').size).toBe(Math.min(9, space))
    }
  })

  it('is that of the files that are meant, and never of streams', () => {
    const list = ['open /a', 'write abc', 'open /b', 'write def', 'write ghi', 'say much-more-than-five-bytes']
    const { told } = steps(list, { faults: 'fd_write(/b)=space:5' })
    expect(told).toEqual(['open 4', 'write 3', 'open 5', 'write 3', 'write 2', 'much-more-than-five-bytes 0'])
  })
})

describe('a power cut', () => {
  const rewrite = ['open /t', 'write new', 'rename /t /f']

  /** The plan that cuts at the first call of a name. */
  const cutAt = (name: string, list: readonly string[], fate: string, files = {}): string => {
    const { run } = steps(list, { trace: 'records' }, { files })
    return `#${callsNamed(run, name)[0]?.index}=cut:${fate}`
  }

  it('ends the run before the call, and leaves what the fate says', () => {
    const files = { '/f': 'old' }
    const at = (fate: string) => steps(rewrite, { faults: cutAt('proc_exit', rewrite, fate, files) }, { files })
    const left = (fate: string) => {
      const result = at(fate)
      const { end } = result.run
      expect(end).toMatchObject({ kind: 'limit', limit: 'power cut' })
      expect(end?.kind === 'limit' && end.message).toBe(`the power went at call ${result.run.calls}, by plan`)
      expect(result.told).toEqual(['open 4', 'write 3', 'rename 0'])
      return [textOf(result, '/f'), textOf(result, '/t')]
    }
    expect(left('none')).toEqual(['old', undefined])
    expect(left('first:1')).toEqual(['old', ''])
    expect(left('first:2')).toEqual(['old', 'new'])
    expect(left('all')).toEqual(['new', undefined])
    expect(left('without:2')).toEqual(['', undefined])
    const early = steps(rewrite, { faults: cutAt('path_rename', rewrite, 'all', files) }, { files })
    expect([textOf(early, '/f'), textOf(early, '/t'), early.told.length]).toEqual(['old', 'new', 2])
  })

  it.each(['fsync', 'fdatasync'])('leaves what was saved by %s', (sync) => {
    const list = ['open /t', 'write new', sync, 'write er', 'rename /t /f', 'syncdir /', 'mkdir /d']
    const result = steps(list, { faults: cutAt('proc_exit', list, 'none') })
    expect(textOf(result, '/f')).toBe('new')
    expect(result.machine.fs.readdirSync('/')).toEqual(['f'])
  })

  it.each(['dsync', 'sync'])('leaves what was written by a descriptor with O_%s', (flag) => {
    const list = ['open /f', 'write lost', `open /f ${flag}`, 'fill 3000 x', 'seek 0']
    const left = (list: string[]) =>
      textOf(steps(list, { faults: cutAt('proc_exit', list, 'none', { '/f': '' }) }, { files: { '/f': '' } }), '/f')
    expect(left(list)).toBe('x'.repeat(3000))
    expect(left([`open /f ${flag}`, 'fill 9 x', 'cut 2'])).toBe('xx')
    // Looking is no writing.
    expect(left(['open /f', 'write lost', `open /f ${flag}`, 'read 9', 'seek 0'])).toBe('')
    expect(left(['open /f', 'write kept', 'open /f rsync', 'read 9', 'seek 0'])).toBe('kept')
  })

  it('finds no sync where the sync was made to fail', () => {
    const list = ['open /f', 'write new', 'fsync']
    const faults = `fd_sync=EIO; ${cutAt('proc_exit', list, 'none', { '/f': 'old' })}`
    expect(textOf(steps(list, { faults }, { files: { '/f': 'old' } }), '/f')).toBe('old')
  })

  it('finds what was there before the run, whoever wrote it', () => {
    const { machine } = steps(['open /a', 'write first'])
    const result = steps(['open /b', 'write second'], { faults: '*(/b)=cut' }, machine)
    expect(result.machine.fs.readdirSync('/')).toEqual(['a'])
    expect(textOf(result, '/a')).toBe('first')
  })

  it('leaves a machine that goes on: files, clocks, numbers', () => {
    const files = { '/f': 'old' }
    const { machine, run } = steps(rewrite, { faults: cutAt('proc_exit', rewrite, 'first:2', files) }, { files })
    const { time } = machine
    expect(machine.fs.readdirSync('/')).toEqual(['f', 't'])
    machine.fs.writeFileSync('/host', 'more')
    const next = steps(['open /t', 'read 9', 'write er', 'fsync'], {}, machine)
    expect(next.told).toEqual(['open 4', 'read 3', 'write 2', 'fsync 0'])
    expect([textOf(next, '/t'), textOf(next, '/host')]).toEqual(['newer', 'more'])
    expect(next.run.pid).toBe(run.pid + 1)
    expect(machine.time > time).toBe(true)
    expect(machine.fork().snapshot().stateDigest).toBe(machine.snapshot().stateDigest)
  })

  it('ends every process of a pipeline, and finds what each of them synced', () => {
    const machine = new Machine({ image: 'empty' })
    const stage = (...list: string[]): { module: WebAssembly.Module; args: string[] } => ({
      module,
      args: ['steps', ...list],
    })
    const runs = machine.pipeline([
      stage('open /one', 'write a', 'fsync', 'syncdir /', 'write b', 'say done'),
      { ...stage('open /two', 'write c', 'fsync', 'syncdir /', 'input 9', 'write d'), faults: 'fd_write(/two)#2=cut' },
      stage('input 99', 'open /three'),
    ])
    expect(runs.map(({ end }) => end?.kind)).toEqual(['exit', 'limit', 'limit'])
    expect(runs.slice(1).map(({ end }) => end?.kind === 'limit' && end.limit)).toEqual(['power cut', 'power cut'])
    expect(machine.fs.readdirSync('/')).toEqual(['one', 'two'])
    expect(['/one', '/two'].map((path) => machine.fs.readFileSync(path, 'utf8'))).toEqual(['a', 'c'])
    expect(check(machine.tree)).toEqual([])
  })

  it('ends a reactor that lives beside the run', async () => {
    const reactor = await wasiWat(
      '(func (export "_initialize")) (func (export "yield") (result i32) (call $sched_yield))',
    )
    const machine = new Machine({ image: 'empty' })
    const alive = machine.run(reactor)
    expect(alive.call('yield')).toBe(0)
    steps(['open /f'], { faults: 'path_open=cut' }, machine)
    expect(alive.end).toMatchObject({ kind: 'limit', limit: 'power cut' })
    expect(errorOf(() => alive.call('yield')).code).toBe('ENDED')
  })

  it('of a reactor comes in the call that the plan names', async () => {
    const reactor = await wasiWat(
      '(func (export "_initialize")) (func (export "yield") (result i32) (call $sched_yield))',
    )
    const machine = new Machine({ image: 'empty' })
    const alive = machine.run(reactor, { faults: '#3=cut' })
    machine.fs.writeFileSync('/f', 'x')
    expect([alive.call('yield'), alive.call('yield')]).toEqual([0, 0])
    // Runs beside it are watched too, whatever their own plans: what they left is lost, and what they synced is not.
    steps(['open /f2', 'write lost'], {}, machine)
    steps(['open /f3', 'write lost'], { faults: '#999=cut' }, machine)
    steps(['open /g', 'write kept', 'fsync', 'syncdir /', 'write lost'], {}, machine)
    expect(errorOf(() => alive.call('yield')).code).toBe('ENDED')
    expect(alive.end).toMatchObject({ limit: 'power cut', message: 'the power went at call 3, by plan' })
    expect(machine.fs.readFileSync('/g', 'utf8')).toBe('kept')
    expect(['/f2', '/f3'].map((path) => machine.fs.readFileSync(path, 'utf8'))).toEqual(['', ''])
  })
})

describe('a plan', () => {
  const list = [
    'open /f',
    'write abc',
    'fsync',
    'seek 0',
    'read 9',
    'mkdir /d',
    'rename /f /d/f',
    'unlink /d/f',
    'realtime',
  ]

  it.each([
    '',
    'fd_write#99=EIO',
    '#999=cut:none',
    'fd_read=short:9000',
    'space:1000; (/never)=EIO',
    'proc_raise=delay:1',
  ])('that never does anything is as if there were none: %j', (faults) => {
    const result = steps(list, { faults })
    expect(outcomeOf(result)).toEqual(outcomeOf(steps(list)))
    expect(result.run.faults).toEqual([])
  })

  const plans = ['fd_write#2=EIO', 'fd_read=short:1', 'space:2; path_open=delay:7', '#12=cut:seed:x', '*#5+=ENOMEM']

  it.each(plans)('does the same each time: %s', (faults) => {
    expect(outcomeOf(steps(list, { faults }))).toEqual(outcomeOf(steps(list, { faults })))
  })

  it('gives the same whatever instance a run is given, with faults or without', () => {
    const run = (guest: WebAssembly.Module, faults: string | undefined): unknown[] => {
      const machine = new Machine({ image: 'empty' })
      const options = faults === undefined ? {} : { faults }
      return outcomeOf({ machine, run: machine.run(guest, { args: ['steps', ...list], ...options }), told: [] })
    }
    // Sections of their own make them modules of their own, of which no instance is kept yet.
    const fresh = (index: number): WebAssembly.Module => compile(new Uint8Array([...STEPS, 0, 2, 1, 97 + index]))
    const all = [undefined, ...plans]
    const expected = all.map((faults, index) => run(fresh(index), faults))
    for (const order of [all, [...all].reverse()]) {
      const shared = fresh(order === all ? 20 : 21)
      for (let round = 0; round < 3; round++) {
        for (const faults of order) expect(run(shared, faults)).toEqual(expected[all.indexOf(faults)])
      }
    }
  })

  it('can be rules, as of a plan that was read', () => {
    const { told } = steps(list, {
      faults: [{ call: 'fd_read', path: '/f', nth: 1, on: true, effect: { kind: 'short', bytes: 1 } }],
    })
    expect(told[4]).toBe('read 1')
  })

  it('that is wrong is refused by name, and nothing has happened', () => {
    const machine = new Machine({ image: 'empty' })
    const before = machine.snapshot().stateDigest
    const refused = (faults: unknown): string => {
      const error = errorOf(() => machine.run(module, { faults } as RunOptions))
      expect(error.code).toBe('BAD_OPTION')
      return error.message
    }
    expect(refused('fd_wite=EIO')).toMatch(
      /^faults: "fd_wite=EIO" is no fault: there is no call fd_wite; write one as in /,
    )
    expect(refused(7)).toMatch(/^faults: 7 was given.*a plan as 'fd_write#3=ENOSPC', or an array of rules/)
    expect(refused([{ call: 'fd_write', nth: 1, on: true }])).toMatch(/faults\[0\].*a rule with an effect/)
    expect(refused([null])).toMatch(/faults\[0\].*a rule with an effect/)
    expect(refused([{ nth: 1, on: true, path: 'x', effect: { kind: 'delay', ns: 1 } }])).toMatch(
      /the path "x" is not absolute/,
    )
    expect(refused([{ nth: 1, on: true, effect: { kind: 'burn' } }])).toMatch(/no errno or effect "undefined"/)
    expect(machine.snapshot().stateDigest).toBe(before)
  })
})

describe('with faults', () => {
  const list = ['open /f', 'write abc', 'fsync', 'write def', 'mkdir /d']
  const faults = 'fd_write(/f)#1=short:1; path_create_directory=cut:none'

  it('a timeline shows the tree of each moment, after the cut what is left', () => {
    const { machine, run } = steps(list, { faults, timeline: true }, { files: { '/f': '' } })
    const last = run.calls
    expect(run.trace[last - 1]).toMatchObject({ call: 'path_create_directory' })
    expect(run.at(last - 1).fs.readFileSync('/f', 'utf8')).toBe('adef')
    expect(run.at(last).fs.readFileSync('/f', 'utf8')).toBe('a')
    expect(diff(run.at(last), machine).changes).toEqual([])
    expect(run.traceDigest).toBe(steps(list, { faults }, { files: { '/f': '' } }).run.traceDigest)
  })

  it('a recording makes the same again, and knows where it was another plan', () => {
    const machine = new Machine({ image: 'empty', files: { '/f': '' } })
    const before = machine.snapshot()
    const { run, recording } = record(machine, STEPS, { args: ['steps', ...list], faults })
    expect(run.end).toMatchObject({ limit: 'power cut' })
    expect(recording.options.faults).toBe(faults)
    const again = replay(recording, { machine: before, module: STEPS })
    expect(again.differences).toEqual([])
    expect(again.run.faults).toEqual(run.faults)
    const other = { ...recording, options: { ...recording.options, faults: 'fd_write(/f)#1=short:2' } }
    expect(replay(other, { machine: before, module: STEPS }).differences).not.toEqual([])
  })
})
