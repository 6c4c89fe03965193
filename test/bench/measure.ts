/**
 * Times one pattern on many hosts: each gets a guest of its own, is warmed up, and then they take turns, so that what
 * slows the machine down for a while slows all of them. Wall time; the median of the rounds counts, and the minimum is
 * kept for whoever wants to know what was noise. Everything has a bound, since some hosts are quadratic.
 */

import type { Host, Session } from './hosts/host.ts'
import type { Pattern } from './patterns.ts'
import { median } from './statistics.ts'

/** What one host did with one pattern. */
export interface Result {
  readonly pattern: string
  readonly host: string
  /** Nanoseconds an operation, the median of the rounds; `undefined` when it has none to show. */
  readonly ns: number | undefined
  /** The least of the rounds. */
  readonly least: number | undefined
  /** What is to be said of it, such as how it failed. */
  readonly notes: readonly string[]
}

export interface Bounds {
  /** Seconds that making what the pattern needs may take. */
  readonly setup: number
  /** Seconds that one round may take. */
  readonly round: number
  /** Seconds that all rounds of a host may take. */
  readonly total: number
}

const BOUNDS: Bounds = { setup: 30, round: 1.5, total: 6 }
/** Nanoseconds that a host runs before the first round, so that the engine has compiled what it will. */
const WARM_UP = 250e6
/** A round is run in so many parts, between which time is looked at. */
const PARTS = 16

/** How often a host may get dearer from the first part of a round to the last before it is said. */
const GROWTH_SAID = 3

/** The turns that one host takes. */
class Turns {
  readonly host: Host
  readonly pattern: Pattern
  readonly bounds: Bounds
  readonly rounds: number[] = []
  readonly notes: string[] = []
  /** Nothing more is to be asked of it. */
  done = false
  #session: Session | undefined
  /** The next operation: they are never repeated, so that no name comes twice. */
  #next = 0
  #spent = 0

  constructor(host: Host, pattern: Pattern, bounds: Bounds) {
    this.host = host
    this.pattern = pattern
    this.bounds = bounds
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
      const { operations, rewind, per = 1 } = this.pattern
      if (rewind) await this.#run('rewind', 0, 1, 0)
      const part = Math.max(1, Math.ceil(operations / PARTS))
      let count = 0
      let ns = 0
      let first = 0
      let last = 0
      while (count < operations && ns < this.bounds.round * 1e9) {
        last = (await this.#step(part)) / part
        if (count === 0) first = last
        ns += last * part
        count += part
      }
      this.rounds.push(ns / count / per)
      this.#spent += ns
      const grown = last / first
      if (count < operations) {
        const said = `stopped after ${count.toLocaleString('en')} of ${operations.toLocaleString('en')} operations`
        this.#say(`${said}, since a round may take ${this.bounds.round} s`)
        if (grown > GROWTH_SAID) this.#say(`an operation got ${grown.toFixed(0)} times dearer on the way`)
      }
      if (this.#spent > this.bounds.total * 1e9) this.done = true
    })
  }

  async close(): Promise<Result> {
    this.done = true
    await this.#session?.close()
    this.#session = undefined
    const { rounds, notes } = this
    const known = rounds.length > 0
    return {
      pattern: this.pattern.name,
      host: this.host.name,
      ns: known ? median(rounds) : undefined,
      least: known ? Math.min(...rounds) : undefined,
      notes,
    }
  }

  /** Whether it got all entries made in time. */
  async #create(entries: number): Promise<boolean> {
    let ns = 0
    for (let at = 0; at < entries; at += 1000) {
      ns += await this.#run('create', at, Math.min(at + 1000, entries), 0)
      if (ns > this.bounds.setup * 1e9) {
        const count = `${(at + 1000).toLocaleString('en')} of ${entries.toLocaleString('en')}`
        this.#say(`had made ${count} files after ${this.bounds.setup} s`)
        this.done = true
        return false
      }
    }
    return true
  }

  async #warmUp(): Promise<void> {
    const { operations, rewind } = this.pattern
    const part = Math.max(1, Math.ceil(operations / PARTS))
    let count = 0
    for (let ns = 0; ns < WARM_UP; ) {
      if (rewind && count % operations === 0) await this.#run('rewind', 0, 1, 0)
      ns += await this.#step(part)
      count = (count + part) % operations
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
    if (!this.notes.includes(note)) this.notes.push(note)
  }
}

/** One result a host, in their order. For a host that crashed before it had one, what stands in for it is measured. */
export async function measure(
  pattern: Pattern,
  hosts: readonly Host[],
  rounds: number,
  bounds: Bounds = BOUNDS,
): Promise<Result[]> {
  const all = hosts.map((host) => new Turns(host, pattern, bounds))
  for (const turns of all) await turns.prepare()
  for (let round = 0; round < rounds; round++) {
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
    const [second] = await measure(pattern, [host.fallback], rounds, bounds)
    if (second === undefined) continue
    const notes = [...result.notes, `the figure is that of ${host.fallback.name}`, ...second.notes]
    results.push({ ...second, host: host.name, notes })
  }
  return results
}
