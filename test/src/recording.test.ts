/** Recordings: a run by its inputs, done again and compared. */

import { describe, expect, it } from 'vitest'
import { checkRecording, Machine, type Recording, type RunOptions, record, replay } from '../../src/index.ts'
import { compileC } from '../support/compile.ts'
import { errorOf } from '../support/error_of.ts'

const PROGRAM = `
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
int main(int argc, char **argv) {
  char line[64] = "";
  unsigned char random[2];
  getentropy(random, 2);
  fgets(line, sizeof line, stdin);
  printf("%s %s %s %02x %lld\\n", argv[1], getenv("NAME"), line, random[0], (long long)time(0));
  FILE *out = fopen("/out", "a");
  fputs(line, out);
  fclose(out);
  return atoi(argv[1]);
}`

const OPTIONS: RunOptions = {
  args: ['program', '3'],
  env: { NAME: 'x', OTHER: '' },
  stdin: 'a line',
  tty: { stdout: true },
  preopens: { '/': '/' },
  limits: { calls: 1000, output: Infinity },
}

function machine(): Machine {
  return new Machine({ seed: 'recording', epoch: '2026-01-01T00:00:00Z', files: { '/in': 'x' } })
}

function recorded(options: RunOptions = OPTIONS): Recording {
  return record(machine(), compileC(PROGRAM), options).recording
}

describe('record()', () => {
  it('runs as run does, and writes down inputs and outcome, in JSON and without any of the bytes', () => {
    const home = machine()
    const { run, recording } = record(home, compileC(PROGRAM), OPTIONS)
    const plain = machine()
    const same = plain.run(compileC(PROGRAM), OPTIONS)
    expect(run.traceDigest).toBe(same.traceDigest)
    expect(recording.machine).toBe(machine().snapshot().stateDigest)
    expect(recording.result).toMatchObject({
      end: { kind: 'exit', code: 3 },
      calls: same.calls,
      traceDigest: same.traceDigest,
    })
    expect(recording.result.machine).toBe(plain.snapshot().stateDigest)
    const text = JSON.stringify(recording)
    expect(text).not.toContain('a line')
    expect(text.length).toBeLessThan(1500)
    expect(checkRecording(JSON.parse(text))).toEqual(JSON.parse(text))
  })

  it('refuses what is no data', () => {
    const wasm = compileC(PROGRAM)
    const refused = (options: RunOptions): string => errorOf(() => record(machine(), wasm, options)).code
    expect(refused({ stdin: ['a'] })).toBe('NOT_RECORDABLE')
    expect(refused({ imports: { env: {} } })).toBe('NOT_RECORDABLE')
    expect(refused({ listen: [[{ send: 'x' }]] })).toBe('NOT_RECORDABLE')
    expect(recorded({ ...OPTIONS, stdin: { file: '/in' } }).options.stdin).toEqual({ file: '/in' })
  })
})

describe('replay()', () => {
  const inputs = { machine: machine().snapshot(), module: compileC(PROGRAM), stdin: 'a line' }

  it('proves that the run was the same, from the JSON alone', () => {
    const { run, differences } = replay(JSON.parse(JSON.stringify(recorded())), inputs)
    expect(differences).toEqual([])
    expect(run.stdout.text()).toMatch(/^3 x a line/)
    for (const options of [
      { ...OPTIONS, stdin: { file: '/in' } },
      { ...OPTIONS, fuel: 10_000_000 },
      { args: ['p', '0'] },
    ]) {
      const again = replay(JSON.parse(JSON.stringify(recorded(options))), {
        ...inputs,
        ...('stdin' in options ? {} : { stdin: '' }),
      })
      expect(again.differences, JSON.stringify(options)).toEqual([])
    }
  })

  it('names the input that is another', () => {
    const recording = recorded()
    const problem = (changed: Partial<typeof inputs>): string =>
      errorOf(() => replay(recording, { ...inputs, ...changed })).message
    expect(problem({ module: compileC('int main(void) { return 0; }') })).toMatch(
      /^the module is another than was recorded: expected sha256:[0-9a-f]{64} \(\d+ bytes\), found sha256:[0-9a-f]{64} \(\d+ bytes\)$/,
    )
    expect(problem({ stdin: 'a lime' })).toMatch(/^stdin is another than was recorded/)
    expect(problem({ machine: new Machine({ seed: 'other' }).snapshot() })).toMatch(
      /^the machine is another than was recorded: expected sha256:\w+, found sha256:\w+$/,
    )
  })

  it('says what came out other than recorded', () => {
    const recording = recorded()
    const result = { ...recording.result, calls: 1, traceDigest: '0', end: { kind: 'exit', code: 4 } }
    expect(replay({ ...recording, result }, inputs).differences).toEqual([
      'end: recorded {"kind":"exit","code":4}, now {"kind":"exit","code":3}',
      expect.stringMatching(/^calls: recorded 1, now \d+$/),
      expect.stringMatching(/^traceDigest: recorded "0", now "\w+"$/),
    ])
  })

  it('stops where it is told to, and shows the state there', () => {
    const { run } = replay(recorded(), inputs, { timeline: { until: ({ index }) => index === 5 } })
    expect(run.calls).toBe(5)
    expect(run.at(5).record?.index).toBe(5)
  })

  it('leaves the snapshot as it was', () => {
    const before = inputs.machine.stateDigest
    replay(recorded(), inputs)
    expect(inputs.machine.stateDigest).toBe(before)
  })
})

describe('checkRecording()', () => {
  it('refuses what is none, what is newer or older, and what is damaged', () => {
    const recording = recorded()
    const problem = (value: unknown): string => errorOf(() => checkRecording(value)).message
    for (const value of [undefined, null, 3, 'x', [], {}]) expect(problem(value)).toBe('this is no recording of a run')
    expect(problem({ ...recording, version: 3 })).toMatch(/made by a newer version \(format 3; this reads 2\)/)
    expect(problem({ ...recording, version: 1 })).toMatch(/made by an older version.*: record the run again$/)
    for (const name of ['module', 'machine', 'options', 'result'] as const) {
      expect(problem({ ...recording, [name]: undefined }), name).toMatch(/^the recording is damaged: /)
    }
    for (const name of ['args', 'env', 'stdin', 'preopens', 'limits'] as const) {
      const options = { ...recording.options, [name]: null }
      expect(problem({ ...recording, options }), name).toMatch(/^the recording is damaged: /)
    }
  })
})
