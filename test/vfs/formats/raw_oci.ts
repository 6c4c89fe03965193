/** Image layouts made by hand, out of layers that `writeOciLayout` would not write. */

import { createHash } from 'node:crypto'
import type { OciLayout } from '../../../vfs/formats/oci_write.ts'

export const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
export const INDEX = 'application/vnd.oci.image.index.v1+json'

export function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

export function json(value: unknown): Uint8Array {
  return new Uint8Array(Buffer.from(JSON.stringify(value)))
}

/** A layout while it is made: blobs are added from the layers up to the index. */
export class RawLayout {
  readonly files: { [path: string]: Uint8Array } = { 'oci-layout': json({ imageLayoutVersion: '1.0.0' }) }

  /** Adds a blob; its descriptor. */
  add(mediaType: string, bytes: Uint8Array): { mediaType: string; digest: string; size: number } {
    const digest = sha256(bytes)
    this.files[`blobs/${digest.replace(':', '/')}`] = bytes
    return { mediaType, digest, size: bytes.length }
  }

  index(manifests: readonly unknown[]): OciLayout {
    this.files['index.json'] = json({ schemaVersion: 2, manifests })
    return this.files
  }
}

/** One image of these layers (tar archives, not compressed); `change` may spoil config, manifest and index, in this order. */
export function layoutOf(
  layers: readonly Uint8Array[],
  change: (document: Uint8Array) => Uint8Array = (document) => document,
): OciLayout {
  const layout = new RawLayout()
  const rootfs = { type: 'layers', diff_ids: layers.map(sha256) }
  const config = layout.add(
    'application/vnd.oci.image.config.v1+json',
    change(json({ architecture: 'wasm', os: 'wasip1', rootfs })),
  )
  const blobs = layers.map((bytes) => layout.add('application/vnd.oci.image.layer.v1.tar', bytes))
  const manifest = layout.add(MANIFEST, change(json({ schemaVersion: 2, config, layers: blobs })))
  layout.index([manifest])
  layout.files['index.json'] = change(layout.files['index.json'] as Uint8Array)
  return layout.files
}
