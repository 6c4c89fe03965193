/**
 * Power cuts at every point of one run, without running the guest again: before each call of a run whose changes are
 * noted, what a disk might have is put together, for each fate of what was not synced, and looked at.
 */

import {
  type Effect,
  type FaultRule,
  Faults,
  fateOf,
  formatFaults,
  parseFaults,
  type Subject,
} from '../../kernel/fault.ts'
import { Kernel } from '../../kernel/kernel.ts'
import { KernelBug } from '../../vfs/bug.ts'
import { Journal, type Operation, SECTOR_SIZE } from '../../vfs/journal.ts'
import { isCallName } from '../abi/signatures.ts'
import type { GuestRun } from '../guest_run.ts'
import type { FaultPlan } from '../hostcall/faulty.ts'
import { Snapshot } from '../snapshot.ts'
import type { Engine } from './execute.ts'
import type { PowerCut } from './oracle.ts'
import type { Outcome } from './outcome.ts'
import type { World } from './world.ts'

export interface CutOptions {
  /** Fates of one point at most, evenly spread over all that there are. */
  readonly maxFates: number
  /** Cuts in all at most. */
  readonly maxCuts?: number
  /** Whether the cut with that number, from 0, is to be put together at all. */
  readonly wants?: (number: number) => boolean
  /** Looks at one; whether there are to be more. */
  readonly visit: (cut: PowerCut, number: number) => boolean
}

/** What cuts there were. */
export interface Cuts {
  readonly outcome: Outcome
  /** Points of the run at which a cut leaves something else than at the one before. */
  readonly points: number
  readonly cuts: number
}

/** Runs the guest once in that world, with the power cut, as it were, before each of its calls and after the last. */
export function cutEverywhere(engine: Engine, world: World, options: CutOptions): Cuts {
  let watch: Watch | undefined
  const plan = (kernel: Kernel, run: () => GuestRun): FaultPlan => {
    const journal = new Journal(kernel.fs)
    kernel.journal = journal
    watch = new Watch(engine, world, kernel, journal, run, options)
    return { faults: watch, cut: () => undefined }
  }
  const outcome = engine.run(world, { plan })
  // The last that a guest says it may say in its last call.
  if (outcome.end?.kind === 'exit') watch?.look(outcome.run.calls + 1)
  return { outcome, points: watch?.points ?? 0, cuts: watch?.count ?? 0 }
}

/** Stands before each call of the run. */
class Watch extends Faults {
  readonly #engine: Engine
  readonly #kernel: Kernel
  readonly #journal: Journal
  readonly #run: () => GuestRun
  readonly #world: World
  readonly #options: CutOptions
  /** How many operations and syncs there were, and how much output, at the last point. */
  #seen = { operations: -1, syncs: -1, output: -1 }
  #goesOn = true
  points = 0
  count = 0

  constructor(
    engine: Engine,
    world: World,
    kernel: Kernel,
    journal: Journal,
    run: () => GuestRun,
    options: CutOptions,
  ) {
    super(parseFaults(world.faults ?? '', isCallName))
    this.#engine = engine
    this.#world = world
    this.#kernel = kernel
    this.#journal = journal
    this.#run = run
    this.#options = options
  }

  override next(call: number, name: string, subject: Subject): Effect | undefined {
    this.look(call)
    const effect = super.next(call, name, subject)
    return effect?.kind === 'cut' ? undefined : effect
  }

  /** Cuts the power before a call, or after the last. */
  look(call: number): void {
    if (!this.#goesOn) return
    const journal = this.#journal
    const { operations, syncs } = journal.counts
    const output = this.#run().process.outputSize
    const seen = this.#seen
    if (operations === seen.operations && syncs === seen.syncs && output === seen.output) return
    const isNewPromise = syncs !== seen.syncs || output !== seen.output
    this.#seen = { operations, syncs, output }
    this.points++
    const fates = spread(fatesOf(journal.pending, isNewPromise), this.#options.maxFates)
    for (const fate of fates) {
      if (this.count >= (this.#options.maxCuts ?? Number.POSITIVE_INFINITY)) this.#goesOn = false
      if (!this.#goesOn) return
      const number = this.count++
      if (this.#options.wants?.(number) === false) continue
      this.#goesOn = this.#options.visit(this.#cut(journal, call, fate), number)
    }
  }

  #cut(journal: Journal, call: number, fate: string): PowerCut {
    const { clock, seed, nextPid, nextSerial } = this.#kernel
    const fs = journal.cut(fateOf(fate, (problem) => bug(problem)))
    const kernel = new Kernel(fs, clock.fork(), seed, nextPid, nextSerial)
    return {
      faults: cutPlan(call, fate, this.#world.faults),
      calls: call,
      disk: new Snapshot(kernel, this.#engine.base.settings),
      stdout: this.#run().stdout.bytes,
    }
  }
}

/** The plan that cuts the power before a call, besides what else goes wrong. */
export function cutPlan(call: number, fate: string, faults: string | undefined): string {
  const cut: FaultRule = { nth: call, on: false, effect: { kind: 'cut', fate } }
  return formatFaults([cut]) + (faults === undefined || faults === '' ? '' : `; ${faults}`)
}

/**
 * The fates that leave something else than those before them. Where nothing was promised since the last point, by a sync
 * or by output, what leaves the last operation out was looked at there.
 */
function fatesOf(pending: readonly Operation[], isNewPromise: boolean): string[] {
  const count = pending.length
  if (count === 0) return ['none']
  const fates: string[] = []
  const push = (fate: string): void => void fates.push(fate)
  if (isNewPromise) {
    push('none')
    for (let n = 1; n < count; n++) push(`first:${n}`)
  }
  push('all')
  // Without the last it is what the first ones are.
  for (let n = 1; n < count; n++) push(`without:${n}`)
  for (const [index, operation] of pending.entries()) {
    if (operation.kind !== 'data' || (!isNewPromise && index < count - 1)) continue
    const sectors = operation.parts.reduce((sum, { bytes }) => sum + Math.ceil(bytes.length / SECTOR_SIZE), 0)
    // None of its sectors, with its size as it was, is another thing than the operation not made only where it has more.
    for (const torn of new Set([1, Math.floor(sectors / 2), sectors - 1])) {
      if (torn >= 1 && torn < sectors) push(`torn:${index}:${torn}`)
    }
  }
  return fates
}

/** At most so many of a list, evenly spread, the first and the last among them. */
function spread<T>(all: readonly T[], most: number): readonly T[] {
  if (all.length <= most) return all
  if (most <= 1) return all.slice(0, most)
  const step = (all.length - 1) / (most - 1)
  return Array.from({ length: most }, (_, index) => all[Math.round(index * step)] as T)
}

function bug(problem: string): never {
  throw new KernelBug(problem)
}
