/** All hosts, in the order of the table's columns. */

import { browserWasiShim } from './browser_wasi_shim.ts'
import type { Host } from './host.ts'
import { nodeWasi } from './node_wasi.ts'
import { runno } from './runno.ts'
import { vivarium } from './vivarium.ts'
import { wasmUtil } from './wasm_util.ts'
import { wasmer } from './wasmer.ts'

/** Vivarium as it is by default, and without a trace. */
export const OURS: readonly Host[] = [vivarium('vivarium', 'digest'), vivarium('trace off', 'off')]

export const PEERS: readonly Host[] = [nodeWasi, browserWasiShim, wasmUtil, runno, wasmer]
