/** Where two runs part. */

import { describe, expect, it } from 'vitest'
import {
  formatRecord,
  Machine,
  type MachineOptions,
  type Parting,
  type Run,
  type RunOptions,
  traceDiff,
} from '../../src/index.ts'
import { compileC } from '../support/compile.ts'
import { errorOf } from '../support/error_of.ts'

/** Reads a file of 200 bytes at once, then the time, then randomness, and writes a sum. */
const READER = `
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
int main(int argc, char **argv) {
  static unsigned char text[200];
  unsigned sum = 0;
  int fd = open("/in", O_RDONLY);
  if (fd >= 0) read(fd, text, sizeof text);
  for (int i = 0; i < 200; i++) sum = sum * 31 + text[i];
  struct timespec now;
  if (argc > 1) clock_gettime(CLOCK_REALTIME, &now);
  unsigned char random[4];
  if (argc > 2) getentropy(random, 4);
  struct stat stats;
  if (argc > 3) stat("/in", &stats);
  printf("%u\\n", sum);
  return 0;
}`

const INPUT = 'x'.repeat(200)

function run(machine: MachineOptions = {}, options: RunOptions = {}): Run {
  const files = { '/in': INPUT }
  return new Machine({ files, ...machine }).run(compileC(READER), {
    args: ['m', 'a', 'b', 'c'],
    timeline: true,
    ...options,
  })
}

/** The call at which the two part, and how it looks on both sides. */
function parting(a: Run, b: Run): [call: string | undefined, a: string, b: string] {
  const { a: left, b: right } = traceDiff(a, b) as Parting
  const text = (record: typeof left): string => (record === undefined ? '-' : formatRecord(record))
  return [(left ?? right)?.call, text(left), text(right)]
}

describe('traceDiff()', () => {
  it('finds nothing between runs that are the same', () => {
    expect(traceDiff(run(), run())).toBeUndefined()
  })

  it('names the call that reads the one byte that differs, though its line does not show that byte', () => {
    const other = run({ files: { '/in': `${INPUT.slice(0, 150)}y${INPUT.slice(151)}` } })
    const [call, a, b] = parting(run(), other)
    expect(call).toBe('fd_read')
    expect(a).toBe(b)
    const { stateBefore, call: number, before } = traceDiff(run(), other) as Parting
    expect(stateBefore.changes.map(({ type, path }) => [type, path])).toEqual([['changed', '/in']])
    expect(before.at(-1)?.index).toBe(number - 1)
    expect(before.length).toBe(5)
  })

  it('names the call that gives other randomness', () => {
    const [call, a, b] = parting(run(), run({ seed: 'other' }))
    expect(call).toBe('random_get')
    expect(a).not.toBe(b)
  })

  it('names the call that tells another time: the clock, or a file', () => {
    expect(parting(run(), run({ epoch: 7n }))[0]).toBe('clock_time_get')
    // One that never asks for the time is the same run at any time.
    expect(traceDiff(run({}, { args: ['m'] }), run({ epoch: 7n }, { args: ['m'] }))).toBeUndefined()
    const stats = compileC('#include <sys/stat.h>\nint main(void) { struct stat s; return stat("/in", &s); }')
    const [a, b] = [{}, { epoch: 7n }].map((options) =>
      new Machine({ files: { '/in': 'x' }, ...options }).run(stats, { timeline: true }),
    ) as [Run, Run]
    const [call, left, right] = parting(a, b)
    expect(call).toBe('path_filestat_get')
    expect(left).toBe(right)
  })

  it('names the first call that only one of them makes, and how the other ended', () => {
    const whole = run({}, { args: ['m'] })
    const stopped = run({}, { args: ['m'], limits: { calls: 8 } })
    const found = traceDiff(whole, stopped) as Parting
    expect(found.call).toBe(9)
    expect(found.a).toBe(whole.trace[8])
    expect(found).not.toHaveProperty('b')
    expect(found.ends).toEqual([{ kind: 'exit', code: 0 }, expect.objectContaining({ kind: 'limit', limit: 'calls' })])
    expect(traceDiff(stopped, whole)).not.toHaveProperty('a')
  })

  it('tells runs apart that make the same calls and end differently', () => {
    const end = compileC('int main(int c, char **v) { if (c > 1) __builtin_trap(); return 0; }')
    const [fine, trapped] = [['m'], ['m', 't']].map((args) =>
      new Machine().run(end, { args, env: {}, timeline: true }),
    ) as [Run, Run]
    expect(traceDiff(fine, trapped)?.ends.map((each) => each?.kind)).toEqual(['exit', 'trap'])
  })

  it('wants both runs to have kept their moments', () => {
    const plain = run({}, { timeline: false })
    expect(errorOf(() => traceDiff(run(), plain))).toMatchObject({
      code: 'NO_MOMENT',
      message: 'to find where runs part, make both with the option timeline: true',
    })
  })
})
