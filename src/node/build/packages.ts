/** Files of npm packages, found from a folder as Node finds packages: in the `node_modules` of it and of those above it. */

import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { HostError } from '../host_error.ts'

const NPM = 'npm:'

/** The path of a host file that a recipe in `folder` names. @throws HostError `NOT_FOUND` for a package that is not installed. */
export function resolveFile(named: string, folder: string): string {
  if (!named.startsWith(NPM)) return resolve(folder, named)
  const match = /^((?:@[^/]+\/)?[^/]+)\/(.+)$/.exec(named.slice(NPM.length))
  if (match === null) {
    throw new HostError('NOT_FOUND', named, `${JSON.stringify(named)} names no file: write npm:PACKAGE/PATH`)
  }
  const [, name = '', path = ''] = match
  for (let at = resolve(folder); ; at = dirname(at)) {
    const found = join(at, 'node_modules', name)
    if (existsSync(join(found, 'package.json'))) return join(found, path)
    if (dirname(at) === at) break
  }
  const advice = `install it with "npm install --save-dev ${name}"`
  throw new HostError('NOT_FOUND', named, `the npm package ${name} is not there: ${advice}`)
}
