import { describe, expect, it } from 'vitest'
import type { Filesystem } from '../../../vfs/filesystem.ts'
import { type OciReadOptions, readOciLayout } from '../../../vfs/formats/oci_read.ts'
import { type OciLayout, writeOciLayout } from '../../../vfs/formats/oci_write.ts'
import { type Hash, pureHashes } from '../../../vfs/hash.ts'
import { Calls, makeFs, shown } from '../../support/vfs.ts'
import { refusalOf } from './format_error.ts'
import { INDEX, json, layoutOf, MANIFEST, RawLayout, sha256 } from './raw_oci.ts'
import { archiveOf, type RawEntry } from './raw_tar.ts'

function parsed(bytes: Uint8Array | undefined): unknown {
  return JSON.parse(Buffer.from(bytes as Uint8Array).toString())
}

function refused(files: OciLayout, options: OciReadOptions = {}, fs: Filesystem = makeFs({ '/there/x': 'x' })): string {
  return refusalOf(fs, () => readOciLayout(fs, files, options)).message
}

/** What layers make of a tree, as text. */
function applied(fs: Filesystem, ...layers: readonly (readonly RawEntry[])[]): { [path: string]: unknown } {
  readOciLayout(fs, layoutOf(layers.map(archiveOf)))
  return shown(fs)
}

describe('writeOciLayout()', () => {
  it('gives a layout whose documents name each other', () => {
    const files = writeOciLayout(makeFs({ '/a': 'x' }), { created: '2026-01-01T00:00:00Z', annotations: { by: 'me' } })
    expect(parsed(files['oci-layout'])).toEqual({ imageLayoutVersion: '1.0.0' })
    const { manifests } = parsed(files['index.json']) as { manifests: { digest: string; size: number }[] }
    expect(manifests).toMatchObject([
      {
        mediaType: MANIFEST,
        platform: { architecture: 'wasm', os: 'wasip1' },
        annotations: { 'org.opencontainers.image.ref.name': 'latest' },
      },
    ])
    const blob = (digest: string): Uint8Array => files[`blobs/${digest.replace(':', '/')}`] as Uint8Array
    const manifest = parsed(blob((manifests[0] as { digest: string }).digest)) as {
      config: { digest: string }
      layers: { digest: string; size: number }[]
      annotations: unknown
    }
    expect(manifest.annotations).toEqual({ by: 'me' })
    const config = parsed(blob(manifest.config.digest))
    expect(config).toMatchObject({ created: '2026-01-01T00:00:00Z', architecture: 'wasm', os: 'wasip1', config: {} })
    for (const [path, bytes] of Object.entries(files)) {
      if (path.startsWith('blobs/')) expect(sha256(bytes)).toBe(path.slice(6).replace('/', ':'))
    }
    expect(Object.keys(files)).toHaveLength(5)
  })

  it('computes with the hashes that it is given', () => {
    let used = 0
    const counted = (name: 'sha1' | 'sha256'): Hash => {
      used++
      return pureHashes(name)
    }
    const fs = makeFs({ '/a': 'x' })
    expect(writeOciLayout(fs, { hashes: counted })).toEqual(writeOciLayout(fs))
    expect(used).toBe(4)
    readOciLayout(makeFs(), writeOciLayout(fs), { hashes: counted })
    expect(used).toBe(8)
  })

  it('refuses names that mean a removal, and references that are none', () => {
    const fs = makeFs({ '/d/.wh.x': '' })
    expect(refusalOf(fs, () => writeOciLayout(fs)).message).toBe(
      'oci: "d/.wh.x": a name that begins with ".wh." means a removal in an image',
    )
    expect(refusalOf(fs, () => writeOciLayout(fs, { ref: 'a b' })).message).toMatch(/ref: "a b" is no tag/)
    expect(refusalOf(fs, () => writeOciLayout(fs, { created: 'now' })).message).toMatch(/created: "now" is no moment/)
  })
})

describe('readOciLayout()', () => {
  describe('layers', () => {
    it('are applied in order: files replace, whiteouts remove', () => {
      const one: RawEntry[] = [
        { path: 'a', content: '1' },
        { path: 'd/x', content: '1' },
        { path: 'd/y' },
        { path: 'gone/deep/f' },
      ]
      const two: RawEntry[] = [
        { path: 'a', content: '2' },
        { path: 'd/.wh.x' },
        { path: 'd/z', content: '2' },
        { path: '.wh.gone' },
        { path: '.wh.never' },
        { path: 'never/there/.wh.x' },
      ]
      expect(applied(makeFs(), one, two)).toEqual({ '/a': '2', '/d': null, '/d/y': '', '/d/z': '2' })
    })

    it('may be opaque: only what is below goes, wherever the mark stands', () => {
      const one: RawEntry[] = [{ path: 'd/x' }, { path: 'd/sub/y' }, { path: 'other' }]
      const two: RawEntry[] = [{ path: 'd/new', content: 'n' }, { path: 'd/.wh..wh..opq' }, { path: 'd/.wh..wh.plnk' }]
      expect(applied(makeFs(), one, two)).toEqual({ '/d': null, '/d/new': 'n', '/other': '' })
    })

    it('remove only what is below them, not what they add', () => {
      const two: RawEntry[] = [{ path: 'f', content: 'new' }, { path: '.wh.f' }]
      expect(applied(makeFs(), [{ path: 'f', content: 'old' }], two)).toEqual({ '/f': 'new' })
    })

    it('let a file take the place of a directory, and the other way round', () => {
      const one: RawEntry[] = [{ path: 'd/x/y' }, { path: 'f' }, { path: 'l', type: '2', link: 'd' }]
      const two: RawEntry[] = [
        { path: 'd', content: 'file' },
        { path: 'f', type: '5' },
        { path: 'f/in' },
        { path: 'l', type: '5' },
        { path: 'l/in' },
      ]
      expect(applied(makeFs(), one, two)).toEqual({ '/d': 'file', '/f': null, '/f/in': '', '/l': null, '/l/in': '' })
    })

    it('never follow a link, be it to remove something', () => {
      const one: RawEntry[] = [{ path: 'l', type: '2', link: '/there' }]
      const fs = makeFs({ '/there/x': 'x' })
      expect(applied(fs, one, [{ path: 'l/.wh.x' }])).toEqual({
        '/l': { symlink: '/there' },
        '/there': null,
        '/there/x': 'x',
      })
      expect(refused(layoutOf([archiveOf(one), archiveOf([{ path: 'l/y' }])]))).toMatch(
        /it needs "l" to be a directory/,
      )
    })

    it('lie on what is there, and below a place', () => {
      const fs = makeFs({ '/root/old': 'o', '/root/keep': 'k' })
      const layers = [archiveOf([{ path: '.wh.old' }, { path: 'new' }])]
      readOciLayout(fs, layoutOf(layers), { at: '/root' })
      expect(shown(fs)).toEqual({ '/root': null, '/root/keep': 'k', '/root/new': '' })
      readOciLayout(fs, layoutOf([archiveOf([{ path: '.wh..wh..opq' }])]), { at: '/root' })
      expect(shown(fs)).toEqual({ '/root': null })
    })

    it('may link to a file of a layer below', () => {
      const copy = makeFs()
      applied(copy, [{ path: 'f', content: 'x' }], [{ path: 'd/h', type: '1', link: 'f' }])
      expect(new Calls(copy).nlink('/f')).toBe(2)
    })

    it('cannot remove what has no name', () => {
      for (const path of ['.wh.', '.wh..', '.wh...']) {
        expect(refused(layoutOf([archiveOf([{ path }])]))).toMatch(/a layer removes "\.{0,2}", which is no name/)
      }
    })
  })

  describe('documents', () => {
    const good = (): { [path: string]: Uint8Array } => ({ ...writeOciLayout(makeFs({ '/a': 'x' })) })

    it.each<[string, (files: { [path: string]: Uint8Array }) => void, RegExp]>([
      ['no oci-layout', (files) => delete files['oci-layout'], /oci: oci-layout is missing/],
      [
        'another version',
        (files) => (files['oci-layout'] = json({ imageLayoutVersion: '2' })),
        /the version "2" is not known/,
      ],
      ['no index', (files) => delete files['index.json'], /index\.json is missing/],
      ['an index that is no JSON', (files) => (files['index.json'] = json('x').subarray(1)), /index\.json is no JSON/],
      ['an index that is a list', (files) => (files['index.json'] = json([])), /index\.json is no JSON object/],
      [
        'an index without manifests',
        (files) => (files['index.json'] = json({})),
        /index\.json has no list "manifests"/,
      ],
      ['no image', (files) => (files['index.json'] = json({ manifests: [] })), /there is no image in it/],
      [
        'a descriptor without a digest',
        (files) => (files['index.json'] = json({ manifests: [{}] })),
        /no mediaType, digest and size/,
      ],
    ])('are refused with %s', (_, spoil, message) => {
      const files = good()
      spoil(files)
      expect(refused(files)).toMatch(message)
    })

    it('are refused with any blob missing, cut or changed', () => {
      for (const path of Object.keys(good()).filter((name) => name.startsWith('blobs/'))) {
        const [missing, cut, changed] = [good(), good(), good()]
        delete missing[path]
        cut[path] = (cut[path] as Uint8Array).subarray(1)
        changed[path] = (changed[path] as Uint8Array).slice()
        ;(changed[path] as Uint8Array)[0] = 1
        expect(refused(missing)).toMatch(/blobs\/sha256\/[0-9a-f]{64} is missing/)
        expect(refused(cut)).toMatch(/has \d+ bytes, and should have \d+/)
        expect(refused(changed)).toMatch(/sha256:[0-9a-f]{64} is damaged: its digest is sha256:/)
      }
    })

    it('are refused with digests of other kinds, also of what is no file of the layout', () => {
      for (const digest of ['sha512:00', `sha256:../../index.json`, '__proto__', `sha256:${'A'.repeat(64)}`]) {
        const files = good()
        files['index.json'] = json({ manifests: [{ mediaType: MANIFEST, digest, size: 1 }] })
        expect(refused(files)).toMatch(/is no SHA-256, which alone is known/)
      }
    })

    it('are refused where config and layers do not agree', () => {
      const tar = archiveOf([{ path: 'f' }])
      const image = (rootfs: unknown): OciLayout => {
        const layout = new RawLayout()
        const config = layout.add('config', json({ rootfs }))
        return layout.index([layout.add(MANIFEST, json({ config, layers: [layout.add('layer', tar)] }))])
      }
      expect(refused(image({ diff_ids: [] }))).toMatch(/the config has 0 diff_ids, and there are 1 layers/)
      expect(refused(image({ diff_ids: [`sha256:${'0'.repeat(64)}`] }))).toMatch(/is not what the config says/)
      expect(refused(image(undefined))).toMatch(/the config has no list "rootfs\.diff_ids"/)
      readOciLayout(makeFs(), image({ diff_ids: [sha256(tar)] }))
    })
  })

  describe('with several images', () => {
    const layout = new RawLayout()
    const image = (name: string): { mediaType: string; digest: string; size: number } => {
      const tar = archiveOf([{ path: name }])
      const config = layout.add('config', json({ rootfs: { diff_ids: [sha256(tar)] } }))
      return layout.add(MANIFEST, json({ config, layers: [layout.add('layer', tar)] }))
    }
    const tag = (name: string): { annotations: { [key: string]: string } } => ({
      annotations: { 'org.opencontainers.image.ref.name': name },
    })
    const platform = (os: string, architecture: string): { platform: { os: string; architecture: string } } => ({
      platform: { os, architecture },
    })
    const both = json({
      manifests: [
        { ...image('wasm'), ...platform('wasip1', 'wasm') },
        { ...image('linux'), ...platform('linux', 'amd64') },
      ],
    })
    const one = image('one')
    const files = layout.index([
      { ...one, ...tag('v1') },
      { ...layout.add(INDEX, both), ...tag('v2') },
    ])
    const names = (options: OciReadOptions): string[] => {
      const fs = makeFs()
      readOciLayout(fs, files, options)
      return Object.keys(shown(fs))
    }

    it('takes the one of the tag, the digest and the platform', () => {
      expect(names({ ref: 'v1' })).toEqual(['/one'])
      expect(names({ ref: one.digest })).toEqual(['/one'])
      expect(names({ ref: 'v2', platform: 'wasip1/wasm' })).toEqual(['/wasm'])
      expect(names({ ref: 'v2', platform: 'linux/amd64' })).toEqual(['/linux'])
    })

    it('lists them where none is chosen', () => {
      expect(refused(files)).toBe(
        'oci: there are several images, "v1" (no platform), "v2" (no platform): choose by the options "ref" and "platform"',
      )
      expect(refused(files, { ref: 'v3' })).toMatch(/there is no image "v3": there are "v1" \(no platform\), "v2"/)
      expect(refused(files, { ref: 'v2' })).toMatch(/several images, "sha256:[0-9a-f]{64}" \(wasip1\/wasm\), "sha256:/)
      expect(refused(files, { ref: 'v2', platform: 'plan9/arm' })).toMatch(/no image for "plan9\/arm": there are/)
    })

    it('refuses indexes in one another without an end', () => {
      const nested = new RawLayout()
      let inner = nested.add(INDEX, json({ manifests: [] }))
      for (let i = 0; i < 12; i++) inner = nested.add(INDEX, json({ manifests: [inner] }))
      expect(refused(nested.index([inner]))).toMatch(/indexes name indexes over 8 deep/)
    })
  })
})
