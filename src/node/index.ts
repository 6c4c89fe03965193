/** The door to the host, for programs on Node: `vivarium/node`. */

export { checkExport, type ExportOptions, exportHost } from './export_host.ts'
export { HostError, type HostErrorCode } from './host_error.ts'
export type { HostReport, LeftOut, LeftOutReason } from './host_report.ts'
export { type ImportOptions, importHost } from './import_host.ts'
export { type LoadOptions, type LoadProgress, loadModule } from './load_module.ts'
export { defaultCacheDir } from './rewrite_cache.ts'
