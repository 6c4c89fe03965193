/**
 * Times one pattern on many hosts: each gets a guest of its own, is warmed up, and then they take turns, so that what
 * slows the machine down for a while slows all of them. Wall time. Everything has a bound, since some hosts are quadratic.
 */

import type { Host, Session } from './hosts/host.ts'
import type { Pattern } from './patterns.ts'
import { median, range, sum } from './statistics.ts'

/** What one host did with one pattern. */
export interface Result {
  readonly pattern: string
  readonly host: string
  /** Nanoseconds an operation; `undefined` when there is no figure. */
  readonly ns: number | undefined
  /** What is to be said of it, such as how it failed. */
  readonly notes: readonly string[]
}

/**
 * - `median`: of the rounds, all that happened in them included;
 * - `least`: what a round would cost if each of its parts had gone as well as it ever did. For machines that have other
 *   things to do: most of the noise is gone, and with it some of the garbage collection.
 */
export type Statistic = 'median' | 'least'

export interface How {
  readonly rounds: number
  readonly statistic: Statistic
}

/** Seconds that making what a pattern needs may take. */
const SETUP_BOUND = 120
/** Seconds after which it is given up when the rest would take longer than that. */
const SETUP_LOOK = 10
/** Seconds that one round may take. */
const ROUND_BOUND = 1.5
/** Seconds after which a host has no further round. */
const TOTAL_BOUND = 6
/** Before the first round a host runs so many milliseconds and operations, so that the engine has compiled what it will. */
const WARM_UP = { ms: 250, operations: 20_000, most: 1_500 } as const
/** A round is run in so many parts: short enough that some of them are not disturbed, and time is looked at in between. */
const PARTS = 16

/** How many times dearer an operation may get from the first quarter of a round to the last before it is said. */
const GROWTH_SAID = 4

/** The turns that one host takes. */
class Turns {
  readonly host: Host
  readonly pattern: Pattern
  readonly how: How
  readonly #notes: string[] = []
  /** The parts of each round, in nanoseconds. */
  readonly #rounds: number[][] = []
  /** Operations in a part. */
  readonly #part: number
  /** Nothing more is to be asked of it. */
  done = false
  #session: Session | undefined
  /** The next operation: they are never repeated, so that no name comes twice. */
  #next = 0
  #spent = 0

  constructor(host: Host, pattern: Pattern, how: How) {
    this.host = host
    this.pattern = pattern
    this.how = how
    this.#part = Math.max(1, Math.ceil(pattern.operations / PARTS))
  }

  async prepare(): Promise<void> {
    await this.#attempt(async () => {
      this.#session = await this.host.open()
      const { fill = 0, entries = 0 } = this.pattern
      await this.#run('prepare', 0, 1, this.host.preopen ?? 3)
      await this.#run('fd_write', 0, fill, 1 << 20)
      if (await this.#create(entries)) await this.#warmUp()
    })
  }

  async round(): Promise<void> {
    await this.#attempt(async () => {
      if (this.pattern.rewind) await this.#run('rewind', 0, 1, 0)
      const parts: number[] = []
      let ns = 0
      while (parts.length * this.#part < this.pattern.operations && ns < ROUND_BOUND * 1e9) {
        const part = await this.#step(this.#part)
        parts.push(part)
        ns += part
      }
      this.#rounds.push(parts)
      this.#spent += ns
      if (this.#spent > TOTAL_BOUND * 1e9) this.done = true
    })
  }

  async close(): Promise<Result> {
    this.done = true
    await this.#session?.close()
    this.#session = undefined
    const { name, per = 1 } = this.pattern
    const result = { pattern: name, host: this.host.name }
    if (this.#rounds.length === 0) return { ...result, ns: undefined, notes: this.#notes }
    const parts = Math.min(...this.#rounds.map((round) => round.length))
    const ns = this.#nanoseconds(parts) / (parts * this.#part * per)
    return { ...result, ns, notes: [...this.#notes, ...this.#cutShort(parts)] }
  }

  /** Of so many parts of a round. */
  #nanoseconds(parts: number): number {
    if (this.how.statistic === 'median') return median(this.#rounds.map((round) => sum(round.slice(0, parts))))
    return sum(range(parts).map((at) => Math.min(...this.#rounds.map((round) => round[at] as number))))
  }

  /** What is to be said of rounds that time ended after so many parts: nothing, where the cost is plainly the same all along. */
  #cutShort(parts: number): string[] {
    const { operations } = this.pattern
    if (parts * this.#part >= operations) return []
    const few = Math.ceil(parts / 4)
    const grown = median(this.#rounds.map((round) => sum(round.slice(parts - few, parts)) / sum(round.slice(0, few))))
    if (parts > 1 && grown < GROWTH_SAID) return []
    const said =
      `stopped after ${(parts * this.#part).toLocaleString('en')} of ${operations.toLocaleString('en')} operations, ` +
      `since a round may take ${ROUND_BOUND} s`
    return [said, ...(parts > 1 ? [`an operation got ${grown.toFixed(0)} times dearer on the way`] : [])]
  }

  /** Whether it got all entries made in time; it gives up early where they would plainly take too long. */
  async #create(entries: number): Promise<boolean> {
    let ns = 0
    for (let at = 0; at < entries; ) {
      const to = Math.min(at + 1000, entries)
      const part = await this.#run('create', at, to, 0)
      ns += part
      const rest = (ns / to) * (entries - to)
      at = to
      if (ns < SETUP_LOOK * 1e9 || ns + rest < SETUP_BOUND * 1e9) continue
      const done = `${at.toLocaleString('en')} of ${entries.toLocaleString('en')} files`
      this.#say(`had made ${done} after ${(ns / 1e9).toFixed(0)} s, the last at ${Math.round(part / 1e6)} us each`)
      this.done = true
      return false
    }
    return true
  }

  async #warmUp(): Promise<void> {
    const { operations, rewind, per = 1 } = this.pattern
    const start = performance.now()
    for (let part = 0; ; part++) {
      const ms = performance.now() - start
      const enough = ms > WARM_UP.ms && part * this.#part * per >= WARM_UP.operations
      if (enough || ms > WARM_UP.most) return
      if (rewind && (part * this.#part) % operations < this.#part) await this.#run('rewind', 0, 1, 0)
      await this.#step(this.#part)
    }
  }

  async #step(operations: number): Promise<number> {
    const from = this.#next
    this.#next += operations
    return this.#run(this.pattern.loop, from, this.#next, this.pattern.size ?? 0)
  }

  async #run(loop: string, from: number, to: number, size: number): Promise<number> {
    const { ns, errno } = await (this.#session as Session).time(loop, from, to, size)
    if (errno !== 0) throw new Error(errno === 255 ? `wrong answer in ${loop}` : `errno ${errno} in ${loop}`)
    return ns
  }

  async #attempt(action: () => Promise<void>): Promise<void> {
    if (this.done) return
    try {
      await action()
    } catch (error) {
      this.#say(error instanceof Error ? `${error.message.split('\n')[0]}` : String(error))
      this.done = true
    }
  }

  #say(note: string): void {
    if (!this.#notes.includes(note)) this.#notes.push(note)
  }
}

/** One result a host, in their order. For a host that crashed before it had one, what stands in for it is measured. */
export async function measure(pattern: Pattern, hosts: readonly Host[], how: How): Promise<Result[]> {
  const all = hosts.map((host) => new Turns(host, pattern, how))
  for (const turns of all) await turns.prepare()
  for (let round = 0; round < how.rounds; round++) {
    for (let at = 0; at < all.length; at++) {
      const turns = all[(at + round) % all.length] as Turns
      // So that no host pays for what another threw away.
      globalThis.gc?.({ type: 'minor' })
      await turns.round()
    }
  }
  const results: Result[] = []
  for (const turns of all) {
    const { host } = turns
    const result = await turns.close()
    const crashed = result.notes.some((note) => note.startsWith('crashed'))
    if (!crashed || result.ns !== undefined || host.fallback === undefined) {
      results.push(result)
      continue
    }
    const [second] = await measure(pattern, [host.fallback], how)
    if (second === undefined) continue
    const notes = [...result.notes, `the figure is that of ${host.fallback.name}`, ...second.notes]
    results.push({ ...second, host: host.name, notes })
  }
  return results
}
