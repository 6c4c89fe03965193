/** Statements of provenance: by the specification, complete, and enough to build again. */

import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { BuildError, checkStatement, type Statement } from '../../src/build/index.ts'
import { provenanceOf } from '../../src/build/provenance.ts'
import { type Build, rebuild, Store } from '../../src/node/build/index.ts'
import { CACHE } from '../support/compile.ts'
import { buildIn, recipeOf, rejection, toy, workshop } from './workshop.ts'

const SOURCES = { 'src/a': 'a\n', 'src/b': 'b\n', 'src/unused': 'c\n' }
const RECIPE = recipeOf(
  [
    toy('one', 'join', '/mid', ['/src/a', '/src/b'], { inputs: ['/src/'], files: { '/note': 'a text of its own' } }),
    toy('two', 'join', '/out', ['/mid', '/src/a'], { stdin: { file: '/src/b' } }),
  ],
  { sources: { '/src': 'src' }, outputs: { 'result.txt': '/out' }, epoch: '2026-01-01T00:00:00Z' },
)

const HOW = { workers: 2, cacheDir: CACHE }
const schema = JSON.parse(readFileSync(new URL('../../schema/provenance.schema.json', import.meta.url), 'utf8'))
const validate = new Ajv2020().compile(schema)

/** As it is once it was written and read. */
function reread(statement: Statement): Statement {
  return checkStatement(JSON.parse(JSON.stringify(statement)), 'p.json')
}

describe('provenanceOf()', () => {
  it('is what the schema of in-toto v1 and SLSA v1 takes', async () => {
    const { provenance } = await buildIn(workshop(SOURCES), RECIPE)
    expect([validate(provenance), validate.errors]).toEqual([true, null])
    // The schema does refuse something.
    for (const wrong of [
      { ...provenance, _type: 'https://in-toto.io/Statement/v0.1' },
      { ...provenance, subject: [{ name: 'x', digest: { sha256: 'abc' } }] },
      { ...provenance, subject: [{ name: 'x' }] },
      { ...provenance, predicate: { buildDefinition: provenance.predicate.buildDefinition } },
    ]) {
      expect(validate(wrong)).toBe(false)
    }
  })

  it('lists as dependencies what was opened, by digest, and the modules: no more and no less', async () => {
    const { provenance, steps } = await buildIn(workshop(SOURCES), RECIPE)
    const { resolvedDependencies, internalParameters } = provenance.predicate.buildDefinition
    expect(resolvedDependencies.map(({ name }) => name)).toEqual(['/src/a', '/src/b', 'module of one'])
    expect(resolvedDependencies.map(({ digest }) => digest.sha256?.length)).toEqual([64, 64, 64])
    const calls = steps.reduce((sum, { result }) => sum + result.calls, 0)
    expect(internalParameters.hermetic).toEqual({ calls, filesRead: 5, undeclared: 0 })
    expect(provenance.subject.map(({ name }) => name)).toEqual(['result.txt'])
  })

  it('refuses what a step opened and nothing accounts for', async () => {
    const { plan, steps, outputs } = await buildIn(workshop(SOURCES), RECIPE)
    const [one, ...rest] = steps as [Build['steps'][0], ...Build['steps']]
    for (const stolen of [
      { path: '/etc/secret', sha256: '0'.repeat(64), size: 1 },
      { path: '/src/a', sha256: '0'.repeat(64), size: 1 },
    ]) {
      const told = { ...one, result: { ...one.result, reads: [...one.result.reads, stolen] } }
      expect(() => provenanceOf(plan, [told, ...rest], outputs)).toThrow(
        `vivarium.build.json, step "one": it read ${stolen.path}, which is not among its inputs`,
      )
    }
  })
})

describe('rebuild()', () => {
  it('gives the same outputs and the same statement, from the store alone', async () => {
    const folder = workshop(SOURCES)
    const store = new Store(join(folder, 'store'))
    const { provenance } = await buildIn(folder, RECIPE, { store })
    const again = await rebuild(reread(provenance), { ...HOW, store })
    expect(again.differences).toEqual([])
    expect(again.provenance.subject).toEqual(provenance.subject)
    expect(JSON.stringify(again.provenance.predicate.buildDefinition)).toBe(
      JSON.stringify(provenance.predicate.buildDefinition),
    )
  })

  it('finds inputs in a folder by their digests, whatever they are called', async () => {
    const folder = workshop(SOURCES)
    const { provenance } = await buildIn(folder, RECIPE)
    const inputs = workshop({
      'x/1': SOURCES['src/a'],
      'x/y/2': SOURCES['src/b'],
      3: SOURCES['src/unused'],
      4: 'a text of its own',
    })
    copyFileSync(join(folder, 'toy.wasm'), join(inputs, 'x/tool'))
    expect((await rebuild(reread(provenance), { ...HOW, inputs })).differences).toEqual([])
  })

  it('says which input is nowhere', async () => {
    const folder = workshop(SOURCES)
    const { provenance } = await buildIn(folder, RECIPE)
    const inputs = workshop({ 1: SOURCES['src/a'], 3: SOURCES['src/unused'], 4: 'a text of its own' })
    const error = await rejection(rebuild(reread(provenance), { ...HOW, inputs }))
    expect([error.code, error.message]).toEqual([
      'MISSING_INPUT',
      expect.stringMatching(
        /^vivarium\.build\.json, step "one": \/src\/b is not in the store nor in ".*": it has 2 bytes and sha256 [0-9a-f]{64}/,
      ),
    ])
  })

  it('says what came out other than the statement has it', async () => {
    const folder = workshop(SOURCES)
    const store = new Store(join(folder, 'store'))
    const { provenance } = await buildIn(folder, RECIPE, { store })
    const sha256 = '1'.repeat(64)
    const other = { ...provenance, subject: [{ name: 'result.txt', digest: { sha256 } }] }
    const { differences } = await rebuild(reread(other), { ...HOW, store })
    expect(differences).toEqual([expect.stringContaining(`output result.txt: sha256 was ${sha256}, now `)])
  })
})

describe('checkStatement()', () => {
  it.each([
    [null, 'is no in-toto statement (v1)'],
    [
      { _type: 'https://in-toto.io/Statement/v1', predicateType: 'x' },
      'is a statement about x, not SLSA provenance (v1)',
    ],
    [
      {
        _type: 'https://in-toto.io/Statement/v1',
        predicateType: 'https://slsa.dev/provenance/v1',
        predicate: { buildDefinition: { buildType: 'urn:other' } },
      },
      "is of a build of type urn:other, which is none of vivarium's",
    ],
  ])('refuses %j', (value, problem) => {
    expect(() => checkStatement(value, 'p.json')).toThrow(`"p.json" ${problem}`)
    expect(() => checkStatement(value, 'p.json')).toThrow(BuildError)
  })

  it('refuses one in which a step is not whole', async () => {
    const { provenance } = await buildIn(workshop(SOURCES), RECIPE)
    const text = JSON.stringify(provenance).replace('"args"', '"argh"')
    writeFileSync(join(workshop(), 'p.json'), text)
    expect(() => checkStatement(JSON.parse(text), 'p.json')).toThrow('is damaged: it does not say all of step "one"')
  })
})
