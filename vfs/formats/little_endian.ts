/** Numbers as most formats that are not tar keep them: the least byte first. */

/** `size` bytes at `at` as a number; over 2^53 it is not exact. Preconditions: they are there. */
export function littleEndian(bytes: Uint8Array, at: number, size: number): number {
  let value = 0
  for (let i = at + size - 1; i >= at; i--) value = value * 256 + (bytes[i] as number)
  return value
}

export function putLittleEndian(bytes: Uint8Array, at: number, size: number, value: number): void {
  let left = value
  for (let i = at; i < at + size; i++) {
    bytes[i] = left % 256
    left = Math.floor(left / 256)
  }
}
