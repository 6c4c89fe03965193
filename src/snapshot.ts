/** A machine at one moment between runs, kept for good. */

import type { Kernel } from '../kernel/kernel.ts'

export class Snapshot {
  readonly #kernel: Kernel

  /** Takes a kernel that nobody else will change. */
  constructor(kernel: Kernel) {
    this.#kernel = kernel
  }

  /** A kernel to go on with; this one stays as it is. */
  fork(): Kernel {
    return this.#kernel.fork()
  }
}
