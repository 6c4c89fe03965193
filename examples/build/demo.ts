/**
 * `npm run demo:build`: builds the C program of 52 files twice from scratch and once from the store, and compares every
 * byte; holds what is said about the build against the specification; and builds it once more from that statement alone.
 * Exits with 1 if anything differs.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { type Build, build, prepareBuild, rebuild, Store } from '../../src/node/build/index.ts'

const RECIPE = fileURLToPath(new URL('automata/vivarium.build.ts', import.meta.url))
const WORKERS = 2

interface Told {
  readonly build: Build
  readonly seconds: number
}

async function once(title: string, store: Store | undefined): Promise<Told> {
  const began = performance.now()
  const { plan, bytes } = await prepareBuild(RECIPE)
  const made = await build(plan, bytes, { jobs: WORKERS, store })
  const seconds = (performance.now() - began) / 1000
  const kept = made.steps.filter((step) => step.kept).length
  console.log(`${title}: ${made.steps.length} steps, ${kept} of them from the store, ${seconds.toFixed(1)} s`)
  return { build: made, seconds }
}

function check(same: boolean, what: string): void {
  console.log(`${same ? 'same     ' : 'DIFFERENT'}  ${what}`)
  if (!same) process.exitCode = 1
}

const folder = mkdtempSync(join(tmpdir(), 'vivarium-demo-'))
try {
  const store = new Store(join(folder, 'store'))
  const { build: first } = await once('from scratch, and kept', store)
  const { build: second } = await once('from scratch again   ', undefined)
  const { build: third } = await once('from the store       ', store)

  console.log()
  for (const { name, sha256, size } of first.lock.outputs) {
    const others = [second, third].map(({ lock }) => lock.outputs.find((output) => output.name === name)?.sha256)
    check(
      others.every((other) => other === sha256),
      `${name}: ${size} bytes, sha256 ${sha256}`,
    )
  }
  const locks = [first, second, third].map(({ lock }) => JSON.stringify(lock))
  check(new Set(locks).size === 1, 'the lock file: every input, step, call and output')
  const statements = [first, second, third].map(({ provenance }) => JSON.stringify(provenance))
  check(new Set(statements).size === 1, 'the statement of provenance')

  const schema = JSON.parse(readFileSync(new URL('../../schema/provenance.schema.json', import.meta.url), 'utf8'))
  const validate = new Ajv2020().compile(schema)
  const isValid = validate(first.provenance)
  const { internalParameters, resolvedDependencies } = first.provenance.predicate.buildDefinition
  const { calls, filesRead, undeclared } = internalParameters.hermetic
  console.log(`${isValid ? 'valid    ' : 'INVALID  '}  the statement, by the schema of in-toto v1 and SLSA v1`)
  console.log(
    `           ${calls} calls opened ${filesRead} files, ${undeclared} of them undeclared; ${resolvedDependencies.length} dependencies`,
  )
  if (!isValid) process.exitCode = 1

  const again = await rebuild(first.provenance, { store, workers: WORKERS })
  check(again.differences.length === 0, 'all outputs, rebuilt from the statement and the store alone')
} finally {
  rmSync(folder, { recursive: true, force: true })
}
