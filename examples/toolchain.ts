/**
 * A C and C++ toolchain for a machine: clang and wasm-ld from the npm package `@yowasp/clang`, and the sysroot they read.
 *
 * The package's `llvm.core.wasm` is one plain preview1 command that holds every LLVM tool; `argv[0]` picks the tool.
 * It cannot start processes, so compiling and linking are two runs: `compileArgs` and `linkArgs` make their arguments.
 */
/// <reference path="../src/webassembly.d.ts" />

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { parseTar } from 'nanotar'
import { compile, type Files } from '../src/index.ts'

/** What compiling needs: run `module` in a machine made with `files`. */
export interface Toolchain {
  /** The LLVM tools, as a strict machine runs them; compiled once a process, since that costs more than a small program's whole build. */
  readonly module: WebAssembly.Module
  /** The sysroot under `/usr`: headers, libc, libc++ and the compiler's own library, some 2,300 files and 29 MB. */
  readonly files: Files
  /** The npm package's version, for the key of a cache. */
  readonly version: string
}

let toolchain: Toolchain | undefined

/** The toolchain of `node_modules`; its parts are read when they are first asked for, and shared from then on. */
export function clang(): Toolchain {
  toolchain ??= load(dirname(createRequire(import.meta.url).resolve('@yowasp/clang')))
  return toolchain
}

function load(folder: string): Toolchain {
  const manifest: { version: string } = JSON.parse(readFileSync(join(folder, '../package.json'), 'utf8'))
  let module: WebAssembly.Module | undefined
  let files: Files | undefined
  return {
    get module() {
      module ??= compile(readFileSync(join(folder, 'llvm.core.wasm')))
      return module
    },
    get files() {
      files ??= filesOfTar(readFileSync(join(folder, 'llvm-resources.tar')), '/usr')
      return files
    },
    version: manifest.version,
  }
}

/**
 * Arguments of a run that compiles one source file: C, or C++ by the names `.cc`, `.cpp` and `.cxx`.
 * C++ is compiled without exceptions, which the sysroot's libc++ does not have. `flags` come last, so they win.
 */
export function compileArgs(source: string, object: string, flags: readonly string[] = []): string[] {
  const driver = isCxx(source) ? ['clang++', '-fno-exceptions'] : ['clang']
  return [...driver, '-O1', ...flags, '-c', source, '-o', object]
}

/** Arguments of a run that links objects into a command. `flags` may name more libraries, as `CXX_LIBRARIES` does. */
export function linkArgs(objects: readonly string[], output: string, flags: readonly string[] = []): string[] {
  const library = '/usr/lib/wasm32-wasip1'
  const builtins = '/usr/lib/wasm32-unknown-wasip1/libclang_rt.builtins.a'
  return ['wasm-ld', `-L${library}`, `${library}/crt1-command.o`, ...objects, ...flags, '-lc', builtins, '-o', output]
}

/** What `linkArgs` must be given for C++. */
export const CXX_LIBRARIES: readonly string[] = ['-lc++', '-lc++abi']

/** Whether the compiler is to take a file of this name as C++. */
export function isCxx(name: string): boolean {
  return /\.(cc|cpp|cxx)$/.test(name)
}

/**
 * A tar archive's files and directories as a machine's `files`, under `root`. The bytes are views of the archive.
 * @throws Error for links and devices, which no archive that this is for has.
 */
function filesOfTar(archive: Uint8Array, root: string): Files {
  const files: Record<string, Uint8Array | null> = {}
  for (const entry of parseTar(archive)) {
    const path = join(root, entry.name.replace(/\/$/, ''))
    if (entry.type === 'directory') files[path] = null
    else if (entry.type === 'file') files[path] = entry.data ?? new Uint8Array()
    else throw new Error(`${path}: entry of type ${entry.type} in the archive`)
  }
  return files
}
