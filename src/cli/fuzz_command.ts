/** `vivarium fuzz`: a campaign over worker threads, its progress, and what it found; `fuzz merge`. */

import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MessageChannel } from 'node:worker_threads'
import { Tinypool } from 'tinypool'
import { distinct, type Finding, formatFinding } from '../fuzz/finding.ts'
import {
  coverageReport,
  type FuzzReport,
  formatCoverage,
  lcov,
  minimizeCorpus,
  type Progress,
  type SweepReport,
  type World,
} from '../fuzz/index.ts'
import { checkReport, mergeFindings, mergeReports, type ReportFile, reportFile } from '../fuzz/merge.ts'
import { LINE_MAX } from '../fuzz/reproducer.ts'
import { VivariumError } from '../index.ts'
import { readCorpus, writeCorpus } from '../node/corpus_folder.ts'
import { quote } from '../node/host_names.ts'
import { HostError } from '../node/index.ts'
import { FuzzProgress } from './fuzz_progress.ts'
import { type FuzzArguments, prepareFuzz, readModule } from './fuzz_setup.ts'
import type { FuzzTask } from './fuzz_worker.ts'
import { withHost } from './host_files.ts'
import { say, writeOut } from './standard_streams.ts'

/** This file's own ending: `.ts` from source, `.js` once it is built. */
const WORKER = fileURLToPath(new URL(`./fuzz_worker${extname(fileURLToPath(import.meta.url))}`, import.meta.url))
const DEFAULT_FINDINGS = 20

/** 1 where something was found. @throws HostError, VivariumError for what the user gave. */
export async function fuzzCommand(path: string, args: readonly string[], options: FuzzArguments): Promise<number> {
  // All that can be wrong is said here; the workers do the same once more.
  const setup = await prepareFuzz(path, args, options)
  const { parallel = 1, shard = { index: 0, of: 1 }, maxFindings = DEFAULT_FINDINGS } = options
  const flag = new SharedArrayBuffer(4)
  const stop = (): void => void Atomics.store(new Int32Array(flag), 0, 1)
  process.once('SIGINT', stop)
  const progress = new FuzzProgress(parallel, process.stderr)
  const deadline = options.minutes === undefined ? Number.POSITIVE_INFINITY : Date.now() + options.minutes * 60_000
  const pool = new Tinypool({ filename: WORKER, minThreads: parallel, maxThreads: parallel })
  let reports: (FuzzReport | SweepReport)[]
  try {
    reports = await Promise.all(
      Array.from({ length: parallel }, (_, worker) => {
        const { port1, port2 } = new MessageChannel()
        port1.on('message', (each: Progress) => progress.update(worker, each))
        const own = { index: shard.index + shard.of * worker, of: shard.of * parallel }
        const task: FuzzTask = { path, args, options, shard: own, flag, deadline, port: port2 }
        return pool.run(task, { transferList: [port2] }) as Promise<FuzzReport | SweepReport>
      }),
    )
  } finally {
    process.removeListener('SIGINT', stop)
    progress.stop()
    await pool.destroy()
  }
  const all = mergeFindings(
    reports.map((each) => each.findings),
    maxFindings,
  )
  const findings = options.shard === undefined ? distinct(all) : all
  if (options.corpus !== undefined) writeCorpus(options.corpus, reports.flatMap(corpusOf))
  const sum = together(reports, findings)
  if (options.lcov !== undefined) writeLcov(options.lcov, setup.bytes, sum)
  if (options.json === true) {
    const module = { path, sha256: createHash('sha256').update(setup.bytes).digest('hex') }
    const about = options.shard === undefined ? {} : { shard: `${shard.index + 1}/${shard.of}` }
    writeOut(`${JSON.stringify(reportFile(sum, { module, maxFindings, ...about }), undefined, 2)}\n`)
  } else tell(sum, progress, options)
  return findings.length === 0 ? 0 : 1
}

/** The reports of all workers as one. */
function together(
  reports: readonly (FuzzReport | SweepReport)[],
  findings: readonly Finding[],
): FuzzReport | SweepReport {
  const runs = reports.reduce((total, each) => total + each.runs, 0)
  const [first] = reports as readonly [FuzzReport | SweepReport]
  if ('cases' in first) {
    const sweeps = reports as readonly SweepReport[]
    const most = (name: 'cases' | 'cuts' | 'points'): number => Math.max(...sweeps.map((each) => each[name]))
    return { ...first, runs, findings, cases: most('cases'), cuts: most('cuts'), points: most('points') }
  }
  const coverage = coverageOf(reports)
  if (coverage === undefined) return { ...first, runs, findings }
  return { ...first, runs, findings, coverage, edges: coverage.reduce((sum, word) => sum + ones(word), 0) }
}

/** The edges that any worker has reached. */
function coverageOf(reports: readonly (FuzzReport | SweepReport)[]): Uint32Array | undefined {
  const sets = reports.flatMap((each) => ('coverage' in each && each.coverage !== undefined ? [each.coverage] : []))
  if (sets.length === 0) return undefined
  const union = new Uint32Array(Math.max(...sets.map(({ length }) => length)))
  for (const set of sets)
    set.forEach((word, index) => {
      union[index] = (union[index] as number) | word
    })
  return union
}

function ones(word: number): number {
  let count = 0
  for (let left = word; left !== 0; left = (left & (left - 1)) >>> 0) count++
  return count
}

/** What was reached by line, where the guest says which lines it has, else by function. */
function writeLcov(file: string, bytes: Uint8Array, report: FuzzReport | SweepReport): void {
  const { coverage } = report as FuzzReport
  if (coverage === undefined) return
  const text = lcov(bytes, coverage)
  withHost(`--lcov ${file}`, file, 'written', () =>
    writeFileSync(file, text ?? formatCoverage(coverageReport(bytes, coverage))),
  )
  if (text === undefined)
    say(`${quote(file)} tells what was reached by function, since the guest has no lines: build it with -g`)
}

function corpusOf(report: FuzzReport | SweepReport): readonly World[] {
  return 'corpus' in report ? (report.corpus ?? []) : []
}

function tell(report: FuzzReport | SweepReport, progress: FuzzProgress, { artifacts = '.' }: FuzzArguments): void {
  for (const finding of report.findings) {
    const { reproducer, index } = finding
    let file: string | undefined
    if (reproducer.length > LINE_MAX) {
      file = join(artifacts, `finding-${index}.viv1`)
      const place = file
      withHost(`--artifacts ${artifacts}`, place, 'written', () => writeFileSync(place, `${reproducer}\n`))
    }
    writeOut(`${formatFinding(finding, file)}\n\n`)
  }
  const { runs, findings } = report
  const found = findings.length === 1 ? '1 finding' : `${findings.length} findings`
  const what =
    'cases' in report
      ? `${report.calls} calls, ${report.cases} cases (${report.errnos} errnos, ${report.shorts} short counts, ${report.cuts} power cuts)`
      : `seed ${report.seed}${report.edges === undefined ? '' : `, ${report.edges} edges`}`
  say(`${found} in ${runs} runs, ${progress.seconds.toFixed(1)} s: ${what}`)
}

export interface FuzzMergeArguments {
  readonly out: string
  /** Of corpora: the guest, so that only worlds are kept that add something. */
  readonly module?: string
}

/** `vivarium fuzz merge`. @throws HostError, VivariumError. */
export async function fuzzMergeCommand(sources: readonly string[], options: FuzzMergeArguments): Promise<number> {
  const missing = sources.find((source) => !existsSync(source))
  const example = 'as in: vivarium fuzz merge shard-1.json shard-2.json -o all.json'
  if (missing !== undefined)
    throw new HostError(
      'NOT_FOUND',
      missing,
      `there is nothing at ${quote(missing)}; give reports or corpora, ${example}`,
    )
  const folders = sources.filter((source) => statSync(source).isDirectory())
  if (folders.length > 0 && folders.length < sources.length) {
    throw new HostError(
      'WRONG_KIND',
      folders[0] as string,
      `reports are joined to a report, and corpora to a corpus: do not mix files and folders, ${example}`,
    )
  }
  if (folders.length > 0) {
    const worlds = sources.flatMap((source) => readCorpus(source))
    const { module } = options
    writeCorpus(options.out, module === undefined ? worlds : minimizeCorpus(readModule(module), worlds).worlds)
    say(`${readCorpus(options.out).length} worlds in ${quote(options.out)}`)
    return 0
  }
  const merged = mergeReports(sources.map(readReport))
  withHost(`-o ${options.out}`, options.out, 'written', () =>
    writeFileSync(options.out, `${JSON.stringify(merged, undefined, 2)}\n`),
  )
  say(`${merged.findings.length} findings in ${merged.runs} runs`)
  return merged.findings.length === 0 ? 0 : 1
}

function readReport(file: string): ReportFile {
  const text = withHost(file, file, 'read', () => readFileSync(file, 'utf8'))
  try {
    return checkReport(JSON.parse(text))
  } catch (error) {
    if (!(error instanceof VivariumError || error instanceof SyntaxError)) throw error
    const problem =
      error instanceof SyntaxError ? 'this is no report of "vivarium fuzz --json": it is no JSON' : error.message
    throw new HostError('WRONG_KIND', file, `${quote(file)}: ${problem}`, error)
  }
}
