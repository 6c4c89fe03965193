/** The built core as one script without imports, and the guest that is run with it. */

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'
import { compileFile } from '../support/compile.ts'

const BUILT = fileURLToPath(new URL('../../dist/src/index.js', import.meta.url))
const DRIVER = fileURLToPath(new URL('./driver.ts', import.meta.url))

/** The name under which the script offers `runGuest`. */
export const GLOBAL = 'purity'

/**
 * The script: `driver.ts` on what `npm run build` made, not on the sources. Where the core imported anything of the
 * host, such as `node:fs`, there would be nothing to put in its place, and this throws.
 */
export function bundle(): string {
  if (!existsSync(BUILT)) throw new Error(`${BUILT} is not there: run npm run build`)
  const driver = buildSync({
    entryPoints: [DRIVER],
    bundle: true,
    write: false,
    format: 'esm',
    external: ['*/src/index.ts'],
  })
  const [made] = driver.outputFiles
  if (made === undefined || !made.text.includes('../../src/index.ts'))
    throw new Error('the driver does not import the core')
  const { outputFiles } = buildSync({
    stdin: {
      contents: made.text.replace('../../src/index.ts', BUILT),
      resolveDir: fileURLToPath(new URL('../..', import.meta.url)),
    },
    bundle: true,
    write: false,
    format: 'iife',
    globalName: GLOBAL,
    platform: 'neutral',
    target: 'es2023',
  })
  const [script] = outputFiles
  if (script === undefined) throw new Error('esbuild made nothing')
  return script.text
}

/** The guest's bytes. */
export function guest(): Uint8Array {
  return compileFile('purity/guest.c')
}

/** Source text of an expression that runs the guest; its value is what `runGuest` returns. */
export function call(module: Uint8Array): string {
  return `${GLOBAL}.runGuest(Uint8Array.from([${module.join()}]))`
}
