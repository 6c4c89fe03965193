/** The child process of `node_wasi.ts`: holds the guest, runs a loop for each message, and answers with its time. */

import { WASI } from 'node:wasi'
import { loadGuest } from '../guest.ts'
import { bench, timed } from './host.ts'

const wasi = new WASI({ version: 'preview1', preopens: { '/': process.argv[2] as string } })
const instance = new WebAssembly.Instance(loadGuest(), { ...(wasi.getImportObject() as WebAssembly.Imports), bench })
wasi.initialize(instance)

process.on('message', ([loop, from, to, size]: [string, number, number, number]) => {
  process.send?.(timed(instance.exports, loop, from, to, size))
})
process.send?.('ready')
