/** All together: whole worlds. */

import fc, { type Arbitrary } from 'fast-check'
import type { World } from '../world.ts'
import { argv } from './argv.ts'
import { env } from './env.ts'
import { fileTree } from './file_tree.ts'
import { epoch, seed, stdin } from './inputs.ts'

/** For each part of a world where it comes from, or false for none. */
export type WorldConstraints = {
  readonly [part in keyof World]?: Arbitrary<NonNullable<World[part]>> | false
}

/**
 * Worlds. A part that an arbitrary is given for is always there; the others are there or not, so that what is shrunk has
 * only what it needs. Faults, and another order of listings, there are only where they are asked for, as by
 * `faults: faultPlan()`.
 */
export function world(constraints: WorldConstraints = {}): Arbitrary<World> {
  const usual: { readonly [part in keyof World]?: Arbitrary<unknown> } = {
    args: argv(),
    files: fileTree(),
    stdin: stdin(),
    env: env(),
    seed: seed(),
    epoch: epoch(),
  }
  const model: { [part: string]: Arbitrary<unknown> } = {}
  const required: string[] = []
  for (const part of ['args', 'files', 'stdin', 'env', 'seed', 'epoch', 'listing', 'faults'] as const) {
    const given = constraints[part]
    if (given !== undefined && given !== false) {
      model[part] = given
      required.push(part)
    } else if (given === undefined && usual[part] !== undefined) model[part] = usual[part]
  }
  return fc.record(model, { requiredKeys: required, noNullPrototype: true }).map(withoutEmpty)
}

/** A part that says nothing is left out, but for what it was to be there for. */
function withoutEmpty(drawn: { [part: string]: unknown }): World {
  if (drawn.faults !== '') return drawn
  const { faults: _, ...rest } = drawn
  return rest
}
