/** Takes what somebody wrote for a recipe, or says what of it is wrong, by its place in the recipe and in words. */

import { instantOf } from '../../vfs/instant.ts'
import { BuildError } from './error.ts'
import type { Recipe } from './recipe.ts'
import { RECIPE_SCHEMA, type Schema } from './recipe_schema.ts'

/** @throws BuildError `BAD_RECIPE`. */
export function checkRecipe(value: unknown, recipe: string): Recipe {
  const problem = problemOf(value, RECIPE_SCHEMA, '')
  if (problem !== undefined) throw new BuildError('BAD_RECIPE', { recipe }, problem.text)
  const checked = value as Recipe
  if (checked.epoch !== undefined) {
    const instant = instantOf(checked.epoch)
    if (typeof instant === 'string') throw new BuildError('BAD_RECIPE', { recipe }, `epoch: ${instant}`)
  }
  return checked
}

interface Problem {
  readonly text: string
  /** How far into the value it is: of several readings the one that fits furthest is what was meant. */
  readonly depth: number
}

function problemOf(value: unknown, given: Schema, place: string, depth = 0): Problem | undefined {
  const schema =
    given.$ref === undefined ? given : (RECIPE_SCHEMA.$defs?.[given.$ref.slice('#/$defs/'.length)] as Schema)
  const at = (text: string): Problem => ({ text: `${place === '' ? 'the recipe' : place}: ${text}`, depth })
  const wrong = (): Problem => at(`${shown(value)} is there; it has to be ${schema.description ?? 'something else'}`)
  if (schema.anyOf !== undefined) {
    const problems = schema.anyOf.map((each) => problemOf(value, each, place, depth))
    if (problems.includes(undefined)) return undefined
    const furthest = (problems as Problem[]).reduce((best, each) => (each.depth > best.depth ? each : best))
    return furthest.depth > depth ? furthest : wrong()
  }
  if (schema.const !== undefined) return value === schema.const ? undefined : wrong()
  switch (schema.type) {
    case 'string':
      return typeof value === 'string' && new RegExp(schema.pattern ?? '').test(value) ? undefined : wrong()
    case 'number':
      return typeof value === 'number' || typeof value === 'bigint' ? undefined : wrong()
    case 'integer':
      return Number.isSafeInteger(value) && (value as number) >= (schema.minimum ?? 0) ? undefined : wrong()
    case 'boolean':
      return typeof value === 'boolean' ? undefined : wrong()
    case 'array': {
      if (!Array.isArray(value)) return wrong()
      for (const [index, item] of value.entries()) {
        const problem = problemOf(item, schema.items ?? {}, `${place}[${index}]`, depth + 1)
        if (problem !== undefined) return problem
      }
      return undefined
    }
    case 'object':
      return problemOfObject(value, schema, place, depth, wrong, at)
    default:
      return undefined
  }
}

function problemOfObject(
  value: unknown,
  schema: Schema,
  place: string,
  depth: number,
  wrong: () => Problem,
  at: (text: string) => Problem,
): Problem | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array) return wrong()
  const { properties = {}, required = [], additionalProperties, propertyNames } = schema
  // What says which kind of object it is comes before all else, so that only the right kind is spoken of.
  const kind = properties.use
  if (kind !== undefined && (value as { readonly use?: unknown }).use !== kind.const) return wrong()
  const deeper = kind === undefined ? depth : depth + 1
  const missing = required.find((name) => !Object.hasOwn(value, name))
  if (missing !== undefined && (deeper > depth || Object.keys(value).some((name) => required.includes(name)))) {
    return { ...at(`it has no ${JSON.stringify(missing)}, which has to be there`), depth: deeper + 1 }
  }
  if (missing !== undefined) return wrong()
  for (const [name, inner] of Object.entries(value)) {
    if (inner === undefined) continue
    const below = place === '' ? name : /^\w+$/.test(name) ? `${place}.${name}` : `${place}[${JSON.stringify(name)}]`
    if (propertyNames !== undefined) {
      const problem = problemOf(name, propertyNames, below, deeper + 1)
      if (problem !== undefined) return problem
    }
    const known = properties[name] ?? additionalProperties
    if (known === false || known === undefined) {
      const names = Object.keys(properties).filter((each) => each !== '$schema')
      return { ...at(`there is no ${JSON.stringify(name)} in it; there can be ${names.join(', ')}`), depth: deeper + 1 }
    }
    const problem = problemOf(inner, known, below, deeper + 1)
    if (problem !== undefined) return problem
  }
  return undefined
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (value === undefined) return 'nothing'
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' && value !== null
    ? `an object with ${Object.keys(value).join(', ') || 'nothing in it'}`
    : String(value)
}
