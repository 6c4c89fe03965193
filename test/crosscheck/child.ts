/** A cell that is a Node process: does the tasks of the plan in the folder given, from the number given, one line each. */

import { createHash } from 'node:crypto'
import { readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Files } from 'vivarium'
import { type Host, perform } from './perform.ts'
import { type PlannedGuest, tasksOf, unpack } from './plan.ts'

const [folder = '.', from = '0'] = process.argv.slice(2)
const guests: readonly PlannedGuest[] = JSON.parse(readFileSync(join(folder, 'plan.json'), 'utf8'))
const host: Host = {
  sha256: async (bytes) => createHash('sha256').update(bytes).digest('hex'),
  now: () => performance.now(),
}

let module: { readonly name: string; readonly bytes: Uint8Array } | undefined
let tree: { readonly name: string; readonly files: Files } | undefined
for (const task of tasksOf(guests).slice(Number(from))) {
  const { wasm, files } = task.guest
  // The same array again is not compiled again.
  if (module?.name !== wasm) module = { name: wasm, bytes: new Uint8Array(readFileSync(join(folder, wasm))) }
  if (files !== undefined && tree?.name !== files) {
    tree = { name: files, files: unpack(JSON.parse(readFileSync(join(folder, files), 'utf8'))) }
  }
  const report = await perform(task, module.bytes, files === undefined ? undefined : tree?.files, host)
  // At once: what a process that dies has not written is lost.
  writeSync(1, `${JSON.stringify(report)}\n`)
}
