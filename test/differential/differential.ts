/** Runs programs in both worlds, compares them call by call, counts what was accepted, and shrinks what was not. */

import fc from 'fast-check'
import { accepted } from './divergences.ts'
import { nanoseconds, type Operation, PREAMBLE, type Program, print, programs, TIMES } from './programs.ts'
import { type Outcome, type Result, runNode, runVivarium } from './worlds.ts'

export interface DifferentialOptions {
  readonly programs: number
  readonly seed: number
  /** Called after each batch, with what there is so far. */
  readonly onProgress?: (counts: Counts, findings: readonly Finding[]) => void
}

export interface Counts {
  programs: number
  /** Calls that were made in both worlds and compared. */
  calls: number
  /** Calls that were left out, since the worlds had parted before. */
  skipped: number
  /** Programs in which the worlds parted by an accepted difference. */
  parted: number
  /** Programs in which node crashed or hung. */
  crashed: number
  /** How often each divergence was accepted. */
  readonly accepted: Map<string, number>
  /** How often each errno was agreed on, by call and errno. */
  readonly agreed: Map<string, number>
}

/** A program, the shortest that could be found, in which the worlds differ as nothing accepts. */
export interface Finding {
  readonly program: Program
  /** The call and what differs, as `path_open ENOENT/ESUCCESS errno`: there is one finding for each. */
  readonly label: string
  /** The program, what each call gave in both worlds, and how to run it again. */
  readonly text: string
}

export interface Report {
  readonly counts: Counts
  readonly findings: readonly Finding[]
}

/** Programs in one child process. */
const BATCH = 100
/** Findings after which no more are looked for: each takes half a minute to shrink. */
const FINDINGS = 5

/** The draw of one batch is a function of the seed and the batch's number, so that more programs begin with the fewer. */
export async function runDifferential(options: DifferentialOptions): Promise<Report> {
  const counts = noCounts()
  const findings = new Map<string, Finding>()
  for (let from = 0; from < options.programs && findings.size < FINDINGS; from += BATCH) {
    const seed = options.seed + from
    const numRuns = Math.min(BATCH, options.programs - from)
    const batch = await draw(seed, numRuns)
    for (const { index, label } of await compareBatch(batch, counts)) {
      if (findings.has(label) || findings.size >= FINDINGS) continue
      const program = (await shrink(seed, index, label)) ?? (batch[index] as Program)
      findings.set(label, { program, label, text: await explain(program) })
    }
    options.onProgress?.(counts, [...findings.values()])
  }
  return { counts, findings: [...findings.values()] }
}

/** Runs one program and says what each call gave; whether the worlds differ as nothing accepts. */
export async function runProgram(program: Program): Promise<{ readonly text: string; readonly differs: boolean }> {
  const counts = noCounts()
  const differs = (await compareBatch([program], counts)).length > 0
  return { text: await explain(program), differs }
}

export function noCounts(): Counts {
  return { programs: 0, calls: 0, skipped: 0, parted: 0, crashed: 0, accepted: new Map(), agreed: new Map() }
}

/** The programs in which the worlds differ as nothing accepts, and in what. */
export async function compareBatch(
  batch: readonly Program[],
  counts: Counts,
): Promise<{ readonly index: number; readonly label: string }[]> {
  const full = batch.map((program) => [...PREAMBLE, ...program])
  const running = runNode(full)
  const ours = full.map(tryVivarium)
  const theirs = await running
  return full.flatMap((program, index) => {
    counts.programs++
    const our = ours[index]
    const their = theirs[index]
    if (their === undefined) counts.crashed++
    if (our === undefined || their === undefined) return []
    const label = our instanceof Error ? 'Vivarium throws' : compare(program, our, their, counts)
    return label === undefined ? [] : [{ index, label }]
  })
}

type Ours = ReturnType<typeof runVivarium>

/** What a program gave, or that it made Vivarium throw, which is a finding whatever node:wasi says. */
function tryVivarium(program: Program): Ours | Error {
  try {
    return runVivarium(program)
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** The label of the first difference that nothing accepts. */
export function compare(program: Program, ours: Ours, theirs: Outcome, counts: Counts): string | undefined {
  const inodes = new Map<string, string>()
  for (const [index, operation] of program.entries()) {
    const our = ours.results[index] as Result
    const their = theirs.results[index] as Result
    const facts = ours.facts[index]
    if (facts === undefined) throw new Error('the interpreter made fewer calls than the program has')
    counts.calls++
    const leadApart = facts.places.some((place) => place.ours !== place.theirs)
    const fields = fieldsThatDiffer(operation, our, their, leadApart ? new Map(inodes) : inodes)
    const changes = !READS.has(operation.call) && (our.errno === 'ESUCCESS' || their.errno === 'ESUCCESS')
    if (fields.length === 0 && !(leadApart && changes)) {
      add(counts.agreed, `${operation.call} ${our.errno}`)
      continue
    }
    // Where only what the call did will tell, there is one difference without a field.
    for (const field of fields.length > 0 ? fields : [undefined]) {
      const divergence = accepted({ operation, ours: our, theirs: their, field, facts })
      if (divergence === undefined) return `${operation.call} ${our.errno}/${their.errno} ${field ?? 'place'}`
      add(counts.accepted, divergence.id)
    }
    if (changes) {
      counts.parted++
      counts.skipped += program.length - index - 1
      return undefined
    }
  }
  return ours.tree.join('\n') === theirs.tree.join('\n') ? undefined : 'the tree that is left'
}

function add(map: Map<string, number>, key: string): void {
  map.set(key, (map.get(key) ?? 0) + 1)
}

/** Operations that change nothing which another could see. */
const READS: ReadonlySet<string> = new Set<Operation['call']>([
  'fd_advise',
  'fd_datasync',
  'fd_fdstat_get',
  'fd_filestat_get',
  'fd_pread',
  'fd_prestat_dir_name',
  'fd_prestat_get',
  'fd_readdir',
  'fd_sync',
  'fd_tell',
  'list',
  'path_filestat_get',
  'path_readlink',
])

const DIRECTORY = '3'

function fieldsThatDiffer(operation: Operation, ours: Result, theirs: Result, inodes: Map<string, string>): string[] {
  if (ours.errno !== theirs.errno) return ['errno']
  const names = Object.keys({ ...ours.values, ...theirs.values })
  return names.filter((name) => {
    const our = ours.values[name]
    const their = theirs.values[name]
    if (our === undefined || their === undefined) return true
    switch (name) {
      case 'ino': {
        // A number of ours is never given twice, so it stands for one of theirs; the host may give its numbers again.
        const known = inodes.get(our)
        inodes.set(our, their)
        return known !== undefined && known !== their
      }
      case 'size':
        // How many bytes a directory takes is the file system's business.
        return ours.values.type !== DIRECTORY && our !== their
      case 'atim':
      case 'mtim':
        return timeOf(our) !== timeOf(their)
      case 'names':
        // A listing that a long name stops has what comes before it, and the order is the host's.
        return (ours.values.stuck === '0' || operation.call === 'sweep') && sorted(our) !== sorted(their)
      default:
        return our !== their
    }
  })
}

const SET_TIMES = new Set(TIMES.map((seconds) => String(nanoseconds(seconds))))

/** A time that a program has set, or that it is the world's own. */
function timeOf(text: string): string {
  return SET_TIMES.has(text) ? text : 'clock'
}

function sorted(names: string): string {
  return names.split('/').sort().join('/')
}

/** The programs that a property of this seed would run; `fc.sample` gives others. */
async function draw(seed: number, numRuns: number): Promise<Program[]> {
  const drawn: Program[] = []
  const keep = fc.asyncProperty(programs, async (program) => {
    drawn.push(program)
  })
  await fc.check(keep, { seed, numRuns })
  return drawn
}

/** The shortest program that fast-check can find from the one that `seed` and `index` draw; none where it now agrees. */
async function shrink(seed: number, index: number, label: string): Promise<Program | undefined> {
  const agrees = fc.asyncProperty(
    programs,
    async (program) => (await compareBatch([program], noCounts()))[0]?.label !== label,
  )
  const { counterexample } = await fc.check(agrees, { seed, path: String(index), numRuns: 1 })
  return counterexample?.[0]
}

/** The program line by line, with what each call gave, and how to run it again. */
async function explain(short: Program): Promise<string> {
  const program = [...PREAMBLE, ...short]
  const again = `npx tsx test/differential/run.ts '${JSON.stringify(short)}'`
  const ours = tryVivarium(program)
  if (ours instanceof Error) {
    return [...program.map((operation) => `  ${print(operation)}`), ours.stack ?? ours.message, again].join('\n')
  }
  const [theirs] = await runNode([program])
  const inodes = new Map<string, string>()
  const lines = program.map((operation, index) => {
    const our = ours.results[index] as Result
    const their = theirs?.results[index]
    const same = their !== undefined && fieldsThatDiffer(operation, our, their, inodes).length === 0
    const said = same ? show(our) : `${show(our)}   node:wasi: ${their === undefined ? 'nothing' : show(their)}`
    const places = ours.facts[index]?.places.filter((place) => place.ours !== place.theirs) ?? []
    return `  ${print(operation)} = ${said}${places.length > 0 ? `   ${JSON.stringify(places)}` : ''}`
  })
  const tree = theirs === undefined ? [] : treesApart(ours.tree, theirs.tree)
  return [...lines, ...tree, again].join('\n')
}

function treesApart(ours: readonly string[], theirs: readonly string[]): string[] {
  return [
    ...ours.filter((line) => !theirs.includes(line)).map((line) => `  only in Vivarium: ${line}`),
    ...theirs.filter((line) => !ours.includes(line)).map((line) => `  only in node:wasi: ${line}`),
  ]
}

function show({ errno, values }: Result): string {
  return [errno, ...Object.entries(values).map(([name, value]) => `${name}=${value}`)].join(' ')
}
