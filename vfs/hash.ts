/**
 * SHA-1 and SHA-256, which name contents. Pure JavaScript, so that they are the same wherever a machine is; a host whose
 * own are faster can give them instead (`nodeHashes` of `vivarium/node`): the digests are equal either way.
 */

import { sha1 } from '@noble/hashes/legacy.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { type ByteString, encodeLatin1 } from './bytes.ts'

export type HashName = 'sha1' | 'sha256'

/** A hash that is being computed. */
export interface Hash {
  /** Takes in more bytes, which may be changed afterwards. */
  update(bytes: Uint8Array): unknown
  /** The digest of all bytes: 20 bytes for SHA-1, 32 for SHA-256. Once; then the hash is used up. */
  digest(): Uint8Array
}

/** Begins a hash. */
export type Hashes = (name: HashName) => Hash

export const pureHashes: Hashes = (name) => (name === 'sha1' ? sha1.create() : sha256.create())

/** The digest of `bytes` alone. */
export function hashOf(hashes: Hashes, name: HashName, bytes: Uint8Array): Uint8Array {
  const hash = hashes(name)
  hash.update(bytes)
  return hash.digest()
}

/** Bytes of a digest. */
export function digestSize(name: HashName): number {
  return name === 'sha1' ? 20 : 32
}

/** A digest that is kept as its raw bytes, as people write it. */
export function hexOfId(id: ByteString): string {
  return hexOf(encodeLatin1(id))
}

/** The raw bytes of a digest in hexadecimal; `undefined` for what is none. */
export function idOfHex(hex: string, name: HashName): ByteString | undefined {
  if (hex.length !== 2 * digestSize(name) || !/^[0-9a-f]*$/.test(hex)) return undefined
  let id = ''
  for (let i = 0; i < hex.length; i += 2) id += String.fromCharCode(Number.parseInt(hex.slice(i, i + 2), 16))
  return id as ByteString
}

/** As lower-case hexadecimal digits, two a byte. */
export function hexOf(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += (byte < 16 ? '0' : '') + byte.toString(16)
  return text
}
