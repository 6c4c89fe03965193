/** Machines with many files in them, made by the guest as any guest would. */

import { Machine } from 'vivarium'
import { type Loop, loadGuest } from './guest.ts'
import { bench } from './hosts/host.ts'

/** A machine whose directory `/d` has n files or directories. */
export function machineOf(n: number, loop: 'create' | 'make_directory'): Machine {
  const machine = new Machine()
  const run = machine.run(loadGuest(), { trace: 'off', imports: { bench } })
  for (const [name, to, size] of [
    ['prepare', 1, 3],
    [loop, n, 0],
  ] as const) {
    const errno = (run.exports[name] as Loop)(0, to, size)
    if (errno !== 0) throw new Error(`${name}: errno ${errno}`)
  }
  run.close()
  return machine
}

/** The path of the i-th file of `/d`, as guest.c makes it. */
export function entryPath(i: number): string {
  return `/d/${(Math.imul(i, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0')}`
}

/** What is alive, heap and buffers, after a collection. @throws Error without `--expose-gc`. */
export function bytesAlive(): number {
  if (globalThis.gc === undefined) throw new Error('bytes can only be counted under node --expose-gc')
  globalThis.gc()
  globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
