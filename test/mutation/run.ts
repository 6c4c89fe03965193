/** `npm run mutate -- [--only TEXT…] [--jobs N]`: puts each fault of the list into a copy of the tree and runs the tests. */

import { Command, InvalidArgumentError } from 'commander'
import { lineOf, type Mutant, mutants } from './mutants.ts'
import { type Outcome, Workplace } from './workplace.ts'

type Verdict = 'caught' | 'SURVIVED' | 'STALE' | 'BROKEN'

const { only, jobs } = new Command('npm run mutate --')
  .description(
    'Says which faults of test/mutation the tests notice. Exit code 1 where one survives or the list is stale.',
  )
  .option('--only <text...>', 'only the faults that have one of these texts in their file, text or rule', [''])
  .option('--jobs <n>', 'how many are tried side by side, each in a copy of its own', wholeNumber, 1)
  .allowExcessArguments(false)
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .parse()
  .opts<{ readonly only: readonly string[]; readonly jobs: number }>()

const chosen = mutants.filter(({ file, find, put, rule }) =>
  only.some((part) => [file, find, put, rule].some((text) => text.includes(part))),
)
if (chosen.length === 0) {
  console.error(`no fault has ${only.map((text) => JSON.stringify(text)).join(' or ')} in its file, text or rule`)
  process.exit(2)
}
const workplaces = Array.from({ length: Math.min(jobs, chosen.length) }, () => new Workplace())
process.on('exit', () => {
  for (const workplace of workplaces) workplace.remove()
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1))

const started = Date.now()
await checkUnchanged(workplaces[0] as Workplace)
const verdicts: Verdict[] = []
const queue = chosen.entries()
await Promise.all(workplaces.map(tryAll))
summarize()

/** The tests pass without a fault, and every mutant names tests that there are; else all that follows says nothing. */
async function checkUnchanged(workplace: Workplace): Promise<void> {
  const files = [...new Set(chosen.flatMap(({ tests }) => tests))].sort()
  console.log(`${count(files.length, 'test file')} without a fault …`)
  const outcome = await workplace.run(files)
  const failed = outcome.tested.find(({ passed }) => !passed)
  if (!outcome.passed || failed !== undefined) {
    console.error(failed === undefined ? outcome.output : `${failed.file}: ${failed.name}`)
    console.error('the tests fail without any fault: make them pass first')
    process.exit(1)
  }
  const unnamed = chosen.filter(({ tests, named }) => {
    const names = outcome.tested.filter(({ file }) => tests.includes(file)).map(({ name }) => name)
    return !names.some((name) => new RegExp(named ?? '').test(name))
  })
  for (const { rule, tests, named } of unnamed)
    console.error(`STALE: ${rule}: no test of ${tests} has the name ${named}`)
  if (unnamed.length > 0) process.exit(1)
  console.log(`… pass: ${count(outcome.tested.length, 'test')} in ${seconds(started)}\n`)
}

async function tryAll(workplace: Workplace): Promise<void> {
  for (const [index, mutant] of queue) {
    const start = Date.now()
    const outcome = await workplace.try(mutant)
    const [verdict, why] = judge(outcome)
    verdicts.push(verdict)
    const where = `${mutant.file}:${lineOf(workplace.read(mutant.file), mutant)}`
    console.log(`${`${index + 1}/${chosen.length}`.padStart(9)}  ${verdict.padEnd(8)}  ${seconds(start)}  ${where}`)
    console.log(`           ${mutant.rule}\n           ${why}`)
    if (verdict === 'SURVIVED') console.log(indented(changeOf(mutant)))
  }
}

function judge(outcome: Outcome | { readonly stale: string }): readonly [Verdict, string] {
  if ('stale' in outcome) return ['STALE', outcome.stale]
  const failed = outcome.tested.find(({ passed }) => !passed)
  if (failed !== undefined) return ['caught', `by ${failed.file}: ${failed.name}`]
  if (outcome.hung) return ['caught', 'by a test that does not end']
  if (outcome.passed) return ['SURVIVED', `${count(outcome.tested.length, 'test')} passed`]
  return ['BROKEN', `no test failed, yet they did not pass:\n${outcome.output}`]
}

function summarize(): void {
  const of = (verdict: Verdict): number => verdicts.filter((other) => other === verdict).length
  const folders = new Set(chosen.map(({ file }) => file.slice(0, file.lastIndexOf('/') + 1)))
  console.log(
    `\n${count(chosen.length, 'fault')} in ${[...folders].join(', ')}: ${of('caught')} caught, ` +
      `${of('SURVIVED')} survived, ${of('STALE')} stale, ${of('BROKEN')} broken; ${seconds(started)}`,
  )
  process.exitCode = of('caught') === chosen.length ? 0 : 1
}

function changeOf({ find, put }: Mutant): string {
  const lines = (text: string, sign: string): string[] =>
    text
      .replace(/\n$/, '')
      .split('\n')
      .map((line) => sign + line)
  return [...lines(find, '- '), ...(put === '' ? [] : lines(put, '+ '))].join('\n')
}

function indented(text: string): string {
  return text.replace(/^/gm, '             ')
}

function count(n: number, what: string): string {
  return `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`
}

function seconds(since: number): string {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('give a whole number from 1 up')
  return Number(text)
}
