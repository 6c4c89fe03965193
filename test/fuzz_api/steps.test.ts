/** Runs that begin at a call of another run come to what they come to from the start. */

import { describe, expect, it } from 'vitest'
import { type Effect, type FaultRule, Faults } from '../../kernel/fault.ts'
import { Engine } from '../../src/fuzz/execute.ts'
import type { Outcome, World } from '../../src/fuzz/index.ts'
import { execute, sweep } from '../../src/fuzz/index.ts'
import type { FaultPlan } from '../../src/hostcall/faulty.ts'
import { Machine } from '../../src/index.ts'
import { EIO, ENOSPC } from '../../vfs/errno.ts'
import { compileFile } from '../support/compile.ts'

const BASE = { files: { '/input': 'some input\n', '/dir/a': 'a', '/dir/b': 'b' }, seed: 'steps' }
const WORLDS: { readonly [name: string]: World } = {
  'goes on whatever fails': { args: ['steps'], stdin: 'one\ntwo\n', env: { A: 'b' } },
  'traps where a call fails': { args: ['steps', 'checked'], stdin: 'x' },
  'has files of its own': { files: { '/input': 'other', '/work/there': 'x' }, epoch: '2020-02-02T00:00:00Z' },
}
const EFFECTS: readonly { readonly effect: Effect; readonly on: boolean }[] = [
  { effect: { kind: 'errno', errno: EIO }, on: false },
  { effect: { kind: 'errno', errno: ENOSPC }, on: true },
  { effect: { kind: 'short', bytes: 1 }, on: true },
]
const bytes = compileFile('fuzz_api/steps.c')

/** The plan that does something to one call by its number. */
function planFor(rule: FaultRule, call: number): FaultPlan {
  return { faults: new Faults([rule]), from: call, cut: () => undefined }
}

/** All of an outcome that a property can see but the trace. */
function seen({ end, run, stdout, stderr, machine, before, exitCode }: Outcome): unknown {
  const { calls, fuelUsed, faults } = run
  return {
    ...{ end, exitCode, calls, fuelUsed, faults, stdout: stdout.text(), stderr: stderr.text() },
    state: machine.snapshot().stateDigest,
    before: before.stateDigest,
  }
}

function engineOf(options = {}): Engine {
  return new Engine(bytes, { base: new Machine(BASE), ...options })
}

describe('a run that begins at a call of another', () => {
  it.each(Object.keys(WORLDS))('comes to the same, where it %s', (name) => {
    const world = WORLDS[name] as World
    const engine = engineOf()
    const calls = engine.run(world, { trace: 'records' }).trace
    expect(calls.length).toBeGreaterThan(40)
    const steps = engine.steps(world)
    if (steps === undefined) throw new Error('the guest cannot be stopped')
    let traps = 0
    for (const { call, index } of calls) {
      expect(steps.to(index)).toBe(true)
      for (const { effect, on } of EFFECTS) {
        const rule: FaultRule = { call, nth: 1, on, effect }
        const whole = engine.run(world, { plan: () => planFor(rule, index) })
        const outcome = steps.run(planFor(rule, index))
        if (outcome === undefined) {
          expect(whole.end?.kind).toBe('trap')
          traps++
        } else expect(seen(outcome)).toEqual(seen(whole))
      }
    }
    expect(steps.to(calls.length + 1)).toBe(false)
    expect(traps > 0).toBe(name === 'traps where a call fails')
  })

  it('tells its calls as the whole run does', () => {
    const engine = engineOf()
    const world = WORLDS['goes on whatever fails'] as World
    const steps = engine.steps(world)
    const rule: FaultRule = { nth: 1, on: false, effect: { kind: 'errno', errno: EIO } }
    expect(steps?.to(9)).toBe(true)
    const outcome = steps?.run(planFor(rule, 9))
    const whole = engine.run(world, { plan: () => planFor(rule, 9), trace: 'records' })
    expect(outcome?.trace.length).toBe(whole.trace.length)
    expect(outcome?.diff().changes.length).toBe(whole.diff().changes.length)
  })

  it('ends at the limits where the whole run does', () => {
    const world = WORLDS['goes on whatever fails'] as World
    const { calls, fuelUsed = 0 } = engineOf().run(world).run
    for (const options of [{ limits: { calls: calls - 5 } }, { fuel: fuelUsed - 200 }, { limits: { output: 10 } }]) {
      const engine = engineOf(options)
      const steps = engine.steps(world)
      const rule: FaultRule = { call: 'fd_seek', nth: 99, on: false, effect: { kind: 'errno', errno: EIO } }
      expect(steps?.to(12)).toBe(true)
      const outcome = steps?.run(planFor(rule, 12))
      const whole = engine.run(world, { plan: () => planFor(rule, 12) })
      expect(whole.end?.kind).toBe('limit')
      expect(outcome && seen(outcome)).toEqual(seen(whole))
    }
  })

  it('is what a sweep with many cases is made of, which finds the same as its plans do', () => {
    const world = WORLDS['traps where a call fails'] as World
    const report = sweep(bytes, { base: new Machine(BASE), world, maxFindings: 1000 })
    expect(report.cases).toBeGreaterThan(500)
    expect(report.findings.length).toBeGreaterThan(10)
    for (const { kind, world: failing } of report.findings) {
      const { end } = execute(bytes, failing, { base: new Machine(BASE) })
      expect(end?.kind).toBe(kind)
    }
  })
})
