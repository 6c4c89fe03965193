/** C and C++ guests from source: compiled by clang in a machine, once for all test workers and all runs of the suite. */

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CXX_LIBRARIES, clang, compileArgs, isCxx, linkArgs } from '../../examples/toolchain.ts'
import { Machine } from '../../src/index.ts'

export interface CompileOptions {
  /** The source's file name: shows in messages and `__FILE__`; its ending tells C from C++. Default `guest.c`. */
  readonly name?: string
  readonly cflags?: readonly string[]
  readonly ldflags?: readonly string[]
}

/** Where all that the suite makes once is kept; `npm ci` empties it. */
export const CACHE: string = fileURLToPath(new URL('../../node_modules/.cache/vivarium/', import.meta.url))

/**
 * Compiles and links one source file to a preview1 command.
 * @throws Error with what clang or wasm-ld wrote to stderr.
 */
export function compileC(source: string, options: CompileOptions = {}): Uint8Array {
  const { name = 'guest.c', cflags = [], ldflags = [] } = options
  const key = createHash('sha256')
    .update(JSON.stringify([clang().version, compileArgs(name, name, cflags), linkArgs([], '', ldflags), source]))
    .digest('hex')
  const path = join(CACHE, `${key}.wasm`)
  if (existsSync(path)) return readFileSync(path)
  const module = build(source, name, cflags, isCxx(name) ? [...ldflags, ...CXX_LIBRARIES] : ldflags)
  publish(path, module)
  return module
}

/** Compiles a file of the test folder, named from there, such as `guests/pipeline/filter.c`. */
export function compileFile(path: string, options: Omit<CompileOptions, 'name'> = {}): Uint8Array {
  const source = readFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), 'utf8')
  return compileC(source, {
    ...options,
    name: path.slice(path.lastIndexOf('/') + 1),
  })
}

function build(source: string, name: string, cflags: readonly string[], ldflags: readonly string[]): Uint8Array {
  const { module, files } = clang()
  const machine = new Machine({
    files: { ...files, [`/src/${name}`]: source },
  })
  const commands = [
    compileArgs(`/src/${name}`, '/src/guest.o', cflags),
    linkArgs(['/src/guest.o'], '/src/guest', ldflags),
  ]
  for (const args of commands) {
    const run = machine.run(module, { args })
    if (run.exitCode !== 0) throw new Error(`${args.join(' ')}: ${JSON.stringify(run.end)}\n${run.stderr.text()}`)
  }
  return machine.fs.readFileSync('/src/guest')
}

/** Several workers may make the same file at once: each writes its own, and the renames put equal bytes in place. */
function publish(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true })
  const own = `${path}.${process.pid}`
  writeFileSync(own, bytes)
  renameSync(own, path)
}
