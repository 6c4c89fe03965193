/** Ranges of one buffer, for calls that scatter and gather; filled anew for each call, so that none is allocated. */

/** Ranges that one call may name, as Linux. */
export const IOV_MAX = 1024

export class IoVec {
  buffer: Uint8Array = new Uint8Array(0)
  /** Ranges in use. */
  count = 0
  /** Bytes of all ranges. */
  total = 0
  /** Where each range starts in `buffer`, and how long it is; only the first `count` mean anything. */
  readonly starts: number[] = []
  readonly lengths: number[] = []

  reset(buffer: Uint8Array): void {
    this.buffer = buffer
    this.count = 0
    this.total = 0
  }

  add(start: number, length: number): void {
    this.starts[this.count] = start
    this.lengths[this.count] = length
    this.count++
    this.total += length
  }

  /** Keeps the first `bytes` bytes of the ranges. */
  limit(bytes: number): void {
    let left = bytes
    for (let i = 0; i < this.count; i++) {
      this.lengths[i] = Math.min(left, this.lengths[i] as number)
      left -= this.lengths[i] as number
    }
    this.total = Math.min(this.total, bytes)
  }
}
