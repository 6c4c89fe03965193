/** `npm run bench -- [what…]`: see the help text. Tables go to stdout, what is going on to stderr. */

import { writeFileSync } from 'node:fs'
import { Command, InvalidArgumentError, Option } from 'commander'
import { type Calls, callsAsJson, formatCalls, measureCalls } from './calls.ts'
import { chartSvg } from './chart.ts'
import { type ClockKind, useClock } from './clock.ts'
import { formatCpu, measureCpu } from './cpu.ts'
import { formatForks, measureForks } from './fork.ts'
import { formatFuzz, measureFuzz } from './fuzz.ts'
import { type Curve, formatGrowth, measureGrowth, measureMap, measureSnapshots } from './growth.ts'
import { OURS, PEERS } from './hosts/index.ts'
import { vivarium } from './hosts/vivarium.ts'
import type { How, Statistic } from './measure.ts'
import { formatMemory, measureMemory } from './memory.ts'
import { NoSuchPattern, patternsLike } from './patterns.ts'
import { formatStates, measureStates } from './states.ts'
import { formatTrace, measureTrace } from './trace.ts'
import { formatWhole, measureWhole } from './whole.ts'

const PARTS = ['calls', 'growth', 'memory', 'fork', 'states', 'trace', 'cpu', 'whole', 'fuzz'] as const
type Part = (typeof PARTS)[number]

interface Options {
  readonly only: string
  readonly hosts: string
  readonly rounds: number
  readonly statistic: Statistic
  readonly clock?: ClockKind
  readonly peers: boolean
  readonly json?: string
  readonly chart?: string
}

const program = new Command('npm run bench --')
  .description(
    'Measures Vivarium, as built in dist/, beside other hosts of WASI preview1. ' +
      'On a machine with other things to do, take --statistic least.',
  )
  .argument('[what...]', `what to measure: ${PARTS.join(', ')}, or all of them as "all"`, ['calls'])
  .option('--only <text>', 'only the rows that have this text in their names', '')
  .option('--hosts <text>', 'only the peers that have this text in their names', '')
  .option('--rounds <n>', 'rounds in which the hosts take turns', wholeNumber, 9)
  .addOption(new Option('--statistic <which>', 'of the rounds').choices(['median', 'least']).default('median'))
  .addOption(
    new Option('--clock <which>', 'wall time or processor time; by default cpu for growth, else wall').choices([
      'wall',
      'cpu',
    ]),
  )
  .option('--peers', 'follow the growth of the peers too', false)
  .option('--json <file>', 'write the calls as [{ "pattern", "host", "ns" }]')
  .option('--chart <file>', 'draw the calls and the growth curves, as SVG')
  .parse()

try {
  await run(program.args.length > 0 ? program.args : ['calls'], program.opts<Options>())
} catch (error) {
  if (!(error instanceof NoSuchPattern)) throw error
  program.error(`error: ${error.message}`)
}

async function run(what: readonly string[], options: Options): Promise<void> {
  const parts = what.includes('all') ? PARTS : what.map(partOf)
  const { only, hosts, rounds, statistic } = options
  const peers = PEERS.filter(({ name }) => name.includes(hosts))
  const how: How = { rounds, statistic }
  let calls: Calls | undefined
  const curves: Curve[] = []
  for (const part of parts) {
    useClock(options.clock ?? (part === 'growth' ? 'cpu' : 'wall'))
    switch (part) {
      case 'calls':
        calls = await measureCalls(patternsLike(only), OURS, peers, how, progress)
        print(formatCalls(calls))
        break
      case 'growth': {
        const many = vivarium('vivarium', 'digest', { descriptors: 2_000_000 })
        for (const host of [many, ...(options.peers ? peers : [])]) {
          curves.push(...(await measureGrowth(host, only, progress)))
        }
        curves.push(...(await measureMap(only, progress)), ...(await measureSnapshots(only, progress)))
        print(formatGrowth(curves))
        break
      }
      case 'memory':
        print(formatMemory(measureMemory(progress)))
        break
      case 'fork':
        print(formatForks(measureForks(progress)))
        break
      case 'states':
        print(formatStates(measureStates(progress)))
        break
      case 'trace':
        print(formatTrace(await measureTrace(only, how, progress)))
        break
      case 'cpu':
        print(formatCpu(measureCpu(only, how, progress)))
        break
      case 'whole':
        print(formatWhole(await measureWhole(only, rounds, progress)))
        break
      case 'fuzz':
        print(formatFuzz(await measureFuzz(only, rounds, progress)))
        break
    }
  }
  if (options.json !== undefined && calls !== undefined) {
    writeFileSync(options.json, `${JSON.stringify(callsAsJson(calls), undefined, 2)}\n`)
  }
  if (options.chart !== undefined) writeFileSync(options.chart, await chartSvg(calls, curves))
}

function partOf(text: string): Part {
  const part = PARTS.find((name) => name === text)
  if (part !== undefined) return part
  return program.error(`error: there is no ${JSON.stringify(text)} to measure; there is ${PARTS.join(', ')}`)
}

function wholeNumber(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new InvalidArgumentError('It has to be a whole number of at least 1.')
}

function print(text: string): void {
  process.stdout.write(`${text}\n\n`)
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`)
}
