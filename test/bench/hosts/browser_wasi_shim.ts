/** `@bjorn3/browser_wasi_shim`: WASI in plain JavaScript, files in Maps. */

import { ConsoleStdout, OpenFile, PreopenDirectory, File as ShimFile, WASI } from '@bjorn3/browser_wasi_shim'
import { loadGuest } from '../guest.ts'
import { bench, type Host, sessionOf } from './host.ts'

export const browserWasiShim: Host = {
  name: 'browser_wasi_shim',
  open() {
    const output = ConsoleStdout.lineBuffered(() => {})
    const root = new PreopenDirectory('/', new Map())
    const wasi = new WASI([], [], [new OpenFile(new ShimFile([])), output, output, root], { debug: false })
    const instance = new WebAssembly.Instance(loadGuest(), { wasi_snapshot_preview1: wasi.wasiImport, bench })
    wasi.initialize(instance as Parameters<WASI['initialize']>[0])
    return sessionOf(instance.exports)
  },
}
