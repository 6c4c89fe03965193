/**
 * Whole programs: compilers and converters once through, and small guests started over and over. Each run is a process
 * of its own, and the hosts take turns; what is timed is the run, from instantiating to exit, with the files in place.
 */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { clang, compileArgs, linkArgs } from '../../examples/toolchain.ts'
import { compileC } from '../support/compile.ts'
import { loadGuest as loadProgram } from '../support/guests.ts'
import { inChild } from './child.ts'
import { guestFile } from './guest.ts'
import { scratchFolder } from './hosts/node_wasi.ts'
import { median } from './statistics.ts'
import { Footnotes, ratio, textTable } from './text_table.ts'
import type { Done, Job, WholeHost } from './whole_child.ts'
import { cSource, markdown, scriptProject } from './whole_sources.ts'

interface Program extends Omit<Job, 'host' | 'folder' | 'bound'> {
  readonly name: string
  readonly hosts: readonly WholeHost[]
}

export interface Whole {
  readonly name: string
  readonly hosts: ReadonlyMap<WholeHost, Outcome>
}

interface Outcome {
  /** Milliseconds of one run, or of one start; `undefined` when there was none. */
  readonly ms: number | undefined
  readonly load: number
  readonly starts: number
  readonly digests: readonly string[]
  readonly notes: readonly string[]
}

const CHILD = fileURLToPath(new URL('whole_child.ts', import.meta.url))
/** Who runs whole programs, and who starts small ones. */
const RUNNERS: readonly WholeHost[] = ['vivarium', 'trace off', 'node:wasi']
const STARTERS: readonly WholeHost[] = ['vivarium', 'strict', 'trace off', 'node:wasi', 'browser_wasi_shim']
/** Seconds that a job of many starts may take. */
const BOUND = 20
/** A whole run takes seconds, so that there need not be as many rounds as for calls. */
const MOST_ROUNDS = 3
/** Milliseconds over which a run is not repeated. */
const LONG = 20_000

const HELLO = '#include <stdio.h>\nint main(void) { printf("hello\\n"); return 0; }\n'

export async function measureWhole(only: string, rounds: number, progress: (text: string) => void): Promise<Whole[]> {
  const folder = scratchFolder()
  try {
    const programs = lay(folder).filter(({ name }) => name.includes(only))
    const found: Whole[] = []
    for (const program of programs) found.push(await measureProgram(program, folder, rounds, progress))
    return found
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export function formatWhole(found: readonly Whole[]): string {
  const notes = new Footnotes()
  const runs = found.filter(({ hosts }) => [...hosts.values()].every(({ starts }) => starts <= 1))
  const starts = found.filter((whole) => !runs.includes(whole))
  const cell = (outcome: Outcome | undefined, show: (ms: number) => string): string =>
    outcome === undefined ? '-' : (outcome.ms === undefined ? 'fails' : show(outcome.ms)) + notes.mark(outcome.notes)
  const against = (whole: Whole): string => {
    const [mine, theirs] = [whole.hosts.get('vivarium')?.ms, whole.hosts.get('node:wasi')?.ms]
    return mine === undefined || theirs === undefined ? '-' : ratio(mine / theirs)
  }
  const tables = [
    textTable(
      ['ms of a run', ...RUNNERS, 'x node:wasi', 'loading before', 'same output'],
      runs.map((whole) => [
        whole.name,
        ...RUNNERS.map((host) => cell(whole.hosts.get(host), (ms) => ms.toFixed(0))),
        against(whole),
        (whole.hosts.get('vivarium')?.load ?? Number.NaN).toFixed(0),
        new Set([...whole.hosts.values()].flatMap(({ digests }) => digests)).size <= 1 ? 'yes' : 'NO',
      ]),
    ),
    textTable(
      ['starts a second', ...STARTERS, 'time x node:wasi'],
      starts.map((whole) => [
        whole.name,
        ...STARTERS.map((host) => cell(whole.hosts.get(host), (ms) => Math.round(1000 / ms).toLocaleString('en'))),
        against(whole),
      ]),
    ),
  ]
  return [...tables.filter((_, at) => (at === 0 ? runs : starts).length > 0), notes.toString()]
    .filter(Boolean)
    .join('\n\n')
}

async function measureProgram(
  program: Program,
  folder: string,
  rounds: number,
  progress: (text: string) => void,
): Promise<Whole> {
  const { name, hosts, ...job } = program
  const outcomes = new Map<WholeHost, Outcome[]>(hosts.map((host) => [host, []]))
  for (let round = 0; round < Math.min(rounds, MOST_ROUNDS); round++) {
    for (const host of hosts) {
      const before = outcomes.get(host)?.at(-1)
      if (before !== undefined && (before.ms ?? 0) > LONG) continue
      progress(`${name}: ${host}, round ${round + 1}`)
      outcomes.get(host)?.push(await perform({ ...job, host, folder, bound: BOUND }))
    }
  }
  return { name, hosts: new Map([...outcomes].map(([host, all]) => [host, together(all)])) }
}

function together(all: readonly Outcome[]): Outcome {
  const times = all.flatMap(({ ms }) => (ms === undefined ? [] : [ms]))
  return {
    ms: times.length === 0 ? undefined : median(times),
    load: median(all.map(({ load }) => load)),
    starts: Math.max(...all.map(({ starts }) => starts)),
    digests: all.flatMap(({ digests }) => digests),
    notes: [...new Set(all.flatMap(({ notes }) => notes))],
  }
}

/** Node 20 calls WASI through V8's fast calls, in which collecting garbage crashes: then it is tried without them. */
async function perform(job: Job): Promise<Outcome> {
  const first = await inChild<Done>(CHILD, job, [])
  if (typeof first !== 'string') return outcome(first, [])
  if (job.host !== 'node:wasi') return outcome(undefined, [first])
  const second = await inChild<Done>(CHILD, job, ['--no-turbo-fast-api-calls'])
  if (typeof second === 'string') return outcome(undefined, [first, `without fast calls: ${second}`])
  return outcome(second, [`${first}; the figure is that of a run without fast calls`])
}

function outcome(done: Done | undefined, notes: readonly string[]): Outcome {
  const ms = done === undefined ? undefined : done.ms / done.starts
  const digests = done?.digest === undefined ? [] : [done.digest]
  return { ms, load: done?.load ?? 0, starts: done?.starts ?? 0, digests, notes }
}

/** Puts all files of all programs into the folder. */
function lay(folder: string): Program[] {
  const write = (path: string, content: string | Uint8Array): string => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
    return join(folder, path)
  }
  const tools = clang()
  for (const [path, content] of Object.entries(tools.files)) {
    if (typeof content === 'string' || content instanceof Uint8Array) write(path, content)
  }
  write('/big.c', cSource(2_000))
  write('/input', 'x'.repeat(1_000))
  write('/plan.md', markdown(1 << 20))
  for (const [path, text] of Object.entries(scriptProject(500))) write(path, text)
  const hello = write('/wasm/hello.wasm', compileC(HELLO))
  const small = join(folder, 'small')
  mkdirSync(small)
  writeFileSync(join(small, 'input'), 'x'.repeat(1_000))
  const llvm = { wasm: loadProgram('clang').path, env: {}, hosts: RUNNERS }
  return [
    { ...llvm, name: 'clang, 2,000 lines', args: compileArgs('/big.c', '/big.o'), output: '/big.o' },
    { ...llvm, name: 'wasm-ld', args: linkArgs(['/big.o'], '/big.wasm'), output: '/big.wasm' },
    {
      name: 'esbuild, 500 files',
      wasm: loadProgram('esbuild').path,
      args: ['esbuild', '--bundle', 'src/main.ts', '--outfile=out/app.js', '--format=esm'],
      env: { PWD: '/app' },
      output: '/app/out/app.js',
      hosts: RUNNERS,
    },
    {
      name: 'pandoc, 1 MB',
      wasm: loadProgram('pandoc').path,
      args: ['pandoc', '/plan.md', '-f', 'markdown', '-t', 'html', '-o', '/plan.html'],
      env: {},
      output: '/plan.html',
      hosts: RUNNERS,
    },
    { name: 'hello world, 100,000 starts', wasm: hello, args: ['hello'], env: {}, starts: 100_000, hosts: STARTERS },
    {
      name: '15 calls and exit, 100,000 starts',
      wasm: guestFile('start.c'),
      args: ['start'],
      env: {},
      starts: 100_000,
      hosts: STARTERS,
    },
  ]
}
