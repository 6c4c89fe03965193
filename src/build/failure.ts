/** Says of a step that failed how it ended, what it said, and what it may have lacked. */

import type { End } from '../run.ts'
import { BuildError } from './error.ts'
import type { Job, JobFailure } from './job.ts'
import { type Plan, writesOf } from './plan.ts'

/** Lines of what a step said that are shown, the last ones. */
const SHOWN = 20

export function describeFailure(job: Job, failure: JobFailure, plan: Plan): BuildError {
  const { recipe } = plan
  const place = { recipe, step: job.step }
  const said = saidBy(failure)
  const [missing] = failure.missing
  if (missing !== undefined) {
    const what = missing.endsWith('/') ? 'a directory with something in it' : 'a file'
    const problem = `it ended well, and wrote no ${missing}, which was to be ${what}${said}`
    return new BuildError('MISSING_OUTPUT', { ...place, file: missing }, problem)
  }
  const lacked = lackedBy(job, failure, plan)
  return new BuildError('STEP_FAILED', place, `${howItEnded(failure.end)}${lacked}${said}`)
}

function howItEnded(end: End | null): string {
  switch (end?.kind) {
    case undefined:
      return 'its module is a library: it has no "_start" to run'
    case 'exit':
      return `it failed with exit code ${end.code}`
    case 'signal':
      return `it was ended by signal ${end.signal} (${end.name})`
    case 'trap':
      return `it trapped: ${end.message}`
    case 'limit':
      return `it came to its limit of ${end.limit}: ${end.message}`
    case 'deadlock':
      return `it waits for what can never happen: ${end.message}`
  }
}

/** A file that it looked for, that there is, and that is not among its inputs. */
function lackedBy(job: Job, { sought }: JobFailure, plan: Plan): string {
  const seen = new Set(job.files.map(({ path }) => path))
  for (const path of sought) {
    if (seen.has(path)) continue
    const writer = plan.steps.find(({ step }) =>
      writesOf(step).some((output) => output === path || (output.endsWith('/') && path.startsWith(output))),
    )
    if (writer !== undefined && writer.step.name !== job.step) {
      return `; it looked for ${path}, which step ${JSON.stringify(writer.step.name)} writes: name it in "inputs"`
    }
    if (plan.loaded.sources.some((item) => item.path === path)) {
      return `; it looked for ${path}, which is a source: name it in "inputs"`
    }
  }
  return ''
}

function saidBy({ stdout, stderr }: JobFailure): string {
  const lines = `${stdout}${stderr}`.trim().split('\n')
  if (lines.length === 1 && lines[0] === '') return ''
  return `\n${lines.slice(-SHOWN).join('\n')}`
}
