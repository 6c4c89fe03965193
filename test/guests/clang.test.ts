/** clang and wasm-ld: what they build in a machine is, byte for byte, what they build on a real disk. */

import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CXX_LIBRARIES, clang, compileArgs, linkArgs } from '../../examples/toolchain.ts'
import { Machine } from '../../src/index.ts'
import { CACHE } from '../support/compile.ts'
import { loadGuest } from '../support/guests.ts'
import { runNodeWasi } from '../support/node_wasi.ts'
import { twice } from './twice.ts'

const C_SOURCE = `
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "table.h"

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

int main(int argc, char **argv) {
  qsort(argv + 1, argc - 1, sizeof *argv, by_name);
  for (int i = 1; i < argc; i++) printf(ROW, i, argv[i], strtod(argv[i], NULL) / 3);
  return argc;
}
`

const CXX_SOURCE = `
#include <iostream>
#include <map>
#include <string>

int main() {
  std::map<std::string, int> count;
  for (std::string word; std::cin >> word;) count[word]++;
  for (const auto &[word, times] : count) std::cout << word << ' ' << times << '\\n';
}
`

const WRONG_SOURCE = 'int main(void) { int unused; return missing; }\n'

/** A host folder with the guest's `/tmp`; `sysroot` is mounted as its `/usr`. */
let scratch: string
let sysroot: string

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'vivarium-clang-'))
  mkdirSync(join(scratch, 'tmp'))
  sysroot = sysrootOnDisk()
})

afterAll(() => rmSync(scratch, { recursive: true }))

/** The sysroot as a real folder, made once for all runs of the suite: complete under its final name, or not there. */
function sysrootOnDisk(): string {
  const { files, version } = clang()
  const folder = join(CACHE, `sysroot-${version}`)
  if (existsSync(folder)) return folder
  const own = `${folder}.${process.pid}`
  for (const [path, data] of Object.entries(files)) {
    const target = join(own, path.replace(/^\/usr/, ''))
    mkdirSync(data === null ? target : dirname(target), { recursive: true })
    if (data instanceof Uint8Array) writeFileSync(target, data)
  }
  try {
    renameSync(own, folder)
  } catch (error) {
    // Another run of the suite was first.
    if (!existsSync(folder)) throw error
    rmSync(own, { recursive: true })
  }
  return folder
}

interface Build {
  readonly sources: { readonly [path: string]: string }
  readonly commands: readonly (readonly string[])[]
  readonly object: string
  readonly program: string
}

interface Built {
  readonly object: Uint8Array
  readonly program: Uint8Array
}

function buildOnDisk({ sources, commands, object, program }: Build): Built {
  for (const [path, text] of Object.entries(sources)) writeFileSync(join(scratch, path), text)
  for (const args of commands) {
    const run = runNodeWasi(loadGuest('clang').path, { args, preopens: { '/': scratch, '/usr': sysroot } })
    expect(run).toMatchObject({ exitCode: 0, stderr: '' })
  }
  return { object: readFileSync(join(scratch, object)), program: readFileSync(join(scratch, program)) }
}

function buildInMachine({ sources, commands, object, program }: Build): Built {
  const { module, files } = loadGuest('clang')
  const story = twice(
    () => new Machine({ files: { ...files, ...sources } }),
    (machine) => {
      const runs = commands.map((args) => machine.run(module, { args }))
      for (const run of runs) expect([run.end, run.stderr.text()]).toEqual([{ kind: 'exit', code: 0 }, ''])
      expect(machine.fs.readdirSync('/tmp')).toEqual([])
      return { runs, outputs: { object: bytesOf(machine, object), program: bytesOf(machine, program) } }
    },
  )
  return story.outputs
}

function bytesOf(machine: Machine, path: string): Uint8Array {
  return new Uint8Array(machine.fs.readFileSync(path))
}

/** Builds on both, expects the same bytes, and returns the program. */
function buildOnBoth(build: Build): Uint8Array {
  const here = buildInMachine(build)
  const there = buildOnDisk(build)
  expect(Buffer.compare(here.object, there.object)).toBe(0)
  expect(Buffer.compare(here.program, there.program)).toBe(0)
  return here.program
}

describe('clang', () => {
  it('compiles and links C to the same bytes as on a real disk, and the program runs', () => {
    const program = buildOnBoth({
      sources: { '/table.c': C_SOURCE, '/table.h': '#define ROW "%2d %-8s %.3f\\n"\n' },
      commands: [compileArgs('/table.c', '/table.o', ['-g']), linkArgs(['/table.o'], '/table.wasm')],
      object: '/table.o',
      program: '/table.wasm',
    })
    const args = ['table', 'pear', '42', 'apple']
    const run = new Machine().run(program, { args })
    expect(run.stdout.text()).toBe(' 1 42       14.000\n 2 apple    0.000\n 3 pear     0.000\n')
    expect(run.exitCode).toBe(4)
    const onDisk = runNodeWasi(join(scratch, 'table.wasm'), { args, preopens: {} })
    expect([onDisk.exitCode, Buffer.from(onDisk.stdout).toString()]).toEqual([4, run.stdout.text()])
  })

  it('compiles and links C++ with libc++ and iostream to the same bytes as on a real disk, and the program runs', () => {
    const program = buildOnBoth({
      sources: { '/words.cc': CXX_SOURCE },
      commands: [compileArgs('/words.cc', '/words.o', ['-O0']), linkArgs(['/words.o'], '/words.wasm', CXX_LIBRARIES)],
      object: '/words.o',
      program: '/words.wasm',
    })
    const stdin = 'to be or not to be\n'
    const run = new Machine().run(program, { args: ['words'], stdin })
    expect(run.stdout.text()).toBe('be 2\nnot 1\nor 1\nto 2\n')
    expect(run.exitCode).toBe(0)
    const onDisk = runNodeWasi(join(scratch, 'words.wasm'), { args: ['words'], stdin, preopens: {} })
    expect([onDisk.exitCode, Buffer.from(onDisk.stdout).toString()]).toEqual([0, run.stdout.text()])
  })

  it('reports errors as it does on a real disk, and leaves no object', () => {
    const { module, files, path } = loadGuest('clang')
    const args = compileArgs('/wrong.c', '/wrong.o', ['-Wall'])
    writeFileSync(join(scratch, 'wrong.c'), WRONG_SOURCE)
    const onDisk = runNodeWasi(path, { args, preopens: { '/': scratch, '/usr': sysroot } })
    const machine = new Machine({ files: { ...files, '/wrong.c': WRONG_SOURCE } })
    const run = machine.run(module, { args })
    expect(run.stderr.text()).toContain("/wrong.c:1:37: error: use of undeclared identifier 'missing'")
    expect([run.exitCode, run.stderr.text()]).toEqual([1, onDisk.stderr])
    expect(onDisk.exitCode).toBe(1)
    expect(machine.fs.existsSync('/wrong.o')).toBe(false)
    expect(machine.fs.readdirSync('/tmp')).toEqual([])
  })
})
