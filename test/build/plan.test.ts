/** What recipes are planned to, and how they are refused: before anything has run. */

import { describe, expect, it } from 'vitest'
import { BuildError, clang, type Loaded, pandoc, planBuild, type Recipe, type Step } from '../../src/build/index.ts'
import { epochOf } from '../../src/build/plan.ts'

const BLOB = { sha256: '0'.repeat(64), size: 1 }
const PATHS = ['/src/a.c', '/src/b.cpp', '/src/h.h', '/src/deep/c.c', '/text/x.md']
const LOADED: Loaded = {
  tools: {
    cc: { module: BLOB, trees: [] },
    '@yowasp/clang': { module: BLOB, trees: [] },
    'pandoc-wasm': { module: BLOB, trees: [] },
  },
  sources: PATHS.map((path) => ({ path, ...BLOB })),
  origins: [],
}

function plan(steps: Recipe['steps'], more: Partial<Recipe> = {}): ReturnType<typeof planBuild> {
  return planBuild({ steps, outputs: [], ...more }, 'r.ts', LOADED, { epoch: 0n, seed: '', engine: 'vivarium' })
}

function step(name: string, inputs: readonly string[], outputs: readonly string[], more: Partial<Step> = {}): Step {
  return { name, run: 'cc', args: ['cc'], inputs, outputs, ...more }
}

/** The code and the message of what is thrown. */
function problem(action: () => unknown): readonly [string, string] {
  try {
    action()
  } catch (error) {
    if (error instanceof BuildError) return [error.code, error.message]
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('planBuild()', () => {
  it('knows who reads from whom: by paths, patterns, directories, stdin, modules and command lines', () => {
    const steps = [
      step('by path', ['/a'], ['/1']),
      step('by pattern', ['/*.o'], ['/2']),
      step('in a directory', ['/dir/x/y'], ['/3']),
      step('a directory', ['/dir/'], ['/4']),
      step('by stdin', [], ['/5'], { stdin: { file: '/a' } }),
      step('as a module', [], ['/6'], { run: '/a' }),
      step('as arguments', [], ['/7'], { args: { printedIn: '/a', program: 'ld' } }),
      step('none', ['/src/a.c'], ['/8']),
      step('a', [], ['/a']),
      step('o', [], ['/x.o']),
      step('dir', [], ['/dir/']),
    ]
    const planned = plan(steps)
    const names = planned.steps.map((each) => each.step.name)
    const after = Object.fromEntries(planned.steps.map((each) => [each.step.name, each.after.map((at) => names[at])]))
    expect(after).toEqual({
      'by path': ['a'],
      'by pattern': ['o'],
      'in a directory': ['dir'],
      'a directory': ['dir'],
      'by stdin': ['a'],
      'as a module': ['a'],
      'as arguments': ['a'],
      none: [],
      a: [],
      o: [],
      dir: [],
    })
  })

  it.each<readonly [string, readonly Step[], Partial<Recipe>, string, string]>([
    [
      'an input that is nowhere',
      [step('x', ['/src/a.h'], ['/o'])],
      {},
      'MISSING_INPUT',
      'r.ts, step "x": it reads /src/a.h, which is in no source, and no step writes it',
    ],
    [
      'an input of another folder',
      [step('x', ['/a.c'], ['/o'])],
      {},
      'MISSING_INPUT',
      'r.ts, step "x": it reads /a.c, which is in no source, and no step writes it; there is /src/a.c',
    ],
    [
      'a pattern that means nothing',
      [step('x', ['/src/*.rs'], ['/o'])],
      {},
      'MISSING_INPUT',
      'r.ts, step "x": it reads "/src/*.rs", which matches no source and nothing that a step writes',
    ],
    [
      'a circle',
      [step('x', ['/2'], ['/1']), step('y', ['/3'], ['/2']), step('z', ['/1'], ['/3'])],
      {},
      'CYCLE',
      'r.ts, step "x": the steps wait for one another: "x" reads /2, written by "y" reads /3, written by "z" reads /1, written by "x"',
    ],
    [
      'a step that reads what it writes',
      [step('x', ['/1'], ['/1'])],
      {},
      'CYCLE',
      'r.ts, step "x": the steps wait for one another: "x" reads /1, written by "x"',
    ],
    [
      'two that write one file',
      [step('x', [], ['/1']), step('y', [], ['/1'])],
      {},
      'CLASH',
      'r.ts, step "y": it writes /1, and step "x" writes /1',
    ],
    [
      'a file in what another writes whole',
      [step('x', [], ['/d/']), step('y', [], ['/d/1'])],
      {},
      'CLASH',
      'r.ts, step "y": it writes /d/1, and step "x" writes /d/',
    ],
    [
      'an output that is a source',
      [step('x', [], ['/src/a.c'])],
      {},
      'CLASH',
      'r.ts, step "x": it writes /src/a.c, which is a source',
    ],
    [
      'two of one name',
      [step('x', [], ['/1']), step('x', [], ['/2'])],
      {},
      'BAD_RECIPE',
      'r.ts, step "x": two steps have this name',
    ],
    [
      'no output',
      [step('x', [], [])],
      {},
      'BAD_RECIPE',
      'r.ts, step "x": it has no outputs, so nothing can come of it',
    ],
    [
      'a tool that is none',
      [step('x', [], ['/1'], { run: 'ccc' })],
      {},
      'BAD_RECIPE',
      'r.ts, step "x": it runs "ccc", which is no tool; there are "cc", "@yowasp/clang", "pandoc-wasm"',
    ],
    [
      'dots in a path',
      [step('x', [], ['/a/../b'])],
      {},
      'BAD_RECIPE',
      'r.ts, step "x": /a/../b is no plain path: leave out "." and ".."',
    ],
    [
      'an output that nothing makes',
      [step('x', [], ['/1'])],
      { outputs: ['/2'] },
      'MISSING_INPUT',
      'r.ts: outputs: no step writes /2',
    ],
    [
      'an output outside of the folder',
      [step('x', [], ['/1'])],
      { outputs: { '../1': '/1' } },
      'BAD_RECIPE',
      'r.ts: outputs: "../1" is no name below the output folder',
    ],
    [
      'two outputs of one name',
      [step('x', [], ['/a/1', '/b/1'])],
      { outputs: ['/a/1', '/b/1'] },
      'CLASH',
      'r.ts: outputs: /a/1 and /b/1 both are "1"',
    ],
  ])('refuses %s', (_, steps, more, code, message) => {
    expect(problem(() => plan(steps, more))).toEqual([code, message])
  })

  it('writes clang() out as a step for each source, one that asks how to link, and one that links', () => {
    const { steps } = plan([
      clang({ sources: ['/src/**/*.{c,cpp}'], output: '/app.wasm', cflags: ['-g'], ldflags: ['-lm'] }),
    ])
    expect(steps.map((each) => [each.step.name, each.after])).toEqual([
      ['app.wasm: compile /src/a.c', []],
      ['app.wasm: compile /src/b.cpp', []],
      ['app.wasm: compile /src/deep/c.c', []],
      ['app.wasm: ask how to link', []],
      ['app.wasm: link', [0, 1, 2, 3]],
    ])
    expect(steps[1]?.step.args).toEqual([
      'clang++',
      '-fno-exceptions',
      '-g',
      '-c',
      '/src/b.cpp',
      '-o',
      '/app.wasm.objects/src/b.cpp.o',
    ])
    expect(steps[0]?.inputs).toEqual(['/src/a.c', '/src/h.h'])
    expect(steps[3]?.step.args).toEqual(expect.arrayContaining(['clang++', '-###', '-lm', '-o', '/app.wasm']))
  })

  it('names what pandoc() makes by where its pattern begins to vary', () => {
    const { steps } = plan([pandoc({ sources: ['/text/*.md'], output: '/out/', to: 'html5' })])
    expect(steps.map((each) => each.step.outputs)).toEqual([['/out/x.html']])
  })

  it('refuses a rule whose sources are none', () => {
    expect(problem(() => plan([clang({ sources: ['/src/*.rs'], output: '/app.wasm' })]))).toEqual([
      'MISSING_INPUT',
      'r.ts, step "clang()": "/src/*.rs" matches none of the sources',
    ])
  })
})

describe('epochOf()', () => {
  const recipe = { steps: [], outputs: [] }

  it("is the recipe's, else that of SOURCE_DATE_EPOCH, else the year 2000", () => {
    expect(epochOf({ ...recipe, epoch: '1970-01-01T00:00:01Z' }, 'r', '5')).toBe(1_000_000_000n)
    expect(epochOf(recipe, 'r', '5')).toBe(5_000_000_000n)
    expect(epochOf(recipe, 'r', '')).toBe(946_684_800_000_000_000n)
    expect(epochOf(recipe, 'r', undefined)).toBe(946_684_800_000_000_000n)
  })

  it('refuses a SOURCE_DATE_EPOCH that is no number of seconds', () => {
    expect(problem(() => epochOf(recipe, 'r.ts', 'now'))).toEqual([
      'BAD_RECIPE',
      'r.ts: SOURCE_DATE_EPOCH is "now": it has to be seconds since 1970',
    ])
  })
})
