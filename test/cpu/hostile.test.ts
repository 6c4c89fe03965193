/**
 * Broken modules: truncated, with bits turned over, with parts cut out or put in twice. Each is refused with an error
 * that says so, or rewritten; and what an engine takes before, it takes after.
 */

import { afterAll, describe, expect, it } from 'vitest'
import type { CpuOptions } from '../../src/cpu/options.ts'
import { rewrite } from '../../src/cpu/rewrite.ts'
import { VivariumError } from '../../src/error.ts'
import { compileFile } from '../support/compile.ts'
import { SEED } from '../support/property.ts'
import { COLLECTED_MODULE, PROPOSALS } from './samples.ts'
import { ALL, closeEngine, compile, inNewEngine, noNewEngine, OFF } from './support.ts'

afterAll(closeEngine)

/** A small generator, so that 10,000 modules are a function of the seed. */
class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 up to `count`, without it. */
  below(count: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((this.#state / 2 ** 32) * count)
  }
}

type Break = (bytes: Uint8Array, random: Random) => Uint8Array

/** A place after the header: without that nothing else is looked at. */
const place = (bytes: Uint8Array, random: Random) => 8 + random.below(bytes.length - 8)

function turn(bytes: Uint8Array, random: Random): Uint8Array {
  const out = bytes.slice()
  const at = place(out, random)
  out[at] = (out[at] as number) ^ (1 << random.below(8))
  return out
}

const joined = (...parts: readonly Uint8Array[]) => Uint8Array.from(Buffer.concat(parts))

const BREAKS: { readonly [name: string]: Break } = {
  truncated: (bytes, random) => bytes.slice(0, random.below(bytes.length)),
  'with one bit turned over': turn,
  'with bits turned over': (bytes, random) => turn(turn(turn(bytes, random), random), random),
  'with other bytes': (bytes, random) => {
    const out = bytes.slice()
    const at = place(out, random)
    for (let left = 1 + random.below(4); left > 0; left--) out[(at + left) % out.length] = random.below(256)
    return out
  },
  'with a part cut out': (bytes, random) => {
    const at = place(bytes, random)
    return joined(bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(8)))
  },
  'with a part put in twice': (bytes, random) => {
    const at = place(bytes, random)
    return joined(bytes.subarray(0, at), bytes.subarray(at - random.below(9)))
  },
  'with a number that is as large as can be': (bytes, random) => {
    const at = place(bytes, random)
    return joined(bytes.subarray(0, at), Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f), bytes.subarray(at + 1))
  },
}

const OPTIONS: readonly CpuOptions[] = [
  ALL,
  { ...OFF, nan: true },
  { ...OFF, stack: 100_000 },
  { ...OFF, fuel: true },
  { ...ALL, fuel: false },
  { ...ALL, coverage: true, comparisons: true },
]

/** `VIVARIUM_MODULES=100000` breaks more of them, `VIVARIUM_SEED` in other ways. */
const COUNT = Number(process.env.VIVARIUM_MODULES ?? 10_000)

/** Why a module that is valid may be refused. */
const MAY_REFUSE = [
  /^memory\.atomic\.wait/,
  /^the instruction 0x[0-9a-f ]+ is not known/,
  /is reserved for the machine$/,
  /^to tell its \d+ edges the module needs a memory/,
]

async function samples(): Promise<Uint8Array[]> {
  const small = await Promise.all(PROPOSALS.map(([, text]) => compile(`(module ${text})`)))
  return [...small, COLLECTED_MODULE, compileFile('purity/guest.c'), compileFile('guests/pipeline/filter.c')]
}

describe('a broken module', () => {
  let valids = 0

  it.each(Object.entries(BREAKS))('is refused as such, or rewritten to what is no worse: %s', async (_, breaks) => {
    const modules = await samples()
    const random = new Random(SEED)
    let refused = 0
    let valid = 0
    for (let index = 0; index < COUNT / Object.keys(BREAKS).length; index++) {
      const bytes = breaks(modules[random.below(modules.length)] as Uint8Array, random)
      const options = OPTIONS[random.below(OPTIONS.length)] as CpuOptions
      const takes = WebAssembly.validate(bytes)
      let rewritten: Uint8Array | undefined
      try {
        rewritten = rewrite(bytes, options)
      } catch (error) {
        if (!(error instanceof VivariumError)) throw new Error(describeBytes(bytes, options), { cause: error })
        refused++
        if (takes && !MAY_REFUSE.some((reason) => reason.test(error.message)))
          throw new Error(describeBytes(bytes, options), { cause: error })
      }
      if (!takes) continue
      valid++
      if (rewritten !== undefined && !WebAssembly.validate(rewritten)) throw new Error(describeBytes(bytes, options))
    }
    expect(refused).toBeGreaterThan(100)
    valids += valid
  })

  it('is valid often enough for the above to mean something', () => {
    expect(valids).toBeGreaterThan(300)
  })

  it('is as valid as before in an engine with every proposal', async () => {
    if (noNewEngine() !== undefined) return
    const modules = (await samples()).filter((bytes) => bytes.length < 2_000)
    const random = new Random(SEED + 1)
    const breaks = Object.values(BREAKS)
    const pairs: { readonly before: string; readonly after: string; readonly error: string }[] = []
    for (let index = 0; index < 5_000; index++) {
      const change = breaks[random.below(breaks.length)] as Break
      const bytes = change(modules[random.below(modules.length)] as Uint8Array, random)
      let after = new Uint8Array(0)
      let error = ''
      try {
        after = Uint8Array.from(rewrite(bytes, OPTIONS[random.below(OPTIONS.length)] as CpuOptions))
      } catch (thrown) {
        if (!(thrown instanceof VivariumError)) throw thrown
        error = thrown.message
      }
      pairs.push({ before: base64(bytes), after: base64(after), error })
    }
    const worse = await inNewEngine<typeof pairs>(`(() => {
      const takes = (text) => WebAssembly.validate(Uint8Array.from(atob(text), (char) => char.charCodeAt(0)))
      return ${JSON.stringify(pairs)}.filter(({ before, after }) => takes(before) && !takes(after))
    })()`)
    expect(worse.filter(({ error }) => !MAY_REFUSE.some((reason) => reason.test(error)))).toEqual([])
  })
})

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

/** All that is needed to see it again. */
function describeBytes(bytes: Uint8Array, options: CpuOptions): string {
  return `${JSON.stringify(options)} ${base64(bytes)}`
}
