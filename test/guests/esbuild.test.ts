/** esbuild: a Go program that reads directories, bundles three TypeScript files and writes a source map. */

import { describe, expect, it } from 'vitest'
import { Machine } from '../../src/index.ts'
import { loadGuest } from '../support/guests.ts'
import { twice } from './twice.ts'

const SOURCES = {
  '/app/src/main.ts': `
import { greet } from './greet.ts'
import { add } from './lib/math'
export const answer: number = add(40, 2)
export default greet('world')
`,
  '/app/src/greet.ts': "export const greet = (who: string): string => 'hello ' + who\n",
  '/app/src/lib/math.ts': `
export function add(a: number, b: number): number { return a + b }
export function unused(): never { throw new Error('never bundled') }
`,
}

describe('esbuild', () => {
  it('bundles three TypeScript files into a module that works, with a source map', async () => {
    const { module } = loadGuest('esbuild')
    const args = ['esbuild', '--bundle', 'src/main.ts', '--outfile=out/app.js', '--format=esm', '--sourcemap']
    const {
      runs: [run],
      outputs,
    } = twice(
      () => new Machine({ seed: 'esbuild', files: SOURCES }),
      (machine) => ({
        runs: [machine.run(module, { args, env: { PWD: '/app' } })],
        outputs: {
          names: machine.fs.readdirSync('/app/out'),
          bundle: machine.fs.readFileSync('/app/out/app.js', 'utf8'),
          map: machine.fs.readFileSync('/app/out/app.js.map', 'utf8'),
        },
      }),
    )
    expect(run.end, run.stderr.text()).toEqual({
      kind: 'exit',
      code: 0,
    })
    expect(run.stderr.text()).toContain('out/app.js')
    expect(outputs.names).toEqual(['app.js', 'app.js.map'])
    expect(outputs.bundle).not.toContain('never bundled')
    expect(JSON.parse(outputs.map).sources).toEqual(['../src/greet.ts', '../src/lib/math.ts', '../src/main.ts'])
    const bundled = await import(`data:text/javascript,${encodeURIComponent(outputs.bundle)}`)
    expect([bundled.answer, bundled.default]).toEqual([42, 'hello world'])
  })

  it('transforms stdin to stdout', () => {
    const { module } = loadGuest('esbuild')
    const {
      runs: [run],
    } = twice(
      () => new Machine(),
      (machine) => ({
        runs: [
          machine.run(module, {
            args: ['esbuild', '--loader=ts', '--minify'],
            stdin: 'let x: number = 1 + 2; f(x as any)',
          }),
        ],
        outputs: undefined,
      }),
    )
    expect(run.stdout.text()).toBe('let x=3;f(x);\n')
    expect(run.exitCode).toBe(0)
  })

  it('names the importer and the missing file, and exits with 1', () => {
    const { module } = loadGuest('esbuild')
    const machine = new Machine({
      files: { '/main.ts': "import './gone.ts'\n" },
    })
    const run = machine.run(module, {
      args: ['esbuild', '--bundle', '/main.ts', '--outfile=/out.js'],
    })
    expect(run.exitCode).toBe(1)
    expect(run.stderr.text()).toContain('Could not resolve "./gone.ts"')
    expect(run.stderr.text()).toContain('main.ts:1:7')
    expect(machine.fs.existsSync('/out.js')).toBe(false)
  })
})
