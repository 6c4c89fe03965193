/** Environments. */

import fc, { type Arbitrary } from 'fast-check'
import { plainText } from './text.ts'

export interface EnvConstraints {
  /** Variables that the program knows, drawn more often than others. */
  readonly names?: readonly string[]
  /** Variables at most. Default 3. */
  readonly maxKeys?: number
  readonly value?: Arbitrary<string>
}

const KNOWN = ['HOME', 'PATH', 'LANG', 'TZ', 'TMPDIR', 'PWD', 'DEBUG', 'NO_COLOR', 'LC_ALL']

/** Shrinks to an empty environment. */
export function env(constraints: EnvConstraints = {}): Arbitrary<{ [name: string]: string }> {
  const { names = KNOWN, maxKeys = 3, value } = constraints
  const key = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...names) },
    { weight: 1, arbitrary: fc.string({ minLength: 1, maxLength: 8 }).filter((name) => !/[=\0]/.test(name)) },
  )
  const text =
    value ??
    fc.oneof(
      { weight: 2, arbitrary: fc.constantFrom('', '1', '0', '/', '/tmp', '/missing', 'C', 'en_US.UTF-8', 'UTC') },
      { weight: 1, arbitrary: plainText(16) },
    )
  // Of two with one name the last counts.
  return fc.array(fc.tuple(key, text), { maxLength: maxKeys, size: 'max' }).map(Object.fromEntries<string>)
}
