/** The bytes that a guest reads in a world: its stdin and the contents of its files. Those are what guided runs change. */

import { encodeUtf8 } from '../../vfs/bytes.ts'
import type { World, WorldFiles } from './world.ts'

/** One of them, by the path of the file; stdin has none. */
export interface WorldInput {
  readonly path: string | undefined
  readonly bytes: Uint8Array
}

/** All of them: stdin first, then the files in the order of the world. */
export function inputsOf({ stdin, files }: World): WorldInput[] {
  const found: WorldInput[] = []
  if (stdin !== undefined) found.push({ path: undefined, bytes: bytesOf(stdin) })
  for (const [path, file] of Object.entries(files ?? {})) {
    const content = contentOf(file)
    if (content !== undefined) found.push({ path, bytes: bytesOf(content) })
  }
  return found
}

/** The world with other bytes in one of its inputs. */
export function withInput(world: World, { path, bytes }: WorldInput): World {
  if (path === undefined) return { ...world, stdin: bytes }
  const { files = {} } = world
  const file = files[path]
  const isEntry = typeof file === 'object' && file !== null && !(file instanceof Uint8Array)
  return { ...world, files: { ...files, [path]: isEntry ? { ...file, data: bytes } : bytes } }
}

/** Bytes of all inputs together. */
export function sizeOf(world: World): number {
  return inputsOf(world).reduce((size, { bytes }) => size + bytes.length, 0)
}

function contentOf(file: WorldFiles[string]): string | Uint8Array | undefined {
  if (typeof file === 'string' || file instanceof Uint8Array) return file
  return file === null || file === undefined ? undefined : file.data
}

/** The `slice` of what is derived from Uint8Array, as Node's Buffer, may share the bytes, so those are copied. */
function bytesOf(content: string | Uint8Array): Uint8Array {
  if (typeof content === 'string') return encodeUtf8(content)
  return content.constructor === Uint8Array ? content : new Uint8Array(content)
}
