/** OCI image layouts into trees: finds an image in the folder, checks every digest, applies the layers in order. */

import type { ByteString } from '../bytes.ts'
import type { Filesystem } from '../filesystem.ts'
import { type Hashes, hashOf, hexOf, pureHashes } from '../hash.ts'
import { type ArchiveEntry, buildTwice, type Whiteout } from './builder.ts'
import { FormatError } from './error.ts'
import { decompressed, roomFor } from './gzip.ts'
import {
  type Descriptor,
  descriptorOf,
  descriptorsIn,
  isObject,
  type JsonObject,
  jsonObject,
  type OciConfig,
  OPAQUE,
  REF_NAME,
  WHITEOUT,
} from './oci_json.ts'
import type { LeftOut, ReadOptions, ReadReport } from './options.ts'
import { parseTar } from './tar_read.ts'

export interface OciReadOptions extends ReadOptions {
  /** Which image of several: its tag, or its digest (`sha256:…`). */
  readonly ref?: string
  /** Which of an image for several platforms, as `wasip1/wasm`: operating system and architecture. */
  readonly platform?: string
  /** Default `pureHashes`. */
  readonly hashes?: Hashes
}

export interface OciReport extends ReadReport {
  /** How a container of the image is started, as the image says. */
  readonly config: OciConfig
  readonly architecture: string
  readonly os: string
  /** Of the manifest. */
  readonly digest: string
}

/**
 * Adds the file system of an image to the tree below `options.at`, from the files of an image layout folder by their
 * paths in it (`oci-layout`, `index.json`, `blobs/sha256/…`). Layers are applied in order, as though what is there
 * already were a layer below them: a file may take the place of a directory, and whiteouts remove.
 * @throws FormatError for a file that is missing or whose digest is wrong, for a damaged layer, for several images of
 * which none is chosen, and for what the tree has no room for; the tree is then as it was.
 */
export function readOciLayout(
  fs: Filesystem,
  files: { readonly [path: string]: Uint8Array },
  options: OciReadOptions = {},
): OciReport {
  const layout = new Layout(files, options.hashes ?? pureHashes)
  layout.checkVersion()
  const digest = layout.choose(options)
  const manifest = jsonObject('the manifest', layout.blob(digest))
  const config = jsonObject('the config', layout.blob(descriptorOf('the manifest, "config"', manifest.config)))
  const diffIds = diffIdsOf(config)
  const descriptors = descriptorsIn('the manifest', manifest, 'layers')
  if (diffIds.length !== descriptors.length) {
    throw new FormatError(
      'oci',
      `the config has ${diffIds.length} diff_ids, and there are ${descriptors.length} layers`,
    )
  }
  const leftOut: LeftOut[] = []
  // All layers are in memory at once.
  let room = roomFor(fs)
  const layers = descriptors.map((descriptor, i) => {
    const bytes = decompressed('oci', layout.blob(descriptor), room)
    room -= bytes.length
    if (layout.digestOf(bytes) !== diffIds[i]) {
      throw new FormatError('oci', `the layer ${descriptor.digest} is not what the config says (${diffIds[i]})`)
    }
    const content = parseTar('oci', bytes)
    leftOut.push(...content.leftOut)
    return layerOf(content.entries)
  })
  const report = buildTwice('oci', fs, options, leftOut, (builder) => {
    for (const { whiteouts, entries } of layers) {
      for (const whiteout of whiteouts) builder.hide(whiteout)
      for (const entry of entries) builder.add(entry, 'anything')
    }
  })
  const { architecture, os } = config
  const started = isObject(config.config) ? (config.config as OciConfig) : {}
  return { ...report, config: started, architecture: `${architecture ?? ''}`, os: `${os ?? ''}`, digest: digest.digest }
}

interface Layer {
  readonly whiteouts: readonly Whiteout[]
  readonly entries: readonly ArchiveEntry[]
}

/** What a layer removes concerns the layers below alone, so it comes before what it adds, wherever it stands. */
function layerOf(all: readonly ArchiveEntry[]): Layer {
  const whiteouts: Whiteout[] = []
  const entries: ArchiveEntry[] = []
  for (const entry of all) {
    const { path } = entry
    const slash = path.lastIndexOf('/')
    const name = path.slice(slash + 1)
    if (!name.startsWith(WHITEOUT)) {
      entries.push(entry)
      continue
    }
    const parent = path.slice(0, Math.max(0, slash))
    if (name === OPAQUE) whiteouts.push({ path: parent as ByteString, opaque: true })
    else {
      const hidden = name.slice(WHITEOUT.length)
      // Other names of this kind are notes of the tools that make layers.
      if (hidden.startsWith(WHITEOUT)) continue
      if (hidden === '' || hidden === '.' || hidden === '..') {
        throw new FormatError('oci', `a layer removes ${JSON.stringify(hidden)}, which is no name`, entry.offset)
      }
      whiteouts.push({ path: (slash < 0 ? hidden : `${parent}/${hidden}`) as ByteString, opaque: false })
    }
  }
  return { whiteouts, entries }
}

function diffIdsOf(config: JsonObject): readonly unknown[] {
  const diffIds = isObject(config.rootfs) ? config.rootfs.diff_ids : undefined
  if (!Array.isArray(diffIds)) throw new FormatError('oci', 'the config has no list "rootfs.diff_ids"')
  return diffIds
}

/** How deep indexes may name further indexes. */
const DEPTH_MAX = 8

class Layout {
  readonly #files: { readonly [path: string]: Uint8Array }
  readonly #hashes: Hashes

  constructor(files: { readonly [path: string]: Uint8Array }, hashes: Hashes) {
    this.#files = files
    this.#hashes = hashes
  }

  checkVersion(): void {
    const version = jsonObject('oci-layout', this.#file('oci-layout')).imageLayoutVersion
    if (version !== '1.0.0')
      throw new FormatError('oci', `oci-layout: the version ${JSON.stringify(version)} is not known`)
  }

  /** The one manifest that there is, or that the options name. */
  choose(options: OciReadOptions): Descriptor {
    let found = descriptorsIn('index.json', jsonObject('index.json', this.#file('index.json')), 'manifests')
    const { ref, platform } = options
    if (ref !== undefined) {
      const all = found
      found = found.filter(({ digest, annotations }) => digest === ref || annotations?.[REF_NAME] === ref)
      if (found.length === 0)
        throw new FormatError('oci', `there is no image ${JSON.stringify(ref)}: there are ${listed(all)}`)
    }
    for (let depth = 0; ; depth++) {
      if (found.length > 1 && platform !== undefined) {
        const all = found
        found = found.filter((descriptor) => platformOf(descriptor) === platform)
        if (found.length === 0) {
          throw new FormatError('oci', `there is no image for ${JSON.stringify(platform)}: there are ${listed(all)}`)
        }
      }
      const [one, other] = found
      if (one === undefined) throw new FormatError('oci', 'there is no image in it')
      if (other !== undefined) {
        throw new FormatError(
          'oci',
          `there are several images, ${listed(found)}: choose by the options "ref" and "platform"`,
        )
      }
      if (!isIndex(one)) return one
      if (depth === DEPTH_MAX) throw new FormatError('oci', `indexes name indexes over ${DEPTH_MAX} deep`)
      found = descriptorsIn('an index', jsonObject('an index', this.blob(one)), 'manifests')
    }
  }

  /** The bytes that a descriptor names, which its size and digest confirm. */
  blob(descriptor: Descriptor): Uint8Array {
    const { digest, size } = descriptor
    if (!/^sha256:[0-9a-f]{64}$/.test(digest)) {
      throw new FormatError(
        'oci',
        `the digest ${JSON.stringify(digest.slice(0, 100))} is no SHA-256, which alone is known`,
      )
    }
    const bytes = this.#file(`blobs/${digest.replace(':', '/')}`)
    if (bytes.length !== size)
      throw new FormatError('oci', `${digest} has ${bytes.length} bytes, and should have ${size}`)
    const found = this.digestOf(bytes)
    if (found !== digest) throw new FormatError('oci', `${digest} is damaged: its digest is ${found}`)
    return bytes
  }

  digestOf(bytes: Uint8Array): string {
    return `sha256:${hexOf(hashOf(this.#hashes, 'sha256', bytes))}`
  }

  #file(path: string): Uint8Array {
    const bytes = Object.hasOwn(this.#files, path) ? this.#files[path] : undefined
    if (bytes === undefined) throw new FormatError('oci', `${path} is missing`)
    return bytes
  }
}

function isIndex(descriptor: Descriptor): boolean {
  return /\.(?:index|list)\.v\d\+json$/.test(descriptor.mediaType)
}

function platformOf({ platform }: Descriptor): string {
  return platform === undefined ? 'no platform' : `${platform.os}/${platform.architecture}`
}

/** Images as a message lists them. */
function listed(descriptors: readonly Descriptor[]): string {
  const shown = descriptors.slice(0, 10).map((descriptor) => {
    return `${JSON.stringify(descriptor.annotations?.[REF_NAME] ?? descriptor.digest)} (${platformOf(descriptor)})`
  })
  return shown.join(', ') + (descriptors.length > shown.length ? ', …' : '')
}
