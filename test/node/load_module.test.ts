import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { HostError, type LoadProgress, loadModule } from '../../src/node/index.ts'
import { wat } from '../support/wat.ts'
import { scratch } from './folder.ts'

const GUEST = '(module (func (export "_start")) (memory (export "memory") 1) (data (i32.const 0) "hello"))'

async function problemOf(bytes: Uint8Array | string): Promise<string> {
  const path = join(scratch(), 'guest.wasm')
  writeFileSync(path, bytes)
  return problemAt(path)
}

function isModule(bytes: Uint8Array): boolean {
  try {
    return new WebAssembly.Module(bytes) instanceof WebAssembly.Module
  } catch {
    return false
  }
}

async function problemAt(path: string): Promise<string> {
  const error = await loadModule(path).then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(error instanceof HostError)) throw new Error(`no HostError but ${String(error)}`)
  expect(error.message).not.toContain('\n')
  return `${error.code}: ${error.message.replace(path, 'PATH')}`
}

describe('loadModule()', () => {
  it('compiles a module and tells how far it has come', async () => {
    const bytes = await wat(GUEST)
    const path = join(scratch(), 'guest.wasm')
    writeFileSync(path, bytes)
    const progress: LoadProgress[] = []
    const module = await loadModule(path, { cpu: 'engine', onProgress: (step) => progress.push(step) })
    expect(WebAssembly.Module.exports(module).map(({ name }) => name)).toEqual(['_start', 'memory'])
    expect(progress).toEqual([
      { phase: 'read', bytes: bytes.length, total: bytes.length },
      { phase: 'compile', bytes: bytes.length, total: bytes.length },
    ])
  })

  it('reads a file of many parts whole', async () => {
    const large = await wat(GUEST)
    const payload = new Uint8Array(5 << 20)
    // A custom section with a five-byte size, as linkers write it.
    const size = payload.length + 2
    const head = [0, ...[0, 7, 14, 21].map((shift) => ((size >>> shift) & 0x7f) | 0x80), (size >>> 28) & 0x7f, 1, 0x78]
    const path = join(scratch(), 'large.wasm')
    writeFileSync(path, Buffer.concat([large, Buffer.from(head), payload]))
    const read: number[] = []
    const module = await loadModule(path, { cpu: 'engine', onProgress: ({ bytes }) => read.push(bytes) })
    expect(WebAssembly.Module.exports(module).length).toBe(2)
    expect(read.at(-1)).toBe(large.length + head.length + payload.length)
    expect(read.length).toBeGreaterThan(5)
  })

  it('reads from a pipe', async () => {
    const folder = scratch()
    writeFileSync(join(folder, 'guest.wasm'), await wat(GUEST))
    execFileSync('mkfifo', [join(folder, 'pipe')])
    const writer = spawn('sh', ['-c', 'cat guest.wasm > pipe'], { cwd: folder })
    const module = await loadModule(join(folder, 'pipe'), { cpu: 'engine' })
    expect(WebAssembly.Module.exports(module).length).toBe(2)
    if (writer.exitCode === null) await new Promise((resolve) => writer.once('exit', resolve))
  })

  it('says what a file is that is no module, and what to do', async () => {
    const folder = scratch()
    const start = 'NOT_A_MODULE: "PATH" cannot be run: '
    expect(await problemAt(join(folder, 'no.wasm'))).toBe(
      'NOT_FOUND: there is no file "PATH": check the path; it is taken from the current folder',
    )
    mkdirSync(join(folder, 'd'))
    expect(await problemAt(join(folder, 'd'))).toBe('WRONG_KIND: "PATH" is a folder: name the .wasm file in it')
    expect(await problemOf('')).toBe(`${start}it is empty: build it again, or name another file`)
    const cases: readonly (readonly [Uint8Array | string, string])[] = [
      [GUEST, 'it is WebAssembly text (WAT): turn it into a .wasm file with wat2wasm or "wasm-tools parse" first'],
      [`;; a comment\n(; and another ;)\n  ${GUEST}`, 'it is WebAssembly text (WAT)'],
      [gzipSync(await wat(GUEST)), 'it is compressed with gzip: run gunzip on it first'],
      [execFileSync('head', ['-c', '100', process.execPath]), 'it is a native program or library'],
      ['// hi\nimport fs from "node:fs"\n', 'it looks like JavaScript'],
      ['"use strict"\nmodule.exports = 1\n', 'it looks like JavaScript'],
      ['#!/bin/sh\nexec wasm\n', 'it is a script'],
      ['<!DOCTYPE html><title>404</title>', 'it is a web page, perhaps of a failed download'],
      [
        'version https://git-lfs.github.com/spec/v1\noid sha256:00\n',
        'it is a pointer of Git LFS: fetch the file itself with "git lfs pull"',
      ],
      ['!<arch>\n/               0', 'it is a library archive: link it into a program first'],
      ['some notes', 'it is text: name the .wasm file'],
      [new Uint8Array([1, 2, 3, 0, 200]), 'it is binary data of another kind: name the .wasm file'],
    ]
    for (const [bytes, problem] of cases)
      expect(await problemOf(bytes)).toContain(`${start}it is not a WebAssembly file: ${problem}`)
  })

  it('tells every truncated module from a whole one', async () => {
    const bytes = await wat(GUEST)
    const problems = new Set<string>()
    for (let size = 1; size < bytes.length; size++) {
      if (isModule(bytes.subarray(0, size))) continue // Cut between two sections, so what is left is whole.
      problems.add(
        (await problemOf(bytes.subarray(0, size)))
          .replace(/\d+ bytes?/, 'N bytes')
          .replace(/\(WebAssembly.*|\(.*\)/, ''),
      )
    }
    expect([...problems].some((problem) => problem.includes('cut off in the header of a WebAssembly file'))).toBe(true)
    expect(
      [...problems].some((problem) => problem.includes('cut off in its code section, at least N bytes short')),
    ).toBe(true)
    expect([...problems].some((problem) => problem.includes('cut off in its data section'))).toBe(true)
  })

  it('knows a component, another version, and what only the engine can tell', async () => {
    const component = new Uint8Array([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0])
    expect(await problemOf(component)).toContain(
      'it is a WebAssembly component, and components are not yet taken: build a module for wasm32-wasip1',
    )
    expect(await problemOf(new Uint8Array([0, 0x61, 0x73, 0x6d, 2, 0, 0, 0]))).toContain(
      'it has version 2 of the WebAssembly format',
    )
    const bytes = await wat(GUEST)
    const damaged = Uint8Array.from(bytes)
    damaged[10] = 0x99
    expect(await problemOf(damaged)).toMatch(
      /it is damaged, or uses a WebAssembly feature that this Node does not have \(.+\): build it again/,
    )
  })

  it('says when the host does not let it be read', async () => {
    const path = join(scratch(), 'guest.wasm')
    writeFileSync(path, await wat(GUEST))
    chmodSync(path, 0o000)
    if (process.getuid?.() === 0) {
      // Root reads everything, so the process is somebody else for a moment.
      chmodSync(join(path, '..'), 0o755)
      process.seteuid?.(65_534)
    }
    try {
      expect(await problemAt(path)).toBe('UNREADABLE: "PATH" cannot be read: permission denied (EACCES)')
    } finally {
      if (process.getuid?.() === 0) process.seteuid?.(0)
    }
  })
})
