/** Pipelines: what goes from stage to stage, who sees which end of it, and how each ends. */

import { describe, expect, it } from 'vitest'
import { Machine, type Run, type Stage } from '../../../src/index.ts'
import { check } from '../../../vfs/check.ts'
import { compileC } from '../../support/compile.ts'
import { wat } from '../../support/wat.ts'

/** yes LINE COUNT: writes COUNT lines; exit 9 and the errno on stderr where a write fails. */
const YES = `
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv) {
  char line[256];
  int length = snprintf(line, sizeof line, "%s\\n", argv[1]);
  for (long count = atol(argv[2]); count > 0; count--) {
    if (write(1, line, length) != length) {
      fprintf(stderr, "%s", errno == EPIPE ? "EPIPE" : strerror(errno));
      return 9;
    }
  }
  return 0;
}`

/** tee SIZE: reads by SIZE bytes and writes on what it read. */
const CAT = `
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(int argc, char **argv) {
  size_t size = argc > 1 ? atol(argv[1]) : 4096;
  char *buffer = malloc(size);
  for (;;) {
    ssize_t n = read(0, buffer, size);
    if (n < 0) return 8;
    if (n == 0) return 0;
    if (write(1, buffer, n) != n) return errno == EPIPE ? 9 : 10;
  }
}`

/** head BYTES: reads exactly so many and ends. */
const HEAD = `
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv) {
  for (long count = atol(argv[1]); count > 0; count--) {
    int c = getchar();
    if (c < 0) return 1;
    putchar(c);
  }
  return 0;
}`

const stage = (source: string, ...args: string[]): Stage => ({ module: compileC(source), args: ['stage', ...args] })
const exits = (runs: readonly Run[]): (number | undefined)[] => runs.map(({ exitCode }) => exitCode)

describe('pipeline()', () => {
  it('of nothing is nothing, and of one is a run', () => {
    expect(new Machine().pipeline([])).toEqual([])
    const [run] = new Machine().pipeline([stage(YES, 'x', '2')])
    expect(run?.stdout.text()).toBe('x\nx\n')
    expect(run?.exitCode).toBe(0)
  })

  it('gives the stdout of each to the next; the last one keeps its own', () => {
    const machine = new Machine()
    const runs = machine.pipeline([stage(YES, 'line', '3'), stage(CAT), stage(CAT)])
    expect(exits(runs)).toEqual([0, 0, 0])
    expect(runs.map(({ stdout }) => stdout.text())).toEqual(['', '', 'line\nline\nline\n'])
    expect(runs.map(({ pid }) => pid)).toEqual([1, 2, 3])
  })

  it('feeds the first stage from stdin and hands the last one to a sink; each has its own stderr', () => {
    const told: string[] = []
    const decode = (bytes: Uint8Array): void => {
      told.push(new TextDecoder().decode(bytes))
    }
    const runs = new Machine().pipeline([
      { ...stage(CAT), stdin: 'from outside' },
      { ...stage(CAT), stderr: decode },
      { ...stage(CAT), stdout: decode },
    ])
    expect(told).toEqual(['from outside'])
    expect(runs[2]?.stdout.text()).toBe('from outside')
  })

  it.each([1, 7, 4096, 70_000])('carries a megabyte to a reader that takes %i bytes at a time', (size) => {
    const line = 'x'.repeat(127)
    const runs = new Machine().pipeline([stage(YES, line, '8192'), stage(CAT, String(size)), stage(CAT)])
    expect(exits(runs)).toEqual([0, 0, 0])
    expect(runs[2]?.stdout.bytes.length).toBe(2 ** 20)
    expect(runs[2]?.stdout.text()).toBe(`${line}\n`.repeat(8192))
  })

  it('lets a stage write a megabyte in one call', () => {
    const module = compileC(`
      #include <stdlib.h>
      #include <string.h>
      #include <unistd.h>
      int main(void) {
        char *all = malloc(1 << 20);
        memset(all, 'm', 1 << 20);
        return write(1, all, 1 << 20) != 1 << 20;
      }`)
    const runs = new Machine().pipeline([{ module }, stage(CAT)])
    expect(exits(runs)).toEqual([0, 0])
    expect(runs[1]?.stdout.bytes.length).toBe(2 ** 20)
  })

  it('gives EPIPE to writers whose reader has ended without reading', () => {
    const ends = compileC('int main(void) { return 5; }')
    const runs = new Machine().pipeline([stage(YES, 'x', '1000000'), stage(CAT), { module: ends }])
    // The middle one reads before it finds out that it cannot write, so the first one had a reader.
    expect(exits(runs)).toEqual([0, 9, 5])
    const two = new Machine().pipeline([stage(YES, 'x', '1000000'), { module: ends }])
    expect(exits(two)).toEqual([9, 5])
    expect(two[0]?.stderr.text()).toBe('EPIPE')
    expect(two[0]?.calls).toBeLessThan(20)
  })

  it('lets a reader stop early, as head does', () => {
    const runs = new Machine().pipeline([stage(YES, 'abc', '100'), stage(CAT), stage(HEAD, '6')])
    expect(runs[2]?.exitCode).toBe(0)
    expect(runs[2]?.stdout.text()).toBe('abc\nab')
    expect(runs.every(({ end }) => end?.kind === 'exit')).toBe(true)
  })

  it('tells a reader the end of a writer, however that ended', () => {
    for (const [source, end] of [
      ['int main(void) { return 3; }', { kind: 'exit', code: 3 }],
      ['int main(void) { __builtin_trap(); }', { kind: 'trap' }],
      ['#include <unistd.h>\nint main(void) { close(1); return 4; }', { kind: 'exit', code: 4 }],
      ['int f(int n) { volatile char c[100]; c[0] = n; return f(n + 1) + c[0]; } int main(void) { return f(0); }', {}],
    ] as const) {
      const runs = new Machine().pipeline([stage(source), stage(CAT)])
      expect(runs[0]?.end).toMatchObject(end)
      expect(runs[1]?.end).toEqual({ kind: 'exit', code: 0 })
      expect(runs[1]?.stdout.text()).toBe('')
    }
  })

  it('ends one stage by its limit and lets the others go on', () => {
    const runs = new Machine().pipeline([{ ...stage(YES, 'x', '100'), limits: { calls: 10 } }, stage(CAT)])
    expect(runs[0]?.end).toMatchObject({ kind: 'limit', limit: 'calls' })
    expect(runs[1]?.exitCode).toBe(0)
    expect(runs[1]?.stdout.text().length).toBeGreaterThan(0)
  })

  it('shares the tree, which each sees as the others left it', () => {
    const writes = compileC(`
      #include <stdio.h>
      int main(void) { FILE *f = fopen("/note", "w"); fputs("left", f); fclose(f); puts("go"); return 0; }`)
    const reads = compileC(`
      #include <stdio.h>
      int main(void) { char line[16]; fgets(line, 16, stdin); FILE *f = fopen("/note", "r"); fgets(line, 16, f); return puts(line) < 0; }`)
    const machine = new Machine()
    const runs = machine.pipeline([{ module: writes }, { module: reads }])
    expect(runs[1]?.stdout.text()).toBe('left\n')
    expect(machine.fs.readFileSync('/note', 'utf8')).toBe('left')
  })

  it('leaves nothing open where a sink throws before every stage has begun', () => {
    const machine = new Machine({ files: { '/held': 'x' } })
    const throws = (): never => {
      throw new Error('the sink is full')
    }
    const held = { ...stage(CAT), preopens: { '/': '/', '/held': '/tmp' } }
    // The last stage writes before it reads, so the ones before it have not begun.
    const last = { ...stage(YES, 'x', '1'), stdout: throws }
    expect(() => machine.pipeline([stage(YES, 'x', '9'), held, last])).toThrow('the sink is full')
    machine.fs.rmdirSync('/tmp')
    expect(check(machine.tree)).toEqual([])
    expect(exits(machine.pipeline([stage(YES, 'x', '9'), stage(CAT)]))).toEqual([0, 0])
  })

  it('refuses what is no command, before anything has run', async () => {
    const library = await wat('(module)')
    expect(() => new Machine().pipeline([stage(YES, 'x', '9'), { module: library }])).toThrow(
      'stages[1].module: a pipeline runs commands',
    )
  })

  it('is the same pipeline each time', () => {
    const digests = [1, 2].map(() =>
      new Machine({ seed: 'p' })
        .pipeline([stage(YES, 'line', '5000'), stage(CAT, '100'), stage(HEAD, '3000')])
        .map(({ traceDigest }) => traceDigest),
    )
    expect(digests[0]).toEqual(digests[1])
    expect(new Set(digests[0]).size).toBe(3)
  })

  it('does not take the terminal or the file type of its ends from the streams that pipes replace', () => {
    const module = compileC(`
      #include <stdio.h>
      #include <sys/stat.h>
      #include <unistd.h>
      int main(void) { fprintf(stderr, "%d%d%d ", isatty(0), isatty(1), isatty(2)); while (getchar() >= 0); return 0; }`)
    const runs = new Machine().pipeline([
      { module, tty: true },
      { module, tty: true },
    ])
    expect(runs.map(({ stderr }) => stderr.text())).toEqual(['101 ', '011 '])
  })
})
