/** Modules as workers take them: rewritten, which is kept on disk, and compiled, which all threads of a process share. */
/// <reference path="../../webassembly.d.ts" />
/// <reference path="../webassembly_compile.d.ts" />

import type { CpuOptions } from '../../cpu/options.ts'
import { cpuOptions } from '../../cpu/settings.ts'
import { VivariumError } from '../../error.ts'
import { HostError } from '../host_error.ts'
import { moduleProblem } from '../module_problem.ts'
import { defaultCacheDir, rewriteCached } from '../rewrite_cache.ts'

export interface ModulesOptions {
  /** Where rewritten modules are kept; `false` for nowhere. Default the user's cache. */
  readonly cacheDir?: string | false
}

export class Modules {
  readonly #cacheDir: string | undefined
  readonly #compiled = new Map<string, Promise<WebAssembly.Module>>()

  constructor({ cacheDir = defaultCacheDir() }: ModulesOptions = {}) {
    this.#cacheDir = cacheDir === false ? undefined : cacheDir
  }

  /** @throws HostError `NOT_A_MODULE` with what the bytes are instead. */
  compiled(sha256: string, bytes: Uint8Array, fuel: boolean): Promise<WebAssembly.Module> {
    const key = `${sha256} ${fuel}`
    let module = this.#compiled.get(key)
    if (module === undefined) {
      module = this.#compile(bytes, fuel)
      this.#compiled.set(key, module)
    }
    return module
  }

  async #compile(bytes: Uint8Array, fuel: boolean): Promise<WebAssembly.Module> {
    const problem = moduleProblem(bytes)
    if (problem !== undefined) throw new HostError('NOT_A_MODULE', '', `its module cannot be run: ${problem}`)
    try {
      const options = cpuOptions('strict', fuel) as CpuOptions
      return await WebAssembly.compile(rewriteCached(bytes, options, this.#cacheDir, false))
    } catch (error) {
      if (!(error instanceof Error)) throw error
      const reason = error.message.replace(/^WebAssembly\.compile\(\): /, '')
      const what = error instanceof VivariumError ? 'cannot be run deterministically' : 'cannot be run'
      throw new HostError('NOT_A_MODULE', '', `its module ${what}: ${reason}`, error)
    }
  }
}
