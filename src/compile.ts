/** From bytes to a compiled module, rewritten where the CPU is to be deterministic. */

import { TraceHash } from '../kernel/trace_hash.ts'
import type { CpuOptions } from './cpu/options.ts'
import { rewrite } from './cpu/rewrite.ts'
import { scan } from './cpu/scan.ts'
import { type Cpu, cpuOptions, ONLY_RESET, type Watching } from './cpu/settings.ts'
import { unwindable } from './cpu/unwind.ts'
import { VivariumError } from './error.ts'
import { traceBuffer } from './hostcall/stripes.ts'
import { MARKED_MEMORY_MAX } from './memory_image.ts'

/** What has been made of some bytes, as they were then. */
interface Made {
  readonly key: string
  readonly module: WebAssembly.Module
}

const made = new WeakMap<Uint8Array, Made[]>()
const rewritten = new WeakMap<WebAssembly.Module, CpuOptions>()

/**
 * Compiles a module for machines with that `cpu` (default `'strict'`), so that many runs need not: give the result to
 * `machine.run`. With `fuel` it counts instructions, as a run with the option `fuel` needs. Where nothing but the guest
 * can see an instance, and that can be put back to how it began, the next run takes it over. With `coverage` its runs
 * tell which edges they took, with `comparisons` which integers they compared; they do the same as without.
 * @throws VivariumError `BAD_MODULE` for bytes that are no valid module, or one that a deterministic CPU cannot run.
 */
export function compile(
  bytes: Uint8Array,
  { cpu = 'strict', fuel = false, ...watching }: { readonly cpu?: Cpu; readonly fuel?: boolean } & Watching = {},
): WebAssembly.Module {
  return compileFor(bytes, cpuOptions(cpu, fuel, watching))
}

const PAGE = 65_536
/** Bytes of memory for each instruction of a run: a mark costs an instruction at most 0.06 ns, to look at a byte 0.013. */
const BYTES_FOR_EACH = 8

/** Whether runs of a module that take `fuel` instructions are faster, to all that is known, where it marks what it writes. */
export function paysToMark(bytes: Uint8Array, fuel: number): boolean {
  const [memory] = scan(bytes).memories
  const size = (memory?.least ?? 0) * PAGE
  return size <= MARKED_MEMORY_MAX && fuel * BYTES_FOR_EACH <= size
}

/**
 * As `compile`, of a module that marks what it writes to its memory, so that to put an instance back costs what the run
 * has written and not what there is; for short runs, of which `paysToMark` says how short. It does the same.
 */
export function compileMarked(
  bytes: Uint8Array,
  { cpu = 'strict', fuel = false, ...watching }: { readonly cpu?: Cpu; readonly fuel?: boolean } & Watching = {},
): WebAssembly.Module {
  const options = cpuOptions(cpu, fuel, watching)
  return compileFor(bytes, options === undefined ? undefined : { ...options, dirty: true })
}

/**
 * The module of `bytes` under `options`, or as the engine has it; the same one for the same array with the same
 * content. Its instances can be used again where that can be exact.
 */
export function compileFor(bytes: Uint8Array, options: CpuOptions | undefined): WebAssembly.Module {
  const key = `${JSON.stringify(options)} ${digestOf(bytes)}`
  const known = made.get(bytes)?.find((each) => each.key === key)
  if (known !== undefined) return known.module
  // What is added must not make a module valid that is not, and the engine says best what is wrong.
  if (!WebAssembly.validate(bytes)) compileAsItIs(bytes)
  const module = options === undefined ? compileForReset(bytes) : compileRewritten(bytes, options)
  made.set(bytes, [...(made.get(bytes) ?? []), { key, module }])
  return module
}

/**
 * As `compileFor`, of a module that can be stopped at a call; `undefined` for one of which the rewriter cannot make that.
 * It is made anew each time.
 */
export function compileStoppable(bytes: Uint8Array, options: CpuOptions): WebAssembly.Module | undefined {
  const made = unwindable(rewrite(bytes, options))
  if (typeof made === 'string') return undefined
  const module = compileAsItIs(made)
  rewritten.set(module, { ...options, unwind: true })
  return module
}

function compileRewritten(bytes: Uint8Array, options: CpuOptions): WebAssembly.Module {
  const module = compileAsItIs(rewrite(bytes, options))
  rewritten.set(module, options)
  return module
}

/** What the rewriter does not know it refuses, and the engine may run it all the same. */
function compileForReset(bytes: Uint8Array): WebAssembly.Module {
  try {
    return compileRewritten(bytes, ONLY_RESET)
  } catch (error) {
    if (!(error instanceof VivariumError)) throw error
    return compileAsItIs(bytes)
  }
}

/** Says of a module that it was rewritten, for one whose rewritten bytes were compiled elsewhere. */
export function markRewritten(module: WebAssembly.Module, options: CpuOptions): void {
  rewritten.set(module, options)
}

/** What was asked for when the module was made by `compile`; `undefined` for any other. */
export function rewrittenFor(module: WebAssembly.Module): CpuOptions | undefined {
  return rewritten.get(module)
}

function compileAsItIs(bytes: Uint8Array): WebAssembly.Module {
  try {
    return new WebAssembly.Module(bytes)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new VivariumError('BAD_MODULE', `the bytes are no valid WebAssembly module: ${why}`)
  }
}

/** Notices bytes that were changed since. */
function digestOf(bytes: Uint8Array): string {
  const hash = new TraceHash(traceBuffer())
  hash.bytes(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length)
  hash.seal()
  return hash.digest()
}
