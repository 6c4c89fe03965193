/** The command behind `npm run conformance`: finds the tests, runs each, prints what failed and how many passed. */

import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { differences, type Outcome } from './outcome.ts'
import type { Specification } from './specification.ts'
import { findTests, type Test } from './suite.ts'

const usage = `usage: npm run conformance -- [options] DIR

Runs the compiled preview1 tests of a wasi-testsuite checkout by the JSON files beside them.

  --filter TEXT  only tests that have TEXT in their suite/name
  --json FILE    also write all results to FILE
  --host HOST    vivarium (default), or node: node:wasi, for comparison
  --help         this text

exit status: 0 all passed, 1 some failed, 2 could not start`

/** Where the command writes: each call is one line without its end. */
export interface Console {
  readonly log: (line: string) => void
  readonly error: (line: string) => void
}

/** One test as `--json` tells it. */
interface Result {
  readonly suite: string
  readonly name: string
  readonly passed: boolean
  /** What differs from the specification. */
  readonly differences: readonly string[]
  /** Absent where the test could not be started. */
  readonly outcome?: Outcome
}

/** The command was called in a way that it cannot work with. */
class UsageError extends Error {}

/** Does what the arguments say and returns the exit status. */
export async function conformance(args: readonly string[], console: Console): Promise<0 | 1 | 2> {
  try {
    const options = readOptions(args)
    if (options === 'help') {
      console.log(usage)
      return 0
    }
    const tests = chooseTests(options.directory, options.filter)
    const host = await hosts[options.host]()
    const results = tests.map((test) => runTest(test, host, console))
    printSummary(results, console)
    if (options.json !== undefined) writeResults(options.json, results)
    return results.every((result) => result.passed) ? 0 : 1
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    console.error(`conformance: ${error.message}`)
    return 2
  }
}

type Host = (test: Test, specification: Specification) => Outcome

/** Loaded only when asked for, so that a comparison needs no working machine and the other way round. */
const hosts: { readonly [name in 'vivarium' | 'node']: () => Promise<Host> } = {
  vivarium: async () => (await import('./vivarium_host.ts')).runOnVivarium,
  node: async () => (await import('./node_host.ts')).runOnNode,
}

interface Options {
  readonly directory: string
  readonly filter: string
  readonly json: string | undefined
  readonly host: 'vivarium' | 'node'
}

function readOptions(args: readonly string[]): Options | 'help' {
  const { values, positionals } = parse(args)
  if (values.help) return 'help'
  const [directory, ...others] = positionals
  if (directory === undefined) throw new UsageError(`no DIR given\n\n${usage}`)
  if (others.length > 0) throw new UsageError(`one DIR is enough, but got also: ${others.join(' ')}`)
  const { host } = values
  if (host !== 'vivarium' && host !== 'node') throw new UsageError(`--host is vivarium or node, not '${host}'`)
  return { directory, filter: values.filter, json: values.json, host }
}

// Return type inferred: it is computed from the options.
function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        filter: { type: 'string', default: '' },
        json: { type: 'string' },
        host: { type: 'string', default: 'vivarium' },
        help: { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function chooseTests(directory: string, filter: string): Test[] {
  let tests: Test[]
  try {
    tests = findTests(directory)
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
  const chosen = tests.filter((test) => `${test.suite}/${test.name}`.includes(filter))
  if (chosen.length === 0) throw new UsageError(`none of the ${tests.length} tests has '${filter}' in its name`)
  return chosen
}

function runTest(test: Test, host: Host, console: Console): Result {
  const { suite, name, specification } = test
  if (typeof specification === 'string') {
    console.log(`FAILED ${suite}/${name}: ${specification}`)
    return { suite, name, passed: false, differences: [specification] }
  }
  const outcome = host(test, specification)
  const found = differences(specification, outcome)
  if (found.length > 0) {
    console.log(`FAILED ${suite}/${name}: ${found.join('; ')}`)
    for (const line of outcome.trace) console.log(`    ${line}`)
    for (const line of lastLines(outcome.stderr)) console.log(`    stderr: ${line}`)
  }
  return {
    suite,
    name,
    passed: found.length === 0,
    differences: found,
    outcome,
  }
}

/** The end of what the guest said on stderr: where a failed assertion names itself. */
function lastLines(text: string): string[] {
  return text
    .trimEnd()
    .split('\n')
    .slice(-4)
    .filter((line) => line !== '')
}

function printSummary(results: readonly Result[], console: Console): void {
  for (const suite of new Set(results.map((result) => result.suite))) {
    console.log(
      countLine(
        suite,
        results.filter((result) => result.suite === suite),
      ),
    )
  }
  console.log(countLine('total', results))
}

function countLine(title: string, results: readonly Result[]): string {
  const passed = results.filter((result) => result.passed).length
  return `${title}: ${passed} of ${results.length} passed`
}

function writeResults(path: string, results: readonly Result[]): void {
  const passed = results.filter((result) => result.passed).length
  const report = { passed, failed: results.length - passed, tests: results }
  try {
    writeFileSync(path, `${JSON.stringify(report, undefined, 2)}\n`)
  } catch (error) {
    throw new UsageError(`--json: ${(error as Error).message}`)
  }
}
