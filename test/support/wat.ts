/** WebAssembly text to bytes, for guests that a test writes by hand. */

import wabt from 'wabt'

/** Proposals that the text may use, by wabt's names: `exceptions`, `threads`, `simd`, `bulk_memory`, … */
export type WatFeatures = NonNullable<Parameters<Awaited<ReturnType<typeof wabt>>['parseWat']>[2]>

let loaded: ReturnType<typeof wabt> | undefined

/** The module that `text` describes, checked; throws with line and column where the text is wrong. */
export async function wat(text: string, features: WatFeatures = {}): Promise<Uint8Array> {
  loaded ??= wabt()
  const module = (await loaded).parseWat('test.wat', text, features)
  try {
    module.resolveNames()
    module.validate()
    return module.toBinary({}).buffer
  } finally {
    module.destroy()
  }
}
