/** Texts that systems are given, and the odd ones among them. */

import fc, { type Arbitrary } from 'fast-check'
import { byteString } from '../../../vfs/bytes.ts'
import { NAME_MAX } from '../../../vfs/limits.ts'

/** Names that programs know, shortest first, since what is shrunk ends at the first. */
const COMMON = ['a', 'b', 'c', 'd', 'e', 'file', 'dir', 'a.txt', 'data.json', 'tmp', 'out']
/** Names that programs stumble over. */
const ODD = ['-', '-n', '--', ' ', 'a b', 'é', '💾', '...', '.hidden', '~', '*', "'", '"', '$x', 'a\nb', 'NUL', '0']

const LAST_SCALAR = 0x10_ffff
const FIRST_SURROGATE = 0xd800
const SURROGATES = 0x800

/** A name for a directory entry: not empty, no slash, not `.` or `..`, at most 255 bytes. */
export function entryName(): Arbitrary<string> {
  return fc.oneof(
    { withCrossShrink: true },
    { weight: 6, arbitrary: fc.constantFrom(...COMMON) },
    { weight: 2, arbitrary: fc.string({ minLength: 1, maxLength: 12 }).filter(isName) },
    { weight: 1, arbitrary: fc.constantFrom(...ODD) },
    { weight: 1, arbitrary: unicode(1, 8).filter(isName) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: NAME_MAX }).map((length) => 'n'.repeat(length)) },
  )
}

/** Whether text can be a name in a directory. */
export function isName(text: string): boolean {
  if (text === '' || text === '.' || text === '..' || /[/\0]/.test(text)) return false
  return byteString(text).length <= NAME_MAX
}

/** Text without a NUL, as arguments and variables are. */
export function plainText(maxLength: number): Arbitrary<string> {
  return fc.oneof(
    { withCrossShrink: true },
    { weight: 4, arbitrary: fc.string({ maxLength }).filter(hasNoNul) },
    { weight: 1, arbitrary: unicode(0, maxLength) },
  )
}

/** Any characters of Unicode but NUL. Of fast-check's own the first takes a second, since it lists them all. */
function unicode(minLength: number, maxLength: number): Arbitrary<string> {
  const scalar = fc.integer({ min: 1, max: LAST_SCALAR - SURROGATES }).map((number) => {
    return String.fromCodePoint(number < FIRST_SURROGATE ? number : number + SURROGATES)
  })
  return fc.array(scalar, { minLength, maxLength }).map((all) => all.join(''))
}

function hasNoNul(text: string): boolean {
  return !text.includes('\0')
}
