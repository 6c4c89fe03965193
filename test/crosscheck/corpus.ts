/** The guests that are compared, written as a plan into a folder that every cell reads. */

import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Cpu, Files } from 'vivarium'
import { findTests, hostDirectory, readTree, type TreeEntries } from '../conformance/suite.ts'
import { filesOf, GUEST_JOBS } from '../guests/jobs.ts'
import { type CompileOptions, compileFile } from '../support/compile.ts'
import { loadGuest } from '../support/guests.ts'
import { wat } from '../support/wat.ts'
import { LEAKS } from './leaks.ts'
import { TEXT_GUESTS } from './modules.ts'
import { type PlannedGuest, pack } from './plan.ts'

export interface CorpusOptions {
  /** Only guests with this in their name. */
  readonly only: string
  /** Leaves out the real programs. */
  readonly quick: boolean
  /** A checkout of wasi-testsuite. */
  readonly testsuite: string | undefined
  /** So many random amounts of fuel more for each guest that is stopped by it. Default 0. */
  readonly fuels?: number
}

/** A folder that is being filled, and the guests that have come so far. */
class Plan {
  readonly guests: PlannedGuest[] = []
  readonly #folder: string
  readonly #only: string

  constructor(folder: string, only: string) {
    this.#folder = folder
    this.#only = only
    mkdirSync(folder, { recursive: true })
  }

  wants(name: string): boolean {
    return name.includes(this.#only)
  }

  /** The name of a file with these bytes in the folder. */
  module(bytes: Uint8Array): string {
    const name = `${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}.wasm`
    writeFileSync(join(this.#folder, name), bytes)
    return name
  }

  /** The name in the folder of a module that is there already: real programs are large. */
  link(path: string, name: string): string {
    if (!this.guests.some(({ wasm }) => wasm === name)) symlinkSync(path, join(this.#folder, name))
    return name
  }

  /** The name of a file in the folder that holds this tree. */
  tree(files: Files): string {
    const text = JSON.stringify(pack(files))
    const name = `${createHash('sha256').update(text).digest('hex').slice(0, 16)}.json`
    writeFileSync(join(this.#folder, name), text)
    return name
  }

  add(name: string, wasm: string, rest: Partial<PlannedGuest> = {}): void {
    const usual = {
      args: ['guest'],
      env: {},
      stdin: '',
      seeds: ['a'],
      cpu: 'strict' as Cpu,
      limits: { calls: 200_000, output: 2 ** 20 },
    }
    this.guests.push({ name, wasm, ...usual, ...rest })
  }

  write(): readonly PlannedGuest[] {
    writeFileSync(join(this.#folder, 'plan.json'), JSON.stringify(this.guests))
    return this.guests
  }
}

/** Each leak under `engine` and under `strict`, by those names in front. */
export async function writeLeaks(folder: string): Promise<readonly PlannedGuest[]> {
  const plan = new Plan(folder, '')
  for (const { name, text, features, shows, strict } of LEAKS) {
    const wasm = plan.module(await wat(text, features))
    plan.add(`engine: ${name}`, wasm, { cpu: 'engine', shows })
    plan.add(`strict: ${name}`, wasm, { cpu: strict, shows })
  }
  return plan.write()
}

export async function writeCorpus(
  folder: string,
  { only, quick, testsuite, fuels = 0 }: CorpusOptions,
): Promise<readonly PlannedGuest[]> {
  const plan = new Plan(folder, only)
  addPrograms(plan)
  await addTexts(plan, fuels)
  if (testsuite !== undefined) addTestsuite(plan, testsuite)
  if (!quick) addJobs(plan)
  return plan.write()
}

const TREE: Files = {
  '/given/text': 'given',
  '/given/bytes': new Uint8Array([0, 128, 255]),
  '/given/link': { symlink: 'text' },
}

const STDIN = Array.from({ length: 300 }, (_, line) => `line ${line} ${'x'.repeat(line % 50)}\n`).join('')

interface Program {
  readonly file: string
  /** What the guests are called after, and how it is compiled. */
  readonly variants: { readonly [name: string]: CompileOptions }
}

/** Large, so that calls end before the stack that C keeps in memory does. */
const STACK = ['-z', 'stack-size=4194304']
const VECTORS = ['-O3', '-msimd128', '-mtail-call', '-mnontrapping-fptoint']

const PROGRAMS: readonly Program[] = [
  {
    file: 'floats',
    variants: { floats: { ldflags: ['-lm'] }, 'floats -O3 simd': { cflags: VECTORS, ldflags: ['-lm'] } },
  },
  { file: 'compute', variants: { compute: {}, 'compute -O3 simd': { cflags: VECTORS } } },
  { file: 'system', variants: { system: {} } },
  { file: 'ends', variants: { ends: { ldflags: STACK }, 'ends -O0': { cflags: ['-O0'], ldflags: STACK } } },
]

/** Those that show randomness or the time: their runs must differ by the seed, and by nothing else. */
const SEEDED = ['clocks', 'randomness', 'shuffled', 'times', 'archive', 'files']

/** Settings where a case is about a bound. */
const BOUNDED: { readonly [name: string]: Cpu } = { grows: { memoryPages: 260 }, allocates: { memoryPages: 400 } }

function addPrograms(plan: Plan): void {
  const tree = plan.tree(TREE)
  for (const { file, variants } of PROGRAMS) {
    const source = readFileSync(fileURLToPath(new URL(`programs/${file}.c`, import.meta.url)), 'utf8')
    const cases = [...source.matchAll(/\{ "(\w+)", \w+ \}/g)].map(([, name]) => name as string)
    if (file === 'system') cases.push('surroundings')
    for (const [variant, options] of Object.entries(variants)) {
      const wanted = cases.filter((name) => plan.wants(`${variant}: ${name}`))
      if (wanted.length === 0) continue
      const wasm = plan.module(compileFile(`crosscheck/programs/${file}.c`, options))
      for (const name of wanted) {
        plan.add(`${variant}: ${name}`, wasm, {
          args: [file, name, 'ü', ''],
          env: { LANG: 'C', EMPTY: '', Z: 'ü' },
          stdin: name === 'input' ? STDIN : '',
          files: tree,
          ...(SEEDED.includes(name) ? { seeds: ['a', 'bb'] } : {}),
          ...(BOUNDED[name] === undefined ? {} : { cpu: BOUNDED[name] }),
        })
      }
    }
  }
}

/** The same amounts each time, close together where guests are short. */
function randomFuel(count: number): number[] {
  let state = 1
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor(10 ** (5 * (state / 2 ** 32)))
  })
}

async function addTexts(plan: Plan, fuels: number): Promise<void> {
  for (const { name, text, features, fuel } of TEXT_GUESTS) {
    if (!plan.wants(`text: ${name}`)) continue
    const wasm = plan.module(await wat(text, features))
    if (fuel === undefined) plan.add(`text: ${name}`, wasm)
    else
      for (const units of new Set([...fuel, ...randomFuel(fuels)]))
        plan.add(`text: ${name}, ${units}`, wasm, { fuel: units })
  }
}

function addTestsuite(plan: Plan, directory: string): void {
  for (const test of findTests(directory)) {
    const { suite, name, specification } = test
    if (typeof specification === 'string' || !plan.wants(`testsuite: ${suite}/${name}`)) continue
    const files: TreeEntries = {}
    const preopens = specification.preopens.map(({ host, guest }) => {
      const path = guest === '/' ? '' : `/${guest}`
      Object.assign(files, readTree(hostDirectory(test, host), path))
      return { name: guest, path: path === '' ? '/' : path }
    })
    const { args, env, stdin } = specification
    plan.add(`testsuite: ${suite}/${name}`, plan.module(readFileSync(test.file)), {
      ...{ args: [`${name}.wasm`, ...args], env, stdin, preopens, files: plan.tree(files), image: 'empty' },
      limits: { calls: 100_000 },
    })
  }
}

function addJobs(plan: Plan): void {
  for (const job of GUEST_JOBS) {
    const { name, guest, args, env = {}, stdin = '' } = job
    if (!plan.wants(`job: ${name}`)) continue
    const wasm = plan.link(loadGuest(guest).path, `${guest}.wasm`)
    plan.add(`job: ${name}`, wasm, { args, env, stdin, files: plan.tree(filesOf(job)), limits: {} })
  }
}
