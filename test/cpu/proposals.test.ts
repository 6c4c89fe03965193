/** What every proposal adds means after rewriting what it meant before. */

import { afterAll, describe, expect, it } from 'vitest'
import { type CpuOptions, FUEL } from '../../src/cpu/options.ts'
import { rewrite } from '../../src/cpu/rewrite.ts'
import { COLLECTED, COLLECTED_MODULE, NAN_32, NAN_64_HIGH, PROPOSALS } from './samples.ts'
import { ALL, closeEngine, compile, newEngineSays, noNewEngine, OFF, performAnywhere, type Step } from './support.ts'

afterAll(closeEngine)

/** With all that changes nothing here. */
const MODES: readonly CpuOptions[] = [
  ALL,
  { ...ALL, fuel: false },
  { ...ALL, coverage: true },
  { ...OFF, fuel: true },
  { ...OFF, nan: true, relaxedSimd: true },
]

async function expectSame(original: Uint8Array, steps: readonly Step[]): Promise<string[]> {
  const before = await performAnywhere(original, steps)
  for (const options of MODES) {
    const rewritten = rewrite(original, options)
    const fuel: Step[] = options.fuel ? [['set', FUEL, '100000000n']] : []
    const after = await performAnywhere(rewritten, [...fuel, ...steps])
    expect(after.slice(fuel.length)).toEqual(before)
  }
  expect(rewrite(original, OFF)).toEqual(original)
  return before
}

describe('what a module does stays', () => {
  it.each(PROPOSALS)('with %s', async (_, text, steps) => {
    const original = await compile(`(module ${text})`)
    if (!WebAssembly.validate(original) && noNewEngine() !== undefined) return
    const results = await expectSame(original, steps)
    expect(results).toHaveLength(steps.length)
  })
})

describe('garbage collection and typed references', () => {
  it.each(MODES)('do what they do, with canonical NaNs in fields (%o)', async (options) => {
    if (noNewEngine() !== undefined) return
    const rewritten = rewrite(COLLECTED_MODULE, options)
    for (const { name, gives } of COLLECTED) {
      for (const [args, expected] of gives) {
        if (!options.nan && (expected === NAN_32 || expected === NAN_64_HIGH)) continue
        if (options.memory === undefined && args[0] === 2000) continue
        const fuel: Step[] = options.fuel ? [['set', FUEL, '100000000n']] : []
        const steps: Step[] = name.startsWith('a call through')
          ? [['growth of a table of references without null', 2]]
          : []
        const after = gives
          .slice(
            0,
            gives.findIndex(([given]) => given === args),
          )
          .map(([given]): Step => [name, ...given])
        const results = await performAnywhere(rewritten, [...fuel, ...steps, ...after, [name, ...args]])
        expect([name, args, results.at(-1)]).toEqual([name, args, expected])
      }
    }
  })

  it('are valid before', async () => {
    if (noNewEngine() !== undefined) return
    expect(await newEngineSays(COLLECTED_MODULE)).toBe('valid')
    expect(rewrite(COLLECTED_MODULE, OFF)).toEqual(COLLECTED_MODULE)
  })
})
