/** "This call would block", as a value: what it waits for. The executor decides what that means. */

import type { Instant } from '../vfs/inode.ts'

/** A descriptor and what it has to become. */
export interface Awaited {
  readonly fd: number
  readonly for: 'readable' | 'writable'
}

/**
 * Returned instead of a result. Nothing has happened that a second try would repeat: the caller makes the same call
 * again once something awaited may have come true, or the monotonic clock has reached `deadline`.
 */
export class Blocked {
  readonly awaited: readonly Awaited[]
  readonly deadline: Instant | undefined

  constructor(awaited: readonly Awaited[], deadline: Instant | undefined) {
    this.awaited = awaited
    this.deadline = deadline
  }
}
