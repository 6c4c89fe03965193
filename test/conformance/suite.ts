/** Finds the compiled preview1 tests of a wasi-testsuite checkout and reads their roots; runs nothing. */

import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { basename, dirname, join, relative, sep } from 'node:path'
import { readSpecification, type Specification } from './specification.ts'

/** One compiled test. */
export interface Test {
  /** The name of the suite that it stands in, such as `rust`. */
  readonly suite: string
  /** The file's name without `.wasm`. */
  readonly name: string
  /** The module's path on the host. */
  readonly file: string
  /** What to run it with and to expect, or the message of why its JSON file says nothing that can be run. */
  readonly specification: Specification | string
}

/** What a directory of the host holds, by absolute guest path: bytes, an empty directory, or the text of a link. */
export type TreeEntries = {
  [path: string]: Uint8Array | null | { readonly symlink: string }
}

/** Folder names that say nothing about which suite a test belongs to. */
const layoutNames: readonly string[] = ['tests', 'testsuite', 'wasm32-wasip1']

/** Folders whose tests are for another system interface. */
const otherInterfaces: readonly string[] = ['wasm32-wasip2', 'wasm32-wasip3']

/**
 * All compiled tests below `directory`, sorted by suite and name.
 * Throws with a message for the user when the directory is missing or holds none.
 */
export function findTests(directory: string): Test[] {
  if (!existsSync(directory)) throw new Error(`${directory} does not exist; ${howToGetTests}`)
  if (!statSync(directory).isDirectory()) throw new Error(`${directory} is not a directory; ${howToGetTests}`)
  const tests: Test[] = []
  const pending = [directory]
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) {
        if (!entry.name.startsWith('.') && !otherInterfaces.includes(entry.name)) pending.push(path)
      } else if (entry.name.endsWith('.wasm')) {
        const name = basename(entry.name, '.wasm')
        tests.push({
          suite: suiteName(directory, folder),
          name,
          file: path,
          specification: specificationOf(path),
        })
      }
    }
  }
  if (tests.length === 0) throw new Error(`${directory} holds no compiled preview1 tests; ${howToGetTests}`)
  return tests.sort((a, b) => compareText(a.suite, b.suite) || compareText(a.name, b.name))
}

const howToGetTests =
  'give a checkout of https://github.com/WebAssembly/wasi-testsuite with compiled tests, such as its branch prod/testsuite-base'

/** The path from the checkout without the folders that every suite has; the checkout's own name where nothing is left. */
function suiteName(directory: string, folder: string): string {
  const parts = relative(directory, folder).split(sep)
  const telling = parts.filter((part) => part !== '' && !layoutNames.includes(part))
  return telling.length === 0 ? basename(directory) : telling.join('/')
}

function specificationOf(wasm: string): Specification | string {
  const path = `${wasm.slice(0, -'.wasm'.length)}.json`
  if (!existsSync(path)) return readSpecification('{}')
  const specification = readSpecification(readFileSync(path, 'utf8'))
  return typeof specification === 'string' ? `${basename(path)}: ${specification}` : specification
}

/** By code unit: the order must not depend on the host's locale. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** The directory on the host that a specification of `test` names. */
export function hostDirectory(test: Test, name: string): string {
  return join(dirname(test.file), name)
}

/** Whether a name is what an earlier run of the tests, by whatever runner, has left behind. */
export function isLitter(name: string): boolean {
  return name.endsWith('.cleanup')
}

/** Reads a directory of the host as entries below `prefix`, which is `''` for the guest's root; leaves out litter. */
export function readTree(directory: string, prefix: string): TreeEntries {
  const entries: TreeEntries = {}
  const pending = [{ host: directory, guest: prefix }]
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    if (folder.guest !== '') entries[folder.guest] = null
    for (const entry of readdirSync(folder.host, { withFileTypes: true })) {
      if (isLitter(entry.name)) continue
      const host = join(folder.host, entry.name)
      const guest = `${folder.guest}/${entry.name}`
      if (entry.isDirectory()) pending.push({ host, guest })
      else if (entry.isSymbolicLink()) entries[guest] = { symlink: readlinkSync(host) }
      else entries[guest] = new Uint8Array(readFileSync(host))
    }
  }
  return entries
}
