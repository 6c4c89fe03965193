/** A scratch folder with the toy tool and its inputs, and builds in it. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Recipe, Step } from '../../src/build/index.ts'
import { type Build, type BuildOptions, build, prepareBuild } from '../../src/node/build/index.ts'
import { scratch } from '../node/folder.ts'
import { CACHE, compileFile } from '../support/compile.ts'

/** A new folder with `toy.wasm` and the files given. */
export function workshop(files: { readonly [path: string]: string } = {}): string {
  const folder = scratch()
  writeFileSync(join(folder, 'toy.wasm'), compileFile('build/toy.c'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

/** A step of the toy. */
export function toy(
  name: string,
  mode: string,
  output: string,
  inputs: readonly string[] = [],
  more: Partial<Step> = {},
): Step {
  return { name, run: 'toy', args: ['toy', mode, output, ...inputs], inputs, outputs: [output], ...more }
}

/** A recipe of the toy's steps. */
export function recipeOf(steps: Recipe['steps'], more: Partial<Recipe> = {}): Recipe {
  return { tools: { toy: { module: 'toy.wasm' } }, steps, outputs: [], ...more }
}

/** Writes a recipe as JSON; its path. */
export function writeRecipe(folder: string, recipe: Recipe): string {
  const path = join(folder, 'vivarium.build.json')
  writeFileSync(path, JSON.stringify(recipe))
  return path
}

/** Writes a recipe and builds it, by default from nothing. */
export async function buildIn(folder: string, recipe: Recipe, options: BuildOptions = {}): Promise<Build> {
  const { plan, bytes } = await prepareBuild(writeRecipe(folder, recipe))
  return build(plan, bytes, { jobs: 2, cacheDir: CACHE, ...options })
}

/** What a build made of an output, as text. */
export function textOf({ outputs, bytesOf }: Build, name: string): string {
  const item = outputs.find((output) => output.name === name)?.item
  if (item === undefined || !('sha256' in item)) throw new Error(`there is no output ${name}`)
  return Buffer.from(bytesOf(item.sha256)).toString()
}

/** What a promise is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<Error & { readonly code?: string }> {
  try {
    await promise
  } catch (error) {
    if (error instanceof Error) return error
    throw error
  }
  throw new Error('it was not rejected')
}
