/**
 * The clock of the benchmark. Wall time is what a user waits for, but on a machine with other things to do a run that is
 * longer than the scheduler's slice is measured with whatever ran in between, and a shorter one is not. The processor
 * time of the whole process does not have that; it counts the threads that compile and collect garbage, too.
 */

export type ClockKind = 'wall' | 'cpu'

/** Child processes take after the one that started them. */
const VARIABLE = 'VIVARIUM_BENCH_CLOCK'

let kind: ClockKind = process.env[VARIABLE] === 'cpu' ? 'cpu' : 'wall'

/** From now on, here and in processes started from here. */
export function useClock(which: ClockKind): void {
  kind = which
  process.env[VARIABLE] = which
}

/** Nanoseconds since some moment. */
export function now(): number {
  if (kind === 'wall') return performance.now() * 1e6
  const { user, system } = process.cpuUsage()
  return (user + system) * 1000
}
