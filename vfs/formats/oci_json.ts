/** The JSON of an image: what its documents say, and reading them without trust. */

import { decodeUtf8, encodeUtf8 } from '../bytes.ts'
import { FormatError } from './error.ts'

export const INDEX_TYPE = 'application/vnd.oci.image.index.v1+json'
export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json'
export const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json'
export const LAYER_TYPE = 'application/vnd.oci.image.layer.v1.tar+gzip'
/** The annotation of a manifest in an index that is its tag. */
export const REF_NAME = 'org.opencontainers.image.ref.name'

/** How the last component of a path begins that takes something away; the second whole takes away all in a directory. */
export const WHITEOUT = '.wh.'
export const OPAQUE = '.wh..wh..opq'

/** How a container of the image is started; the names are those of the image specification. */
export interface OciConfig {
  readonly Entrypoint?: readonly string[]
  readonly Cmd?: readonly string[]
  /** `NAME=VALUE` each. */
  readonly Env?: readonly string[]
  readonly WorkingDir?: string
  readonly User?: string
  readonly Labels?: { readonly [name: string]: string }
  readonly ExposedPorts?: { readonly [port: string]: Readonly<Record<string, never>> }
  readonly Volumes?: { readonly [path: string]: Readonly<Record<string, never>> }
  readonly StopSignal?: string
}

/** Names one blob. */
export interface Descriptor {
  readonly mediaType: string
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string
  readonly size: number
  readonly platform?: { readonly architecture: string; readonly os: string }
  readonly annotations?: { readonly [name: string]: string }
}

/** A JSON document as bytes, in the order of its keys. */
export function jsonBytes(value: unknown): Uint8Array {
  return encodeUtf8(JSON.stringify(value))
}

export type JsonObject = { readonly [key: string]: unknown }

/** @throws FormatError naming the document where it is no JSON object. */
export function jsonObject(what: string, bytes: Uint8Array): JsonObject {
  let value: unknown
  try {
    value = JSON.parse(decodeUtf8(bytes))
  } catch {
    throw new FormatError('oci', `${what} is no JSON`)
  }
  if (!isObject(value)) throw new FormatError('oci', `${what} is no JSON object`)
  return value
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The list of descriptors under a key of a document. */
export function descriptorsIn(what: string, object: JsonObject, key: string): Descriptor[] {
  const list = object[key]
  if (!Array.isArray(list)) throw new FormatError('oci', `${what} has no list "${key}"`)
  return list.map((item) => descriptorOf(`${what}, "${key}"`, item))
}

export function descriptorOf(what: string, value: unknown): Descriptor {
  const { mediaType, digest, size, platform, annotations } = isObject(value) ? value : {}
  if (typeof mediaType !== 'string' || typeof digest !== 'string' || typeof size !== 'number') {
    throw new FormatError('oci', `${what}: something has no mediaType, digest and size`)
  }
  return {
    mediaType,
    digest,
    size,
    ...(isObject(platform) ? { platform: { architecture: `${platform.architecture}`, os: `${platform.os}` } } : {}),
    ...(isObject(annotations) ? { annotations: annotations as { readonly [name: string]: string } } : {}),
  }
}
