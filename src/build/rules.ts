/** What `clang()` and its like stand for: the tools they use, and the steps that they become once the sources are known. */

import { BuildError } from './error.ts'
import { isPattern, patternOf } from './glob.ts'
import { comparePaths } from './job.ts'
import type { ClangRule, EsbuildRule, PandocRule, Recipe, Rule, Step, Tool, YosysRule } from './recipe.ts'

/** The tools of npm packages, by the names that rules use. */
const PACKAGES: { readonly [use in Rule['use']]: { readonly name: string; readonly tool: Tool } } = {
  clang: {
    name: '@yowasp/clang',
    tool: {
      module: 'npm:@yowasp/clang/gen/llvm.core.wasm',
      trees: { '/usr': { archive: 'npm:@yowasp/clang/gen/llvm-resources.tar' } },
    },
  },
  esbuild: { name: '@esbuild/wasi-preview1', tool: { module: 'npm:@esbuild/wasi-preview1/esbuild.wasm' } },
  pandoc: { name: 'pandoc-wasm', tool: { module: 'npm:pandoc-wasm/src/pandoc.wasm' } },
  yosys: {
    name: '@yowasp/yosys',
    tool: {
      module: 'npm:@yowasp/yosys/gen/yosys.core.wasm',
      trees: { '/': { yowasp: 'npm:@yowasp/yosys/gen/resources-yosys.js' } },
    },
  },
}

const HEADERS = '/**/*.{h,hh,hpp,hxx,inc,inl,def}'
const CXX = /\.(cc|cpp|cxx)$/

export function isRule(step: Step | Rule): step is Rule {
  return 'use' in step
}

/** All tools that a recipe needs: its own, and those of its rules. */
export function toolsOf(recipe: Recipe): { readonly [name: string]: Tool } {
  const tools: { [name: string]: Tool } = { ...recipe.tools }
  for (const step of recipe.steps) {
    if (!isRule(step) || step.tool !== undefined) continue
    const { name, tool } = PACKAGES[step.use]
    tools[name] ??= tool
  }
  return tools
}

/** The steps of a recipe, its rules written out. `paths` are those of all sources. @throws BuildError `MISSING_INPUT`. */
export function stepsOf(recipe: Recipe, name: string, paths: readonly string[]): Step[] {
  return recipe.steps.flatMap((step) => (isRule(step) ? writtenOut(step, name, paths) : [step]))
}

function writtenOut(rule: Rule, name: string, paths: readonly string[]): Step[] {
  const find: Find = (patterns) => findAll(patterns, paths, name, rule.use)
  switch (rule.use) {
    case 'clang':
      return clangSteps(rule, find, paths)
    case 'esbuild':
      return [esbuildStep(rule, find)]
    case 'pandoc':
      return pandocSteps(rule, find)
    case 'yosys':
      return [yosysStep(rule, find)]
  }
}

/** The sources that some patterns mean, in byte order. */
type Find = (patterns: readonly string[]) => string[]

function findAll(patterns: readonly string[], paths: readonly string[], recipe: string, step: string): string[] {
  const found = new Set<string>()
  for (const pattern of patterns) {
    const { size } = found
    const matches = patternOf(pattern)
    for (const path of paths) if (matches.test(path)) found.add(path)
    if (found.size === size && !paths.some((path) => matches.test(path))) {
      const what = isPattern(pattern) ? 'matches none of the sources' : 'is none of the sources'
      throw new BuildError(
        'MISSING_INPUT',
        { recipe, step: `${step}()`, file: pattern },
        `${JSON.stringify(pattern)} ${what}`,
      )
    }
  }
  return [...found].sort(comparePaths)
}

/**
 * The linker is called as the driver would: `clang -###` says how, in a step of its own that needs the names of the
 * objects only, so it does not wait for them.
 */
function clangSteps(rule: ClangRule, find: Find, paths: readonly string[]): Step[] {
  const { output, cflags = ['-O2'], ldflags = [], tool = PACKAGES.clang.name } = rule
  const sources = find(rule.sources)
  const isHeader = patternOf(HEADERS)
  const headers = rule.headers === undefined ? paths.filter((path) => isHeader.test(path)) : find(rule.headers)
  const name = output.slice(1)
  const objectOf = (source: string): string => `${output}.objects${source}.o`
  const printed = `${output}.link`
  const driver = sources.some((source) => CXX.test(source)) ? 'clang++' : 'clang'
  const compile = sources.map((source): Step => {
    const cxx = CXX.test(source)
    return {
      name: `${name}: compile ${source}`,
      run: tool,
      args: [
        cxx ? 'clang++' : 'clang',
        ...(cxx ? ['-fno-exceptions'] : []),
        ...cflags,
        '-c',
        source,
        '-o',
        objectOf(source),
      ],
      inputs: [source, ...headers],
      outputs: [objectOf(source)],
    }
  })
  const objects = sources.map(objectOf)
  return [
    ...compile,
    {
      name: `${name}: ask how to link`,
      run: tool,
      args: [driver, '-###', ...objects, ...ldflags, '-o', output],
      inputs: [],
      files: Object.fromEntries(objects.map((object) => [object, ''])),
      stderr: printed,
    },
    {
      name: `${name}: link`,
      run: tool,
      args: { printedIn: printed, program: 'wasm-ld' },
      inputs: objects,
      outputs: [output],
    },
  ]
}

function esbuildStep({ entries, output, inputs, flags = [], cwd, tool }: EsbuildRule, find: Find): Step {
  return {
    name: `esbuild ${output.slice(1)}`,
    run: tool ?? PACKAGES.esbuild.name,
    args: ['esbuild', '--bundle', ...find(entries), `--outdir=${output.slice(0, -1)}`, '--log-level=warning', ...flags],
    ...(inputs === undefined ? {} : { inputs }),
    ...(cwd === undefined ? {} : { cwd }),
    outputs: [output],
  }
}

function pandocSteps({ sources, output, to, flags = [], inputs = [], tool }: PandocRule, find: Find): Step[] {
  const ending = /^[a-z]+/.exec(to)?.[0] ?? to
  return sources.flatMap((pattern) => {
    const fixed = pattern.slice(0, pattern.lastIndexOf('/', pattern.search(/[*?{]|$/)) + 1)
    return find([pattern]).map((source): Step => {
      const made = `${output}${source.slice(fixed.length).replace(/\.[^./]*$/, '')}.${ending}`
      return {
        name: `pandoc ${made.slice(1)}`,
        run: tool ?? PACKAGES.pandoc.name,
        args: ['pandoc', source, '-t', to, '-o', made, ...flags],
        inputs: [source, ...inputs],
        outputs: [made],
      }
    })
  })
}

function yosysStep({ sources, script, outputs, tool }: YosysRule, find: Find): Step {
  const found = find(sources)
  const reading = found.map((source) => `read_verilog ${source.endsWith('.sv') ? '-sv ' : ''}${source}`)
  return {
    name: `yosys ${outputs[0]?.slice(1) ?? ''}`,
    run: tool ?? PACKAGES.yosys.name,
    // Quiet, since yosys with ABC talks of times and memory otherwise.
    args: ['yosys', '-q', '-p', [...reading, script].join('; ')],
    inputs: found,
    outputs,
  }
}
