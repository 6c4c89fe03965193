/** What goes wrong at the door to the host: a code for programs, the host's path, and a message that says what to do. */

export type HostErrorCode =
  /** A path that is not there: the folder to copy in, the guest's path to write out, or the folder to write into. */
  | 'NOT_FOUND'
  /** A folder was asked for and something else is there, or the other way round. */
  | 'WRONG_KIND'
  /** The host does not let it be read. */
  | 'UNREADABLE'
  /** The machine's quota has no room for what is copied in. */
  | 'QUOTA'
  /** The place to write to is a link, a device, a folder with content, or a root: writing there would harm. */
  | 'REFUSED'
  /** Two names of the guest are one name on this host. */
  | 'COLLISION'
  /** A name that this host cannot hold. */
  | 'NAME'
  /** The host failed half-way; what was there before is there still. */
  | 'WRITE_FAILED'
  /** The host failed half-way and failed again when the old content was put back: the message says where it is. */
  | 'NOT_RESTORED'
  /** The file is no WebAssembly module that can be run. */
  | 'NOT_A_MODULE'

export class HostError extends Error {
  override readonly name = 'HostError'
  readonly code: HostErrorCode
  /** The path that it is about, as the caller or the guest wrote it. */
  readonly path: string

  constructor(code: HostErrorCode, path: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.path = path
  }
}

/** The errno's name of an error that the host threw; `undefined` for every other error, `HostError` among them. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined
  return /^E[A-Z0-9]+$/.test(error.code) ? error.code : undefined
}

const WORDS: { readonly [errno: string]: string } = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOENT: 'it is not there',
  ENOTDIR: 'a part of the path is no folder',
  EISDIR: 'it is a folder',
  ENAMETOOLONG: 'the name or the path is too long for this host',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'it is too large for this host',
  EROFS: 'the disk is read-only',
  EMFILE: 'too many files are open',
  ELOOP: 'it has become a link',
}

/** Why the host refused, in words, with the errno's name where there is one. */
export function reasonOf(error: unknown): string {
  const errno = errnoOf(error)
  if (errno === undefined) return error instanceof Error ? error.message : String(error)
  const words = WORDS[errno]
  return words === undefined ? errno : `${words} (${errno})`
}
