/** `npm run bench -- [what…]`: see the help text. Writes tables to stdout and what is going on to stderr. */

import { writeFileSync } from 'node:fs'
import { Command, InvalidArgumentError } from 'commander'
import { callsAsJson, formatCalls, measureCalls } from './calls.ts'
import { OURS, PEERS } from './hosts/index.ts'
import { patternsLike } from './patterns.ts'

const progress = (text: string): void => {
  process.stderr.write(`${text}\n`)
}

const calls = await measureCalls(patternsLike(process.argv[2] ?? ''), OURS, PEERS, Number(process.argv[3] ?? 5), progress)
console.log(formatCalls(calls))
