/**
 * SQLite as a guest: its source as one file, from the npm package `cordova-sqlite-storage-dependencies`, compiled with
 * SQLite's own layer for Unix, and `sqlite.c`. The compiler takes half a minute and more for it, once.
 */

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Machine } from '../../src/index.ts'
import { clang, compileArgs, linkArgs } from '../toolchain.ts'
import { kept } from './kept.ts'

const PACKAGE = dirname(createRequire(import.meta.url).resolve('cordova-sqlite-storage-dependencies/package.json'))

const FLAGS: readonly string[] = [
  // What there is not: other processes, threads, shared memory, dynamic linking.
  '-DSQLITE_THREADSAFE=0',
  '-DSQLITE_OMIT_LOAD_EXTENSION',
  '-DSQLITE_OMIT_WAL',
  '-DSQLITE_MAX_MMAP_SIZE=0',
  '-DSQLITE_DEFAULT_MEMSTATUS=0',
  // And what wasi-libc lacks; see there.
  '-include',
  '/src/sqlite_wasi.h',
  '-w',
]
const LINK_FLAGS: readonly string[] = ['-z', 'stack-size=1048576']

/** The module of `sqlite.c`. @throws Error with what clang wrote. */
export function sqlite(): Uint8Array {
  const sources: { readonly [path: string]: Uint8Array } = {
    '/src/sqlite3.c': readFileSync(join(PACKAGE, 'sqlite3.c')),
    '/src/sqlite3.h': readFileSync(join(PACKAGE, 'sqlite3.h')),
    '/src/sqlite_wasi.h': readFileSync(new URL('sqlite_wasi.h', import.meta.url)),
    '/src/main.c': readFileSync(new URL('sqlite.c', import.meta.url)),
  }
  return kept([clang().version, ...FLAGS, ...LINK_FLAGS, ...Object.values(sources)], () => build(sources))
}

function build(sources: { readonly [path: string]: Uint8Array }): Uint8Array {
  const { module, files } = clang()
  const machine = new Machine({ files: { ...files, ...sources } })
  const commands = [
    compileArgs('/src/sqlite3.c', '/src/sqlite3.o', FLAGS),
    compileArgs('/src/main.c', '/src/main.o'),
    linkArgs(['/src/main.o', '/src/sqlite3.o'], '/src/main.wasm', LINK_FLAGS),
  ]
  for (const args of commands) {
    const run = machine.run(module, { args })
    if (run.exitCode !== 0) throw new Error(run.stderr.text())
  }
  return machine.fs.readFileSync('/src/main.wasm')
}
