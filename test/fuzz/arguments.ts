/** The arguments of `npm run fuzz`. */

import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import type { SuiteName } from './suite.ts'

export const USAGE = 'npm run fuzz -- [--minutes N] [--seed S] [--workers N] [--only node-fs|wasi|fire]'
const NAMES: readonly SuiteName[] = ['node-fs', 'wasi', 'fire']

export interface FuzzOptions {
  readonly minutes: number
  /** 32 bits. */
  readonly seed: number
  readonly workers: number
  readonly suites: readonly SuiteName[]
}

/** @throws TypeError that says what is wrong with which argument. */
export function optionsOf(args: readonly string[]): FuzzOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '1' },
      seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
      workers: { type: 'string', default: String(availableParallelism()) },
      only: { type: 'string', multiple: true, default: [...NAMES] },
    },
  })
  const wrong = values.only.find((name) => !NAMES.some((known) => known === name))
  if (wrong !== undefined) throw new TypeError(`--only ${wrong}: there are ${NAMES.join(', ')}`)
  const workers = numberOf('workers', values.workers)
  if (!Number.isInteger(workers) || workers < 1) throw new TypeError(`--workers ${workers}: give a whole number from 1`)
  return {
    minutes: numberOf('minutes', values.minutes),
    seed: numberOf('seed', values.seed, -Infinity) | 0,
    workers,
    suites: NAMES.filter((name) => values.only.includes(name)),
  }
}

function numberOf(name: string, text: string, least: number = 0): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value) || value < least) {
    throw new TypeError(`--${name} ${text}: give a number`)
  }
  return value
}
