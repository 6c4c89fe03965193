/** A guest that is compiled as `short` does what it does otherwise, however it ends, and the next run begins anew. */

import { afterEach, describe, expect, it } from 'vitest'
import { UNWIND_STATE } from '../../../src/cpu/options.ts'
import { type CompileOptions, compile, Machine, type Run, type RunOptions } from '../../../src/index.ts'
import { compileFile } from '../../support/compile.ts'
import { fc } from '../../support/property.ts'

const bytes = compileFile('src/machine/short_guest.c')
const HOWS = ['', 'exit', 'at once', 'abort', 'trap', 'signal', 'writes', 'calls', 'waits', 'loops'] as const
const KINDS: { readonly [how: string]: string } = {
  '': 'exit 0',
  exit: 'exit 41',
  'at once': 'exit 42',
  abort: 'trap',
  trap: 'trap',
  signal: 'signal',
  writes: 'limit output',
  calls: 'limit calls',
  loops: 'limit fuel',
}
const OPTIONS: RunOptions = { limits: { calls: 200, output: 3000 }, fuel: 100_000 }

function kindOf({ end }: Run): string {
  switch (end?.kind) {
    case 'exit':
      return `exit ${end.code}`
    case 'limit':
      return `limit ${end.limit}`
    default:
      return String(end?.kind)
  }
}

/** All that can be seen of a run; of a trap not where in the module it was. */
function seen(machine: Machine, run: Run): unknown {
  const { end, calls, fuelUsed, stdout, stderr, traceDigest } = run
  const told = end?.kind === 'trap' ? { kind: end.kind, message: end.message } : end
  const state = machine.snapshot().stateDigest
  return { end: told, calls, fuelUsed, stdout: stdout.text(), stderr: stderr.text(), traceDigest, state }
}

const Native = WebAssembly.Instance
afterEach(() => {
  WebAssembly.Instance = Native
})

describe('a guest that is compiled as short', () => {
  const compiled = (options: CompileOptions = {}) => compile(bytes, { fuel: true, ...options })

  it('is one that can leave without an exception', () => {
    const has = (module: WebAssembly.Module): boolean =>
      WebAssembly.Module.exports(module).some(({ name }) => name === UNWIND_STATE)
    expect([has(compiled({ short: true })), has(compiled())]).toEqual([true, false])
  })

  it.each(Object.keys(KINDS))('ends as it ends otherwise: %j', (how) => {
    const run = new Machine({ cpu: 'strict' }).run(compiled({ short: true }), { ...OPTIONS, args: ['x', how] })
    expect(kindOf(run)).toBe(KINDS[how])
  })

  it.each(['off', 'digest', 'records'] as const)('does the same from run to run, with the trace %s', (trace) => {
    const modules = [compiled(), compiled({ short: true })]
    const step = fc.record({
      how: fc.constantFrom(...HOWS),
      code: fc.integer({ min: 0, max: 255 }),
      calls: fc.constantFrom(200, 200, 3, 7),
    })
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
        const machines = modules.map(() => new Machine({ seed: 'short', cpu: 'strict' }))
        for (const { how, code, calls } of steps) {
          const options = { ...OPTIONS, limits: { calls, output: 3000 }, trace, args: ['x', how, String(code)] }
          const [plain, short] = machines.map((machine, index) =>
            seen(machine, machine.run(modules[index] as WebAssembly.Module, options)),
          )
          expect(short).toEqual(plain)
        }
      }),
      { numRuns: 40 },
    )
  })

  it('takes over the instance of the run before, however that ended in a call', () => {
    const module = compiled({ short: true })
    const machine = new Machine({ cpu: 'strict' })
    const end = (how: string): void => void machine.run(module, { ...OPTIONS, args: ['x', how] })
    end('')
    let count = 0
    WebAssembly.Instance = class extends Native {
      constructor(of: WebAssembly.Module, imports?: WebAssembly.Imports) {
        super(of, imports)
        count++
      }
    }
    for (const how of ['exit', 'at once', 'signal', 'writes', 'calls', 'exit']) end(how)
    expect(count).toBe(0)
  })
})
