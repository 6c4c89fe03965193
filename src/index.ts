/** The public names of `vivarium`, and nothing else. */

export { Errno } from '../vfs/errno.ts'
export type { Epoch } from '../vfs/instant.ts'
export type { Quota } from '../vfs/limits.ts'
export type { NodeFs } from '../vfs/node_fs.ts'
export { type Entry, ExportError, exportTree, type Files, ImportError } from '../vfs/tree.ts'
export { compile } from './compile.ts'
export type { Cpu, CpuSettings } from './cpu/settings.ts'
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
  TraceLevel,
} from './options.ts'
export type { End, Output, Run, TraceRecord, Wait } from './run.ts'
export type { Snapshot } from './snapshot.ts'
export { formatRecord } from './trace_format.ts'
