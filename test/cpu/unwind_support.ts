/**
 * A host that uses the pass `unwind`: it runs an export plainly, or so that at every call of an imported function the
 * guest is taken apart and put together again in another instance; and it tells all that can be seen of both.
 */

import { DEPTH, FUEL, POP_GLOBALS, PUSH_GLOBALS, UNWIND_FRAMES, UNWIND_STATE } from '../../src/cpu/options.ts'
import { FRAME_FUNCTIONS, frameStack } from '../../src/cpu/unwind_frames.ts'

export type Value = number | bigint | undefined
/** What an imported function gives: one value, or more. */
export type Answered = Value | readonly Value[]

/** An imported function: by its name and its arguments, and how many calls there were before this one. */
export type Answer = (name: string, args: readonly Value[], call: number, memory: Uint8Array) => Answered

/** Which export is called, and with what. */
export interface Program {
  readonly module: WebAssembly.Module
  readonly name: string
  readonly args: readonly Value[]
  readonly answer: Answer
}

/** All that can be seen of a run. */
export interface Seen {
  /** Each call: its name, its arguments, its result. */
  readonly calls: readonly string[]
  readonly end: string
  /** The module's own globals, of one that has the pass. */
  readonly globals: string
  readonly memory: Uint8Array
  readonly fuel: Value
  readonly depth: Value
}

/** A guest at a call, which can go on from there any number of times. */
export interface Snapshot {
  readonly call: number
  readonly memory: Uint8Array
  /** The globals on top of the frames. */
  readonly frames: Uint8Array
}

const stackModule = new WebAssembly.Module(frameStack())
const FUEL_AT_FIRST = 1n << 40n

/** The frame stack of one host. */
export class Frames {
  readonly functions: WebAssembly.Exports = new WebAssembly.Instance(stackModule).exports
  readonly #memory = this.functions.memory as WebAssembly.Memory
  readonly #pointer = this.functions.pointer as WebAssembly.Global

  get size(): number {
    return this.#pointer.value as number
  }

  /** Takes all that is on it. */
  take(): Uint8Array {
    const taken = new Uint8Array(this.#memory.buffer, 0, this.size).slice()
    this.#pointer.value = 0
    return taken
  }

  put(bytes: Uint8Array): void {
    const missing = Math.ceil((bytes.length - this.#memory.buffer.byteLength) / 65_536)
    if (missing > 0) this.#memory.grow(missing)
    new Uint8Array(this.#memory.buffer).set(bytes)
    this.#pointer.value = bytes.length
  }

  /** Lets an instance use it. */
  serve(table: WebAssembly.Table): void {
    FRAME_FUNCTIONS.forEach((name, index) => {
      table.set(index, this.functions[name])
    })
  }
}

/** One instance of a guest, and what its imported functions do. */
export class Host {
  readonly program: Program
  readonly calls: string[] = []
  readonly #exports: WebAssembly.Exports
  readonly #frames: Frames | undefined
  readonly #state: WebAssembly.Global | undefined
  /** Called before a call is answered; true to unwind instead. */
  unwindAt: (call: number) => boolean = () => false

  constructor(program: Program, frames: Frames) {
    this.program = program
    const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {}
    for (const { module, name, kind } of WebAssembly.Module.imports(program.module)) {
      if (kind !== 'function') throw new Error(`the import ${name} is no function`)
      imports[module] ??= {}
      imports[module][name] = (...args: Value[]) => this.#call(name, args)
    }
    this.#exports = new WebAssembly.Instance(program.module, imports).exports
    this.#state = this.#exports[UNWIND_STATE] as WebAssembly.Global | undefined
    if (this.#state !== undefined) {
      frames.serve(this.#exports[UNWIND_FRAMES] as WebAssembly.Table)
      this.#frames = frames
    }
    const fuel = this.#exports[FUEL] as WebAssembly.Global | undefined
    if (fuel !== undefined) fuel.value = FUEL_AT_FIRST
  }

  get memory(): Uint8Array {
    const memory = this.#memory
    return memory === undefined ? new Uint8Array(0) : new Uint8Array(memory.buffer)
  }

  get #memory(): WebAssembly.Memory | undefined {
    return (this.#exports.memory ?? this.#exports['vivarium:memory']) as WebAssembly.Memory | undefined
  }

  #call(name: string, args: readonly Value[]): Answered {
    const call = this.calls.length
    if (this.#state?.value === 2) this.#state.value = 0
    else if (this.unwindAt(call)) {
      ;(this.#state as WebAssembly.Global).value = 1
      // Whatever it returns, as long as it can be turned into what the import gives.
      try {
        return otherThan(this.program.answer(name, args, call, this.memory.slice()))
      } catch {
        return undefined
      }
    }
    const result = this.program.answer(name, args, call, this.memory)
    this.calls.push(`${name}(${args.map(show).join()}) = ${show(result)}`)
    return result
  }

  /** Runs to the end, or until it was unwound: then there is a snapshot of it. */
  run(): Snapshot | string {
    const { name, args } = this.program
    return this.#enter(name, args)
  }

  /** Goes on from a snapshot, which another host may have taken; `calls` are those before. */
  resume({ memory, frames }: Snapshot, calls: readonly string[]): Snapshot | string {
    this.calls.splice(0, Infinity, ...calls)
    const missing = (memory.length - this.memory.length) / 65_536
    if (missing > 0) this.#memory?.grow(missing)
    this.memory.set(memory)
    this.#frames?.put(frames)
    ;(this.#exports[POP_GLOBALS] as () => void)()
    ;(this.#state as WebAssembly.Global).value = 2
    const { name, args } = this.program
    return this.#enter(
      name,
      args.map((arg) => (typeof arg === 'bigint' ? 0n : 0)),
    )
  }

  #enter(name: string, args: readonly Value[]): Snapshot | string {
    let end: string
    try {
      const given = (this.#exports[name] as (...args: readonly Value[]) => unknown)(...args)
      end = show(given)
    } catch (error) {
      // How deep the engine's stack is depends on what is on it.
      if (error instanceof RangeError) throw error
      end = `${(error as Error).constructor.name}: ${(error as Error).message}`
    }
    if (this.#state?.value !== 1) {
      const left = this.#frames?.size ?? 0
      return left === 0 ? end : `${end}, and ${left} bytes of frames are left`
    }
    ;(this.#exports[PUSH_GLOBALS] as () => void)()
    this.#state.value = 0
    return {
      call: this.calls.length,
      memory: this.memory.slice(),
      frames: (this.#frames as Frames).take(),
    }
  }

  seen(end: string): Seen {
    const value = (name: string): Value => (this.#exports[name] as WebAssembly.Global | undefined)?.value as Value
    let globals = ''
    if (this.#frames !== undefined) {
      ;(this.#exports[PUSH_GLOBALS] as () => void)()
      globals = Buffer.from(this.#frames.take()).toString('hex')
    }
    return { calls: this.calls, end, globals, memory: this.memory, fuel: value(FUEL), depth: value(DEPTH) }
  }
}

function otherThan(value: Answered): Answered {
  if (typeof value === 'object') return value.map((each) => otherThan(each) as Value)
  return typeof value === 'bigint' ? ~value : value === undefined ? undefined : value + 1
}

function show(value: unknown): string {
  if (Array.isArray(value)) return value.map(show).join()
  return typeof value === 'bigint' ? `${value}n` : Object.is(value, -0) ? '-0' : String(value)
}

/** Runs the program from its start to its end. */
export function plain(program: Program): Seen {
  const host = new Host(program, new Frames())
  const end = host.run()
  if (typeof end !== 'string') throw new Error('it unwound without being told')
  return host.seen(end)
}

export interface Apart {
  readonly seen: Seen
  readonly snapshots: readonly Snapshot[]
}

/**
 * Runs the program so that it unwinds at every call, of the first `most`, and goes on in another instance each time, or
 * in the same one with `again`.
 */
export function apart(program: Program, again: boolean = false, most: number = Infinity): Apart {
  const snapshots: Snapshot[] = []
  const frames = new Frames()
  const make = (): Host => {
    const made = new Host(program, frames)
    made.unwindAt = (call) => call === snapshots.length && call < most
    return made
  }
  let host = make()
  for (let step = host.run(); ; ) {
    if (typeof step === 'string') return { seen: host.seen(step), snapshots }
    snapshots.push(step)
    const before = host.calls
    if (!again) host = make()
    step = host.resume(step, [...before])
  }
}

/** Goes on from a snapshot that was taken after `calls` to the end. */
export function onFrom(program: Program, snapshot: Snapshot, calls: readonly string[]): Seen {
  const host = new Host(program, new Frames())
  const end = host.resume(snapshot, calls)
  if (typeof end !== 'string') throw new Error('it unwound without being told')
  return host.seen(end)
}

/** Answers of the functions that `unwind_programs.ts` imports; they also write into the memory. */
export const answers: Answer = (name, args, call, memory) => {
  if (memory.length > 0) memory[100 + (call % 50)] = call
  const mixed = (Number(args[0] ?? 0) | 0) * 31 + call * 7
  switch (name) {
    case 'one':
      return mixed % 11
    case 'wide':
      return BigInt(mixed) * 3n - 1n
    case 'floats':
      return mixed / 4
    case 'pair':
      return [mixed & 1, BigInt(call)]
    default:
      return undefined
  }
}

/** The same, but that one call gives something else. */
export function answersBut(which: number): Answer {
  return (name, args, call, memory) => {
    const answer = answers(name, args, call, memory)
    return call === which ? otherThan(answer) : answer
  }
}

/** As text, all of it: what is compared. */
export function textOf({ memory, globals, calls, end, fuel, depth }: Seen, withGlobals: boolean = true): string {
  const bytes = Buffer.from(memory).toString('base64')
  return JSON.stringify([calls, end, withGlobals ? globals : '', String(fuel), String(depth), bytes])
}

/** What is wrong with what the pass made of a program, if anything; `module` is without it, `made` with it. */
export function faultOf(program: Program, made: WebAssembly.Module): string | undefined {
  const before = plain(program)
  const having = { ...program, module: made }
  const expected = plain(having)
  if (textOf(expected, false) !== textOf(before, false)) return differ('plainly', before, expected)
  const { seen, snapshots } = apart(having)
  if (textOf(seen) !== textOf(expected)) return differ('taken apart', expected, seen)
  if (snapshots.length < expected.calls.length) return `it unwound ${snapshots.length} times only`
  const again = apart(having, true).seen
  if (textOf(again) !== textOf(expected)) return differ('taken apart in one instance', expected, again)
  for (let which = 0; which < snapshots.length; which += 1 + (snapshots.length >> 2)) {
    const snapshot = snapshots[which] as Snapshot
    const before = expected.calls.slice(0, which)
    for (const answer of [program.answer, answersBut(which)]) {
      if (answer !== program.answer && program.answer !== answers) continue
      const one = plain({ ...having, answer })
      const other = onFrom({ ...having, answer }, snapshot, before)
      if (textOf(one) !== textOf(other)) return differ(`on from call ${which}`, one, other)
    }
  }
  return undefined
}

function differ(how: string, one: Seen, other: Seen): string {
  const brief = (seen: Seen): string => `${seen.calls.join(' ')} ${seen.end} ${seen.globals}`.slice(0, 1000)
  return `${how}: ${brief(one)} | ${brief(other)}`
}
