/** Builds from end to end on this host: results, order, parallelism, the store, and each way to go wrong. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { BuildError } from '../../src/build/index.ts'
import { Store } from '../../src/node/build/index.ts'
import { buildIn, recipeOf, rejection, textOf, toy, workshop } from './workshop.ts'

const SOURCES = { 'src/a.txt': 'a\n', 'src/b.txt': 'b\n', 'src/c.txt': 'c\n' }

/** Nine steps that join in three layers. */
const LAYERS = recipeOf(
  [
    toy('all', 'join', '/out/all', ['/mid/ab', '/mid/bc', '/mid/ca']),
    ...['ab', 'bc', 'ca'].map((name) =>
      toy(
        name,
        'join',
        `/mid/${name}`,
        [...name].map((letter) => `/low/${letter}`),
      ),
    ),
    ...['a', 'b', 'c'].map((name) => toy(name, 'join', `/low/${name}`, [`/src/${name}.txt`])),
    toy('time', 'time', '/out/time'),
    toy('random', 'random', '/out/random'),
  ],
  {
    sources: { '/src': 'src' },
    outputs: ['/out/all', '/out/time', '/out/random'],
    epoch: '2026-01-01T00:00:00Z',
    seed: 1,
  },
)

describe('build()', () => {
  it('does steps after those that they read from, whatever the order of the recipe', async () => {
    const made = await buildIn(workshop(SOURCES), LAYERS)
    expect(textOf(made, 'all')).toBe('a\nb\nb\nc\nc\na\n')
    expect(textOf(made, 'time')).toBe('1767225600')
    expect(made.lock.steps.map(({ name }) => name)).toEqual(['a', 'b', 'ab', 'c', 'bc', 'ca', 'all', 'time', 'random'])
  })

  it('gives the same lock file and statement with any number of workers', async () => {
    const folder = workshop(SOURCES)
    const [one, two, five] = [
      await buildIn(folder, LAYERS, { jobs: 1 }),
      await buildIn(folder, LAYERS, { jobs: 2 }),
      await buildIn(folder, LAYERS, { jobs: 5 }),
    ]
    expect(two.lock).toEqual(one.lock)
    expect(five.lock).toEqual(one.lock)
    expect(JSON.stringify(five.provenance)).toBe(JSON.stringify(one.provenance))
  })

  it('takes from the store what was done before, and does again only what a change can be seen by', async () => {
    const folder = workshop(SOURCES)
    const store = new Store(join(folder, 'store'))
    const first = await buildIn(folder, LAYERS, { store })
    const second = await buildIn(folder, LAYERS, { store })
    expect(first.steps.map(({ kept }) => kept)).toEqual(first.steps.map(() => false))
    expect(second.steps.map(({ kept }) => kept)).toEqual(second.steps.map(() => true))
    expect(second.lock).toEqual(first.lock)
    writeFileSync(join(folder, 'src/b.txt'), 'changed\n')
    const third = await buildIn(folder, LAYERS, { store })
    const done = third.steps.filter(({ kept }) => !kept).map(({ job }) => job.step)
    expect(done).toEqual(['b', 'ab', 'bc', 'all'])
    expect(textOf(third, 'all')).toBe('a\nchanged\nchanged\nc\nc\na\n')
  })

  it('stops where what came out is as before, though its source has changed', async () => {
    const folder = workshop({ 'src/a.txt': 'x' })
    const store = new Store(join(folder, 'store'))
    const steps = [toy('name', 'path', '/mid', ['/src/a.txt']), toy('copy', 'join', '/out', ['/mid'])]
    const recipe = recipeOf(steps, { sources: { '/src': 'src' }, outputs: ['/out'] })
    await buildIn(folder, recipe, { store })
    writeFileSync(join(folder, 'src/a.txt'), 'y')
    const again = await buildIn(folder, recipe, { store })
    expect(again.steps.map(({ kept }) => kept)).toEqual([false, true])
  })

  it('runs a module that a step of the build made', async () => {
    const folder = workshop()
    const steps = [
      toy('copy the tool', 'join', '/made.wasm', ['/toy.wasm']),
      { name: 'run it', run: '/made.wasm', args: ['toy', 'path', '/out', 'x'], inputs: [], outputs: ['/out'] },
    ]
    const made = await buildIn(folder, recipeOf(steps, { sources: { '/toy.wasm': 'toy.wasm' }, outputs: ['/out'] }))
    expect(textOf(made, 'out')).toBe('made of x')
  })

  it('hides what a step does not name, and finds relative paths from cwd', async () => {
    const folder = workshop(SOURCES)
    const steps = [
      toy('list', 'listing', '/list', [], { inputs: ['/src/b.txt'], args: ['toy', 'listing', '/list', '/src'] }),
      toy('cwd', 'join', '/src/deep/out', ['/src/a.txt'], {
        cwd: '/src',
        args: ['toy', 'join', 'deep/out', 'a.txt', '/src/a.txt'],
      }),
    ]
    const made = await buildIn(
      folder,
      recipeOf(steps, { sources: { '/src': 'src' }, outputs: ['/list', '/src/deep/out'] }),
    )
    expect(textOf(made, 'list')).toBe('.\n..\nb.txt\n')
    expect(textOf(made, 'out')).toBe('a\na\n')
  })

  it('lists the files that a step opened and no others, each by its digest', async () => {
    const steps = [toy('join', 'join', '/out', ['/src/a.txt'], { inputs: ['/src/'] })]
    const made = await buildIn(workshop(SOURCES), recipeOf(steps, { sources: { '/src': 'src' }, outputs: ['/out'] }))
    expect(made.steps[0]?.result.reads).toEqual([
      { path: '/src/a.txt', size: 2, sha256: '87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7' },
    ])
  })
})

describe('build() of a step that goes wrong', () => {
  const failing = async (step: Parameters<typeof toy>, more: object = {}): Promise<BuildError> => {
    const recipe = recipeOf([toy(...step)], { sources: { '/src': 'src' }, outputs: [step[2]], ...more })
    const error = await rejection(buildIn(workshop(SOURCES), recipe))
    expect(error).toBeInstanceOf(BuildError)
    expect(error.message).toMatch(/^vivarium\.build\.json, step "it": /)
    return error as BuildError
  }

  it('says the exit code and what the step said', async () => {
    const error = await failing(['it', 'fail', '/out'])
    expect([error.code, error.message]).toEqual([
      'STEP_FAILED',
      'vivarium.build.json, step "it": it failed with exit code 7\ntoy: as asked',
    ])
  })

  it('says that it trapped', async () => {
    expect((await failing(['it', 'trap', '/out'])).message).toMatch(/it trapped: .*unreachable/)
  })

  it('says which limit it came to', async () => {
    const calls = await failing(['it', 'spin', '/out', [], { limits: { calls: 1000 } }])
    expect(calls.message).toContain('it came to its limit of calls')
    const fuel = await failing(['it', 'compute', '/out'], { limits: { fuel: 1_000_000 } })
    expect(fuel.message).toContain('it came to its limit of fuel')
  })

  it('names the output that it did not write', async () => {
    const error = await failing(['it', 'nothing', '/out'])
    expect([error.code, error.place.file]).toEqual(['MISSING_OUTPUT', '/out'])
    expect(error.message).toContain('it ended well, and wrote no /out, which was to be a file')
  })

  it('names an input that it lacked and that there is', async () => {
    const source = await failing(['it', 'join', '/out', [], { args: ['toy', 'join', '/out', '/src/a.txt'] }])
    expect(source.message).toContain('exit code 3; it looked for /src/a.txt, which is a source: name it in "inputs"')
    const steps = [
      toy('other', 'join', '/mid', ['/src/a.txt']),
      toy('it', 'join', '/out', [], { args: ['toy', 'join', '/out', '/mid'] }),
    ]
    const recipe = recipeOf(steps, { sources: { '/src': 'src' }, outputs: ['/out'] })
    const error = await rejection(buildIn(workshop(SOURCES), recipe))
    expect(error.message).toContain('it looked for /mid, which step "other" writes: name it in "inputs"')
  })

  it('names what was to be in a directory that another step writes whole', async () => {
    const steps = [
      toy('make', 'join', '/dir/there', ['/src/a.txt'], { outputs: ['/dir/'] }),
      toy('it', 'join', '/out', ['/dir/gone']),
    ]
    const sources = { '/src': 'src' }
    const folder = workshop(SOURCES)
    const error = await rejection(buildIn(folder, recipeOf(steps, { sources, outputs: ['/out'] })))
    expect([error.code, error.message]).toEqual([
      'MISSING_INPUT',
      'vivarium.build.json, step "it": it reads /dir/gone, which is in what another step writes whole, and was not written',
    ])
    const output = await rejection(buildIn(folder, recipeOf(steps.slice(0, 1), { sources, outputs: ['/dir/gone'] })))
    expect([output.code, output.message]).toEqual([
      'MISSING_OUTPUT',
      'vivarium.build.json: outputs: no step has written /dir/gone',
    ])
    const made = await buildIn(
      folder,
      recipeOf(steps.slice(0, 1), { sources, outputs: { d: '/dir/', f: '/dir/there' } }),
    )
    expect([textOf(made, 'd/there'), textOf(made, 'f')]).toEqual(['a\n', 'a\n'])
  })

  it('says that its module is none', async () => {
    const folder = workshop({ 'tool.wasm': 'not a module' })
    const recipe = recipeOf([{ name: 'it', run: 'x', args: ['x'], outputs: ['/out'] }], {
      tools: { x: { module: 'tool.wasm' } },
      outputs: ['/out'],
    })
    const error = await rejection(buildIn(folder, recipe))
    expect(error.message).toMatch(/^vivarium\.build\.json, step "it": its module cannot be run: /)
  })

  it('is the first of those that fail, in the order of the recipe, with any number of workers', async () => {
    const steps = [toy('late', 'join', '/late', ['/src/a.txt']), toy('one', 'trap', '/one'), toy('two', 'fail', '/two')]
    for (const jobs of [1, 2, 3]) {
      const recipe = recipeOf(steps, { sources: { '/src': 'src' }, outputs: ['/one'] })
      const error = await rejection(buildIn(workshop(SOURCES), recipe, { jobs }))
      expect(error.message).toContain('step "one"')
    }
  })
})
