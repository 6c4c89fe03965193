/** Shows that a large module is being loaded, on a terminal, once it takes longer than people wait without wondering. */

import type { Writable } from 'node:stream'
import type { LoadProgress } from '../node/index.ts'

/** Milliseconds before anything is shown. */
const PATIENCE = 1000
const MIB = 2 ** 20

export interface Progress {
  update(progress: LoadProgress): void
  /** Takes away what is shown. Must be called before anything else is written to the terminal. */
  stop(): void
}

/** Starts waiting; shows nothing on a stream that is no terminal. */
export function loadingProgress(name: string, stream: Writable & { readonly isTTY?: boolean }): Progress {
  if (stream.isTTY !== true) return { update: () => undefined, stop: () => undefined }
  let text = `Loading ${name}`
  let spinner: { text: string; start(): unknown; stop(): unknown } | undefined
  let stopped = false
  const timer = setTimeout(async () => {
    // Most runs are over before this, and need not pay for it.
    const { default: yoctoSpinner } = await import('yocto-spinner')
    if (!stopped) spinner = yoctoSpinner({ text, stream }).start()
  }, PATIENCE)
  return {
    update({ phase, bytes, total }) {
      const size = `${(total / MIB).toFixed(1)} MiB`
      text =
        phase === 'read'
          ? `Reading ${name} (${(bytes / MIB).toFixed(1)} of ${size})`
          : `${phase === 'rewrite' ? 'Rewriting' : 'Compiling'} ${name} (${size})`
      if (spinner !== undefined) spinner.text = text
    },
    stop() {
      stopped = true
      clearTimeout(timer)
      spinner?.stop()
    },
  }
}
