/** One line of the matrix: a call, what it answers, and when; and how such lines become tests. */

import { describe, it } from 'vitest'
import type { CallName } from '../../../../src/abi/signatures.ts'
import { Hostcalls, type HostcallsOptions } from '../../../support/hostcalls.ts'

/**
 * "`call` gives `errno` when `when`". The test makes the call through wasm and looks at the answer; that nothing but
 * what the call documents has changed in memory, and nothing at all where it failed, is seen to by `Hostcalls`.
 */
export interface Case {
  readonly call: CallName
  /** The errno's name; `ESUCCESS`; or `ENDED` where the call does not return, since the run ends in it. */
  readonly errno: string
  /** The rest of the sentence; see `sentenceOf`. */
  readonly when: string
  /** The machine and the run to make the call in. */
  readonly options?: HostcallsOptions
  readonly test: (h: Hostcalls) => void
}

/** Makes one test of each line, grouped by call. `also` is set for all machines and runs, whatever the lines say. */
export function describeMatrix(cases: readonly Case[], also: HostcallsOptions = {}): void {
  for (const call of new Set(cases.map((line) => line.call))) {
    describe(`${call}()`, () => {
      for (const line of cases.filter((other) => other.call === call)) {
        it(sentenceOf(line), () => {
          const h = new Hostcalls({ ...line.options, ...also, run: { ...line.options?.run, ...also.run } })
          h.expecting(line.call, line.errno, () => line.test(h))
        })
      }
    })
  }
}

/** As `path_open gives ENOENT when …`; where it succeeds, `when` says what it does: `path_open opens …`. */
export function sentenceOf({ call, errno, when }: Case): string {
  if (errno === 'ESUCCESS') return `${call} ${when}`
  return errno === 'ENDED' ? `${call} ends the run when ${when}` : `${call} gives ${errno} when ${when}`
}
