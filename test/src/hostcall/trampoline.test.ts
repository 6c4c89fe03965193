/** The trampoline, driven by real guests: words of every i64, and a trap that nothing in the guest catches. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { callNames, signatures, signatureText } from '../../../src/abi/signatures.ts'
import { buildTrampoline, isSplit } from '../../../src/hostcall/trampoline.ts'
import { callerModule } from '../../support/caller.ts'
import { importedFunctions } from '../../support/wasm_imports.ts'
import { wat } from '../../support/wat.ts'

type Call = (...args: unknown[]) => unknown

const splitNames = callNames.filter((name) => isSplit(signatures[name]))

function instantiate(bytes: Uint8Array, imports: WebAssembly.Imports = {}): Record<string, Call> {
  const module = new WebAssembly.Module(bytes)
  return new WebAssembly.Instance(module, imports).exports as Record<string, Call>
}

function trampoline(handlers: Record<string, Call>): Record<string, Call> {
  return instantiate(buildTrampoline(Object.keys(handlers)), { h: handlers })
}

describe('buildTrampoline()', () => {
  it('splits the twelve calls that have 64-bit parameters, and no other', () => {
    expect(splitNames.join(' ')).toBe(
      'clock_time_get fd_advise fd_allocate fd_fdstat_set_rights fd_filestat_set_size fd_filestat_set_times fd_pread ' +
        'fd_pwrite fd_readdir fd_seek path_filestat_set_times path_open',
    )
    const module = new WebAssembly.Module(buildTrampoline(callNames))
    expect(WebAssembly.Module.exports(module).map(({ name }) => name)).toEqual([...callNames, 'trap'])
    expect(importedFunctions(buildTrampoline(callNames))).toEqual(
      callNames.map((name) => ({
        module: 'h',
        name,
        type: signatureText(signatures[name]).replaceAll('i64', 'i32,i32'),
      })),
    )
  })

  it.each(callNames)('gives %s its type, so that a guest that imports it with another does not link', async (name) => {
    const { params, returns } = signatures[name]
    const { [name]: call } = trampoline({ [name]: () => 0 })
    const typed = (types: readonly string[], result: string): Promise<Uint8Array> =>
      wat(`(module (import "w" "f" (func (param ${types.join(' ')}) ${result})))`)
    const types: string[] = params.map(({ type }) => type)
    const [result, other] = returns === 'errno' ? ['(result i32)', '(result i64)'] : ['', '(result i32)']
    const link = (bytes: Uint8Array) => () => instantiate(bytes, { w: { f: call as Call } })
    expect(link(await typed(types, result))).not.toThrow()
    expect(link(await typed(types, other))).toThrow(WebAssembly.LinkError)
    expect(link(await typed([...types, 'i32'], result))).toThrow(WebAssembly.LinkError)
    for (const index of types.keys()) {
      expect(link(await typed(types.with(index, 'f64'), result))).toThrow(WebAssembly.LinkError)
    }
  })

  it.each(['wasi_snapshot_preview1', 'wasi_unstable'] as const)(
    'hands each word of a guest of %s to the handler',
    (module) => {
      const seen: unknown[][] = []
      const handlers = Object.fromEntries(
        splitNames.map((name): [string, Call] => [
          name,
          (...args) => {
            seen.push([name, ...args])
            return args.length
          },
        ]),
      )
      const guest = instantiate(callerModule({ module, names: splitNames }), { [module]: trampoline(handlers) })
      const i64 = fc.oneof(
        fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
        fc.constantFrom(0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 32n, 2n ** 31n, -(2n ** 31n), 2n ** 32n - 1n),
      )
      const anyCall = fc
        .constantFrom(...splitNames)
        .chain((name) =>
          fc.tuple(
            fc.constant(name),
            fc.tuple(...signatures[name].params.map(({ type }) => (type === 'i64' ? i64 : fc.integer()))),
          ),
        )
      fc.assert(
        fc.property(anyCall, ([name, args]) => {
          const words = args.flatMap((arg) =>
            typeof arg === 'bigint' ? [Number(BigInt.asIntN(32, arg)), Number(BigInt.asIntN(32, arg >> 32n))] : [arg],
          )
          expect(guest[name]?.(...args)).toBe(words.length)
          expect(seen.pop()).toEqual([name, ...words])
        }),
      )
      expect(seen).toEqual([])
    },
  )

  it('gives 2^63 and -1 as signed words', () => {
    const seen: unknown[][] = []
    const { fd_seek } = trampoline({
      fd_seek: (...args) => {
        seen.push(args)
        return 0
      },
    })
    for (const offset of [2n ** 63n, -1n, -2n, 2n ** 32n + 5n]) fd_seek?.(3, offset, 1, 64)
    expect(seen).toEqual([
      [3, 0, -(2 ** 31), 1, 64],
      [3, -1, -1, 1, 64],
      [3, -2, -1, 1, 64],
      [3, 5, 1, 1, 64],
    ])
  })

  it('takes each name once', () => {
    const exports = trampoline({ fd_tell: () => 0 })
    expect(Object.keys(exports)).toEqual(['fd_tell', 'trap'])
    expect(buildTrampoline(['fd_seek', 'fd_seek'])).toEqual(buildTrampoline(['fd_seek']))
    expect(buildTrampoline(callNames)).toEqual(buildTrampoline(callNames))
  })

  it('refuses a name that is no call', () => {
    expect(() => buildTrampoline(['fd_read', 'fd_dup'])).toThrow(TypeError)
  })
})

describe('trap()', () => {
  /** `run` calls the import in a catch_all and says whether that caught (1) or the import returned (0). */
  const GUEST = `(module
    (import "wasi" "call" (func $call))
    (global $caught (mut i32) (i32.const 0))
    (func (export "caught") (result i32) (global.get $caught))
    (func (export "run") (result i32)
      try (result i32)
        call $call
        i32.const 0
      catch_all
        i32.const 1
        global.set $caught
        i32.const 1
      end))`

  const guestOf = async (call: Call): Promise<Record<string, Call>> =>
    instantiate(await wat(GUEST, { exceptions: true }), { wasi: { call } })

  it('ends a guest that catches everything, when a handler calls it', async () => {
    const { trap } = trampoline({})
    const guest = await guestOf(() => trap?.())
    expect(() => guest.run?.()).toThrow(WebAssembly.RuntimeError)
    expect(guest.caught?.()).toBe(0)
  })

  it('ends a guest that imports it as it is', async () => {
    const { trap } = trampoline({})
    const guest = await guestOf(trap as Call)
    expect(() => guest.run?.()).toThrow(WebAssembly.RuntimeError)
    expect(guest.caught?.()).toBe(0)
  })

  it('is needed: a guest does catch what a handler throws', async () => {
    const guest = await guestOf(() => {
      throw new Error('exit')
    })
    expect(guest.run?.()).toBe(1)
    expect(guest.caught?.()).toBe(1)
  })

  it('leaves the trampoline usable', async () => {
    const exports = trampoline({ fd_allocate: () => 7 })
    const guest = await guestOf(() => exports.trap?.())
    expect(() => guest.run?.()).toThrow(WebAssembly.RuntimeError)
    expect(exports.fd_allocate?.(3, 1n, 2n)).toBe(7)
  })
})
