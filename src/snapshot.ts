/** A machine at one moment between runs, kept for good. */

import type { Kernel } from '../kernel/kernel.ts'
import type { Cpu } from './cpu/settings.ts'
import type { TimeBy } from './options.ts'

export class Snapshot {
  readonly #kernel: Kernel
  /** How guests compute on the machine. */
  readonly cpu: Cpu | undefined
  readonly time: TimeBy

  /** Takes a kernel that nobody else will change. */
  constructor(kernel: Kernel, cpu: Cpu | undefined, time: TimeBy) {
    this.#kernel = kernel
    this.cpu = cpu
    this.time = time
  }

  /** A kernel to go on with; this one stays as it is. */
  fork(): Kernel {
    return this.#kernel.fork()
  }
}
