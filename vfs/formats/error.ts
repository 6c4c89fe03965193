/** What is wrong with an archive or a tree that was to become one, in the words of who gave it. */

export type Format = 'tar' | 'nar' | 'zip' | 'oci' | 'git' | 'snapshot'

/** Thrown for bytes that are not what they are to be, and for what a format cannot carry. Nothing has been changed then. */
export class FormatError extends Error {
  override readonly name = 'FormatError'
  readonly format: Format
  /** Where in the bytes it was found, where it was found in bytes. */
  readonly offset: number | undefined

  constructor(format: Format, problem: string, offset?: number) {
    super(`${format}: ${problem}${offset === undefined ? '' : ` (at byte ${offset})`}`)
    this.format = format
    this.offset = offset
  }
}
