/** Arguments of a command. */

import fc, { type Arbitrary } from 'fast-check'
import { plainText } from './text.ts'

export interface ArgvConstraints {
  /** The first of them, the program's name. Default `main`. */
  readonly program?: string
  /** Arguments after it, at least. Default 0. */
  readonly minLength?: number
  /** And at most. Default 4. */
  readonly maxLength?: number
  /** Words that the program knows, as `-n` or `--all`. */
  readonly words?: readonly string[]
  /** Paths to be given, as those of `path(tree)`. Default some that trees of `fileTree` often have. */
  readonly paths?: Arbitrary<string>
  /** In place of words, paths and other text. */
  readonly arg?: Arbitrary<string>
}

/** Shrinks to the program's name alone. */
export function argv(constraints: ArgvConstraints = {}): Arbitrary<string[]> {
  const { program = 'main', minLength = 0, maxLength = 4, words = [], paths } = constraints
  const arg =
    constraints.arg ??
    fc.oneof(
      ...(words.length === 0 ? [] : [{ weight: 6, arbitrary: fc.constantFrom(...words) }]),
      { weight: 4, arbitrary: paths ?? fc.constantFrom('a', 'b', '/a', '/b', '/a/b', '/', '.', '..', '/missing', '-') },
      { weight: 2, arbitrary: fc.integer({ min: -2, max: 100 }).map(String) },
      { weight: 2, arbitrary: plainText(12) },
      { weight: 1, arbitrary: fc.constantFrom('-h', '--help', '-v', '--', '-n', '2147483648', '-1') },
    )
  return fc.array(arg, { minLength, maxLength, size: 'max' }).map((rest) => [program, ...rest])
}
