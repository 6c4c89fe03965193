/** Guests written by hand in WebAssembly text: the calls that the text names are imported, so that a test says only what it is about. */

import { callNames, signatures } from '../../src/abi/signatures.ts'
import { type WatFeatures, wat } from './wat.ts'

/**
 * The module that has `fields`, with an import for each call that they name as `$fd_write`, and an exported memory of a
 * page unless they have one themselves.
 */
export function wasiWat(fields: string, features: WatFeatures = {}): Promise<Uint8Array> {
  const imports = callNames.filter((name) => new RegExp(`\\$${name}\\b`).test(fields)).map(importOf)
  const memory = fields.includes('(memory') ? '' : '(memory (export "memory") 1)'
  return wat(`(module ${imports.join('\n')} ${fields} ${memory})`, features)
}

function importOf(name: (typeof callNames)[number]): string {
  const { params, returns } = signatures[name]
  const types = params.map(({ type }) => type).join(' ')
  const result = returns === 'errno' ? '(result i32)' : ''
  return `(import "wasi_snapshot_preview1" "${name}" (func $${name} (param ${types}) ${result}))`
}
