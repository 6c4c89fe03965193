/** Reports as files, and several of them as one: what shards found is what one process would have found. */

import { VivariumError } from '../error.ts'
import { distinct, type Finding, formatWorld } from './finding.ts'
import { DEFAULT_FINDINGS, type FuzzReport } from './fuzz.ts'
import type { SweepReport } from './sweep.ts'

/** A finding as JSON: the world is in the reproducer, and here as text. */
export interface ReportFinding extends Omit<Finding, 'world'> {
  readonly world: readonly string[]
}

/** A report as JSON. */
export interface ReportFile {
  readonly format: 'vivarium fuzz report'
  readonly version: 1
  /** The path and the digest of the guest. */
  readonly module: { readonly path?: string; readonly sha256: string }
  /** What was done: worlds drawn with a seed, or the cases of a sweep. */
  readonly kind: 'fuzz' | 'sweep'
  readonly seed?: number
  /** The shards that are in it, as `1/4`; absent for all of it. */
  readonly shards?: readonly string[]
  /** Most findings that it may have. */
  readonly maxFindings: number
  readonly runs: number
  /** Cases of the sweep. */
  readonly cases?: number
  readonly edges?: number
  readonly findings: readonly ReportFinding[]
}

/** A report as a file has it. */
export function reportFile(
  report: FuzzReport | SweepReport,
  about: Pick<ReportFile, 'module'> & { readonly shard?: string; readonly maxFindings?: number },
): ReportFile {
  const { module, shard, maxFindings = DEFAULT_FINDINGS } = about
  const isSweep = 'cases' in report
  return {
    format: 'vivarium fuzz report',
    version: 1,
    module,
    kind: isSweep ? 'sweep' : 'fuzz',
    ...(isSweep ? { cases: report.cases } : { seed: report.seed }),
    ...(shard === undefined ? {} : { shards: [shard] }),
    maxFindings,
    runs: report.runs,
    ...(!isSweep && report.edges !== undefined ? { edges: report.edges } : {}),
    findings: report.findings.map((finding) => ({ ...finding, world: formatWorld(finding.world) })),
  }
}

/** @throws VivariumError `BAD_RECORDING` for what is no report. */
export function checkReport(value: unknown): ReportFile {
  const report = (typeof value === 'object' && value !== null ? value : {}) as Partial<ReportFile>
  if (report.format !== 'vivarium fuzz report')
    throw new VivariumError('BAD_RECORDING', 'this is no report of "vivarium fuzz --json"')
  if (report.version !== 1) {
    throw new VivariumError(
      'BAD_RECORDING',
      `the report was made by a newer version (format ${report.version}; this reads 1): update vivarium`,
    )
  }
  if (!Array.isArray(report.findings) || typeof report.runs !== 'number' || typeof report.module?.sha256 !== 'string') {
    throw new VivariumError('BAD_RECORDING', 'the report is damaged: it has no findings, runs or module')
  }
  return report as ReportFile
}

/**
 * Several reports of one campaign as one: findings in the order of their indexes, each once, as the one that came first.
 * @throws VivariumError `OTHER_INPUT` for reports of other guests or campaigns, `BAD_OPTION` for none.
 */
export function mergeReports(reports: readonly ReportFile[]): ReportFile {
  const [first] = reports
  if (first === undefined) throw new VivariumError('BAD_OPTION', 'there are no reports to merge')
  for (const { module, kind, seed } of reports) {
    if (module.sha256 !== first.module.sha256) {
      const problem = `the reports are of different guests: sha256 ${first.module.sha256} and ${module.sha256}`
      throw new VivariumError('OTHER_INPUT', problem)
    }
    if (kind === first.kind && seed === first.seed) continue
    const problem = `the reports are of different campaigns: a ${first.kind} with seed ${first.seed} and a ${kind} with seed ${seed}`
    throw new VivariumError('OTHER_INPUT', problem)
  }
  const maxFindings = Math.max(...reports.map((report) => report.maxFindings))
  const edges = reports.flatMap((report) => report.edges ?? [])
  const shards = reports.flatMap((report) => report.shards ?? [])
  const isWhole = shards.length === 0 || areAll(shards)
  const merged = mergeFindings(
    reports.map(({ findings }) => findings),
    maxFindings,
  )
  const { shards: _, edges: __, ...rest } = first
  return {
    ...rest,
    ...(isWhole ? {} : { shards }),
    maxFindings,
    runs: reports.reduce((sum, { runs }) => sum + runs, 0),
    ...(first.cases === undefined ? {} : { cases: Math.max(...reports.map(({ cases = 0 }) => cases)) }),
    // Which edges they have in common is not known.
    ...(edges.length === 0 ? {} : { edges: Math.max(...edges) }),
    findings: isWhole ? distinct(merged) : merged,
  }
}

/** Whether shards are together the whole campaign: `1/3`, `2/3` and `3/3`. */
function areAll(shards: readonly string[]): boolean {
  const of = Number(shards[0]?.split('/')[1])
  const wanted = Array.from({ length: of }, (_, index) => `${index + 1}/${of}`)
  return shards.length === of && wanted.every((shard) => shards.includes(shard))
}

/** The findings of several shards as one process would have had them: of each the first, the first of all. */
export function mergeFindings<Each extends Pick<Finding, 'index' | 'key'>>(
  lists: readonly (readonly Each[])[],
  most: number,
): Each[] {
  const byKey = new Map<string, Each>()
  for (const finding of lists.flat()) {
    const before = byKey.get(finding.key)
    if (before === undefined || finding.index < before.index) byKey.set(finding.key, finding)
  }
  return [...byKey.values()].sort((a, b) => a.index - b.index).slice(0, most)
}
