/** Reads a `.wasm` file and compiles it, and says clearly what is wrong where that cannot be. */
/// <reference path="../webassembly.d.ts" />
/// <reference path="webassembly_compile.d.ts" />

import { open } from 'node:fs/promises'
import { markRewritten } from '../compile.ts'
import { type Cpu, cpuOptions, type Watching } from '../cpu/settings.ts'
import { VivariumError } from '../error.ts'
import { errnoOf, HostError, reasonOf } from './host_error.ts'
import { quote } from './host_names.ts'
import { moduleProblem } from './module_problem.ts'
import { rewriteCached } from './rewrite_cache.ts'

/** How far loading has come. Rewriting and compiling have no measure of their own: `bytes` is `total` then. */
export interface LoadProgress {
  readonly phase: 'read' | 'rewrite' | 'compile'
  readonly bytes: number
  /** The file's size; 0 where it is not known, as for a pipe. */
  readonly total: number
}

/** With `coverage` and `comparisons` as for `compile`. */
export interface LoadOptions extends Watching {
  /** Called after each part read, and once when compiling starts. */
  readonly onProgress?: (progress: LoadProgress) => void
  /** The CPU of the machine that is to run it, as in `MachineOptions`. Default `'strict'`. */
  readonly cpu?: Cpu
  /** Whether it is to be run with the option `fuel`. Default false. */
  readonly fuel?: boolean
  /** A folder that keeps rewritten modules. Default: none is kept. */
  readonly cacheDir?: string
  /** Whether it is an error that `cacheDir` cannot be written. Default true. */
  readonly cacheRequired?: boolean
}

export interface LoadedModule {
  readonly bytes: Uint8Array
  readonly compiled: WebAssembly.Module
}

const PART_SIZE = 1 << 20

/**
 * The compiled module in the file at `path`. The thread stays free meanwhile, so that progress can be shown.
 * @throws HostError `NOT_FOUND`, `WRONG_KIND` (a folder), `UNREADABLE`; `NOT_A_MODULE` with what the file is instead:
 * empty, cut off, text, compressed, native code, a component, or invalid by the engine's word.
 */
export async function loadModule(path: string, options: LoadOptions = {}): Promise<WebAssembly.Module> {
  return (await loadModuleWithBytes(path, options)).compiled
}

/** The same, with the bytes of the file, which say what was compiled; as `record` takes it. @throws as `loadModule`. */
export async function loadModuleWithBytes(path: string, options: LoadOptions = {}): Promise<LoadedModule> {
  const bytes = await readAll(path, options)
  const problem = moduleProblem(bytes)
  if (problem !== undefined) throw new HostError('NOT_A_MODULE', path, `${quote(path)} cannot be run: ${problem}`)
  const { cpu = 'strict', fuel = false, cacheDir, cacheRequired = true, onProgress } = options
  const whole = { bytes: bytes.length, total: bytes.length }
  const rewriting = cpuOptions(cpu, fuel, options)
  let code = bytes
  if (rewriting !== undefined && WebAssembly.validate(bytes)) {
    onProgress?.({ phase: 'rewrite', ...whole })
    try {
      code = rewriteCached(bytes, rewriting, cacheDir, cacheRequired)
    } catch (error) {
      if (!(error instanceof VivariumError)) throw error
      throw new HostError(
        'NOT_A_MODULE',
        path,
        `${quote(path)} cannot be run deterministically: ${error.message}`,
        error,
      )
    }
  }
  onProgress?.({ phase: 'compile', ...whole })
  try {
    const compiled = await WebAssembly.compile(code)
    if (rewriting !== undefined) markRewritten(compiled, rewriting)
    return { bytes, compiled }
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^WebAssembly\.compile\(\): /, '') : String(error)
    const message = `${quote(path)} cannot be run: it is damaged, or uses a WebAssembly feature that this Node does not have (${reason}): build it again, or with fewer features`
    throw new HostError('NOT_A_MODULE', path, message, error)
  }
}

async function readAll(path: string, options: LoadOptions): Promise<Uint8Array> {
  try {
    const file = await open(path, 'r')
    try {
      const stats = await file.stat()
      if (stats.isDirectory())
        throw new HostError('WRONG_KIND', path, `${quote(path)} is a folder: name the .wasm file in it`)
      let buffer = new Uint8Array(Math.max(stats.size + 1, 65_536))
      let size = 0
      for (;;) {
        if (size === buffer.length) {
          const larger = new Uint8Array(2 * buffer.length)
          larger.set(buffer)
          buffer = larger
        }
        const { bytesRead } = await file.read(buffer, size, Math.min(PART_SIZE, buffer.length - size), null)
        if (bytesRead === 0) return buffer.subarray(0, size)
        size += bytesRead
        options.onProgress?.({ phase: 'read', bytes: size, total: stats.size })
      }
    } finally {
      await file.close()
    }
  } catch (error) {
    if (errnoOf(error) === undefined) throw error
    const missing = errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR'
    const message = missing
      ? `there is no file ${quote(path)}: check the path; it is taken from the current folder`
      : `${quote(path)} cannot be read: ${reasonOf(error)}`
    throw new HostError(missing ? 'NOT_FOUND' : 'UNREADABLE', path, message, error)
  }
}
