/** The code of the cells as scripts without imports but Node's own, on what `npm run build` made: they start fast, on any version. */

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export function bundle(name: 'child' | 'page_worker'): string {
  const built = `${ROOT}dist/src/index.js`
  if (!existsSync(built)) throw new Error(`${built} is not there: run npm run build`)
  const { outputFiles } = buildSync({
    entryPoints: [`${ROOT}test/crosscheck/${name}.ts`],
    bundle: true,
    write: false,
    format: 'esm',
    platform: name === 'child' ? 'node' : 'browser',
    target: 'es2023',
  })
  const [script] = outputFiles
  if (script === undefined) throw new Error('esbuild made nothing')
  return script.text
}
