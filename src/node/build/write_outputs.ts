/** Writes what a build made to its folder, all of it or nothing, and the documents about it. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeUtf8 } from '../../../vfs/bytes.ts'
import { Filesystem } from '../../../vfs/filesystem.ts'
import { type Entry, importTree } from '../../../vfs/tree.ts'
import { BuildError } from '../../build/error.ts'
import type { NamedOutput } from '../../build/lock.ts'
import { BUILD_TYPE, type Statement } from '../../build/provenance.ts'
import { checkExport, exportHost } from '../export_host.ts'
import { HostError } from '../host_error.ts'
import { quote } from '../host_names.ts'
import { writeParts } from '../write_file.ts'

/** The name of the statement among the outputs. */
export const PROVENANCE = 'provenance.json'

/**
 * Whether a build may write to `folder`: it is not there yet, is empty, or was written by a build, as its statement says.
 * With `replace` whatever is in it goes. @throws HostError `REFUSED`.
 */
export function checkOutFolder(folder: string, replace: boolean): void {
  checkExport(folder)
  if (replace || !existsSync(folder) || readdirSync(folder).length === 0) return
  if (isWrittenByBuild(folder)) return
  const problem = `the folder ${quote(folder)} has something in it that no build wrote: empty it, name another, or give --replace`
  throw new HostError('REFUSED', folder, problem)
}

function isWrittenByBuild(folder: string): boolean {
  try {
    const statement = JSON.parse(readFileSync(join(folder, PROVENANCE), 'utf8')) as Statement
    return statement.predicate.buildDefinition.buildType === BUILD_TYPE
  } catch {
    return false
  }
}

/**
 * Writes the outputs and the statement. What was in the folder before is there as before where that fails.
 * @throws HostError as `exportHost`; BuildError `CLASH` for an output with the statement's name.
 */
export function writeOutputs(
  folder: string,
  outputs: readonly NamedOutput[],
  provenance: Statement,
  bytesOf: (sha256: string) => Uint8Array,
): void {
  const files: { [path: string]: Entry | string | null } = {}
  for (const { name, item } of outputs) {
    if (name === PROVENANCE) {
      const problem = `outputs: ${PROVENANCE} is what the statement about the build is called: give it another name`
      throw new BuildError('CLASH', { file: item.path }, problem)
    }
    if ('link' in item) files[`/${name}`] = { symlink: item.link }
    else if ('directory' in item) files[`/${name}`] = null
    else files[`/${name}`] = { data: bytesOf(item.sha256), executable: item.executable === true }
  }
  files[`/${PROVENANCE}`] = documentOf(provenance)
  const fs = new Filesystem({ bytes: 2 ** 40, inodes: 2 ** 30, entries: 2 ** 30 })
  importTree(fs, files, { sec: 0, nsec: 0 })
  exportHost(fs, '/', folder, { replace: true, times: false })
}

/** Writes a document as JSON that people can read and compare. @throws HostError; then the old one is there. */
export async function writeDocument(file: string, value: unknown): Promise<void> {
  await writeParts(file, [encodeUtf8(documentOf(value))])
}

function documentOf(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}
