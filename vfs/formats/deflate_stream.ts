/** One fault of fflate 0.8.3 that everything here that compresses piece by piece has to mend. */

import type { Deflate } from 'fflate/browser'

/**
 * A new `Deflate`, `Gzip` or `Zlib`, mended. As it comes it begins as if 32 KiB of zeros had come before, which it takes
 * for a repetition of where the data itself has zeros near its start: what comes out cannot be decompressed then.
 * Preconditions: nothing has been pushed, and at least one byte will be: of none it would make 96 KiB of zeros.
 */
export function fromTheStart<Stream extends { push: Deflate['push'] }>(stream: Stream): Stream {
  const { s: state } = stream as unknown as { readonly s: { i: number; w: number; z: number } }
  state.i = state.w = state.z = 0
  return stream
}
