/** The real programs, rewritten to be deterministic, do what they do as they are: call by call and byte for byte. */

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { compile, Machine } from '../../src/index.ts'
import { loadGuest } from '../support/guests.ts'
import { filesOf, GUEST_JOBS, type GuestJob } from './jobs.ts'

const compiled = new Map<string, WebAssembly.Module>()

/** Compiled once for each cpu. */
function moduleOf(path: string, cpu: 'engine' | 'strict'): WebAssembly.Module {
  const key = `${cpu} ${path}`
  const module = compiled.get(key) ?? compile(readFileSync(path), { cpu })
  compiled.set(key, module)
  return module
}

function outcome(job: GuestJob, cpu: 'engine' | 'strict'): unknown {
  const { path } = loadGuest(job.guest)
  const machine = new Machine({ cpu, files: filesOf(job) })
  const { args, env = {}, stdin = '', output } = job
  const run = machine.run(moduleOf(path, cpu), { args, env, stdin })
  const { end, calls, traceDigest } = run
  const bytes = output === undefined ? run.stdout.bytes : machine.fs.readFileSync(output)
  return { end, calls, traceDigest, stderr: run.stderr.text(), bytes: Buffer.from(bytes).toString('latin1') }
}

describe('a real program under cpu strict', () => {
  it.each(GUEST_JOBS.map((job) => [job.name, job] as const))('%s as it does under the engine', (_, job) => {
    const [engine, strict] = [outcome(job, 'engine'), outcome(job, 'strict')]
    expect(strict).toEqual(engine)
    expect((engine as { end: { kind: string } }).end.kind).toBe('exit')
  })
})
