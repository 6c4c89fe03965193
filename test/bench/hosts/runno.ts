/** `@runno/wasi`: WASI for browsers, its drive one object from path to file. */

import { WASI } from '@runno/wasi'
import { loadGuest } from '../guest.ts'
import { bench, type Host, sessionOf } from './host.ts'

export const runno: Host = {
  name: '@runno/wasi',
  open() {
    const wasi = new WASI({ fs: {} })
    const module = loadGuest()
    const instance = new WebAssembly.Instance(module, { ...wasi.getImportObject(), bench })
    wasi.initialize({ instance, module })
    return sessionOf(instance.exports)
  },
}
