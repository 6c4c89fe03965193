/** Rewritten modules on disk: found again, never trusted when torn, and never in the way. */

import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { CpuOptions } from '../../src/cpu/options.ts'
import { rewrite } from '../../src/cpu/rewrite.ts'
import { HostError, loadModule } from '../../src/node/index.ts'
import { rewriteCached } from '../../src/node/rewrite_cache.ts'
import { COMMAND, vivarium, workplace } from '../cli/command.ts'
import { wat } from '../support/wat.ts'
import { scratch } from './folder.ts'

const OPTIONS: CpuOptions = { nan: true, relaxedSimd: true, fuel: true, stack: 1e5, memory: undefined, reset: true }
const TEXT = '(module (func $f (export "f") (param f32) (result f32) (f32.sqrt (call $f (local.get 0)))))'

describe('rewriteCached()', () => {
  it('gives what rewriting gives, the first time and from the folder', async () => {
    const bytes = await wat(TEXT)
    const folder = join(scratch(), 'not', 'yet')
    const rewritten = rewrite(bytes, OPTIONS)
    expect(rewriteCached(bytes, OPTIONS, folder, true)).toEqual(rewritten)
    const [name] = readdirSync(folder)
    expect(name).toMatch(/^[0-9a-f]{64}-[0-9a-f]{16}\.wasm$/)
    expect(rewriteCached(bytes, OPTIONS, folder, true)).toEqual(rewritten)
    expect(readdirSync(folder)).toEqual([name])
  })

  it('keeps what was asked for apart', async () => {
    const bytes = await wat(TEXT)
    const folder = scratch()
    const asked: CpuOptions[] = [OPTIONS, { ...OPTIONS, fuel: false }, { ...OPTIONS, stack: 99 }]
    for (const options of asked) rewriteCached(bytes, options, folder, true)
    rewriteCached(await wat('(module)'), OPTIONS, folder, true)
    expect(readdirSync(folder).length).toBe(4)
    for (const options of asked) {
      expect(rewriteCached(bytes, options, folder, true)).toEqual(rewrite(bytes, options))
    }
  })

  it.each([
    ['is torn', (path: string) => truncateSync(path, 60)],
    ['is empty', (path: string) => writeFileSync(path, '')],
    ['has a byte that is another', flipLast],
    ['has a digest that is another', (path: string) => writeFileSync(path, Buffer.alloc(200, 7))],
  ])('makes a file anew that %s', async (_, harm) => {
    const bytes = await wat(TEXT)
    const folder = scratch()
    const rewritten = rewriteCached(bytes, OPTIONS, folder, true)
    const path = join(folder, readdirSync(folder)[0] as string)
    const whole = readFileSync(path)
    harm(path)
    expect(rewriteCached(bytes, OPTIONS, folder, true)).toEqual(rewritten)
    expect(readFileSync(path)).toEqual(whole)
  })

  it('goes on without a folder that cannot be written, unless it was named', async () => {
    const bytes = await wat(TEXT)
    const file = join(scratch(), 'file')
    writeFileSync(file, '')
    expect(rewriteCached(bytes, OPTIONS, join(file, 'below'), false)).toEqual(rewrite(bytes, OPTIONS))
    expect(() => rewriteCached(bytes, OPTIONS, join(file, 'below'), true)).toThrow(HostError)
  })
})

function flipLast(path: string): void {
  const bytes = readFileSync(path)
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 1
  writeFileSync(path, bytes)
}

describe('loadModule() with a cpu', () => {
  it('gives a module that counts and that a strict machine takes', async () => {
    const path = join(scratch(), 'guest.wasm')
    writeFileSync(path, await wat('(module (func (export "_start") (loop (br 0))))'))
    const { Machine } = await import('../../src/index.ts')
    const phases: string[] = []
    const module = await loadModule(path, {
      cpu: 'strict',
      fuel: true,
      onProgress: ({ phase }) => void phases.push(phase),
    })
    expect(phases).toEqual(['read', 'rewrite', 'compile'])
    const run = new Machine({ cpu: 'strict' }).run(module, { fuel: 10 })
    expect(run.end).toMatchObject({ kind: 'limit', limit: 'fuel' })
  })

  it('says which instruction a module has that cannot be made deterministic', async () => {
    const path = join(scratch(), 'guest.wasm')
    const text =
      '(module (memory 1 1) (func (export "f") (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const 0)))))'
    writeFileSync(path, await wat(text, { threads: true }))
    await expect(loadModule(path, { cpu: 'strict' })).rejects.toThrow(/memory\.atomic\.wait .*function 0/)
  })
})

describe('vivarium run with a deterministic cpu', () => {
  it('runs a program as it runs without, and keeps the module in the folder named', () => {
    const cwd = workplace()
    const args = ['tool.wasm', 'args', 'a']
    const plain = vivarium(['run', ...args], { cwd })
    for (let i = 0; i < 2; i++) {
      expect(vivarium(['run', '--cpu', 'strict', '--cache-dir', 'kept', ...args], { cwd })).toEqual(plain)
      expect(readdirSync(join(cwd, 'kept')).length).toBe(1)
    }
  })

  it('keeps modules in the cache of the user, or none', () => {
    const cwd = workplace()
    const env = { XDG_CACHE_HOME: join(cwd, 'xdg') }
    vivarium(['run', '--cpu', 'strict', '--no-cache', 'tool.wasm', 'args'], { cwd, env })
    expect(readdirSync(cwd)).not.toContain('xdg')
    vivarium(['run', '--cpu', 'strict', 'tool.wasm', 'args'], { cwd, env })
    expect(readdirSync(join(cwd, 'xdg', 'vivarium')).length).toBe(1)
  })

  it('stops at the fuel that was given, with the status of a limit', () => {
    const cwd = workplace()
    const ended = vivarium(['run', '--fuel', '20000', '--no-cache', '--json', 'tool.wasm', 'spin'], { cwd })
    expect(ended.status).toBe(124)
    expect(JSON.parse(ended.stdout)).toMatchObject({ end: { kind: 'limit', limit: 'fuel' }, fuelUsed: 20_000 })
    expect(vivarium(['run', '--fuel', 'x', 'tool.wasm'], { cwd }).status).toBe(2)
    expect(vivarium(['run', '--cpu', 'slow', 'tool.wasm'], { cwd })).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/Allowed choices are strict, engine/),
    })
  })

  it('says when the folder named cannot be written', () => {
    const cwd = workplace()
    mkdirSync(join(cwd, 'shut'))
    writeFileSync(join(cwd, 'shut', 'file'), '')
    const ended = vivarium(['run', '--cpu', 'strict', '--cache-dir', 'shut/file', 'tool.wasm', 'args'], { cwd })
    expect(ended.status).toBe(2)
    expect(ended.stderr).toMatch(/shut\/file.* cannot be written/)
  })

  it('may be started many times at once', async () => {
    const cwd = workplace()
    const run = () =>
      promisify(execFile)(
        process.execPath,
        [COMMAND, 'run', '--cpu', 'strict', '--cache-dir', 'kept', 'tool.wasm', 'args'],
        { cwd },
      )
    const outputs = await Promise.all(Array.from({ length: 4 }, run))
    expect(new Set(outputs.map(({ stdout }) => stdout))).toEqual(new Set(['[tool.wasm]\n[args]\n']))
    expect(readdirSync(join(cwd, 'kept')).length).toBe(1)
  })
})
