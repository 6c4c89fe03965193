/**
 * One run that is stopped at one call after the other, and others that go on from there: so a fault at the last of ten
 * thousand calls costs no more than one at the first.
 */

import { Alone } from '../../kernel/executor.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { GuestRun, type Prepared } from '../guest_run.ts'
import type { FaultPlan } from '../hostcall/faulty.ts'
import type { Outcome } from './outcome.ts'

/** What came of a run on a kernel, with that plan. */
type Conclude = (run: GuestRun, kernel: Kernel, plan: FaultPlan) => Outcome

export class Steps {
  readonly #kernel: Kernel
  readonly #conclude: Conclude
  readonly #run: GuestRun
  #hasBegun = false

  constructor(kernel: Kernel, prepared: Prepared, conclude: Conclude) {
    this.#kernel = kernel
    this.#conclude = conclude
    this.#run = new GuestRun(kernel, prepared)
  }

  /** Goes on to before the call with that number; whether it got there. Once it has not, it never will. */
  to(call: number): boolean {
    const run = this.#run
    if (!this.#hasBegun) run.start(new Alone(this.#kernel), call)
    else if (run.isStopped && run.calls + 1 < call) run.goOn(call)
    this.#hasBegun = true
    return run.isStopped && run.calls + 1 === call
  }

  /**
   * The run from here on with faults, to its end: what `Engine.run` gives with the same plan. `undefined` where it is not
   * to be had in this way: a trap, which says where in the module it was, the end of the engine's stack, or something
   * open of which there cannot be two. Preconditions: `to` got there.
   */
  run(plan: FaultPlan): Outcome | undefined {
    const fork = this.#run.fork(plan)
    if (fork === undefined) return undefined
    const { end } = fork.run
    if (end?.kind === 'trap' || (end?.kind === 'limit' && end.limit === 'stack')) return undefined
    return this.#conclude(fork.run, fork.kernel, plan)
  }
}
