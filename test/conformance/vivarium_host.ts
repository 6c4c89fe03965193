/** Runs one test on a machine of its own. */

import { readFileSync } from 'node:fs'
import { formatRecord, Machine } from '../../src/index.ts'
import type { End } from '../../src/run.ts'
import type { Outcome } from './outcome.ts'
import type { Specification } from './specification.ts'
import { hostDirectory, readTree, type Test, type TreeEntries } from './suite.ts'

/** Far more calls than the longest test makes; some loop for ever when a preopen is not as they expect. */
const mostCalls = 100_000

/** How many of the last calls a failure shows. */
const tracedCalls = 8

export function runOnVivarium(test: Test, specification: Specification): Outcome {
  const files: TreeEntries = {}
  const preopens = specification.preopens.map(({ host, guest }) => {
    const path = guest === '/' ? '' : `/${guest}`
    Object.assign(files, readTree(hostDirectory(test, host), path))
    return { name: guest, path: path === '' ? '/' : path }
  })
  try {
    const machine = new Machine({
      seed: `${test.suite}/${test.name}`,
      image: 'empty',
      files,
    })
    const run = machine.run(new Uint8Array(readFileSync(test.file)), {
      args: [`${test.name}.wasm`, ...specification.args],
      env: specification.env,
      stdin: specification.stdin,
      preopens,
      trace: 'records',
      limits: { calls: mostCalls },
    })
    return {
      exitCode: run.exitCode,
      ended: run.exitCode === undefined ? describeEnd(run.end) : '',
      stdout: run.stdout.text(),
      stderr: run.stderr.text(),
      trace: run.trace.slice(-tracedCalls).map(formatRecord),
    }
  } catch (error) {
    // A guest must not be able to make the machine throw: whatever it is, it is this test's failure, not the runner's.
    const stack = error instanceof Error && error.stack !== undefined ? error.stack.split('\n') : [String(error)]
    return { exitCode: undefined, ended: `an exception: ${stack[0]}`, stdout: '', stderr: '', trace: stack.slice(1) }
  }
}

function describeEnd(end: End | undefined): string {
  switch (end?.kind) {
    case 'exit':
      return `exit code ${end.code}`
    case 'signal':
      return `signal ${end.name}`
    case 'trap':
      return `a trap: ${end.message}`
    case 'limit':
      return `limit '${end.limit}': ${end.message}`
    case 'deadlock':
      return `a deadlock: ${end.message}`
    case undefined:
      return 'no end: the module has no _start'
  }
}
