/**
 * `vivarium/fuzz`: guests tested as functions are, with fast-check (a peer dependency). The names, and nothing else.
 *
 *     import fc from 'fast-check'
 *     import { argv, formatFinding, fuzz, guestProperty, survives, sweep, world } from 'vivarium/fuzz'
 *
 *     // As any property of fast-check, in vitest, node:test or alone; `wasm` are the bytes of the guest.
 *     const worlds = world({ args: argv({ program: 'sort' }) })
 *     fc.assert(guestProperty(wasm, { world: worlds, property: ({ exitCode }) => exitCode === 0 }))
 *
 *     // As a campaign, whose findings are data.
 *     const { findings } = fuzz(wasm, { world: worlds, runs: 10_000, seed: 1, faults: 'random' })
 *     for (const finding of findings) console.error(formatFinding(finding))
 *
 *     // Each call with each fault, and the power cut at each point; then `sort --check` has to find what was said saved.
 *     const recovery = { args: ['sort', '--check'] }
 *     const swept = sweep(wasm, { world: { args: ['sort', '/a'], files: { '/a': 'x' } }, oracle: survives({ recovery }) })
 */

export { type ArgvConstraints, argv } from './arbitrary/argv.ts'
export { type CorpusConstraints, corpus, type MutateConstraints, mutate } from './arbitrary/bytes.ts'
export { type EnvConstraints, env } from './arbitrary/env.ts'
export { type FaultPlanConstraints, faultPlan } from './arbitrary/fault_plan.ts'
export { type FileTreeConstraints, fileTree, type PathConstraints, path } from './arbitrary/file_tree.ts'
export { type EpochConstraints, epoch, type StdinConstraints, seed, stdin } from './arbitrary/inputs.ts'
export { type WorldConstraints, world } from './arbitrary/world.ts'
export type { Campaign, Guidance, GuidedCampaign, GuidedOptions, Progress, Shard } from './campaign.ts'
export { type CorpusFile, corpusFile, corpusWorld, minimizeCorpus } from './corpus.ts'
export {
  type CoverageReport,
  coverageReport,
  type FunctionCoverage,
  formatCoverage,
  type LcovOptions,
  lcov,
} from './coverage_report.ts'
export { DwarfError } from './dwarf_lines.ts'
export { execute } from './execute.ts'
export { type Finding, formatFinding } from './finding.ts'
export { assertFuzz, type FuzzReport, fuzz, guestProperty } from './fuzz.ts'
export { mergeReports, type ReportFile, reportFile } from './merge.ts'
export type {
  BadEnd,
  CheckOptions,
  FuzzOptions,
  GuestOptions,
  Persistence,
  SearchOptions,
  SweepOptions,
} from './options.ts'
export type { Bench, Oracle, PowerCut } from './oracle.ts'
export {
  type AgreesOptions,
  type Answer,
  agreesWith,
  deterministic,
  idempotent,
  independentOfListing,
  noLeftoverTemporaryFiles,
  noWritesOutside,
  roundTrip,
  type SurvivesOptions,
  survives,
} from './oracles.ts'
export type { Failure, Outcome, Property } from './outcome.ts'
export { formatReproducer, parseReproducer, type Reproducer, type ReproducerModule } from './reproducer.ts'
export { type SweepReport, sweep } from './sweep.ts'
export type { World, WorldFiles } from './world.ts'
