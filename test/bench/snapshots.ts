/** Live snapshots of one machine, with a change before each. */

import { Machine, type Snapshot } from 'vivarium'
import { now } from './clock.ts'
import { entryPath, machineOf } from './machine_of.ts'

export const SNAPSHOTS = 'snapshots kept, one change each'

/** Inodes of the tree that is changed. */
const INODES = 10_000

let base: Snapshot | undefined

/** Makes n snapshots. They live as long as `kept` does. */
export function snapshots(n: number): { readonly ns: number; readonly kept: readonly Snapshot[] } {
  base ??= machineOf(INODES, 'create').snapshot()
  const machine = Machine.from(base)
  const kept: Snapshot[] = []
  globalThis.gc?.()
  const start = now()
  for (let i = 0; i < n; i++) {
    machine.fs.writeFileSync(entryPath(i % INODES), 'changed')
    kept.push(machine.snapshot())
  }
  return { ns: now() - start, kept }
}
