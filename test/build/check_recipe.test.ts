/** Recipes that are wrong, in words; and the published schema, which says the same. */

import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { BuildError, checkRecipe, RECIPE_SCHEMA } from '../../src/build/index.ts'

const GOOD = { steps: [{ name: 'x', run: 'cc', args: ['cc'], outputs: ['/o'] }], outputs: ['/o'] }

const WRONG: readonly (readonly [recipe: unknown, message: string])[] = [
  [7, 'the recipe: 7 is there; it has to be an object with steps and outputs'],
  [{}, 'the recipe: an object with nothing in it is there; it has to be an object with steps and outputs'],
  [{ outputs: [] }, 'the recipe: it has no "steps", which has to be there'],
  [
    { ...GOOD, step: [] },
    'the recipe: there is no "step" in it; there can be tools, sources, steps, outputs, epoch, seed, env, limits',
  ],
  [{ ...GOOD, steps: {} }, 'steps: an object with nothing in it is there; it has to be a list of steps'],
  [
    { ...GOOD, outputs: ['o'] },
    'outputs[0]: "o" is there; it has to be an absolute path or pattern, such as "/src/**/*.c"',
  ],
  [{ ...GOOD, steps: [{ name: 'x', run: 'cc' }] }, 'steps[0]: it has no "args", which has to be there'],
  [
    { ...GOOD, steps: [{ ...GOOD.steps[0], argv: [] }] },
    'steps[0]: there is no "argv" in it; there can be name, run, args, env, cwd, stdin, inputs, files, outputs, stdout, stderr, limits',
  ],
  [
    { ...GOOD, steps: [{ ...GOOD.steps[0], args: 'cc' }] },
    'steps[0].args: "cc" is there; it has to be a list of texts, the program\'s name first, or an object with printedIn and program',
  ],
  [
    { ...GOOD, steps: [{ ...GOOD.steps[0], limits: { fuel: -1 } }] },
    'steps[0].limits.fuel: -1 is there; it has to be a number of instructions from 0 up',
  ],
  [{ ...GOOD, steps: [{ use: 'clang', sources: ['/a.c'] }] }, 'steps[0]: it has no "output", which has to be there'],
  [
    { ...GOOD, steps: [{ use: 'clang', sources: '/a.c', output: '/o' }] },
    'steps[0].sources: "/a.c" is there; it has to be a list of absolute paths or patterns of the machine',
  ],
  [
    { ...GOOD, steps: [{ use: 'gcc' }] },
    'steps[0]: an object with use is there; it has to be a step with name, run and args, or an object whose "use" is clang, esbuild, pandoc or yosys',
  ],
  [
    { ...GOOD, sources: { src: 'src' } },
    'sources.src: "src" is there; it has to be an absolute path of the machine, such as "/src"',
  ],
  [
    { ...GOOD, sources: { '/src': { folder: 'src', sha256: 'abc' } } },
    'sources["/src"].sha256: "abc" is there; it has to be 64 lower-case hexadecimal digits',
  ],
  [{ ...GOOD, epoch: true }, 'epoch: true is there; it has to be a time such as "2026-01-01T00:00:00Z"'],
  [
    { ...GOOD, tools: { cc: {} } },
    'tools.cc: an object with nothing in it is there; it has to be an object with a module and its trees',
  ],
]

describe('checkRecipe()', () => {
  it.each(WRONG)('of %j says what is wrong', (recipe, message) => {
    let error: unknown
    try {
      checkRecipe(recipe, 'r.json')
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(BuildError)
    expect((error as BuildError).message).toBe(`r.json: ${message}`)
  })

  it('refuses an epoch that is no moment', () => {
    expect(() => checkRecipe({ ...GOOD, epoch: '2026' }, 'r.json')).toThrow('r.json: epoch: "2026" is no moment')
  })

  it('takes what the types allow', () => {
    for (const recipe of [
      GOOD,
      { ...GOOD, epoch: 5n, seed: 7, env: { A: 'b' }, limits: { calls: 5 } },
      {
        ...GOOD,
        tools: { cc: { module: { path: 'a', sha256: '0'.repeat(64) }, trees: { '/usr': { archive: 'x.tar' } } } },
      },
      { ...GOOD, sources: { '/a': 'a', '/b': { files: { x: 'y' } }, '/c': { file: 'c', include: ['*'] } } },
      { ...GOOD, steps: [{ use: 'esbuild', entries: ['/a.ts'], output: '/out/' }], outputs: { a: '/out/' } },
    ]) {
      expect(checkRecipe(recipe, 'r.json')).toBe(recipe)
    }
  })
})

describe('build.schema.json', () => {
  const published = JSON.parse(readFileSync(new URL('../../schema/build.schema.json', import.meta.url), 'utf8'))

  it('is what recipes are checked by', () => {
    expect(published).toEqual(JSON.parse(JSON.stringify(RECIPE_SCHEMA)))
  })

  it('takes and refuses the same by the rules of JSON Schema', () => {
    const validate = new Ajv2020({ strict: false }).compile(published)
    expect(validate(GOOD)).toBe(true)
    for (const name of ['words']) {
      const file = new URL(`../../examples/build/${name}/vivarium.build.json`, import.meta.url)
      const recipe: unknown = JSON.parse(readFileSync(file, 'utf8'))
      expect([validate(recipe), validate.errors]).toEqual([true, null])
      checkRecipe(recipe, name)
    }
    for (const [recipe, message] of WRONG) expect([validate(recipe), message]).toEqual([false, message])
  })
})
