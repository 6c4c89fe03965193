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

/** What a module is compiled for. */
export interface CompileOptions extends Watching {
  /** How it computes: that of the machines that are to run it. Default `'strict'`. */
  readonly cpu?: Cpu
  /** Counts instructions, as a run with the option `fuel` needs. Default false. */
  readonly fuel?: boolean
  /**
   * For a guest that is run over and over and takes few instructions each time: an instance is put back for the next run
   * by what the last one wrote, and not by looking through all its memory, and leaving it takes no exception where that
   * can be. It does the same, a little more slowly. Default false.
   */
  readonly short?: boolean
}

/**
 * Compiles a module for machines with that `cpu` (default `'strict'`), so that many runs need not: give the result to
 * `machine.run`. With `fuel` it counts instructions, as a run with the option `fuel` needs. Where nothing but the guest
 * can see an instance, and that can be put back to how it began, the next run takes it over. With `coverage` its runs
 * tell which edges they took, with `comparisons` which integers they compared; they do the same as without.
 * @throws VivariumError `BAD_MODULE` for bytes that are no valid module, or one that a deterministic CPU cannot run.
 */
export function compile(
  bytes: Uint8Array,
  { cpu = 'strict', fuel = false, short = false, ...watching }: CompileOptions = {},
): WebAssembly.Module {
  return compileFor(bytes, cpuOptions(cpu, fuel, watching), short)
}

const SHORT = { dirty: true, unwind: true } as const

const PAGE = 65_536
/** Bytes of memory for each instruction of a run: a mark costs an instruction at most 0.06 ns, to look at a byte 0.013. */
const BYTES_FOR_EACH = 8

/** The most instructions that a run can take for which it pays to compile the module as `short`; 0 where it never does. */
export function fuelOfShort(bytes: Uint8Array): number {
  const [memory] = scan(bytes).memories
  const size = (memory?.least ?? 0) * PAGE
  return size <= MARKED_MEMORY_MAX ? size / BYTES_FOR_EACH : 0
}

/**
 * The module of `bytes` under `options`, or as the engine has it; the same one for the same array with the same
 * content. Its instances can be used again where that can be exact.
 */
export function compileFor(
  bytes: Uint8Array,
  options: CpuOptions | undefined,
  short: boolean = false,
): WebAssembly.Module {
  const key = `${JSON.stringify(options)} ${short} ${digestOf(bytes)}`
  const known = made.get(bytes)?.find((each) => each.key === key)
  if (known !== undefined) return known.module
  // What is added must not make a module valid that is not, and the engine says best what is wrong.
  if (!WebAssembly.validate(bytes)) compileAsItIs(bytes)
  const more = short ? SHORT : {}
  const module = options === undefined ? compileForReset(bytes, more) : compileRewritten(bytes, { ...options, ...more })
  made.set(bytes, [...(made.get(bytes) ?? []), { key, module }])
  return module
}

/** As `compileFor`, of a module that can be stopped at a call; `undefined` for one that cannot. */
export function compileStoppable(bytes: Uint8Array, options: CpuOptions): WebAssembly.Module | undefined {
  const module = compileFor(bytes, { ...options, unwind: true })
  return rewrittenFor(module)?.unwind === true ? module : undefined
}

/** Where a module is one that cannot unwind, it is made without that, and says so. */
function compileRewritten(bytes: Uint8Array, { unwind = false, ...options }: CpuOptions): WebAssembly.Module {
  const made = rewrite(bytes, options)
  const unwinding = unwind ? unwindable(made) : undefined
  const canUnwind = unwinding instanceof Uint8Array
  const module = compileAsItIs(canUnwind ? unwinding : made)
  rewritten.set(module, canUnwind ? { ...options, unwind } : options)
  return module
}

/** What the rewriter does not know it refuses, and the engine may run it all the same. */
function compileForReset(bytes: Uint8Array, more: Partial<CpuOptions>): WebAssembly.Module {
  try {
    return compileRewritten(bytes, { ...ONLY_RESET, ...more })
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
