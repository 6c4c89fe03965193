/** The builds in examples/build: each from its recipe, and the demo as a user runs it. */

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { Machine } from '../../src/index.ts'
import { CACHE } from '../support/compile.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const TSX = `${ROOT}node_modules/tsx/dist/cli.mjs`

/** Builds a recipe in a process of its own, and gives the outputs by name. */
function buildExample(recipe: string): { readonly [name: string]: Buffer } {
  const script = `
    const { build, prepareBuild } = await import('${ROOT}dist/src/node/build/index.js')
    const { plan, bytes } = await prepareBuild('${ROOT}examples/build/${recipe}')
    const made = await build(plan, bytes, { jobs: 2, cacheDir: '${CACHE}' })
    const outputs = made.outputs.map(({ name, item }) => [name, Buffer.from(made.bytesOf(item.sha256)).toString('base64')])
    console.log(JSON.stringify(outputs))`
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  if (status !== 0) throw new Error(stderr)
  const outputs = JSON.parse(stdout) as readonly (readonly [string, string])[]
  return Object.fromEntries(outputs.map(([name, base64]) => [name, Buffer.from(base64, 'base64')]))
}

describe('examples/build', () => {
  it('words: a C++ program with libc++, which is run as a step', () => {
    const outputs = buildExample('words/vivarium.build.json')
    expect(outputs['counts.txt']?.toString()).toMatch(/^6\tthe\n3\tmachine\n3\tsame\n/)
    const run = new Machine().run(new Uint8Array(outputs['words.wasm'] as Buffer), { stdin: 'b a. B?' })
    expect(run.stdout.text()).toBe('2\tb\n1\ta\n')
  })

  it('site: TypeScript through esbuild, Markdown through pandoc', () => {
    const outputs = buildExample('site/vivarium.build.ts')
    expect(Object.keys(outputs)).toEqual(['app/main.js', 'app/main.js.map', 'index.html', 'more.html'])
    expect(outputs['app/main.js']?.toString()).toContain('one day')
    expect(outputs['index.html']?.toString()).toMatch(/<title>The year 2100<\/title>[\s\S]*src="app\/main\.js"/)
  })

  it('chip: a Verilog design through yosys', () => {
    const outputs = buildExample('chip/vivarium.build.ts')
    const netlist = JSON.parse(outputs['counter.json']?.toString() ?? '')
    expect(Object.keys(netlist.modules)).toEqual([
      "$paramod\\debounce\\WIDTH=s32'00000000000000000000000000000011",
      'counter',
    ])
  })
})

describe('npm run demo:build', () => {
  it('builds 52 files of C twice from scratch and once from the store, the same bytes each time', () => {
    const child = spawnSync(process.execPath, [TSX, `${ROOT}examples/build/demo.ts`], { encoding: 'utf8' })
    expect([child.status, child.stderr]).toEqual([0, ''])
    expect(child.stdout).toMatch(/^from scratch, and kept: 55 steps, 0 of them from the store/m)
    expect(child.stdout).toMatch(/^from the store {7}: 55 steps, 55 of them from the store/m)
    expect(child.stdout).not.toMatch(/DIFFERENT|INVALID/)
    expect(child.stdout.match(/^same /gm)).toHaveLength(5)
    expect(child.stdout).toMatch(/^valid .*\n +\d+ calls opened \d+ files, 0 of them undeclared/m)
  })
})
