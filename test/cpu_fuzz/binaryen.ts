/** Modules of binaryen's own fuzzer, where its `wasm-opt` is installed: Debian's package `binaryen`. */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const WASM_OPT = '/usr/bin/wasm-opt'

/** What of its features Node 20 takes as this version writes it. */
const FEATURES = [
  '--enable-sign-ext',
  '--enable-mutable-globals',
  '--enable-nontrapping-float-to-int',
  '--enable-bulk-memory',
  '--enable-exception-handling',
  '--enable-tail-call',
  '--enable-multivalue',
]

export function hasBinaryen(): boolean {
  return existsSync(WASM_OPT)
}

export interface Foreign {
  /** Undefined where wasm-opt itself failed, which older versions do for some inputs. */
  readonly bytes: Uint8Array | undefined
  /** Whether no NaN can be in it: then it has no vectors, whose NaNs `--denan` leaves. */
  readonly exact: boolean
  readonly command: string
}

/** Makes modules of bytes, in a folder of its own until it is closed. */
export class Binaryen {
  readonly #folder = mkdtempSync(join(tmpdir(), 'vivarium-cpu-fuzz-'))

  /** The module of `bytes`; `number` chooses what is done to it. */
  make(bytes: Uint8Array, number: number): Foreign {
    const input = join(this.#folder, 'input')
    const output = join(this.#folder, 'output.wasm')
    writeFileSync(input, bytes)
    rmSync(output, { force: true })
    const exact = number % 2 === 0
    const level = ['-O0', '-O1', '-O2', '-O3', '-Os'][(number >> 1) % 5] as string
    const args = ['--translate-to-fuzz', ...FEATURES, ...(exact ? ['--denan'] : ['--enable-simd']), level]
    const { status } = spawnSync(WASM_OPT, [input, ...args, '-o', output], { stdio: 'ignore' })
    const made = status === 0 && existsSync(output) ? new Uint8Array(readFileSync(output)) : undefined
    return { bytes: made, exact, command: `wasm-opt INPUT ${args.join(' ')}` }
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
