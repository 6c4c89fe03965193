/** Readable records of calls, for `trace: 'records'`: kept as bytes while the guest runs, decoded when asked for. */

import type { Guest } from './hostcall/guest.ts'
import type { Recorder } from './hostcall/imports.ts'
import type { TraceRecord } from './run.ts'
import { RecordDecoder } from './trace_decode.ts'
import { CallLog, type CallPlan, planOf, TraceLog } from './trace_log.ts'

export class TraceRecorder {
  readonly #log: TraceLog
  readonly #decoder: RecordDecoder
  /** Of every call of every guest, by the numbers that records name them by. */
  readonly #plans: CallPlan[] = []

  /** `tick` is how long a call takes. */
  constructor(pid: number, tick: number) {
    this.#log = new TraceLog(tick)
    this.#decoder = new RecordDecoder(pid, tick, this.#plans)
  }

  /** The recorder for the calls that go through `guest`. Calls of one process do not overlap, so all share one log. */
  of(guest: Guest): Recorder {
    return {
      of: (signature) => {
        const plan = planOf(signature, guest.layout)
        return new CallLog(guest, this.#log, plan, this.#plans.push(plan) - 1)
      },
    }
  }

  /** All calls so far: always the same array, to which those are added that were made since it was asked for. */
  get records(): readonly TraceRecord[] {
    const decoder = this.#decoder
    this.#log.drain((page, at) => decoder.decode(page, at))
    return decoder.records
  }
}
