/** The public names of `vivarium/build`: recipes for everybody, and the pure core of building for programs. */

export { checkRecipe } from './check_recipe.ts'
export { BuildError, type BuildErrorCode, type BuildPlace } from './error.ts'
export { type Done, Executor, type Failed, type Hostility } from './execute.ts'
export {
  type Blob,
  type Item,
  type Job,
  type JobFailure,
  type JobResult,
  keyOf,
  type Placed,
  type Tree,
} from './job.ts'
export { checkLock, differencesFrom, type Lock, type LockedOutput, type LockedStep } from './lock.ts'
export { type Loaded, type LoadedTool, type Origin, type Plan, planBuild } from './plan.ts'
export { checkStatement, type ResourceDescriptor, type Statement } from './provenance.ts'
export * from './recipe.ts'
export { RECIPE_SCHEMA } from './recipe_schema.ts'
export type { Blobs } from './world.ts'
