/** From the name of a recipe to a plan that can be done, and the bytes for it. */

import { existsSync, readFileSync } from 'node:fs'
import { epochOf, type Plan, planBuild, type Settings } from '../../build/plan.ts'
import { REWRITER_VERSION } from '../../cpu/rewrite.ts'
import { loadInputs } from './load_inputs.ts'
import { loadRecipe, type RecipeFile } from './load_recipe.ts'

export interface Prepared {
  readonly file: RecipeFile
  readonly plan: Plan
  readonly bytes: Map<string, Uint8Array>
  /** The files and folders of this host that were read. */
  readonly hostPaths: readonly string[]
}

export interface PrepareOptions {
  /** Default the current folder. */
  readonly cwd?: string
  /** The value of `SOURCE_DATE_EPOCH`, for recipes that say no epoch. */
  readonly sourceDateEpoch?: string | undefined
  /** In place of what the recipe says, for doing again what was done before. Nanoseconds since 1970. */
  readonly epoch?: bigint
}

/** @throws BuildError, HostError. */
export async function prepareBuild(given: string | undefined, options: PrepareOptions = {}): Promise<Prepared> {
  const file = await loadRecipe(given, options.cwd)
  const { recipe, name, folder } = file
  const settings: Settings = {
    epoch: options.epoch ?? epochOf(recipe, name, options.sourceDateEpoch),
    seed: String(recipe.seed ?? ''),
    engine: engine(),
  }
  const { loaded, bytes, hostPaths } = await loadInputs(recipe, name, folder)
  return { file, plan: planBuild(recipe, name, loaded, settings), bytes, hostPaths }
}

/** What builds: its version, and that of the rewriter, of which it depends how modules compute. */
export function engine(): string {
  for (let folder = new URL('.', import.meta.url); folder.pathname !== '/'; folder = new URL('..', folder)) {
    const manifest = new URL('package.json', folder)
    if (!existsSync(manifest)) continue
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string }
    return `vivarium ${version}, rewriter ${REWRITER_VERSION}`
  }
  return `vivarium, rewriter ${REWRITER_VERSION}`
}
