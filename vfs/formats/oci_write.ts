/** A tree as an OCI image layout: a folder that container tools take as an image. The same tree gives the same bytes. */

import type { Filesystem } from '../filesystem.ts'
import { type Hash, type Hashes, hashOf, hexOf, pureHashes } from '../hash.ts'
import type { Epoch } from '../instant.ts'
import { FormatError } from './error.ts'
import { gzipped } from './gzip.ts'
import {
  CONFIG_TYPE,
  type Descriptor,
  INDEX_TYPE,
  jsonBytes,
  LAYER_TYPE,
  MANIFEST_TYPE,
  type OciConfig,
  REF_NAME,
  WHITEOUT,
} from './oci_json.ts'
import { baseDirectoryOf, momentOf, type WriteOptions } from './options.ts'
import { joined } from './output.ts'
import { tarChunks } from './tar_write.ts'
import { isoOf } from './times.ts'
import { TreeWalk } from './tree_walk.ts'

export interface OciWriteOptions extends WriteOptions {
  /** How a container of it is started: `Entrypoint`, `Cmd`, `Env`, `WorkingDir`, … */
  readonly config?: OciConfig
  /** Default `wasm`. */
  readonly architecture?: string
  /** Default `wasip1`, as the images of WebAssembly runtimes have it. */
  readonly os?: string
  /** When the image was made. Default 1970, so that it does not make two images differ. */
  readonly created?: Epoch
  /** The tag. Default `latest`. */
  readonly ref?: string
  /** Of the manifest. */
  readonly annotations?: { readonly [name: string]: string }
  /** Default `pureHashes`; the digests are the same with any. */
  readonly hashes?: Hashes
}

/** The files of an image layout, by their paths in its folder. */
export type OciLayout = { readonly [path: string]: Uint8Array }

/**
 * The tree below `options.base` as an image of one layer: the files of an image layout folder, `oci-layout`,
 * `index.json` and `blobs/sha256/…`. What the layer holds is as `writeTar` says. A name that begins with `.wh.` means
 * a removal in a layer, so a tree that has one cannot be an image.
 * @throws FormatError for such a name, for a layer over `ARRAY_MAX`, and for options that cannot be.
 */
export function writeOciLayout(fs: Filesystem, options: OciWriteOptions = {}): OciLayout {
  const hashes = options.hashes ?? pureHashes
  const blobs: { [path: string]: Uint8Array } = {}
  const addBlob = (mediaType: string, bytes: Uint8Array): Descriptor => {
    const digest = hexOf(hashOf(hashes, 'sha256', bytes))
    blobs[`blobs/sha256/${digest}`] = bytes
    return { mediaType, digest: `sha256:${digest}`, size: bytes.length }
  }
  const created = isoOf(momentOf('oci', 'created', options.created ?? 0))
  const { architecture = 'wasm', os = 'wasip1', ref = 'latest', annotations } = options
  if (!REF.test(ref)) {
    throw new FormatError('oci', `ref: ${JSON.stringify(ref)} is no tag: letters, digits and -._:@+/ in between`)
  }
  refuseWhiteouts(fs, options)
  const contents = hashes('sha256')
  const layer = addBlob(
    LAYER_TYPE,
    joined('oci', gzipped(seen(tarChunks(fs, options), contents)), 'write less of the tree'),
  )
  const config = addBlob(
    CONFIG_TYPE,
    jsonBytes({
      created,
      architecture,
      os,
      config: options.config ?? {},
      rootfs: { type: 'layers', diff_ids: [`sha256:${hexOf(contents.digest())}`] },
      history: [{ created, created_by: 'vivarium' }],
    }),
  )
  const manifest = addBlob(
    MANIFEST_TYPE,
    jsonBytes({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config,
      layers: [layer],
      ...(annotations === undefined ? {} : { annotations }),
    }),
  )
  const tagged = { ...manifest, platform: { architecture, os }, annotations: { [REF_NAME]: ref } }
  return {
    'oci-layout': jsonBytes({ imageLayoutVersion: '1.0.0' }),
    'index.json': jsonBytes({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests: [tagged] }),
    ...blobs,
  }
}

/** References of the image specification: letters and digits with one separator between. */
const REF = /^[A-Za-z0-9]+(?:[-._:@+/][A-Za-z0-9]+)*$/

/** Passes pieces on and hashes them on the way. */
function* seen(pieces: Iterable<Uint8Array>, hash: Hash): Generator<Uint8Array, void> {
  for (const piece of pieces) {
    hash.update(piece)
    yield piece
  }
}

function refuseWhiteouts(fs: Filesystem, options: OciWriteOptions): void {
  const walk = new TreeWalk(fs, baseDirectoryOf('oci', fs, options.base))
  for (let step = walk.next(); step !== undefined; step = walk.next()) {
    if (step === 'enter' && walk.name.startsWith(WHITEOUT)) {
      throw new FormatError(
        'oci',
        `${JSON.stringify(walk.shown)}: a name that begins with ".wh." means a removal in an image`,
      )
    }
  }
}
