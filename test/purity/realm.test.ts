/** The built core in a realm that has nothing but ECMAScript and WebAssembly does what it does in Node. */

import { createContext, runInContext, runInThisContext } from 'node:vm'
import { beforeAll, describe, expect, it } from 'vitest'
import { bundle, call, GLOBAL, guest } from './bundle.ts'
import { runGuest } from './driver.ts'

/** The globals of ECMAScript 2023, and WebAssembly. */
const ECMASCRIPT = new Set([
  ...['globalThis', 'Infinity', 'NaN', 'undefined', 'eval', 'isFinite', 'isNaN', 'parseFloat', 'parseInt', 'decodeURI'],
  ...['decodeURIComponent', 'encodeURI', 'encodeURIComponent', 'AggregateError', 'Array', 'ArrayBuffer', 'BigInt'],
  ...['BigInt64Array', 'BigUint64Array', 'Boolean', 'DataView', 'Date', 'Error', 'EvalError', 'FinalizationRegistry'],
  ...['Float32Array', 'Float64Array', 'Function', 'Int8Array', 'Int16Array', 'Int32Array', 'Map', 'Number', 'Object'],
  ...['Promise', 'Proxy', 'RangeError', 'ReferenceError', 'RegExp', 'Set', 'SharedArrayBuffer', 'String', 'Symbol'],
  ...[
    'SyntaxError',
    'TypeError',
    'Uint8Array',
    'Uint8ClampedArray',
    'Uint16Array',
    'Uint32Array',
    'URIError',
    'WeakMap',
  ],
  ...['WeakRef', 'WeakSet', 'Atomics', 'JSON', 'Math', 'Reflect', 'escape', 'unescape', 'WebAssembly'],
])

/** What of ECMAScript itself tells one moment, place or collection of garbage from another; the core has no use for it. */
const AMBIENT = ['Date', 'FinalizationRegistry', 'WeakRef', 'Atomics', 'eval', 'Function', 'Promise', 'Proxy']

const HOST = [
  ...[
    'console',
    'TextEncoder',
    'TextDecoder',
    'setTimeout',
    'setInterval',
    'setImmediate',
    'queueMicrotask',
    'performance',
  ],
  ...[
    'crypto',
    'process',
    'Buffer',
    'fetch',
    'URL',
    'require',
    'module',
    'navigator',
    'structuredClone',
    'atob',
    'Intl',
  ],
  ...['Event', 'EventTarget', 'AbortController', 'MessageChannel', 'Worker', 'window', 'self', 'document', 'global'],
]

/** A realm with no globals but those that `keep` names. */
function emptyRealm(keep: ReadonlySet<string>): object {
  const realm = createContext({})
  runInContext(
    `for (const name of Object.getOwnPropertyNames(globalThis)) {
      if (!${JSON.stringify([...keep])}.includes(name)) delete globalThis[name]
    }`,
    realm,
  )
  return realm
}

describe('the built core', () => {
  let script: string
  let module: Uint8Array
  let expected: string
  beforeAll(() => {
    script = bundle()
    module = guest()
    expected = runGuest(module)
  })

  it('does in Node what the sources do', () => {
    runInThisContext(script)
    expect(JSON.parse(runInThisContext(call(module)) as string)).toEqual(JSON.parse(expected))
  })

  it('does it in an empty realm', () => {
    const realm = emptyRealm(ECMASCRIPT)
    const names = runInContext('Object.getOwnPropertyNames(globalThis)', realm) as string[]
    expect([...names].filter((name) => !ECMASCRIPT.has(name))).toEqual([])
    for (const name of HOST) expect(runInContext(`typeof ${name}`, realm), name).toBe('undefined')
    runInContext(script, realm)
    expect(JSON.parse(runInContext(call(module), realm) as string)).toEqual(JSON.parse(expected))
    expect([...(runInContext('Object.getOwnPropertyNames(globalThis)', realm) as string[])].sort()).toEqual(
      [...names, GLOBAL].sort(),
    )
  })

  it('does it without what of ECMAScript itself is ambient', () => {
    const realm = emptyRealm(new Set([...ECMASCRIPT].filter((name) => !AMBIENT.includes(name))))
    runInContext(
      `Math.random = () => { throw new Error('Math.random was called') }
      for (const type of [String, Number, BigInt, Array]) {
        for (const name of Object.getOwnPropertyNames(type.prototype)) {
          if (/locale/i.test(name)) delete type.prototype[name]
        }
      }`,
      realm,
    )
    expect(runInContext('typeof Date + typeof "".localeCompare', realm)).toBe('undefinedundefined')
    runInContext(script, realm)
    expect(JSON.parse(runInContext(call(module), realm) as string)).toEqual(JSON.parse(expected))
  })

  it('would not get by with a realm that lacks what it does use', () => {
    const realm = emptyRealm(new Set([...ECMASCRIPT].filter((name) => name !== 'WebAssembly')))
    runInContext(script, realm)
    expect(() => runInContext(call(module), realm)).toThrow(/WebAssembly/)
  })
})

describe('the guest', () => {
  it('uses what it is meant to use, and got somewhere', () => {
    const { runs, trace, files } = JSON.parse(runGuest(guest())) as {
      runs: { end: object; stdout: string; stderr: string }[]
      trace: string[]
      files: unknown[]
    }
    expect(runs.map(({ end }) => end)).toEqual(Array(2).fill({ kind: 'exit', code: 42 }))
    expect(runs.map(({ stderr }) => stderr)).toEqual(['done\n', 'done\n'])
    expect(runs[0]?.stdout).toContain('argument ü\nargument \nLANG C\nread one\nread two\nread thrée')
    expect(runs[0]?.stdout).not.toBe(runs[1]?.stdout)
    expect(files.length).toBeGreaterThan(40)
    const calls = new Set(trace.map((line) => line.slice(0, line.indexOf('('))))
    for (const name of [
      'path_open',
      'fd_readdir',
      'clock_time_get',
      'random_get',
      'poll_oneoff',
      'fd_write',
      'fd_read',
    ]) {
      expect(calls).toContain(name)
    }
  })
})
