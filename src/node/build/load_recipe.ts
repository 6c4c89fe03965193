/** Loads a recipe: JSON, JavaScript, or TypeScript by what there is to read it. */

import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { checkRecipe } from '../../build/check_recipe.ts'
import { BuildError } from '../../build/error.ts'
import type { Recipe } from '../../build/recipe.ts'
import { reasonOf } from '../host_error.ts'

export interface RecipeFile {
  readonly recipe: Recipe
  /** The file's name: what messages say. */
  readonly name: string
  /** Absolute. */
  readonly path: string
  /** Where its paths start. */
  readonly folder: string
}

/** The names that are looked for, in this order, where none is given. */
const NAMES = ['vivarium.build.ts', 'vivarium.build.js', 'vivarium.build.mjs', 'vivarium.build.json']

/** @throws BuildError `MISSING_INPUT` where there is none, `BAD_RECIPE` for one that cannot be loaded or is wrong. */
export async function loadRecipe(given: string | undefined, cwd: string = process.cwd()): Promise<RecipeFile> {
  const path = given === undefined ? findRecipe(cwd) : resolve(cwd, given)
  const name = basename(path)
  if (!existsSync(path)) {
    throw new BuildError(
      'MISSING_INPUT',
      { file: path },
      `there is no recipe ${JSON.stringify(given ?? name)}: check the path`,
    )
  }
  const value = extname(path) === '.json' ? readJson(path, name) : await runScript(path, name)
  return { recipe: checkRecipe(value, name), name, path, folder: dirname(path) }
}

function findRecipe(cwd: string): string {
  const found = NAMES.map((name) => join(cwd, name)).find((path) => existsSync(path))
  if (found !== undefined) return found
  const problem = `there is no recipe here: write ${NAMES[0]} (see "vivarium build --help"), or name one`
  throw new BuildError('MISSING_INPUT', { file: cwd }, problem)
}

function readJson(path: string, name: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new BuildError('BAD_RECIPE', { recipe: name, file: path }, `it is no JSON: ${reasonOf(error)}`, error)
  }
}

async function runScript(path: string, name: string): Promise<unknown> {
  const importing = importerOf(path, name)
  let module: { readonly default?: unknown }
  try {
    module = (await importing(pathToFileURL(path).href)) as { readonly default?: unknown }
  } catch (error) {
    if (error instanceof BuildError) throw error
    throw new BuildError('BAD_RECIPE', { recipe: name, file: path }, `it cannot be loaded: ${reasonOf(error)}`, error)
  }
  // What a CommonJS file exports comes one level down.
  const { default: value } = module
  const inner = typeof value === 'object' && value !== null && 'default' in value ? value.default : value
  if (inner !== undefined) return inner
  const problem = 'it has no default export: end it with "export default defineBuild({ … })"'
  throw new BuildError('BAD_RECIPE', { recipe: name, file: path }, problem)
}

/** Node reads TypeScript by itself from version 22.18 on; before that tsx has to be there. */
function importerOf(path: string, name: string): (url: string) => Promise<unknown> {
  const plain = (url: string): Promise<unknown> => import(url)
  if (!/\.[cm]?ts$/.test(path)) return plain
  const reads = (process.features as { readonly typescript?: string | false }).typescript
  if (reads !== undefined && reads !== false) return plain
  // Whoever runs this by tsx reads it already.
  if (import.meta.url.endsWith('.ts')) return plain
  for (const from of [path, import.meta.url]) {
    try {
      const tsx = createRequire(from)
        .resolve('tsx/esm/api')
        .replace(/\.cjs$/, '.mjs')
      return async (url) => {
        const api = (await import(pathToFileURL(tsx).href)) as {
          readonly tsImport: (url: string, parent: string) => Promise<unknown>
        }
        return api.tsImport(url, import.meta.url)
      }
    } catch {
      // Not there.
    }
  }
  const problem = `this Node (${process.version}) does not read TypeScript: install tsx ("npm install --save-dev tsx"), use Node 22.18 or later, or write the recipe as .js or .json`
  throw new BuildError('BAD_RECIPE', { recipe: name, file: path }, problem)
}
