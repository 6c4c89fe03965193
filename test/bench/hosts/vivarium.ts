/** Vivarium as it is shipped: the built package, by its own name. */

import { Machine, type RunOptions, type TraceLevel } from 'vivarium'
import { loadGuest } from '../guest.ts'
import { bench, type Host, sessionOf } from './host.ts'

/** `name` is the column's; `limits` and `trace` as `machine.run` takes them. */
export function vivarium(name: string, trace: TraceLevel, limits: RunOptions['limits'] = {}): Host {
  return {
    name,
    open() {
      const run = new Machine().run(loadGuest(), { trace, limits, imports: { bench } })
      return sessionOf(run.exports, () => run.close())
    },
  }
}
