/**
 * `npm run fuzz:cpu -- [--modules N] [--seed S] [--jobs N] [--source own|binaryen] [--out DIR] [--only INDEX]`
 *
 * Rewrites N random modules of each source with each set of passes, and holds what they do against what the originals
 * do. Module number i of a seed is always the same one, however many jobs there are; `--only i` checks that one alone.
 * What fails is made as small as it gets, written to DIR, and told; then the exit status is 1.
 */

import { fork } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Binaryen, hasBinaryen } from './binaryen.ts'
import { Counts, checkForeign, checkGenerated, Fault } from './checks.ts'
import { choicesOf } from './choices.ts'
import { generate } from './generator.ts'

const USAGE =
  'npm run fuzz:cpu -- [--modules N] [--seed S] [--jobs N] [--source own|binaryen] [--out DIR] [--only INDEX]'
/** Milliseconds between two lines that say how far it is. */
const EVERY = 10_000
/** Every so many modules are also compiled by the optimizing tier, and warmed up. */
const TIERS = 3
const WARM = 100
/** Faults of one kind that are made small; the others are only counted. */
const SMALL = 2
const MAKE_SMALL = 60_000

interface Settings {
  readonly modules: number
  readonly seed: number
  readonly jobs: number
  /** Which job this process is; undefined for the one that starts them. */
  readonly job: number | undefined
  readonly sources: readonly string[]
  readonly out: string
  readonly only: number | undefined
}

interface Report {
  readonly counts: Record<string, Record<string, number>>
  readonly faults: Record<string, number>
}

function settingsOf(args: readonly string[]): Settings {
  const { values } = parseArgs({
    args: [...args],
    options: {
      modules: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
      jobs: { type: 'string', default: '1' },
      job: { type: 'string' },
      source: { type: 'string', multiple: true, default: ['own', 'binaryen'] },
      out: { type: 'string', default: join(tmpdir(), 'vivarium-cpu-fuzz-faults') },
      only: { type: 'string' },
    },
  })
  const number = (name: string, text: string): number => {
    if (!/^\d+$/.test(text)) throw new TypeError(`--${name} ${text}: give a whole number`)
    return Number(text)
  }
  const wrong = values.source.find((source) => source !== 'own' && source !== 'binaryen')
  if (wrong !== undefined) throw new TypeError(`--source ${wrong}: there are own and binaryen`)
  return {
    modules: number('modules', values.modules),
    seed: number('seed', values.seed) | 0,
    jobs: Math.max(1, number('jobs', values.jobs)),
    job: values.job === undefined ? undefined : number('job', values.job),
    sources: values.source,
    out: values.out,
    only: values.only === undefined ? undefined : number('only', values.only),
  }
}

/** Checks every `jobs`th module, from the one with the number of this job on. */
class Job {
  readonly #settings: Settings
  readonly #counts = new Map<string, Counts>()
  readonly #faults = new Map<string, number>()
  #told = Date.now()

  constructor(settings: Settings) {
    this.#settings = settings
  }

  run(): Report {
    const { sources } = this.#settings
    if (sources.includes('own')) this.#each('own', (index, counts) => this.#own(index, counts))
    if (sources.includes('binaryen')) {
      if (!hasBinaryen()) console.log('binaryen: there is no /usr/bin/wasm-opt (apt-get install binaryen): left out')
      else {
        const binaryen = new Binaryen()
        try {
          this.#each('binaryen', (index, counts) => this.#foreign(binaryen, index, counts))
        } finally {
          binaryen.close()
        }
      }
    }
    return {
      counts: Object.fromEntries([...this.#counts].map(([source, { of }]) => [source, Object.fromEntries(of)])),
      faults: Object.fromEntries(this.#faults),
    }
  }

  #each(source: string, check: (index: number, counts: Counts) => void): void {
    const { modules, jobs, job = 0, only } = this.#settings
    const counts = new Counts()
    this.#counts.set(source, counts)
    const started = Date.now()
    if (only !== undefined) check(only, counts)
    else
      for (let index = job; index < modules; index += jobs) {
        check(index, counts)
        if (Date.now() - this.#told < EVERY) continue
        this.#told = Date.now()
        const faults = [...this.#faults.values()].reduce((sum, each) => sum + each, 0)
        const seconds = Math.round((Date.now() - started) / 1000)
        console.error(`${source}: ${index + 1} of ${modules} modules in ${seconds} s, ${faults} faults`)
      }
    counts.add('seconds', Math.round((Date.now() - started) / 1000))
  }

  #own(index: number, counts: Counts): void {
    const { seed } = this.#settings
    const choices = choicesOf(seed, index, 150, 1500)
    const checking = { tiers: index % TIERS === 0, warm: index % WARM === 0 ? 20_000 : 0 }
    this.#fault(
      'own',
      index,
      (again) => {
        const which = again ?? choices
        checkGenerated(which, { ...checking, counts: again === undefined ? counts : new Counts() })
      },
      choices,
    )
  }

  #foreign(binaryen: Binaryen, index: number, counts: Counts): void {
    const { seed } = this.#settings
    const input = choicesOf(seed, index, 200, 2500)
    const checking = { tiers: index % TIERS === 0 }
    this.#fault(
      'binaryen',
      index,
      (again) => {
        const { bytes, exact } = binaryen.make(again ?? input, index)
        if (bytes === undefined) counts.add('inputs that wasm-opt did not take')
        else checkForeign(bytes, exact, { ...checking, counts: again === undefined ? counts : new Counts() })
      },
      input,
    )
  }

  /** Runs a check, and tells of the fault that it finds: of the input, and of the smallest one with the same fault. */
  #fault(source: string, index: number, check: (again?: Uint8Array) => void, input: Uint8Array): void {
    const found = faultOf(() => check())
    if (found === undefined) return
    const kind = kindOf(found)
    const count = (this.#faults.get(kind) ?? 0) + 1
    this.#faults.set(kind, count)
    if (count > SMALL) return
    const { seed, out } = this.#settings
    console.log(
      `\nfault: ${found.message.slice(0, 500)}\nagain: npm run fuzz:cpu -- --source ${source} --seed ${seed} --only ${index}`,
    )
    const until = Date.now() + MAKE_SMALL
    const fails = (bytes: Uint8Array): boolean => {
      const fault = faultOf(() => check(bytes))
      return fault !== undefined && kindOf(fault) === kind
    }
    const small = smallest(input, fails, until)
    const last = faultOf(() => check(small)) ?? found
    mkdirSync(out, { recursive: true })
    const file = join(out, `${source}-${seed}-${index}`)
    const original =
      last instanceof Fault ? last.original : generate(small, { canonical: true, lowered: true, bounded: true }).bytes
    writeFileSync(`${file}.wasm`, original)
    writeFileSync(`${file}.choices`, small)
    const options = last instanceof Fault ? JSON.stringify(last.options) : ''
    console.log(`smallest: ${original.length} bytes in ${file}.wasm ${options}\n${last.message.slice(0, 500)}`)
  }
}

function faultOf(check: () => void): Error | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    return error as Error
  }
}

/** Faults of one kind are likely to have one cause. */
function kindOf(fault: Error): string {
  const check = fault instanceof Fault ? fault.check : 'harness'
  const rest = fault.message.slice(fault instanceof Fault ? check.length + 2 : 0)
  const what = /^(refused: [^(]*|invalid: .*|step|state|memory|fuel|the depth)/.exec(rest)?.[0] ?? rest
  return `${check}: ${what.replaceAll(/@?\+?#?\d+/g, 'N').slice(0, 120)}`
}

/** Takes parts away, and makes choices 0, for as long as it fails and there is time. */
function smallest(input: Uint8Array, fails: (bytes: Uint8Array) => boolean, until: number): Uint8Array {
  let best = input
  for (let size = best.length >> 1, before = -1; size > 0 && Date.now() < until; ) {
    for (let at = 0; at < best.length && Date.now() < until; ) {
      const less = Uint8Array.from([...best.subarray(0, at), ...best.subarray(at + size)])
      if (less.length > 0 && fails(less)) {
        best = less
        continue
      }
      const zero = best.slice()
      zero.fill(0, at, at + size)
      if (zero.some((byte, i) => byte !== best[i]) && fails(zero)) best = zero
      at += size
    }
    if (size > 1) size >>= 1
    else if (before === best.length) break
    else before = best.length
  }
  return best
}

async function main(settings: Settings): Promise<number> {
  const { jobs, job } = settings
  const reports: Report[] = []
  if (jobs === 1 || job !== undefined) reports.push(new Job(settings).run())
  else {
    const own = fileURLToPath(import.meta.url)
    const work = Array.from({ length: jobs }, (_, each) => {
      const child = fork(own, [...process.argv.slice(2), '--job', String(each)])
      child.on('message', (report) => reports.push(report as Report))
      return new Promise<void>((resolve, reject) => {
        child.on('exit', (code) =>
          code === 0 || code === 1 ? resolve() : reject(new Error(`job ${each} ended: ${code}`)),
        )
      })
    })
    await Promise.all(work)
  }
  if (job !== undefined) {
    for (const report of reports) process.send?.(report)
    return 0
  }
  const faults = new Map<string, number>()
  for (const { faults: some } of reports)
    for (const [kind, n] of Object.entries(some)) faults.set(kind, (faults.get(kind) ?? 0) + n)
  for (const source of settings.sources) {
    const counts = new Counts()
    for (const report of reports)
      for (const [what, n] of Object.entries(report.counts[source] ?? {})) counts.add(what, n)
    console.log(`\n${source}, seed ${settings.seed}`)
    for (const [what, n] of counts.of) console.log(`${String(n).padStart(9)} ${what}`)
  }
  console.log(`\n${[...faults.values()].reduce((sum, n) => sum + n, 0)} faults`)
  for (const [kind, n] of faults) console.log(`${String(n).padStart(9)} ${kind}`)
  return faults.size > 0 ? 1 : 0
}

try {
  process.exitCode = await main(settingsOf(process.argv.slice(2)))
} catch (error) {
  if (!(error instanceof TypeError)) throw error
  console.error(`${error.message}\n${USAGE}`)
  process.exitCode = 2
}
