/** What is wrong with an outcome: by how the run ended, by the property, by the oracles. */

import { VivariumError, type VivariumErrorCode } from '../error.ts'
import type { End } from '../run.ts'
import type { Engine } from './execute.ts'
import type { BadEnd, CheckOptions } from './options.ts'
import type { Bench, Oracle, PowerCut } from './oracle.ts'
import type { Failure, Outcome, Property } from './outcome.ts'
import type { World } from './world.ts'

/** All that is checked of each run, made once for many. */
export class Judge {
  readonly #engine: Engine
  readonly #property: Property | undefined
  readonly #oracles: readonly Oracle[]
  readonly #allowed: ReadonlySet<BadEnd>
  /** The oracles that want the power cut. */
  readonly cutters: readonly Oracle[]

  constructor(engine: Engine, { property, oracle = [], allow = [] }: CheckOptions) {
    this.#engine = engine
    this.#property = property
    this.#oracles = Array.isArray(oracle) ? oracle : [oracle as Oracle]
    this.#allowed = new Set(allow)
    this.cutters = this.#oracles.filter(({ checkCut }) => checkCut !== undefined)
  }

  /** The first that is wrong. */
  judge(outcome: Outcome): Failure | undefined {
    const { end, world } = outcome
    if (end?.kind === 'limit' && end.limit === 'power cut' && this.cutters.length > 0) {
      const cut = { faults: world.faults ?? '', calls: outcome.run.calls, stdout: outcome.stdout.bytes }
      return this.judgeCut({ ...cut, disk: outcome.machine.snapshot() }, world)
    }
    const ended = endFailure(end, this.#allowed)
    if (ended !== undefined) return ended
    const { property } = this
    const said = property === undefined ? undefined : sentenceOf(() => property(outcome))
    if (said !== undefined) return failureOf('property', said)
    for (const { name, check } of this.#oracles) {
      const problem = check === undefined ? undefined : sentenceOf(() => check(outcome, this.bench))
      if (problem !== undefined) return failureOf(name, problem)
    }
    return undefined
  }

  /** What is wrong with what a power cut left, in a run in that world. */
  judgeCut(cut: PowerCut, world: World): Failure | undefined {
    for (const { name, checkCut } of this.cutters) {
      const problem = sentenceOf(() => checkCut?.(cut, world, this.bench))
      if (problem !== undefined) return failureOf(name, problem, cut.faults)
    }
    return undefined
  }

  get property(): Property | undefined {
    return this.#property
  }

  readonly bench: Bench = {
    execute: (world, options = {}) => this.#engine.run(world, options),
  }
}

const OF_THE_USER: readonly VivariumErrorCode[] = ['BAD_MODULE', 'MISSING_IMPORT', 'BAD_OPTION']

/** The sentence that a check came to; `undefined` where all was well. */
function sentenceOf(check: () => unknown): string | undefined {
  try {
    const said = check()
    if (said === false) return 'the property does not hold'
    return typeof said === 'string' && said !== '' ? said : undefined
  } catch (error) {
    // What an oracle was given wrong is no fault of the guest.
    if (error instanceof VivariumError && OF_THE_USER.includes(error.code)) throw error
    return error instanceof Error && error.message !== '' ? error.message : String(error)
  }
}

function failureOf(kind: string, message: string, faults?: string): Failure {
  return { kind, message, site: `${kind}: ${withoutParticulars(message)}`, ...(faults === undefined ? {} : { faults }) }
}

/** What bugs that are the same would have in common: no numbers, and nothing that was quoted. */
function withoutParticulars(message: string): string {
  const [line = ''] = message.split('\n')
  return line
    .replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '"…"')
    .replace(/\d+/g, 'N')
    .slice(0, 200)
}

function endFailure(end: End | undefined, allowed: ReadonlySet<BadEnd>): Failure | undefined {
  if (end === undefined || end.kind === 'exit' || allowed.has(end.kind)) return undefined
  switch (end.kind) {
    case 'trap': {
      const frames = framesOf(end.stack)
      const site = frames.length === 0 ? withoutParticulars(end.message) : frames.map(({ place }) => place).join(' < ')
      return { kind: 'trap', message: end.message, site: `trap: ${site}` }
    }
    case 'limit':
      if (end.limit === 'power cut' || end.limit === 'until') return undefined
      return { kind: 'limit', message: end.message, site: `limit: ${end.limit}` }
    case 'deadlock':
      return {
        kind: 'deadlock',
        message: end.message,
        site: `deadlock: ${end.waits.map(({ call }) => call).join(', ')}`,
      }
    case 'signal':
      return { kind: 'signal', message: `the guest raised ${end.name}`, site: `signal: ${end.name}` }
  }
}

/** A place in the guest's code. */
export interface Frame {
  /** The function's name, where the module says it. */
  readonly name: string | undefined
  /** `function 12 + 0x3fa`, an offset from the beginning of the module as it was compiled. */
  readonly place: string
}

const FRAME = /at (?:(.*?) \()?wasm:\/\/[^\s):]*:wasm-function\[(\d+)\]:0x([0-9a-f]+)/

/** The guest's part of a stack as V8 writes it, innermost first; of other engines none. */
export function framesOf(stack: string): Frame[] {
  return stack.split('\n').flatMap((line) => {
    const match = FRAME.exec(line)
    if (match === null) return []
    const [, name, index, offset] = match
    return [
      { name: name?.replace(/^wasm-function\[\d+\]$/, '') || undefined, place: `function ${index} + 0x${offset}` },
    ]
  })
}
