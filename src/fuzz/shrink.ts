/** From a failing world to the simplest that fails the same way. */

import type { Arbitrary, Value } from 'fast-check'
import { contentBytes } from '../../vfs/bytes.ts'
import type { World } from './world.ts'

/** Goes down the arbitrary's own way, to the first simpler world that fails, as fast-check does. */
export function shrinkDrawn(
  arbitrary: Arbitrary<World>,
  drawn: Value<World>,
  fails: (world: World) => boolean,
  mostRuns: number,
): World {
  let current = drawn
  let left = mostRuns
  for (let next = simpler(); next !== undefined; next = simpler()) current = next
  return current.value

  function simpler(): Value<World> | undefined {
    for (const candidate of arbitrary.shrink(current.value, current.context)) {
      if (left-- <= 0) return undefined
      if (fails(candidate.value)) return candidate
    }
    return undefined
  }
}

/**
 * Of a world that came from no arbitrary: makes its contents shorter, then their bytes smaller. What there is stays:
 * files, arguments and variables may be what the property counts on.
 */
export function shrinkContents(world: World, fails: (world: World) => boolean, mostRuns: number): World {
  let current = world
  let left = mostRuns
  for (const [read, write] of contentsOf(world)) {
    const attempt = (bytes: Uint8Array): boolean => {
      if (left-- <= 0) return false
      const simpler = write(current, bytes)
      if (!fails(simpler)) return false
      current = simpler
      return true
    }
    const bytes = (): Uint8Array => read(current)
    for (let size = bytes().length; size >= 1; size = Math.floor(size / 2)) {
      for (let at = 0; at < bytes().length; ) {
        const rest = new Uint8Array([...bytes().subarray(0, at), ...bytes().subarray(at + size)])
        if (!attempt(rest)) at += size
      }
    }
    for (let at = 0; at < bytes().length; at++) {
      if (bytes()[at] === 0) continue
      const copy = bytes().slice()
      copy[at] = 0
      attempt(copy)
    }
  }
  return current
}

type Content = readonly [read: (world: World) => Uint8Array, write: (world: World, bytes: Uint8Array) => World]

/** Where a world has contents. */
function contentsOf({ stdin, files = {} }: World): Content[] {
  const found: Content[] = []
  if (stdin !== undefined) {
    found.push([(world) => contentBytes(world.stdin ?? ''), (world, bytes) => ({ ...world, stdin: bytes })])
  }
  for (const [path, entry] of Object.entries(files)) {
    if (typeof entry !== 'string' && !(entry instanceof Uint8Array)) continue
    found.push([
      (world) => contentBytes(world.files?.[path] as string | Uint8Array),
      (world, bytes) => ({ ...world, files: { ...world.files, [path]: bytes } }),
    ])
  }
  return found
}
