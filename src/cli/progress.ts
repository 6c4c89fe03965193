/** Shows that something is being done, on a terminal, once it takes longer than people wait without wondering. */

import type { Writable } from 'node:stream'
import type { LoadProgress } from '../node/index.ts'

/** Milliseconds before anything is shown. */
const PATIENCE = 1000
const MIB = 2 ** 20

export interface Progress<Step> {
  update(step: Step): void
  /** Takes away what is shown. Must be called before anything else is written to the terminal. */
  stop(): void
}

type Stream = Writable & { readonly isTTY?: boolean }

/** Starts waiting, with a module to load; shows nothing on a stream that is no terminal. */
export function loadingProgress(name: string, stream: Stream): Progress<LoadProgress> {
  const progress = textProgress(`Loading ${name}`, stream)
  return {
    update({ phase, bytes, total }) {
      const size = `${(total / MIB).toFixed(1)} MiB`
      progress.update(
        phase === 'read'
          ? `Reading ${name} (${(bytes / MIB).toFixed(1)} of ${size})`
          : `${phase === 'rewrite' ? 'Rewriting' : 'Compiling'} ${name} (${size})`,
      )
    },
    stop: () => progress.stop(),
  }
}

/** The same with any text. */
export function textProgress(first: string, stream: Stream): Progress<string> {
  if (stream.isTTY !== true) return { update: () => undefined, stop: () => undefined }
  let text = first
  let spinner: { text: string; start(): unknown; stop(): unknown } | undefined
  let stopped = false
  const timer = setTimeout(async () => {
    // Most runs are over before this, and need not pay for it.
    const { default: yoctoSpinner } = await import('yocto-spinner')
    if (!stopped) spinner = yoctoSpinner({ text, stream }).start()
  }, PATIENCE)
  return {
    update(next) {
      text = next
      if (spinner !== undefined) spinner.text = text
    },
    stop() {
      stopped = true
      clearTimeout(timer)
      spinner?.stop()
    },
  }
}

/** `12.3 MiB`, or bytes where it is less than one KiB. */
export function sizeText(bytes: number): string {
  return bytes < 1024
    ? `${bytes} bytes`
    : bytes < MIB
      ? `${(bytes / 1024).toFixed(1)} KiB`
      : `${(bytes / MIB).toFixed(1)} MiB`
}

/** Lets the terminal be drawn while there is work that does not wait by itself. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
