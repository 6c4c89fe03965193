/** A machine at one moment between runs, kept for good. */

import type { Kernel } from '../kernel/kernel.ts'
import type { Cpu } from './cpu/settings.ts'

export class Snapshot {
  readonly #kernel: Kernel
  /** How guests compute on the machine. */
  readonly cpu: Cpu

  /** Takes a kernel that nobody else will change. */
  constructor(kernel: Kernel, cpu: Cpu) {
    this.#kernel = kernel
    this.cpu = cpu
  }

  /** A kernel to go on with; this one stays as it is. */
  fork(): Kernel {
    return this.#kernel.fork()
  }
}
