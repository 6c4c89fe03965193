/** A cell that is a browser: does the tasks of the plan that its server has, in a worker, where modules may be large. */

import type { Files } from 'vivarium'
import { type Host, perform } from './perform.ts'
import { type PackedFiles, type PlannedGuest, type Report, tasksOf, unpack } from './plan.ts'

/** What a worker has and Node has not. */
const worker = globalThis as unknown as {
  addEventListener(type: 'message', listener: (event: { readonly data: number }) => void): void
  postMessage(message: Report | 'done'): void
}

const host: Host = {
  async sha256(bytes) {
    const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)
    return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  },
  now: () => performance.now(),
}

worker.addEventListener('message', async ({ data }) => {
  const guests = (await (await fetch('/plan.json')).json()) as readonly PlannedGuest[]
  let module: { readonly name: string; readonly bytes: Uint8Array } | undefined
  let tree: { readonly name: string; readonly files: Files } | undefined
  for (const task of tasksOf(guests).slice(data)) {
    const { wasm, files } = task.guest
    if (module?.name !== wasm) {
      module = { name: wasm, bytes: new Uint8Array(await (await fetch(`/${wasm}`)).arrayBuffer()) }
    }
    if (files !== undefined && tree?.name !== files) {
      tree = { name: files, files: unpack((await (await fetch(`/${files}`)).json()) as PackedFiles) }
    }
    worker.postMessage(await perform(task, module.bytes, files === undefined ? undefined : tree?.files, host))
  }
  worker.postMessage('done')
})
