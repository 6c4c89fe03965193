/** The benchmark's guests, compiled by clang in a machine, without libc's start: what they import is what they call. */

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { clang, compileArgs } from '../../examples/toolchain.ts'
import { Machine } from '../../src/index.ts'
import { CACHE } from '../support/compile.ts'

/** `guest.c` is the loops over single calls, `start.c` a command of 15 calls, `kernels.c` work without any. */
export type Source = 'guest.c' | 'start.c' | 'kernels.c'

/** A loop of guest.c: operations `from` up to `to`, with a size that means what the source says. 0, an errno, or 255. */
export type Loop = (from: number, to: number, size: number) => number

const COMPILE = compileArgs('/guest.c', '/guest.o', ['-O2', '-Wall', '-Wextra', '-Werror'])
/** The kernels keep to the first version of wasm, since that is all that `wasm-metering` knows. */
const FLAGS: { readonly [name in Source]: readonly string[] } = {
  'guest.c': [],
  'start.c': [],
  'kernels.c': ['-mcpu=mvp', '-ffreestanding'],
}
const LINK = ['wasm-ld', '--no-entry', '/guest.o', '-L/usr/lib/wasm32-wasip1', '-lc', '-o', '/guest.wasm']

/** The module's file. The first call after a change of the source compiles it, which takes some seconds. */
export function guestFile(name: Source): string {
  const source = readFileSync(fileURLToPath(new URL(name, import.meta.url)))
  const key = createHash('sha256')
    .update(source)
    .update(JSON.stringify([COMPILE, FLAGS[name], LINK]))
    .digest('hex')
  const path = join(CACHE, `bench-${key}.wasm`)
  if (existsSync(path)) return path
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(`${path}.${process.pid}`, compile(source, FLAGS[name]))
  renameSync(`${path}.${process.pid}`, path)
  return path
}

/** The module, compiled anew: no two hosts share one. */
export function loadGuest(name: Source = 'guest.c'): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(guestFile(name)))
}

function compile(source: Uint8Array, flags: readonly string[]): Uint8Array {
  const { module, files } = clang()
  const machine = new Machine({ files: { ...files, '/guest.c': source } })
  for (const args of [[...COMPILE, ...flags], LINK]) {
    const run = machine.run(module, { args })
    if (run.exitCode !== 0) throw new Error(`${args.join(' ')}: ${run.stderr.text()}`)
  }
  return machine.fs.readFileSync('/guest.wasm')
}
