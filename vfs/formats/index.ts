/** Trees in and out of archives: `vivarium/formats`. */

export { type Hash, type Hashes, type HashName, pureHashes } from '../hash.ts'
export { type Format, FormatError } from './error.ts'
export { type GitReadOptions, type GitReport, readGit } from './git_read.ts'
export {
  type CommitInfo,
  type GitCommit,
  type GitHistoryOptions,
  type GitPart,
  type GitWriteOptions,
  gitHistory,
  gitParts,
  gitRepository,
} from './git_write.ts'
export { type NarWriteOptions, narChunks, readNar, writeNar } from './nar.ts'
export type { OciConfig } from './oci_json.ts'
export { type OciReadOptions, type OciReport, readOciLayout } from './oci_read.ts'
export { type OciLayout, type OciWriteOptions, writeOciLayout } from './oci_write.ts'
export type { LeftOut, ReadOptions, ReadReport, WriteOptions } from './options.ts'
export { readTar } from './tar_read.ts'
export { tarChunks, writeTar } from './tar_write.ts'
export { readZip } from './zip_read.ts'
export { writeZip, zipChunks } from './zip_write.ts'
