/** What differs between what two cells say of a task. */

import type { Outcome, Report } from './plan.ts'

/** The row of one task: what each cell said of it. */
export interface Row {
  readonly name: string
  readonly reports: readonly Report[]
}

/**
 * A mark for each cell of a row: `=` where it is as in the first cell that knows all that the module uses, `-` where
 * the cell does not, else the names of what differs.
 */
export function marksOf(reports: readonly Report[]): string[] {
  const first = reports.find(({ kind }) => kind !== 'invalid')
  return reports.map((report) => {
    if (report.kind === 'invalid') return '-'
    if (report.kind === 'failed') return 'failed'
    return first?.kind === 'ran' ? differences(first.outcome, report.outcome).join('+') || '=' : '='
  })
}

export function differences(a: Outcome, b: Outcome): string[] {
  return (Object.keys(a) as (keyof Outcome)[]).filter((key) => a[key] !== b[key])
}

export function isDifferent(mark: string): boolean {
  return mark !== '=' && mark !== '-'
}
