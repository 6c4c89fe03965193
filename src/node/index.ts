/** The door to the host, for programs on Node: `vivarium/node`. */

export { type ReadCorpusOptions, readCorpus, writeCorpus } from './corpus_folder.ts'
export { checkExport, type ExportOptions, exportHost } from './export_host.ts'
export { nodeHashes } from './hashes.ts'
export { HostError, type HostErrorCode } from './host_error.ts'
export type { HostReport, LeftOut, LeftOutReason } from './host_report.ts'
export { type ImportOptions, importHost } from './import_host.ts'
export {
  type LoadedModule,
  type LoadOptions,
  type LoadProgress,
  loadModule,
  loadModuleWithBytes,
} from './load_module.ts'
export { defaultCacheDir } from './rewrite_cache.ts'
export { writeParts } from './write_file.ts'
