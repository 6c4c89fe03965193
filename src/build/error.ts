/** What goes wrong in a build: a code for programs, and a message that names the recipe, the step and the file. */

export type BuildErrorCode =
  /** The recipe is none, or something in it makes no sense. */
  | 'BAD_RECIPE'
  /** A module, a tree, a source, or what a step reads is not there. */
  | 'MISSING_INPUT'
  /** An input is another than the recipe or the lock file says; the message has both digests. */
  | 'OTHER_DIGEST'
  /** Steps wait for one another in a circle. */
  | 'CYCLE'
  /** Two steps write one path, or a step writes what is there already. */
  | 'CLASH'
  /** A step ended otherwise than by exit code 0: it failed, trapped, or came to a limit. */
  | 'STEP_FAILED'
  /** A step ended well, and something that it was to write is not there. */
  | 'MISSING_OUTPUT'
  /** A lock file or a provenance statement that is none, or is damaged. */
  | 'BAD_DOCUMENT'
  /** An output came out other than before. */
  | 'OTHER_OUTPUT'

/** Where in a build something is wrong. */
export interface BuildPlace {
  readonly recipe?: string
  readonly step?: string
  /** A path of the machine, or of the host. */
  readonly file?: string
}

export class BuildError extends Error {
  override readonly name = 'BuildError'
  readonly code: BuildErrorCode
  readonly place: BuildPlace

  constructor(code: BuildErrorCode, place: BuildPlace, problem: string, cause?: unknown) {
    const { recipe, step } = place
    const where = [recipe, step === undefined ? undefined : `step ${JSON.stringify(step)}`].filter((part) => part)
    super(where.length === 0 ? problem : `${where.join(', ')}: ${problem}`, cause === undefined ? undefined : { cause })
    this.code = code
    this.place = place
  }
}
