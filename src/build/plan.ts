/** From a recipe and what its inputs are to steps in an order in which they can be done, and to jobs. */

import { instantOf, nanoseconds } from '../../vfs/instant.ts'
import { commandIn } from './command_line.ts'
import { BuildError } from './error.ts'
import { isPattern, leadsInto, patternOf } from './glob.ts'
import { type Blob, byPath, comparePaths, type Job, type Placed, type Tree } from './job.ts'
import type { Recipe, Step } from './recipe.ts'
import { stepsOf } from './rules.ts'

/** What a loader has found a recipe's inputs to be. */
export interface Loaded {
  readonly tools: { readonly [name: string]: LoadedTool }
  /** Of all sources, in byte order of the paths. */
  readonly sources: readonly Placed[]
  /** What was taken from where, for the lock file. */
  readonly origins: readonly Origin[]
}

export interface LoadedTool {
  readonly module: Blob
  readonly trees: readonly Tree[]
}

/** An input as a recipe names it, and what it was. */
export interface Origin {
  /** As the recipe has it: a path from its folder, or `npm:…`. */
  readonly from: string
  /** Where it is in the machine; of a module the tool's name. */
  readonly as: string
  /** Of a file or an archive that of its bytes; of a folder git's id of its tree; of texts that of their JSON. */
  readonly sha256: string
}

export interface Settings {
  /** Nanoseconds since 1970. */
  readonly epoch: bigint
  readonly seed: string
  /** Name and version of what builds. */
  readonly engine: string
}

export interface Plan {
  readonly recipe: string
  readonly settings: Settings
  readonly loaded: Loaded
  /** In an order in which each comes after those that it reads from; otherwise in that of the recipe. */
  readonly steps: readonly PlannedStep[]
  /** By the name below the output folder, the path of the machine. */
  readonly outputs: { readonly [name: string]: string }
  readonly env: readonly (readonly [name: string, value: string])[]
  readonly limits: Job['limits']
}

export interface PlannedStep {
  readonly step: Step
  /** The indexes, in the plan, of the steps that it reads from. */
  readonly after: readonly number[]
  /** What it sees, all named: paths and patterns. */
  readonly inputs: readonly string[] | undefined
}

/** @throws BuildError `BAD_RECIPE`, `MISSING_INPUT`, `CLASH`, `CYCLE`. */
export function planBuild(recipe: Recipe, name: string, loaded: Loaded, settings: Settings): Plan {
  const paths = loaded.sources.map(({ path }) => path)
  const steps = stepsOf(recipe, name, paths)
  checkNames(steps, name, loaded)
  checkClashes(steps, name, paths)
  const needs = steps.map((step) => needsOf(step, steps, name, paths))
  const order = inOrder(steps, needs, name)
  const place = new Map(order.map((index, at) => [index, at]))
  const outputs = outputsOf(recipe, name, steps, paths)
  const seconds = settings.epoch / 1_000_000_000n
  return {
    recipe: name,
    settings,
    loaded,
    outputs,
    env: Object.entries({ SOURCE_DATE_EPOCH: String(seconds), ...recipe.env }),
    limits: recipe.limits ?? {},
    steps: order.map((index) => ({
      step: steps[index] as Step,
      after: [...new Set((needs[index] as readonly Need[]).map(({ step }) => place.get(step) as number))].sort(
        (a, b) => a - b,
      ),
      inputs: inputsOf(steps[index] as Step),
    })),
  }
}

/** The moment a recipe starts at: its own, that of the environment's `SOURCE_DATE_EPOCH`, or the year 2000. */
export function epochOf(recipe: Recipe, name: string, sourceDateEpoch: string | undefined): bigint {
  if (recipe.epoch === undefined && sourceDateEpoch !== undefined && sourceDateEpoch !== '') {
    if (!/^\d{1,10}$/.test(sourceDateEpoch)) {
      const problem = `SOURCE_DATE_EPOCH is ${JSON.stringify(sourceDateEpoch)}: it has to be seconds since 1970`
      throw new BuildError('BAD_RECIPE', { recipe: name }, problem)
    }
    return BigInt(sourceDateEpoch) * 1_000_000_000n
  }
  const instant = instantOf(recipe.epoch ?? '2000-01-01T00:00:00Z')
  if (typeof instant === 'string') throw new BuildError('BAD_RECIPE', { recipe: name }, `epoch: ${instant}`)
  return nanoseconds(instant)
}

/**
 * The job of a step, when those before it are done. `written` is what they wrote, `textOf` gives a text by its digest.
 * `keep` is told the bytes of the step's own texts.
 */
export function jobOf(
  plan: Plan,
  index: number,
  written: readonly Placed[],
  textOf: (sha256: string) => string,
  blobOfText: (text: string) => Blob,
): Job {
  const { step, inputs } = plan.steps[index] as PlannedStep
  const { recipe, settings, loaded } = plan
  const place = { recipe, step: step.name }
  const means = anyOf(inputs ?? [])
  const seen =
    inputs === undefined ? [...loaded.sources] : [...loaded.sources, ...written].filter(({ path }) => means(path))
  for (const input of inputs ?? []) {
    if (isPattern(input) || seen.some(({ path }) => matches(input, path))) continue
    const problem = `it reads ${input}, which is in what another step writes whole, and was not written`
    if (!Object.keys(step.files ?? {}).includes(input))
      throw new BuildError('MISSING_INPUT', { ...place, file: input }, problem)
  }
  const own = Object.entries(step.files ?? {}).map(([path, text]): Placed => ({ path, ...blobOfText(text) }))
  const find = (path: string): Placed & Blob => {
    const item = [...loaded.sources, ...written].find((each) => each.path === path)
    if (item !== undefined && 'sha256' in item) return item
    throw new BuildError('MISSING_INPUT', { ...place, file: path }, `${path} is no file`)
  }
  const tool: LoadedTool = step.run.startsWith('/')
    ? { module: idOf(find(step.run)), trees: [] }
    : (loaded.tools[step.run] as LoadedTool)
  const { args, stdin = '' } = step
  return {
    step: step.name,
    engine: settings.engine,
    ...tool,
    files: [...new Map([...seen, ...own].map((item) => [item.path, item])).values()].sort(byPath),
    args:
      'printedIn' in args
        ? readCommand(args.printedIn, args.program, textOf(find(args.printedIn).sha256), place)
        : args,
    env: Object.entries({ ...Object.fromEntries(plan.env), ...step.env }),
    cwd: step.cwd ?? '/',
    stdin: typeof stdin === 'string' ? { text: stdin } : { file: stdin.file },
    outputs: step.outputs ?? [],
    stdout: step.stdout ?? null,
    stderr: step.stderr ?? null,
    epoch: String(settings.epoch),
    seed: settings.seed,
    limits: { ...plan.limits, ...step.limits },
  }
}

function readCommand(file: string, program: string, text: string, place: { recipe: string; step: string }): string[] {
  const command = commandIn(text, program)
  if (command !== undefined) return command
  const shown = text.trim() === '' ? 'it is empty' : `it has:\n${text.trim().split('\n').slice(-5).join('\n')}`
  throw new BuildError('STEP_FAILED', { ...place, file }, `${file} has no command line of ${program}: ${shown}`)
}

function idOf({ sha256, size }: Blob): Blob {
  return { sha256, size }
}

/** What a step writes: its outputs, and what takes its streams. */
export function writesOf({ outputs = [], stdout, stderr }: Step): string[] {
  return [...outputs, ...[stdout, stderr].filter((path) => path !== undefined)]
}

/** All that a step names to be there, or `undefined` for all sources and no more. */
function inputsOf(step: Step): string[] | undefined {
  const implied = impliedOf(step)
  if (step.inputs !== undefined) return [...step.inputs, ...implied]
  return implied.length === 0 ? undefined : ['/**', ...implied]
}

function impliedOf({ run, args, stdin }: Step): string[] {
  const implied: string[] = []
  if ('printedIn' in args) implied.push(args.printedIn)
  if (typeof stdin === 'object') implied.push(stdin.file)
  if (run.startsWith('/')) implied.push(run)
  return implied
}

/** Whether an input means a path: a directory means all that is in it. */
function matches(input: string, path: string): boolean {
  return anyOf([input])(path)
}

/** Whether one of some inputs means a path. */
function anyOf(inputs: readonly string[]): (path: string) => boolean {
  const tests = inputs.map((input): ((path: string) => boolean) => {
    if (isPattern(input)) {
      const pattern = patternOf(input)
      return (path) => pattern.test(path)
    }
    const folder = input.endsWith('/') ? input : `${input}/`
    return (path) => path === input || path.startsWith(folder)
  })
  return (path) => tests.some((test) => test(path))
}

/** Whether an input may mean something in an output that is a directory. */
function mayMean(input: string, output: string): boolean {
  if (!output.endsWith('/')) return matches(input, output)
  if (!isPattern(input)) return input.startsWith(output) || output.startsWith(input.endsWith('/') ? input : `${input}/`)
  return leadsInto(input.slice(1), output.slice(1, -1))
}

interface Need {
  /** The index of the step that writes it. */
  readonly step: number
  readonly file: string
}

function needsOf(step: Step, steps: readonly Step[], recipe: string, paths: readonly string[]): Need[] {
  const needs: Need[] = []
  // Without `inputs` it is the sources alone, and what is named elsewhere.
  for (const input of [...(step.inputs ?? []), ...impliedOf(step)]) {
    let found = paths.some(anyOf([input])) || Object.keys(step.files ?? {}).includes(input)
    steps.forEach((other, index) => {
      for (const output of writesOf(other)) {
        if (!mayMean(input, output) || (other === step && isPattern(input))) continue
        found = true
        needs.push({ step: index, file: output })
      }
    })
    if (found) continue
    const what = isPattern(input)
      ? `it reads ${JSON.stringify(input)}, which matches no source and nothing that a step writes`
      : `it reads ${input}, which is in no source, and no step writes it${near(input, [...paths, ...steps.flatMap(writesOf)])}`
    throw new BuildError('MISSING_INPUT', { recipe, step: step.name, file: input }, what)
  }
  return needs
}

/** The path with the same last name, where there is one. */
function near(path: string, paths: readonly string[]): string {
  const name = path.slice(path.lastIndexOf('/'))
  const other = paths.find((each) => each.endsWith(name))
  return other === undefined ? '' : `; there is ${other}`
}

/** The steps' indexes so that each comes after what it needs, and otherwise as they are. */
function inOrder(steps: readonly Step[], needs: readonly (readonly Need[])[], recipe: string): number[] {
  const order: number[] = []
  const done = new Set<number>()
  for (;;) {
    const next = steps.findIndex(
      (_, index) => !done.has(index) && (needs[index] as readonly Need[]).every(({ step }) => done.has(step)),
    )
    if (next < 0) break
    done.add(next)
    order.push(next)
  }
  if (order.length === steps.length) return order
  const circle = circleOf(steps, needs, done)
  throw new BuildError(
    'CYCLE',
    { recipe, step: circle[0]?.name ?? '', file: circle[0]?.file ?? '' },
    `the steps wait for one another: ${circle.map(({ name, file }) => `${JSON.stringify(name)} reads ${file}`).join(', written by ')}, written by ${JSON.stringify(circle[0]?.name)}`,
  )
}

function circleOf(
  steps: readonly Step[],
  needs: readonly (readonly Need[])[],
  done: ReadonlySet<number>,
): { readonly name: string; readonly file: string }[] {
  const path: number[] = []
  let at = steps.findIndex((_, index) => !done.has(index))
  while (!path.includes(at)) {
    path.push(at)
    const need = (needs[at] ?? []).find(({ step }) => !done.has(step)) as Need
    at = need.step
  }
  return path.slice(path.indexOf(at)).map((index) => ({
    name: steps[index]?.name ?? '',
    file: needs[index]?.find(({ step }) => !done.has(step))?.file ?? '',
  }))
}

function checkNames(steps: readonly Step[], recipe: string, loaded: Loaded): void {
  const names = new Set<string>()
  for (const step of steps) {
    const { name, run } = step
    if (names.has(name)) throw new BuildError('BAD_RECIPE', { recipe, step: name }, 'two steps have this name')
    names.add(name)
    if (!run.startsWith('/') && loaded.tools[run] === undefined) {
      const known = Object.keys(loaded.tools).map((tool) => JSON.stringify(tool))
      const there = known.length === 0 ? 'there are none' : `there are ${known.join(', ')}`
      throw new BuildError(
        'BAD_RECIPE',
        { recipe, step: name },
        `it runs ${JSON.stringify(run)}, which is no tool; ${there}`,
      )
    }
    if (writesOf(step).length === 0) {
      throw new BuildError('BAD_RECIPE', { recipe, step: name }, 'it has no outputs, so nothing can come of it')
    }
    for (const path of [...writesOf(step), ...Object.keys(step.files ?? {}), step.cwd ?? '/']) {
      if (/(^|\/)\.\.?(\/|$)|\/\//.test(path) || path.includes('\0')) {
        throw new BuildError(
          'BAD_RECIPE',
          { recipe, step: name, file: path },
          `${path} is no plain path: leave out "." and ".."`,
        )
      }
    }
  }
}

function checkClashes(steps: readonly Step[], recipe: string, paths: readonly string[]): void {
  const writers = new Map<string, string>()
  const sources = new Set(paths)
  for (const step of steps) {
    for (const output of writesOf(step)) {
      const place = { recipe, step: step.name, file: output }
      const clash = [...writers].find(([path]) => path === output || inside(path, output) || inside(output, path))
      if (clash !== undefined) {
        throw new BuildError(
          'CLASH',
          place,
          `it writes ${output}, and step ${JSON.stringify(clash[1])} writes ${clash[0]}`,
        )
      }
      if (sources.has(output)) throw new BuildError('CLASH', place, `it writes ${output}, which is a source`)
      writers.set(output, step.name)
    }
  }
}

function inside(folder: string, path: string): boolean {
  return folder.endsWith('/') && path.startsWith(folder)
}

function outputsOf(
  recipe: Recipe,
  name: string,
  steps: readonly Step[],
  paths: readonly string[],
): { [name: string]: string } {
  const pairs: (readonly [string, string])[] = Array.isArray(recipe.outputs)
    ? recipe.outputs.map((path: string) => [path.split('/').findLast((part) => part !== '') ?? '.', path] as const)
    : Object.entries(recipe.outputs as { readonly [name: string]: string })
  const outputs: { [name: string]: string } = {}
  for (const [output, path] of pairs) {
    const place = { recipe: name, file: path }
    const plain =
      output.split('/').every((part) => part !== '' && part !== '..') &&
      (output === '.' || !output.split('/').includes('.'))
    if (!plain)
      throw new BuildError('BAD_RECIPE', place, `outputs: ${JSON.stringify(output)} is no name below the output folder`)
    if (outputs[output] !== undefined) {
      throw new BuildError('CLASH', place, `outputs: ${outputs[output]} and ${path} both are ${JSON.stringify(output)}`)
    }
    const known = [...steps.flatMap(writesOf), ...paths]
    if (!known.some((each) => mayMean(path, each) || inside(each, path))) {
      throw new BuildError('MISSING_INPUT', place, `outputs: no step writes ${path}${near(path, known)}`)
    }
    outputs[output] = path
  }
  return outputs
}

/** What of `items` is at `path`, or below it where it ends with a slash: by the rest of the path. */
export function itemsAt(path: string, items: readonly Placed[]): { readonly rest: string; readonly item: Placed }[] {
  const folder = path.endsWith('/') ? path : `${path}/`
  return items
    .filter((item) => item.path === path || item.path.startsWith(folder))
    .map((item) => ({ rest: item.path === path ? '' : item.path.slice(folder.length), item }))
    .sort((a, b) => comparePaths(a.rest, b.rest))
}
