/** random_get: the process's stream of seeded bytes. */

import { FAULT, type Guest } from './guest.ts'
import { randomBlocks } from './random_blocks.ts'

/** Bytes from which on SIMD is faster. */
const LONG = 4096

/**
 * random_get(buf: ptr, buf_len: size) -> errno
 *
 * Fills the buffer with the next bytes of the process's stream: the same for the same seed, however they are split.
 * They are for reproducing a run, not for secrets.
 * FAULT: the buffer is not all in memory; nothing is written and the stream stays where it is.
 * POSIX has no such call; Linux: getrandom.
 */
export function randomGet(guest: Guest, buf: number, length: number): number {
  const { memory } = guest
  if (!memory.covers(buf >>> 0, length >>> 0)) return FAULT
  const blocks = length >>> 0 >= LONG ? randomBlocks() : undefined
  guest.process.random.fill(memory.u8, buf >>> 0, length >>> 0, blocks)
  guest.absorb(buf >>> 0, length >>> 0)
  return 0
}
