/** Where the data of a file with holes is. */

import type { FileData } from '../file_data.ts'
import { CHUNK_SIZE } from '../limits.ts'
import type { Extent } from './builder.ts'

/** The parts of a file that are no holes, in order, with holes between; whole blocks, but for the end of the file. */
export function extentsOf(data: FileData): Extent[] {
  const extents: Extent[] = []
  for (let at = data.nextData(0); at < data.size; ) {
    const end = data.nextHole(at)
    if (end > at) extents.push({ offset: at, length: end - at })
    // The hole may be in a chunk whose data is before it: that chunk has no more.
    at = end < data.size ? data.nextData(Math.floor(end / CHUNK_SIZE + 1) * CHUNK_SIZE) : end
  }
  return extents
}
