/** What the library throws at its user; guests never see it. */

/** Why, for programs: each code is thrown for one kind of mistake. */
export type VivariumErrorCode =
  /** An option that does not exist, or whose value makes no sense. */
  | 'BAD_OPTION'
  /** Bytes that are no WebAssembly module, or a module that cannot be run. */
  | 'BAD_MODULE'
  /** The module imports something that is neither WASI nor given in `imports`. */
  | 'MISSING_IMPORT'
  /** A file or directory that the options name is not in the machine, or is of the wrong kind. */
  | 'NO_SUCH_FILE'
  /** The module has no export of that name that can be called. */
  | 'NO_SUCH_EXPORT'
  /** A call of the guest is running, so nothing else in it can be called: a sink tried to. */
  | 'BUSY'
  /** The run has ended, so nothing in it can be called. */
  | 'ENDED'
  /** The run kept no such moment. */
  | 'NO_MOMENT'
  /** The run depends on what is no data, so it cannot be recorded. */
  | 'NOT_RECORDABLE'
  /** What is no recording, or a damaged one. */
  | 'BAD_RECORDING'
  /** An input of a replay is another than was recorded. */
  | 'OTHER_INPUT'

export class VivariumError extends Error {
  override readonly name = 'VivariumError'
  readonly code: VivariumErrorCode

  constructor(code: VivariumErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
