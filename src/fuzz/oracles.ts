/** The ready properties. */

import { decodeUtf8 } from '../../vfs/bytes.ts'
import type { Change } from '../../vfs/diff.ts'
import { type Difference, diff } from '../diff.ts'
import { VivariumError } from '../error.ts'
import type { Snapshot } from '../snapshot.ts'
import type { Oracle } from './oracle.ts'
import type { Outcome } from './outcome.ts'
import type { World } from './world.ts'

/** What of two runs is compared. Default all. */
export interface AgreesOptions {
  readonly stdout?: boolean
  readonly stderr?: boolean
  readonly exitCode?: boolean
  /** What the run changed in the tree: names, kinds and contents. */
  readonly files?: boolean
}

/** What another implementation came to; what is absent is not compared. */
export interface Answer {
  readonly stdout?: string | Uint8Array
  readonly exitCode?: number
}

export interface SurvivesOptions {
  /** The guest that is started on what is left. Default the same. */
  readonly module?: WebAssembly.Module | Uint8Array
  /** The world that it is started in: what it says is in place of what the first had, but for the files, which are left. */
  readonly recovery?: World
  /**
   * What the guest had acknowledged when the power went. Default: each whole line of its stdout.
   */
  readonly acknowledged?: (stdout: string) => readonly string[]
  /** What the recovery has found. Default: each line of its stdout. */
  readonly kept?: (outcome: Outcome) => readonly string[]
  /** Anything else that has to hold of the recovery, as a property. Default: it exits with 0. */
  readonly property?: (outcome: Outcome, acknowledged: readonly string[]) => unknown
  /** Power cuts of one run at most. Default 1,000. */
  readonly maxCuts?: number
}

/** Twice the same: another run in the same world makes the same calls with the same results, and leaves the same. */
export function deterministic(): Oracle {
  return {
    name: 'deterministic',
    check: ({ world }, bench) => {
      const [a, b] = [0, 1].map(() => bench.execute(world, { trace: 'digest' })) as [Outcome, Outcome]
      if (a.run.traceDigest === b.run.traceDigest) return undefined
      return `two runs in the same world differ: ${a.run.calls} calls and ${b.run.calls}, digests ${a.run.traceDigest} and ${b.run.traceDigest}`
    },
  }
}

/** The same whatever the order in which directories are listed. */
export function independentOfListing(options: AgreesOptions = {}): Oracle {
  return {
    name: 'independentOfListing',
    check: (outcome, bench) => {
      for (const listing of ['1', '2', '3']) {
        const other = bench.execute({ ...outcome.world, listing })
        const problem = difference(outcome, other, options)
        if (problem !== undefined) return `with directories listed in another order (${listing}) ${problem}`
      }
      return undefined
    },
  }
}

/** As another module does in the same world, or as a function of the world says. */
export function agreesWith(
  other: WebAssembly.Module | Uint8Array | ((world: World) => Answer),
  options: AgreesOptions = {},
): Oracle {
  return {
    name: 'agreesWith',
    check: (outcome, bench) => {
      if (typeof other !== 'function') {
        const problem = difference(outcome, bench.execute(outcome.world, { module: other }), options)
        return problem === undefined ? undefined : `against the other module ${problem}`
      }
      const { stdout, exitCode } = other(outcome.world)
      if (exitCode !== undefined && exitCode !== outcome.exitCode) {
        return `the exit code is ${outcome.exitCode}, and should be ${exitCode}`
      }
      const wanted = stdout instanceof Uint8Array ? decodeUtf8(stdout) : stdout
      if (wanted === undefined || wanted === outcome.stdout.text()) return undefined
      return `stdout is ${shown(outcome.stdout.text())}, and should be ${shown(wanted)}`
    },
  }
}

/**
 * What the guest makes of its input, a second guest turns back into it: by default the stdout of the one is the stdin of
 * the other, whose stdout is the first's stdin. Runs that do not exit with 0 are let pass.
 */
export function roundTrip(
  back: WebAssembly.Module | Uint8Array | ((output: Uint8Array) => string | Uint8Array),
  options: { readonly args?: readonly string[] } = {},
): Oracle {
  return {
    name: 'roundTrip',
    check: ({ world, exitCode, stdout }, bench) => {
      if (exitCode !== 0) return undefined
      const input = textOf(world.stdin)
      let output: string
      if (typeof back === 'function') output = textOf(back(stdout.bytes))
      else {
        const { args } = options
        const { files: _, ...rest } = world
        const returned = bench.execute(
          { ...rest, stdin: stdout.bytes, ...(args === undefined ? {} : { args }) },
          { module: back },
        )
        if (returned.exitCode !== 0) return `the way back ended with ${endText(returned)}`
        output = returned.stdout.text()
      }
      return output === input ? undefined : `there and back ${shown(input)} becomes ${shown(output)}`
    },
  }
}

/** Once more on what it left changes nothing more. Runs that do not exit with 0 are let pass. */
export function idempotent(): Oracle {
  return {
    name: 'idempotent',
    check: (outcome, bench) => {
      if (outcome.exitCode !== 0) return undefined
      const { files: _, ...rest } = outcome.world
      const from = outcome.machine.snapshot()
      const again = bench.execute(rest, { from })
      if (again.exitCode !== 0) return `the second time it ended with ${endText(again)}`
      const [change] = contentChanges(diff(from, again.machine))
      return change === undefined ? undefined : `the second time changed something: ${changeText(change)}`
    },
  }
}

/** Nothing is made, changed or removed but at and below these paths. */
export function noWritesOutside(...paths: readonly string[]): Oracle {
  const allowed = paths.map((path) => path.replace(/\/+$/, ''))
  const isInside = (path: string): boolean => allowed.some((each) => path === each || path.startsWith(`${each}/`))
  return {
    name: 'noWritesOutside',
    check: (outcome) => {
      // A directory that something is made in has another time and number of links, which is no write of its own.
      const change = contentChanges(outcome.diff()).find(
        ({ path, from }) => !isInside(path) || (from !== undefined && !isInside(from)),
      )
      return change === undefined ? undefined : `outside ${paths.join(', ')}: ${changeText(change)}`
    },
  }
}

const TEMPORARY = /^\/tmp\/|(^|\/)(\.#?|#)?[^/]*(\.tmp|\.temp|\.swp|\.part|\.new|~)$|(^|\/)tmp[._-]?[A-Za-z0-9]{4,}$/

/** However it ends, no file is left that was made and looks like a temporary one: by a pattern of its path, or `isTemporary`. */
export function noLeftoverTemporaryFiles(
  isTemporary: (path: string) => boolean = (path) => TEMPORARY.test(path),
): Oracle {
  return {
    name: 'noLeftoverTemporaryFiles',
    check: (outcome) => {
      const left = outcome.diff().changes.find(({ type, path }) => type === 'added' && isTemporary(path))
      return left === undefined ? undefined : `a temporary file is left: ${left.path}`
    },
  }
}

/**
 * What the guest acknowledged is there after a power cut, wherever that comes and whatever it leaves of what was not
 * synced: the power is cut before each call of each run, a recovery is started on what is left, and it has to find all
 * that the guest had said it saved. Which cuts there are, says `vfs/journal.ts`.
 */
export function survives(options: SurvivesOptions = {}): Oracle {
  const { module, recovery = {}, maxCuts = 1000 } = options
  const acknowledged = options.acknowledged ?? wholeLines
  const kept = options.kept ?? (({ stdout }) => stdout.text().split('\n'))
  const property = options.property ?? exitsWithZero
  return {
    name: 'survives',
    maxCuts,
    checkCut: ({ stdout, disk }, world, bench) => {
      const { files: _, faults: __, stdin: ___, ...rest } = world
      const outcome = bench.execute(
        { ...rest, ...recovery },
        { from: disk, ...(module === undefined ? {} : { module }) },
      )
      if (outcome.end?.kind !== 'exit') return `the recovery ended with ${endText(outcome)}`
      const promised = acknowledged(decodeUtf8(stdout))
      const verdict = property(outcome, promised)
      if (typeof verdict === 'string') return verdict
      if (verdict === false) return 'the property of the recovery does not hold'
      const found = new Set(kept(outcome))
      const lost = promised.find((each) => !found.has(each))
      return lost === undefined ? undefined : `${shown(lost)} was acknowledged, and is lost`
    },
  }
}

function exitsWithZero(outcome: Outcome): string | undefined {
  return outcome.exitCode === 0 ? undefined : `the recovery ended with ${endText(outcome)}`
}

function wholeLines(text: string): string[] {
  return text.split('\n').slice(0, -1)
}

function difference(a: Outcome, b: Outcome, options: AgreesOptions): string | undefined {
  const { stdout = true, stderr = true, exitCode = true, files = true } = options
  if (exitCode && endText(a) !== endText(b)) return `it ended with ${endText(b)} instead of ${endText(a)}`
  if (stdout && a.stdout.text() !== b.stdout.text()) {
    return `stdout is ${shown(b.stdout.text())} instead of ${shown(a.stdout.text())}`
  }
  if (stderr && a.stderr.text() !== b.stderr.text()) {
    return `stderr is ${shown(b.stderr.text())} instead of ${shown(a.stderr.text())}`
  }
  const path = files ? differingPath(a, b) : undefined
  return path === undefined
    ? undefined
    : `the files differ: ${path} is ${presence(b, path)} instead of ${presence(a, path)}`
}

/** The first path at which two runs from one state left something else, by content, whatever was made in which order. */
function differingPath(a: Outcome, b: Outcome): string | undefined {
  const { changes } = diff(a.machine, b.machine, { fields: ['mode'] })
  const paths = changes.flatMap(({ path, from }) => (from === undefined ? [path] : [path, from])).sort()
  if (paths.length === 0) return undefined
  const [left, right] = [a.machine.snapshot(), b.machine.snapshot()]
  return paths.find((path) => digestAt(left, path) !== digestAt(right, path))
}

/** What is at a path by its content, or by its kind. */
function digestAt(snapshot: Snapshot, path: string): string {
  try {
    return snapshot.digestOf(path)
  } catch (error) {
    if (error instanceof VivariumError) return error.message
    throw error
  }
}

function presence({ fs }: Outcome, path: string): string {
  if (!fs.existsSync(path)) return 'missing'
  const stats = fs.lstatSync(path)
  if (stats.isDirectory()) return 'a directory'
  return stats.isFile() ? `a file of ${stats.size} bytes` : 'a link or device'
}

function contentChanges(difference: Difference): Change[] {
  return difference.changes.filter(isOfContent)
}

function isOfContent({ type, fields }: Change): boolean {
  return type !== 'metadata' || fields.includes('mode')
}

function changeText({ type, path, from }: Change): string {
  return `${path} is ${type}${from === undefined ? '' : ` from ${from}`}`
}

function endText({ end, exitCode }: Outcome): string {
  return end?.kind === 'exit' ? `exit code ${exitCode}` : `a ${end?.kind}`
}

function shown(text: string): string {
  const quoted = JSON.stringify(text)
  return quoted.length <= 200 ? quoted : `${quoted.slice(0, 200)}… (${text.length} characters)`
}

function textOf(input: string | Uint8Array | undefined): string {
  return input instanceof Uint8Array ? decodeUtf8(input) : (input ?? '')
}
