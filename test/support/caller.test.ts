/** The forwarding guest forwards: every argument, in order, and the result. */

import { describe, expect, it } from 'vitest'
import { callNames, signatures, signatureText } from '../../src/abi/signatures.ts'
import { unstableCallNames } from '../../src/unstable/signatures.ts'
import { CALLER_MAX_PAGES, callerModule } from './caller.ts'
import { importedFunctions } from './wasm_imports.ts'

type Call = (...args: unknown[]) => unknown

function instantiate(
  bytes: Uint8Array,
  handler: (name: string, args: unknown[]) => unknown,
  memory?: WebAssembly.Memory,
) {
  const module = new WebAssembly.Module(bytes)
  const imports: Record<string, Record<string, WebAssembly.ImportValue>> = memory === undefined
    ? {}
    : { env: { memory } }
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (kind !== 'function') continue
    imports[from] ??= {}
    imports[from][name] = (...args: unknown[]) => handler(name, args)
  }
  return new WebAssembly.Instance(module, imports).exports as Record<string, Call> & { memory: WebAssembly.Memory }
}

describe('callerModule()', () => {
  it.each([
    ['wasi_snapshot_preview1', callNames],
    ['wasi_unstable', unstableCallNames],
  ] as const)('forwards each call to %s with all arguments', (module, names) => {
    const seen: unknown[] = []
    const guest = instantiate(callerModule({ module }), (name, args) => {
      seen.push([name, ...args])
      return 40 + args.length
    })
    for (const name of names) {
      const { params, returns } = signatures[name]
      const args = params.map(({ type }, index) => (type === 'i64' ? -(2n ** 63n) + BigInt(index) : -1 - index))
      expect((guest[name] as Call)(...args)).toBe(returns === 'errno' ? 40 + args.length : undefined)
      expect(seen.pop()).toEqual([name, ...args])
    }
    expect(seen).toEqual([])
  })

  it('imports exactly the calls of its module, with their types', () => {
    expect(importedFunctions(callerModule({ module: 'wasi_unstable' }))).toEqual(
      unstableCallNames.map((name) => ({ module: 'wasi_unstable', name, type: signatureText(signatures[name]) })),
    )
    expect(importedFunctions(callerModule({ names: ['proc_exit'] }))).toEqual([
      { module: 'wasi_snapshot_preview1', name: 'proc_exit', type: '(i32)' },
    ])
    expect(() => callerModule({ names: ['fd_dup'] })).toThrow('"fd_dup" is not a WASI call')
  })

  it('exports its memory and grows it to the maximum', () => {
    const guest = instantiate(callerModule({ names: [] }), () => 0)
    expect(guest.memory.buffer).toBeInstanceOf(ArrayBuffer)
    expect(guest.memory_grow?.(CALLER_MAX_PAGES - 1)).toBe(1)
    expect(guest.memory.buffer.byteLength).toBe(CALLER_MAX_PAGES * 65_536)
    expect(guest.memory_grow?.(1)).toBe(-1)
  })

  it('can share its memory, or import it', () => {
    const guest = instantiate(callerModule({ names: [], memory: 'shared' }), () => 0)
    expect(guest.memory.buffer).toBeInstanceOf(SharedArrayBuffer)
    for (const isShared of [false, true]) {
      const memory = new WebAssembly.Memory({ initial: 1, maximum: CALLER_MAX_PAGES, shared: isShared })
      const kind = isShared ? 'imported shared' : 'imported'
      expect(instantiate(callerModule({ names: [], memory: kind }), () => 0, memory).memory).toBe(memory)
    }
  })

  it('makes the same bytes once', () => {
    expect(callerModule({ names: ['fd_read'] })).toBe(callerModule({ names: ['fd_read'] }))
    expect(callerModule({ names: ['fd_read'] })).not.toBe(callerModule({ names: ['fd_read'], module: 'wasi_unstable' }))
  })
})
