/**
 * Reads all that a recipe takes from this host, once, before any step: what the steps are given afterwards are these
 * bytes, by their digests. Nothing is read later.
 */

import { readFileSync, statSync } from 'node:fs'
import { relative, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { byteString, contentBytes, decodeLatin1, encodeUtf8 } from '../../../vfs/bytes.ts'
import { FormatError } from '../../../vfs/formats/error.ts'
import { exportTree, type Files } from '../../../vfs/tree.ts'
import { BuildError } from '../../build/error.ts'
import { filterOf, leadsInto, patternOf } from '../../build/glob.ts'
import { type ArchiveFormat, type Blob, byPath, digestOfJson, type Placed, type Tree } from '../../build/job.ts'
import type { Loaded, LoadedTool, Origin } from '../../build/plan.ts'
import type { Filter, FromFolder, HostFile, Recipe, Source, Tool } from '../../build/recipe.ts'
import { toolsOf } from '../../build/rules.ts'
import { placed, unpack } from '../../build/world.ts'
import { Machine } from '../../machine.ts'
import { isSnapshotFile } from '../../snapshot_file.ts'
import { nodeHashes } from '../hashes.ts'
import { HOST, type HostCalls } from '../host_calls.ts'
import { errnoOf, HostError, reasonOf } from '../host_error.ts'
import type { LeftOutReason } from '../host_report.ts'
import { importHost } from '../import_host.ts'
import { resolveFile } from './packages.ts'
import { sha256Of } from './store.ts'

/** What was read: the digests for the plan, and the bytes. */
export interface Inputs {
  readonly loaded: Loaded
  readonly bytes: Map<string, Uint8Array>
  /** The files and folders of this host that were read, for who wants to know. */
  readonly hostPaths: readonly string[]
}

/** @throws BuildError `MISSING_INPUT`, `OTHER_DIGEST`, `CLASH`; HostError for what cannot be read. */
export async function loadInputs(recipe: Recipe, name: string, folder: string): Promise<Inputs> {
  const loader = new Loader(name, folder)
  const tools: { [name: string]: LoadedTool } = {}
  for (const [tool, what] of Object.entries(toolsOf(recipe))) tools[tool] = await loader.tool(tool, what)
  const sources = new Map<string, Placed>()
  for (const [at, source] of Object.entries(recipe.sources ?? {})) {
    for (const item of await loader.source(plainPath(at, name), source)) {
      if (sources.has(item.path)) {
        throw new BuildError('CLASH', { recipe: name, file: item.path }, `sources: ${item.path} comes from two sources`)
      }
      sources.set(item.path, item)
    }
  }
  const { bytes, origins, hostPaths } = loader
  return { loaded: { tools, sources: [...sources.values()].sort(byPath), origins }, bytes, hostPaths }
}

/** As much as the host has memory for: it is the user's own. */
const ROOM = { bytes: 2 ** 40, inodes: 2 ** 30, entries: 2 ** 30 }
const CONTENTLESS: ReadonlySet<LeftOutReason> = new Set(['fifo', 'socket', 'device'])

class Loader {
  readonly bytes: Map<string, Uint8Array> = new Map()
  readonly origins: Origin[] = []
  readonly hostPaths: string[] = []
  readonly #recipe: string
  readonly #folder: string
  readonly #files = new Map<string, Blob>()

  constructor(recipe: string, folder: string) {
    this.#recipe = recipe
    this.#folder = folder
  }

  async tool(name: string, { module, trees = {} }: Tool): Promise<LoadedTool> {
    const { path, sha256 } = fileOf(module)
    const blob = this.#readFile(path, sha256, `tool ${JSON.stringify(name)}`)
    this.origins.push({ from: path, as: name, sha256: blob.sha256 })
    const loaded: Tree[] = []
    for (const [at, source] of Object.entries(trees)) loaded.push(await this.#tree(plainPath(at, this.#recipe), source))
    return { module: blob, trees: loaded }
  }

  /** The files of a source, each at its place. */
  async source(at: string, source: Source): Promise<Placed[]> {
    const what = this.#look(source)
    const takes = filterOf(what.include, what.exclude)
    if ('file' in what) {
      const blob = this.#readFile(what.file, what.sha256, `sources: ${at}`)
      this.origins.push({ from: what.file, as: at, sha256: blob.sha256 })
      return [{ path: at, ...blob }]
    }
    if ('archive' in what) {
      const blob = this.#readFile(what.archive, what.sha256, `sources: ${at}`)
      this.origins.push({ from: what.archive, as: at, sha256: blob.sha256 })
      const content = this.bytes.get(blob.sha256) as Uint8Array
      const format = this.#formatOf(what.archive, content)
      const files = this.#unpacked(what.archive, () => unpack(content, format, nodeHashes))
      return this.#items(placed(files, at, takes))
    }
    if ('folder' in what) return this.#items(placed(this.#readFolder(at, what), at, takes))
    if ('yowasp' in what) return this.#items(placed(await this.#readYowasp(at, what.yowasp), at, takes))
    const texts = Object.entries(what.files).map(([path, text]) => [path.startsWith('/') ? path : `/${path}`, text])
    const files = Object.fromEntries(texts) as Files
    this.origins.push({ from: 'texts in the recipe', as: at, sha256: digestOfJson(files, nodeHashes) })
    return this.#items(placed(files, at, takes))
  }

  async #tree(at: string, source: Source): Promise<Tree> {
    const what = this.#look(source)
    if (!('archive' in what)) return { at, files: await this.source(at, source) }
    const archive = this.#readFile(what.archive, what.sha256, `the tree ${at}`)
    this.origins.push({ from: what.archive, as: at, sha256: archive.sha256 })
    const format = this.#formatOf(what.archive, this.bytes.get(archive.sha256) as Uint8Array)
    const { include, exclude } = what
    return { at, archive, format, ...(include ? { include } : {}), ...(exclude ? { exclude } : {}) }
  }

  /** A path by itself is what is there. */
  #look(source: Source): Exclude<Source, string> & Filter {
    if (typeof source !== 'string') return source
    const path = this.#resolve(source)
    const stats = this.#guard(source, () => statSync(path))
    if (stats.isDirectory()) return { folder: source }
    const format = formatOf(this.#guard(source, () => readFileSync(path)))
    return format === undefined ? { file: source } : { archive: source }
  }

  #resolve(named: string): string {
    try {
      return resolveFile(named, this.#folder)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      throw new BuildError('MISSING_INPUT', { recipe: this.#recipe, file: named }, error.message, error)
    }
  }

  #readFile(named: string, expected: string | undefined, what: string): Blob {
    const path = this.#resolve(named)
    let blob = this.#files.get(path)
    if (blob === undefined) {
      const content = this.#guard(named, () => readFileSync(path))
      // A view of its own start: what is given to workers and compilers is nothing but it.
      const bytes =
        content.byteOffset === 0 ? new Uint8Array(content.buffer, 0, content.length) : new Uint8Array(content)
      blob = this.#keep(bytes)
      this.#files.set(path, blob)
      this.hostPaths.push(path)
    }
    this.#demand(what, named, expected, blob.sha256)
    return blob
  }

  /** The files of a folder that are taken; its digest is of those alone, so that what a build writes there is no part of it. */
  #readFolder(at: string, { folder, sha256, ...filter }: FromFolder & Filter): Files {
    const path = this.#resolve(folder)
    const takes = filterOf(filter.include, filter.exclude)
    const whole = new Machine({ image: 'empty', quota: ROOM })
    const place = { recipe: this.#recipe, file: folder }
    try {
      const { leftOut } = importHost(whole.tree, path, '/', whole.time, { host: seeing(path, filter) })
      // What has no content is no input; what has, and cannot be read, would be missed.
      const left = leftOut.find(({ path, reason }) => takes(path) && !CONTENTLESS.has(reason))
      if (left !== undefined) {
        const problem = `${JSON.stringify(left.path)} in the folder ${JSON.stringify(folder)} cannot be taken: ${left.message}; leave it out with "exclude"`
        throw new BuildError('MISSING_INPUT', { ...place, file: left.path }, problem)
      }
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      throw new BuildError('MISSING_INPUT', place, `the source at ${at}: ${error.message}`, error)
    }
    const files = placed(exportTree(whole.tree), '/', takes)
    const taken = new Machine({ image: 'empty', quota: ROOM, files, hashes: nodeHashes })
    const digest = taken.snapshot().digest.slice('sha256:'.length)
    this.#demand(`sources: ${at}`, folder, sha256, digest)
    this.origins.push({ from: folder, as: at, sha256: digest })
    this.hostPaths.push(path)
    return files
  }

  async #readYowasp(at: string, named: string): Promise<Files> {
    const path = this.#resolve(named)
    this.#guard(named, () => statSync(path))
    const script = (await import(pathToFileURL(path).href)) as { readonly filesystem?: Share }
    if (script.filesystem === undefined) {
      const problem = `${JSON.stringify(named)} exports no "filesystem"`
      throw new BuildError('MISSING_INPUT', { recipe: this.#recipe, file: named }, problem)
    }
    const files = filesOfShare(script.filesystem)
    const digests = Object.entries(files).map(([path, bytes]) => [path, sha256Of(bytes)])
    const sha256 = digestOfJson(Object.fromEntries(digests), nodeHashes)
    this.origins.push({ from: named, as: at, sha256 })
    this.hostPaths.push(path)
    return files
  }

  #items(files: Files): Placed[] {
    const items: Placed[] = []
    for (const [path, content] of Object.entries(files)) {
      if (content === null) items.push({ path, directory: true })
      else if (typeof content === 'string') items.push({ path, ...this.#keep(encodeUtf8(content)) })
      else if (content instanceof Uint8Array) items.push({ path, ...this.#keep(content) })
      else if (content.symlink !== undefined) items.push({ path, link: content.symlink })
      else if (content.directory === true) items.push({ path, directory: true })
      else if (content.data !== undefined) {
        const bytes = contentBytes(content.data)
        items.push({ path, ...this.#keep(bytes), ...(content.executable === true ? { executable: true } : {}) })
      }
    }
    return items.sort(byPath)
  }

  #keep(bytes: Uint8Array): Blob {
    const sha256 = sha256Of(bytes)
    if (!this.bytes.has(sha256)) this.bytes.set(sha256, bytes)
    return { sha256, size: bytes.length }
  }

  #formatOf(named: string, bytes: Uint8Array): ArchiveFormat {
    const format = formatOf(bytes)
    if (format !== undefined) return format
    const problem = `${JSON.stringify(named)} is no archive that can be read: a tar (also by gzip), a zip, a NAR or a snapshot file`
    throw new BuildError('MISSING_INPUT', { recipe: this.#recipe, file: named }, problem)
  }

  #unpacked<T>(named: string, action: () => T): T {
    try {
      return action()
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      const problem = `${JSON.stringify(named)} cannot be unpacked: ${error.message}`
      throw new BuildError('MISSING_INPUT', { recipe: this.#recipe, file: named }, problem, error)
    }
  }

  #demand(what: string, named: string, expected: string | undefined, found: string): void {
    if (expected === undefined || expected === found) return
    const problem = `${what}: ${JSON.stringify(named)} is another than the recipe says: expected sha256 ${expected}, found ${found}`
    throw new BuildError('OTHER_DIGEST', { recipe: this.#recipe, file: named }, problem)
  }

  #guard<T>(named: string, action: () => T): T {
    try {
      return action()
    } catch (error) {
      if (errnoOf(error) === undefined) throw error
      const problem = `${JSON.stringify(named)} cannot be read: ${reasonOf(error)}`
      throw new BuildError('MISSING_INPUT', { recipe: this.#recipe, file: named }, problem, error)
    }
  }
}

/**
 * The host as it is seen through a filter, so that folders in which nothing is taken are not read: a recipe may lie beside
 * its `node_modules`. A repository's `.git` is never taken.
 */
function seeing(folder: string, { include, exclude = [] }: Filter): HostCalls {
  const excluded = exclude.map(patternOf)
  const isSeen = (path: string): boolean => {
    if (path === '.git' || excluded.some((pattern) => pattern.test(path) || pattern.test(`${path}/`))) return false
    return include === undefined || include.some((pattern) => patternOf(pattern).test(path) || leadsInto(pattern, path))
  }
  const list = (path: string, options: { readonly encoding: 'buffer' }): Buffer[] => {
    const below = relative(folder, path).split(sep).join('/')
    return HOST.readdirSync(path, options).filter((name) => isSeen(below === '' ? `${name}` : `${below}/${name}`))
  }
  return { ...HOST, readdirSync: list as typeof HOST.readdirSync }
}

/** Text inline, larger files as URLs beside the script. */
type Share = { readonly [name: string]: string | URL | Share }

function filesOfShare(share: Share): { [path: string]: Uint8Array } {
  const files: { [path: string]: Uint8Array } = {}
  const pending: { readonly path: string; readonly value: string | URL | Share }[] = [{ path: '', value: share }]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { path, value } = next
    if (typeof value === 'string') files[path] = encodeUtf8(value)
    else if (value instanceof URL) files[path] = new Uint8Array(readFileSync(value))
    else for (const [name, child] of Object.entries(value)) pending.push({ path: `${path}/${name}`, value: child })
  }
  return Object.fromEntries(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function fileOf(file: HostFile): { readonly path: string; readonly sha256?: string } {
  return typeof file === 'string' ? { path: file } : file
}

function plainPath(path: string, recipe: string): string {
  const plain = path !== '/' && path.endsWith('/') ? path.slice(0, -1) : path
  if (!/(^|\/)\.\.?(\/|$)|\/\//.test(plain)) return plain
  throw new BuildError('BAD_RECIPE', { recipe, file: path }, `${path} is no plain path: leave out "." and ".."`)
}

function formatOf(bytes: Uint8Array): ArchiveFormat | undefined {
  const begins = (text: string, at = 0): boolean =>
    decodeLatin1(bytes.subarray(at, at + text.length)) === byteString(text)
  if (isSnapshotFile(bytes)) return 'snapshot'
  if (begins('nix-archive-1', 8)) return 'nar'
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return 'zip'
  return begins('ustar', 257) || (bytes[0] === 0x1f && bytes[1] === 0x8b) ? 'tar' : undefined
}
