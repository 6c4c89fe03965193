/** The file of `--property`: a module of JavaScript that says what must hold, and may say where worlds come from. */

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { FuzzOptions, World } from '../fuzz/index.ts'
import { quote } from '../node/host_names.ts'
import { HostError } from '../node/index.ts'

/** What such a file may export, by these names or as an object by default; a function by default is the property. */
export interface PropertyFile
  extends Pick<FuzzOptions, 'property' | 'oracle' | 'allow' | 'preopens' | 'limits' | 'fuel' | 'maxShrinks'> {
  /** An arbitrary of worlds, or one world. */
  readonly world?: FuzzOptions['world'] | World
}

const NAMES = ['property', 'oracle', 'allow', 'preopens', 'limits', 'fuel', 'maxShrinks', 'world']
const EXAMPLE = 'a file of JavaScript such as: export default ({ exitCode }) => exitCode === 0'

/** @throws HostError for what is not there, is no module, or exports nothing of use. */
export async function loadPropertyFile(file: string): Promise<PropertyFile> {
  const argument = `--property ${file}`
  if (!existsSync(file)) {
    throw new HostError('NOT_FOUND', file, `${argument}: there is no file ${quote(file)}; give ${EXAMPLE}`)
  }
  let exports: { readonly [name: string]: unknown }
  try {
    exports = (await import(pathToFileURL(resolve(file)).href)) as typeof exports
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new HostError('UNREADABLE', file, `${argument}: it cannot be loaded: ${reason}; give ${EXAMPLE}`, error)
  }
  const { default: main, ...named } = exports
  const found: Record<string, unknown> = typeof main === 'object' && main !== null ? { ...main } : {}
  if (typeof main === 'function') found.property = main
  for (const name of NAMES) if (named[name] !== undefined) found[name] = named[name]
  const other = Object.keys(found).find((name) => !NAMES.includes(name))
  if (other !== undefined) {
    const problem = `its default export has ${JSON.stringify(other)}, and may have ${NAMES.join(', ')}`
    throw new HostError('WRONG_KIND', file, `${argument}: ${problem}`)
  }
  if (Object.keys(found).length === 0) {
    throw new HostError('WRONG_KIND', file, `${argument}: it exports no property; give ${EXAMPLE}`)
  }
  return found as PropertyFile
}
