/** The guest of these tests: `guest.c`, which does what its first argument says. */

import type { World } from '../../src/fuzz/index.ts'
import { compileFile } from '../support/compile.ts'

export function guest(): Uint8Array {
  return compileFile('fuzz_api/guest.c')
}

/** The world in which it does that. */
export function doing(word: string, world: World = {}, ...more: readonly string[]): World {
  return { ...world, args: ['guest', word, ...more] }
}
