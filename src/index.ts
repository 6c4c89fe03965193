/** The public names of `vivarium`, and nothing else. */

export type { Effect, FaultRule } from '../kernel/fault.ts'
export { formatFaults } from '../kernel/fault.ts'
export type { Change, Field, Side } from '../vfs/diff.ts'
export { Errno } from '../vfs/errno.ts'
export { FormatError } from '../vfs/formats/error.ts'
export type { Hash, Hashes, HashName } from '../vfs/hash.ts'
export type { Epoch } from '../vfs/instant.ts'
export type { Quota } from '../vfs/limits.ts'
export type { NodeFs } from '../vfs/node_fs.ts'
export { type Entry, ExportError, exportTree, type Files, ImportError } from '../vfs/tree.ts'
export { formatChange } from './change_text.ts'
export { type CompileOptions, compile } from './compile.ts'
export type { Cpu, CpuSettings, Watching } from './cpu/settings.ts'
export { Difference, type DiffOptions, diff, type HasTree } from './diff.ts'
export { VivariumError, type VivariumErrorCode } from './error.ts'
export { Machine, type Stage } from './machine.ts'
export type {
  Limits,
  MachineOptions,
  Preopen,
  RunOptions,
  Sink,
  SocketPeer,
  Stdin,
  TimeBy,
  TimelineOptions,
  TraceLevel,
} from './options.ts'
export {
  type BytesId,
  checkRecording,
  type RecordedModule,
  type RecordedOptions,
  type RecordedResult,
  type Recording,
  type Replay,
  type ReplayInputs,
  record,
  replay,
} from './recording.ts'
export type { Comparison, End, Output, Run, TraceRecord, Wait } from './run.ts'
export type { Snapshot } from './snapshot.ts'
export {
  type NamedSnapshot,
  readSnapshot,
  readSnapshots,
  snapshotParts,
  writeSnapshot,
  writeSnapshots,
} from './snapshot_file.ts'
export type { DescriptorState, Moment } from './timeline.ts'
export { type TimelinePageOptions, timelinePage } from './timeline_page.ts'
export { type Parting, traceDiff } from './trace_diff.ts'
export { formatRecord } from './trace_format.ts'
