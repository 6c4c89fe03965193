/** What an instance has compared: the host's side of the pass `comparisons`. */

import { encodeModule, exportEntry, functionType, I32, I64, importEntry, KIND_FUNCTION } from './abi/wasm_bytes.ts'

/** Two integers that a guest has compared, as unsigned ones. */
export interface Comparison {
  /** Which of the comparisons in the module it was; they count from 0 in the order of the code. */
  readonly site: number
  /** Bits of the operands: 32 or 64. */
  readonly bits: number
  readonly left: bigint
  readonly right: bigint
}

/** Comparisons of each site that are kept. */
const KEPT_MAX = 64

/** Made when it is first needed: not every realm that loads this has an engine for it. */
const made: { pass?: WebAssembly.Module } = {}

/** Only functions of wasm can be put into a table, so one goes in and the same comes out. */
function pass(): WebAssembly.Module {
  made.pass ??= new WebAssembly.Module(
    encodeModule({
      types: [functionType([I32, I32, I32], []), functionType([I32, I64, I64], [])],
      imports: [importEntry('h', 'narrow', [KIND_FUNCTION, 0]), importEntry('h', 'wide', [KIND_FUNCTION, 1])],
      functions: [],
      exports: [exportEntry('narrow', KIND_FUNCTION, 0), exportEntry('wide', KIND_FUNCTION, 1)],
      bodies: [],
    }),
  )
  return made.pass
}

export class GuestComparisons {
  #kept: Comparison[] = []
  /** How many are kept of each site. */
  #counts = new Uint8Array(1024)

  /** `table` has room for two functions, which the instance calls before it compares two i32, and two i64. */
  constructor(table: WebAssembly.Table) {
    const h = {
      narrow: (site: number, left: number, right: number): void => {
        if (this.#counted(site))
          this.#kept.push({ site, bits: 32, left: BigInt(left >>> 0), right: BigInt(right >>> 0) })
      },
      wide: (site: number, left: bigint, right: bigint): void => {
        if (!this.#counted(site)) return
        this.#kept.push({ site, bits: 64, left: BigInt.asUintN(64, left), right: BigInt.asUintN(64, right) })
      },
    }
    const { narrow, wide } = new WebAssembly.Instance(pass(), { h }).exports
    table.set(0, narrow)
    table.set(1, wide)
  }

  /** What was compared since it was last cleared, in order; of each site the first ones. */
  get seen(): readonly Comparison[] {
    return this.#kept
  }

  clear(): void {
    this.#kept = []
    this.#counts.fill(0)
  }

  /** Whether there is room for one more, which is taken. */
  #counted(site: number): boolean {
    if (site >= this.#counts.length) {
      const counts = new Uint8Array(2 * site)
      counts.set(this.#counts)
      this.#counts = counts
    }
    const count = this.#counts[site] as number
    if (count === KEPT_MAX) return false
    this.#counts[site] = count + 1
    return true
  }
}
