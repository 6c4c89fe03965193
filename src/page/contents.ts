/** What a file held as of a call, put together from its versions. */

import type { PageVersion } from '../timeline_data.ts'

export interface Contents {
  /** One character a byte, 0 to 255. */
  readonly bytes: string
  /** The call that made it so; 0 for what it was at the start. */
  readonly call: number
  /** Which bytes that call wrote: from `from` up to `to`. */
  readonly from: number
  readonly to: number
}

interface FileVersion {
  readonly call: number
  readonly at: number
  readonly removed: number
  readonly bytes: string
  /** All bytes; kept of one version in so many. */
  whole?: string
}

/** One version in so many is kept whole, so that the way to the one asked for is short. */
const KEEPS_ONE_IN = 32

export class AllContents {
  readonly #files = new Map<number, FileVersion[]>()

  constructor(versions: readonly PageVersion[]) {
    for (const [ino, call, at, removed, bytes] of versions) {
      let file = this.#files.get(ino)
      if (file === undefined) {
        file = []
        this.#files.set(ino, file)
      }
      file.push({ call, at, removed, bytes: typeof bytes === 'string' ? bytes : atob(bytes[0]) })
    }
  }

  /** `undefined` where the page has nothing of the file. */
  at(ino: number, call: number): Contents | undefined {
    const versions = this.#files.get(ino) ?? []
    const last = versions.findLastIndex((version) => version.call <= call)
    const version = versions[last]
    if (version === undefined) return undefined
    let first = last
    while (first > 0 && versions[first]?.whole === undefined) first--
    let bytes = versions[first]?.whole ?? versions[first]?.bytes ?? ''
    for (let at = first + 1; at <= last; at++) {
      const next = versions[at] as FileVersion
      bytes = bytes.slice(0, next.at) + next.bytes + bytes.slice(next.at + next.removed)
      if (at % KEEPS_ONE_IN === 0) next.whole = bytes
    }
    return { bytes, call: version.call, from: version.at, to: version.at + version.bytes.length }
  }
}
