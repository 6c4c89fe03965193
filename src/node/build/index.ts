/** Building on Node, for programs: `vivarium/node/build`. */

export { type Build, type BuildOptions, type BuildProgress, type BuiltStep, build } from './build.ts'
export { loadRecipe, type RecipeFile } from './load_recipe.ts'
export { type Prepared, type PrepareOptions, prepareBuild } from './prepare.ts'
export { type RebuildOptions, type Rebuilt, rebuild } from './rebuild.ts'
export { defaultStoreDir, type KeptResult, Store, type StoreReport } from './store.ts'
export { type Dependence, type VaryOptions, type VaryReport, varyBuild } from './verify.ts'
export { checkOutFolder, PROVENANCE, writeDocument, writeOutputs } from './write_outputs.ts'
