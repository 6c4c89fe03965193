/**
 * `npm run fuzz -- [--minutes N] [--seed S] [--workers N] [--only node-fs|wasi|fire]`
 *
 * Runs on for N minutes (default 1) with a progress line, and ends with a summary; its exit status is 1 if anything
 * failed. The same seed gives the same batches in the same order for each suite, however many processes run them.
 */

import { type FuzzOptions, optionsOf, USAGE } from './arguments.ts'
import { Campaign } from './campaign.ts'
import { corpusLine } from './corpus.ts'
import type { Failure, SuiteName } from './suite.ts'

const UNITS: { readonly [name in SuiteName]: string } = { 'node-fs': 'operations', wasi: 'calls', fire: 'calls' }
/** Milliseconds between two progress lines: on a terminal the line is written over. */
const EVERY = process.stderr.isTTY ? 500 : 10_000

try {
  process.exitCode = await fuzz(optionsOf(process.argv.slice(2)))
} catch (error) {
  if (!(error instanceof TypeError)) throw error
  console.error(`${error.message}\n${USAGE}`)
  process.exitCode = 2
}

async function fuzz({ minutes, seed, workers, suites }: FuzzOptions): Promise<number> {
  const campaign = new Campaign({ seed, workers, suites, onFailure: report })
  const started = performance.now()
  const progress = (): void => {
    const counts = [...campaign.counts].map(
      ([name, { programs, operations }]) => `${name} ${said(programs)} programs ${said(operations)} ${UNITS[name]}`,
    )
    const line = [clock(performance.now() - started), ...counts, `${campaign.failures} failures`].join(' | ')
    process.stderr.write(process.stderr.isTTY ? `\r${line}\x1b[K` : `${line}\n`)
  }
  const ticking = setInterval(progress, EVERY)
  const ending = setTimeout(() => campaign.end(), minutes * 60_000)
  process.once('SIGINT', () => campaign.end())
  await campaign.run()
  clearInterval(ticking)
  clearTimeout(ending)
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')

  console.log(`seed ${seed}, ${workers} processes, ${clock(performance.now() - started)}`)
  for (const [name, { batches, programs, operations, failures, time }] of campaign.counts) {
    const made = `${said(programs)} programs, ${said(operations)} ${UNITS[name]}`
    console.log(`${name.padEnd(8)} ${made}, ${failures} failures, in ${batches} batches of ${clock(time)} together`)
  }
  return campaign.failures > 0 ? 1 : 0
}

/** Tells of a failure, and gives the line that makes it a test. */
function report(suite: SuiteName, { seed, path, fault, program, text }: Failure): void {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  console.log(`\n${suite} failed: seed ${seed}${path === '' ? '' : `, path ${path}`}\n${fault}\n`)
  if (text !== '') console.log(`${text}\n`)
  if (program === null) return
  const note = fault.split('\n')[0] ?? ''
  console.log(
    `This line in test/fuzz/corpus.jsonl makes it a test:\n${corpusLine({ suite, note, seed, path, program })}\n`,
  )
}

/** Minutes and seconds. */
function clock(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

function said(count: number): string {
  return count.toLocaleString('en')
}
