/** The commands of builds, as users see them. */

import { type Command, Option } from 'commander'
import { each, parseCount } from './arguments.ts'
import { buildCommand, rebuildCommand, verifyCommand } from './build_command.ts'
import { cacheCollectCommand, cacheListCommand, cacheVerifyCommand } from './cache_command.ts'

// biome-ignore lint/suspicious/noExplicitAny: the parser gives each action what its declaration says
type Register = (action: (...given: any[]) => Promise<number>) => (...given: unknown[]) => Promise<void>

const BUILD_HELP = `
RECIPE is a file such as vivarium.build.ts, which is taken where none is named:

  import { clang, defineBuild } from 'vivarium/build'

  export default defineBuild({
    sources: { '/src': 'src' },
    steps: [clang({ sources: ['/src/*.c'], output: '/app.wasm' })],
    outputs: ['/app.wasm'],
  })

Each step runs in a machine of its own that has what the step names, and nothing
else. A step that was done before, with all the same, is taken from the store.
The outputs are written once all steps are done, all of them or none, with
provenance.json: a statement (in-toto, SLSA) of all that went in. The lock file,
vivarium.build.lock.json beside the recipe, has the digests of all of it.

Exit status:
  0    built
  1    a step failed, or did not write what it was to write
  2    wrong arguments, a wrong recipe, or an input that is missing or another

Examples:
  vivarium build
  vivarium build site/vivarium.build.json --out dist --jobs 4
  vivarium verify --vary
  vivarium rebuild out/provenance.json`

export function addBuild(program: Command, does: Register): void {
  const build = sub(program, 'build', 'build what a recipe says, the same bytes every time')
    .argument('[RECIPE]', 'default: vivarium.build.ts, .js, .mjs or .json in this folder')
    .option('--out <DIR>', 'the folder to write (default: "out" beside the recipe)')
    .option('--replace', 'let --out replace a folder that no build wrote')
    .option('--locked', 'demand that all inputs and outputs are as the lock file has them')
    .addOption(new Option('--lock-only <FILE>', 'write the lock file there, and nothing else').hideHelp())
  stepOptions(build)
    .addHelpText('after', BUILD_HELP)
    .action(does((recipe, options) => buildCommand(recipe, options)))
  const verify = sub(program, 'verify', 'build again from nothing and compare')
    .argument('[RECIPE|LOCK]', 'a recipe, or a lock file with its recipe beside it')
    .option('--vary', 'do every step in other worlds too, and tell what its outputs depend on')
    .option('--rounds <N>', 'with --vary: so many times with everything varied at once (default: 1)', parseCount(0))
    .option(
      '--node <PATH>',
      'with --vary: another Node to build with (repeatable)',
      each((path: string) => path),
    )
  stepOptions(verify).action(does((given, options) => verifyCommand(given, options)))
  const rebuild = sub(program, 'rebuild', 'build once more from a statement of provenance alone')
    .argument('<PROVENANCE>', 'the provenance.json of a build')
    .option('--inputs <DIR>', 'a folder that has the inputs, under any names, besides the store')
    .option('--out <DIR>', 'the folder to write (default: only compare)')
    .option('--replace', 'let --out replace a folder that no build wrote')
  stepOptions(rebuild).action(does((file, options) => rebuildCommand(file, options)))
  addCache(program, does)
}

function addCache(program: Command, does: Register): void {
  const cache = sub(program, 'cache', 'look into the store of builds and put it in order')
  const list = sub(cache, 'ls', 'list the results that are kept, those used last first')
  storeOptions(list).action(does((options) => cacheListCommand(options)))
  const collect = sub(cache, 'gc', 'remove results that were not used for long, and what only they need').option(
    '--days <N>',
    'how long',
    parseCount(0),
    30,
  )
  storeOptions(collect).action(does((options) => cacheCollectCommand(options)))
  const verify = sub(
    cache,
    'verify',
    'read all that is kept and remove what is damaged; exit status 1 if something was',
  )
  storeOptions(verify).action(does((options) => cacheVerifyCommand(options)))
}

function sub(parent: Command, name: string, summary: string): Command {
  return parent
    .command(name)
    .summary(summary)
    .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`)
    .helpOption('-h, --help', 'print this help')
}

function storeOptions(command: Command): Command {
  return command
    .option('--store <DIR>', "where results are kept (default: the user's cache)")
    .option('--json', 'print JSON')
}

function stepOptions(command: Command): Command {
  return storeOptions(command)
    .option('--jobs <N>', 'steps done at the same time (default: as many as there are processors)', parseCount(1))
    .option('--cache-dir <DIR>', "where rewritten modules are kept (default: the user's cache)")
    .option('--no-cache', 'take no result from the store, and keep none')
}
