/** What the tests of the pass `dirty` share: an instance that is put back as the host does it, and compared with a new one. */

import { expect } from 'vitest'
import type { CpuOptions } from '../../src/cpu/options.ts'
import { MEMORY } from '../../src/cpu/options.ts'
import { rewrite } from '../../src/cpu/rewrite.ts'
import { GuestInstance } from '../../src/guest_instance.ts'
import type { GuestModule } from '../../src/guest_module.ts'
import { ALL, OFF } from './support.ts'

/** With nothing else, and with all other passes. */
export const ONLY: CpuOptions = { ...OFF, reset: true, dirty: true }
export const WITH_ALL: CpuOptions = { ...ALL, dirty: true }

/** An instance, and what a new one has in its memory. */
export class Subject {
  readonly instance: GuestInstance
  readonly memory: WebAssembly.Memory
  readonly fresh: Uint8Array

  constructor(bytes: Uint8Array, options: CpuOptions = ONLY, imports: WebAssembly.Imports = {}) {
    const module = new WebAssembly.Module(rewrite(bytes, options))
    const { exports } = new WebAssembly.Instance(module, imports)
    this.memory = exports[MEMORY] as WebAssembly.Memory
    this.fresh = this.bytes.slice()
    this.instance = new GuestInstance({ cpu: options, image: undefined } as unknown as GuestModule, exports, true)
    if (this.instance.cpu?.writtenHigh === undefined) throw new Error('the module does not mark what it writes')
    this.instance.cpu.begin(undefined)
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.memory.buffer)
  }

  /** Calls an export; a trap is a result as well. */
  call(name: string, ...args: readonly (number | bigint)[]): unknown {
    this.instance.cpu?.begin(1_000_000)
    this.instance.cpu?.enter()
    try {
      return (this.instance.exports[name] as (...given: typeof args) => unknown)(...args)
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error
      return 'trap'
    }
  }

  /** Whether each of `length` bytes from `at` on is not what a new instance has. */
  isChanged(at: number, length: number): boolean {
    const { bytes, fresh } = this
    for (let each = at; each < at + length; each++) if (bytes[each] === fresh[each]) return false
    return true
  }

  /** Bytes that are not what a new instance has. */
  get changed(): number {
    const { bytes, fresh } = this
    let count = 0
    for (let at = 0; at < fresh.length; at++) if (bytes[at] !== fresh[at]) count++
    return count
  }

  /** Where the memory is not what a new instance has, if anywhere; -1 else. */
  get firstChange(): number {
    const { bytes, fresh } = this
    if (bytes.length === fresh.length && Buffer.compare(bytes, fresh) === 0) return -1
    return bytes.findIndex((byte, at) => byte !== fresh[at])
  }

  /** Puts it back, which has to give what a new instance has. `what` says of what, where it does not. */
  putBack(what: string): void {
    expect(this.instance.canReset, what).toBe(true)
    this.instance.reset()
    expect(this.firstChange, what).toBe(-1)
  }
}
