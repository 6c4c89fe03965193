/** Thrown when the machine itself is wrong, never for what a guest did; not an errno, since an errno would hide it. */
export class KernelBug extends Error {
  override readonly name = 'KernelBug'
}

/** Throws `KernelBug` unless `condition` holds. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new KernelBug(message)
}
