/** Does a job: a pure function from its bytes to its outputs, what it read, and what it said. */

import { byteString, textOf } from '../../vfs/bytes.ts'
import { Errno } from '../../vfs/errno.ts'
import type { Filesystem } from '../../vfs/filesystem.ts'
import type { Hashes } from '../../vfs/hash.ts'
import { ROOT_INO } from '../../vfs/inode_table.ts'
import { visitTree } from '../../vfs/tree.ts'
import type { Machine } from '../machine.ts'
import type { Preopen } from '../options.ts'
import type { Run } from '../run.ts'
import type { Snapshot } from '../snapshot.ts'
import { type Blob, blobOf, byPath, type Job, type JobFailure, type JobResult, type Placed } from './job.ts'
import { type Blobs, baseKey, baseOf, type History, readItem, worldOf } from './world.ts'

/** How a job is done otherwise than usual, in what should not matter. */
export interface Hostility extends History {
  /** The order of listings, as `RunOptions.listing`. */
  readonly listing?: string
}

export interface Done {
  readonly run: Run
  readonly result: JobResult
  /** The bytes of the outputs by their digests. */
  readonly bytes: ReadonlyMap<string, Uint8Array>
}

/** A job without a result, and the run that it was. */
export interface Failed extends JobFailure {
  readonly run: Run
}

/** Text of a step that is kept, in characters; a compiler that complains of everything is cut short. */
const MOST_TEXT = 20_000
/** Paths that are told of a failure. */
const MOST_SOUGHT = 1000

/** Does jobs one after the other. It keeps what jobs have in common: the machine with their tool's trees. */
export class Executor {
  readonly #blobs: Blobs
  readonly #hashes: Hashes
  readonly #bases = new Map<string, Snapshot>()
  /** Digests of files of a base, by its key and their paths. */
  readonly #digests = new Map<string, Map<string, Blob>>()

  constructor(blobs: Blobs, hashes: Hashes) {
    this.#blobs = blobs
    this.#hashes = hashes
  }

  /**
   * `module` is what `compile` made of the bytes of `job.module`, counting fuel where the job has a bound on it.
   * @throws FormatError for an archive that is none; VivariumError for a module that cannot run or wrong options.
   */
  execute(job: Job, module: WebAssembly.Module, hostility: Hostility = {}): Done | Failed {
    const { order, inodes } = hostility
    const history = { ...(order === undefined ? {} : { order }), ...(inodes === undefined ? {} : { inodes }) }
    const machine = worldOf(job, this.#base(job, history), this.#blobs, history)
    const before = machine.snapshot().tree
    const preopens = preopensOf(machine, job.cwd)
    const { fuel, ...limits } = job.limits
    const run = machine.run(module, {
      args: job.args,
      env: Object.fromEntries(job.cwd === '/' ? job.env : [...job.env, ['PWD', job.cwd]]),
      stdin: 'text' in job.stdin ? job.stdin.text : job.stdin,
      preopens,
      limits,
      timeline: true,
      ...(fuel === undefined ? {} : { fuel }),
      ...(hostility.listing === undefined ? {} : { listing: hostility.listing }),
    })
    const said = { stdout: textFor(job.stdout, run.stdout), stderr: textFor(job.stderr, run.stderr) }
    const outputs: Placed[] = []
    const bytes = new Map<string, Uint8Array>()
    const missing = run.exitCode === 0 ? this.#collect(job, run, machine.tree, outputs, bytes) : []
    if (run.exitCode !== 0 || missing.length > 0) {
      return { run, end: run.end ?? null, missing, ...said, sought: soughtIn(run, preopens) }
    }
    const { calls, traceDigest = '', fuelUsed = null } = run
    const reads = this.#readsOf(job, run, before)
    return { run, bytes, result: { outputs: outputs.sort(byPath), reads, calls, traceDigest, fuelUsed, ...said } }
  }

  #base(job: Job, history: History): Snapshot {
    const key = baseKey(job, history)
    let base = this.#bases.get(key)
    if (base === undefined) {
      base = baseOf(job, this.#blobs, this.#hashes, history)
      // What is varied is asked for once or twice; what is not, for as long as there are jobs.
      if (this.#bases.size > 8) this.#bases.clear()
      this.#bases.set(key, base)
    }
    return base
  }

  /** Takes the outputs from the machine; which of them are not there. */
  #collect(job: Job, run: Run, fs: Filesystem, outputs: Placed[], bytes: Map<string, Uint8Array>): string[] {
    const missing: string[] = []
    const add = (path: string, content: Uint8Array, executable: boolean): void => {
      const blob = blobOf(content, this.#hashes)
      bytes.set(blob.sha256, content)
      outputs.push({ path, ...blob, ...(executable ? { executable } : {}) })
    }
    if (job.stdout !== null) add(job.stdout, run.stdout.bytes, false)
    if (job.stderr !== null) add(job.stderr, run.stderr.bytes, false)
    for (const output of job.outputs) {
      const isFolder = output.endsWith('/')
      const ino = fs.lookup(ROOT_INO, byteString(isFolder ? output.slice(0, -1) : output), 'nofollow', 'clamp')
      const inode = ino instanceof Errno ? undefined : fs.get(ino)
      if (inode === undefined || (isFolder ? !inode.isDirectory() : !inode.isFile())) {
        missing.push(output)
      } else if (inode.isFile()) {
        add(output, inode.body.toBytes(), (inode.mode & 0o100) !== 0)
      } else {
        let found = 0
        visitTree(fs, inode.ino, (path, child) => {
          const whole = output + textOf(path).slice(1)
          if (child.isFile()) add(whole, child.body.toBytes(), (child.mode & 0o100) !== 0)
          else if (child.isSymlink()) outputs.push({ path: whole, link: textOf(child.body) })
          else if (child.isDirectory() && child.body.size === 0) outputs.push({ path: whole, directory: true })
          found++
        })
        if (found === 0) missing.push(output)
      }
    }
    return missing
  }

  /** The files that were there before the run and that it opened, by the trace: there is no other way to read one. */
  #readsOf(job: Job, run: Run, before: Filesystem): JobResult['reads'] {
    const names = before.lineage.names(before.table)
    const paths = new Set<string>()
    if ('file' in job.stdin) paths.add(job.stdin.file)
    for (const { call, errno, index, results } of run.trace) {
      if (call !== 'path_open' || errno !== 'ESUCCESS') continue
      const fd = results.opened_fd ?? results.fd
      const opened = run.at(index).descriptors.find((descriptor) => descriptor.fd === fd)
      if (opened === undefined || opened.kind !== 'file' || !opened.readable) continue
      const path = names.pathOf(opened.ino)
      if (path !== undefined) paths.add(textOf(path))
    }
    const known = new Map(job.files.map((item) => [item.path, item]))
    const ofTrees = this.#digestsOf(job)
    const reads: (Blob & { readonly path: string })[] = []
    for (const path of paths) {
      const item = known.get(path)
      let blob: Blob | undefined = item !== undefined && 'sha256' in item ? item : ofTrees.get(path)
      if (blob === undefined) {
        const content = readItem(before, path)
        if (content === undefined) continue
        blob = blobOf(content, this.#hashes)
        ofTrees.set(path, blob)
      }
      reads.push({ path, sha256: blob.sha256, size: blob.size })
    }
    return reads.sort(byPath)
  }

  #digestsOf(job: Job): Map<string, Blob> {
    const key = JSON.stringify(job.trees)
    let digests = this.#digests.get(key)
    if (digests === undefined) {
      digests = new Map()
      this.#digests.set(key, digests)
    }
    return digests
  }
}

/**
 * Where there is a current directory, `/` opens it, and all that is in the root is given under its own name: a libc
 * that starts at `/` finds relative paths in the one and absolute ones in the others.
 */
function preopensOf(machine: Machine, cwd: string): Preopen[] {
  if (cwd === '/') return [{ name: '/', path: '/' }]
  const names = machine.fs.readdirSync('/', { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return [{ name: '/', path: cwd }, ...names.map(({ name }) => ({ name: `/${name}`, path: `/${name}` }))]
}

function textFor(kept: string | null, output: Run['stdout']): string {
  if (kept !== null) return ''
  const text = output.text()
  return text.length <= MOST_TEXT ? text : `${text.slice(0, MOST_TEXT)}\n(${text.length - MOST_TEXT} more)\n`
}

/** The paths, from the root, that calls named and that were not there. */
function soughtIn(run: Run, preopens: readonly Preopen[]): string[] {
  const found = new Set<string>()
  for (const { errno, args } of run.trace) {
    if (errno !== 'ENOENT' || typeof args.path !== 'string' || typeof args.fd !== 'number') continue
    const base = preopens[args.fd - 3]
    if (base !== undefined) found.add(`${base.path === '/' ? '' : base.path}/${args.path}`)
    if (found.size === MOST_SOUGHT) break
  }
  return [...found]
}
