/** `@wasmer/wasi`: Wasmer's WASI and its memory file system, in Rust compiled to WebAssembly. */

import { init, MemFS, WASI } from '@wasmer/wasi'
import { loadGuest } from '../guest.ts'
import { bench, type Host, sessionOf } from './host.ts'

export const wasmer: Host = {
  name: '@wasmer/wasi',
  preopen: 4,
  async open() {
    await init()
    const wasi = new WASI({ preopens: { '/': '/' }, fs: new MemFS() })
    const module = loadGuest()
    const instance = wasi.instantiate(module, { bench })
    return sessionOf(instance.exports)
  },
}
