/** What a module is before it runs: compiled, with every import found, and known to be a command, a reactor or neither. */

import type { Layout } from './abi/layout.ts'
import { preview1Layout } from './abi/layout.ts'
import { type CallName, callNames, isCallName, type Signature, signatures } from './abi/signatures.ts'
import { compileFor, rewrittenFor } from './compile.ts'
import type { CpuOptions } from './cpu/options.ts'
import { VivariumError } from './error.ts'
import type { GuestInstance } from './guest_instance.ts'
import type { Guest } from './hostcall/guest.ts'
import type { MemoryImage } from './memory_image.ts'
import type { RunOptions } from './options.ts'
import { unstableLayout } from './unstable/layout.ts'
import { unstableCallNames, unstableSignature } from './unstable/signatures.ts'

/** One of the two modules that WASI calls are imported from. */
export interface Wasi {
  readonly name: string
  readonly calls: readonly CallName[]
  readonly layout: Layout
  readonly signatureOf: (name: CallName) => Signature
}

const WASI: readonly Wasi[] = [
  { name: 'wasi_snapshot_preview1', calls: callNames, layout: preview1Layout, signatureOf: (name) => signatures[name] },
  { name: 'wasi_unstable', calls: unstableCallNames, layout: unstableLayout, signatureOf: unstableSignature },
]

/** `command` has `_start`, `reactor` has `_initialize`, `library` has neither. */
export type ModuleKind = 'command' | 'reactor' | 'library'

export interface GuestModule {
  readonly module: WebAssembly.Module
  readonly kind: ModuleKind
  /** The WASI modules that it imports from, each with the calls that it imports. */
  readonly wasi: readonly { readonly wasi: Wasi; readonly names: readonly CallName[] }[]
  /** What runs that have ended left for the next ones; see `GuestRun`. */
  readonly idle: Idle[]
  /** The same of runs with faults, whose calls are bound otherwise. */
  readonly idleFaulty: Idle[]
  /** The memory that its instances start with, once that was looked at. */
  image: MemoryImage | undefined
  /** What was put into it to make it deterministic. */
  readonly cpu: CpuOptions | undefined
}

/** What one instance imports from one WASI module: functions, and the guest whose calls they are. */
export interface Binding {
  readonly name: string
  readonly guest: Guest
  readonly functions: { readonly [name: string]: WebAssembly.ImportValue }
}

/** What a run has left that nobody can reach any more: all that was bound for it, and the instance if that can be put back. */
export interface Idle {
  readonly bindings: readonly Binding[]
  readonly instance: GuestInstance | undefined
  /** Whether another run has it now. */
  isTaken: boolean
}

/** What is known of the modules that were run without imports of the host's own: looking into one costs as much as a short run. */
const known = new WeakMap<WebAssembly.Module, GuestModule>()

/** @throws VivariumError `BAD_MODULE` or `MISSING_IMPORT`; nothing has run. */
export function inspect(
  module: WebAssembly.Module | Uint8Array,
  imports: RunOptions['imports'],
  wanted: CpuOptions | undefined,
): GuestModule {
  const compiled = module instanceof Uint8Array ? compileFor(module, wanted) : checkRewritten(module, wanted)
  if (imports !== undefined) return look(compiled, imports)
  let found = known.get(compiled)
  if (found === undefined) {
    found = look(compiled, {})
    known.set(compiled, found)
  }
  return found
}

function look(compiled: WebAssembly.Module, imports: NonNullable<RunOptions['imports']>): GuestModule {
  const used = new Map<Wasi, CallName[]>()
  for (const { module: from, name, kind } of importsOf(compiled)) {
    if (imports[from]?.[name] !== undefined) continue
    const wasi = WASI.find((candidate) => candidate.name === from)
    if (wasi === undefined) throw missing(from, name, kind)
    if (!isCallName(name) || !wasi.calls.includes(name)) {
      throw new VivariumError(
        'MISSING_IMPORT',
        `the module imports ${from}.${name}, which is none of the ${wasi.calls.length} calls of ${from}; ` +
          `give it in the option imports as { ${JSON.stringify(from)}: { ${JSON.stringify(name)}: … } } if it is yours`,
      )
    }
    used.set(wasi, [...(used.get(wasi) ?? []), name])
  }
  const wasi = [...used].map(([each, names]) => ({ wasi: each, names }))
  return {
    module: compiled,
    kind: kindOf(compiled),
    wasi,
    idle: [],
    idleFaulty: [],
    image: undefined,
    cpu: rewrittenFor(compiled),
  }
}

/** A module that is compiled already has to have been compiled for what is wanted: its bytes are not to be had any more. */
function checkRewritten(module: WebAssembly.Module, wanted: CpuOptions | undefined): WebAssembly.Module {
  const has = rewrittenFor(module)
  if (wanted === undefined || (has !== undefined && computesAs(has, wanted))) return module
  throw new VivariumError(
    'BAD_MODULE',
    'the module is compiled already, and a deterministic CPU or fuel needs one that was rewritten for it; ' +
      'give the bytes, or what compile(bytes, { cpu, fuel }) makes of them with the cpu of this machine',
  )
}

/** Whether what was rewritten as `has` computes as `wanted`: that more fuel is counted than need be changes nothing. */
function computesAs(has: CpuOptions, wanted: CpuOptions): boolean {
  const { nan, relaxedSimd, fuel, stack, memory } = wanted
  const isSame = has.nan === nan && has.relaxedSimd === relaxedSimd && has.stack === stack
  const growsSame = has.memory?.pages === memory?.pages && has.memory?.elements === memory?.elements
  return isSame && growsSame && (has.fuel || !fuel)
}

/** Also says whether it is a module at all: one from another realm is no instance of this realm's class. */
function importsOf(module: WebAssembly.Module): readonly WebAssembly.ModuleImportDescriptor[] {
  try {
    return WebAssembly.Module.imports(module)
  } catch {
    const problem = 'what is to be run has to be a WebAssembly.Module, or the bytes of one as a Uint8Array'
    throw new VivariumError('BAD_MODULE', problem)
  }
}

function kindOf(module: WebAssembly.Module): ModuleKind {
  const names = WebAssembly.Module.exports(module)
    .filter(({ kind }) => kind === 'function')
    .map(({ name }) => name)
  const [start, initialize] = [names.includes('_start'), names.includes('_initialize')]
  if (start && initialize) {
    throw new VivariumError(
      'BAD_MODULE',
      'the module exports both _start and _initialize, so it says that it is a command and a reactor; ' +
        'link it as one of the two (wasm-ld: crt1-command.o or crt1-reactor.o)',
    )
  }
  return start ? 'command' : initialize ? 'reactor' : 'library'
}

function missing(from: string, name: string, kind: string): VivariumError {
  const example = `imports: { ${JSON.stringify(from)}: { ${JSON.stringify(name)}: … } }`
  return new VivariumError(
    'MISSING_IMPORT',
    `the module imports the ${kind} ${from}.${name}, which is not WASI; give it in the options as ${example}`,
  )
}
