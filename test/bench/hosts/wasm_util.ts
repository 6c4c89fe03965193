/** `@tybys/wasm-util` on `memfs`: WASI in JavaScript over any `node:fs`, over the one that lives in memory. */

import { WASI } from '@tybys/wasm-util'
import { createFsFromVolume, Volume } from 'memfs'
import { loadGuest } from '../guest.ts'
import { bench, type Host, sessionOf } from './host.ts'

export const wasmUtil: Host = {
  name: 'wasm-util + memfs',
  open() {
    const fs = createFsFromVolume(new Volume())
    fs.mkdirSync('/root')
    const wasi = new WASI({ version: 'preview1', preopens: { '/': '/root' }, fs: fs as never })
    const instance = new WebAssembly.Instance(loadGuest(), { ...wasi.getImportObject(), bench })
    wasi.initialize(instance)
    return sessionOf(instance.exports)
  },
}
