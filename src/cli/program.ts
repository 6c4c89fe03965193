/** The command line as users see it: options, help, and what is said about a wrong argument. */

import { existsSync, readFileSync } from 'node:fs'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { HostError } from '../node/index.ts'
import {
  each,
  parseBreak,
  parseCall,
  parseCount,
  parseDir,
  parseEnv,
  parseEpoch,
  parseMinutes,
  parseOut,
  parseShard,
} from './arguments.ts'
import { addBuild } from './build_program.ts'
import { STATUS_DEADLOCK, STATUS_ERROR, STATUS_LIMIT, STATUS_SIGNAL, STATUS_TRAP } from './exit_status.ts'
import { describeProblem } from './problem.ts'
import { replayCommand } from './replay_command.ts'
import { runCommand } from './run_command.ts'
import {
  catCommand,
  createCommand,
  diffCommand,
  digestCommand,
  exportCommand,
  importCommand,
  listCommand,
  statCommand,
  treeCommand,
} from './snapshot_command.ts'
import { SOURCE_FORMATS } from './sources.ts'
import { complain, say, writeError, writeOut } from './standard_streams.ts'
import { timelineCommand } from './timeline_command.ts'
import { traceCommand, traceDiffCommand } from './trace_command.ts'

const DESCRIPTION =
  'Runs WebAssembly programs (WASI preview 1) in a machine that exists only in memory: ' +
  'the same program, files and seed give the same bytes, every time and everywhere.'

const RUN_DESCRIPTION =
  "Runs MODULE.wasm in a new machine. ARGS, all that comes after it, are the guest's, also those that start " +
  'with "-". The guest sees the folders that --dir copies in, and nothing else of this host: no files, ' +
  'environment, clock or network. The files that it writes are gone when it ends, but for what --out names.'

const RUN_HELP = `
Folders:
  A folder is copied before the start: links as links, never followed; fifos,
  sockets, devices and what cannot be read are left out, and listed on stderr.
  Without ::GUEST it has the same name in the machine, where the guest starts in
  "/": --dir . is "/", --dir src is "/src". A guest can open its --dir folders
  only; without any it can open all of a machine that has just /tmp and /dev.

Standard input:
  A guest's stdin is empty unless --stdin gives it a file, or "-" for this
  command's own stdin, which is then read to its end before the start.

Writing out:
  --out is done after the guest has exited with 0, or however it ended with
  --out-always. A file replaces a file. A folder is written to a place that is
  missing or empty, or with --replace in place of all that is there. Either all
  of it is written or the old content stays. Links that may lead out of the
  folder are left out, and listed on stderr. Links that are there on the host
  are never written through. Files get this host's time, as from any tool.

Exit status:
  The guest's exit code, of which hosts keep the lowest eight bits (256 is shown
  as 0), or
    ${STATUS_ERROR}      wrong arguments, or a file that cannot be taken or written
    ${STATUS_LIMIT}    stopped at a limit, as --max-calls and --max-output set them
    ${STATUS_DEADLOCK}    deadlock: the guest waits for what can never happen
    ${STATUS_TRAP}    trap: unreachable code, memory out of bounds, ...
    ${STATUS_SIGNAL}+N  ended by signal N
  A guest can exit with these numbers too: --json tells them apart.

Examples:
  vivarium run hello.wasm
  vivarium run --dir . wc.wasm -l notes.txt
  vivarium run --dir src --dir ../lib::/lib tool.wasm /src/in.txt /lib/words
  vivarium run --dir . --out /app.o::build/app.o cc.wasm -c app.c -o app.o
  vivarium run --stdin data.csv --env LANG=C --seed 42 sort.wasm
  echo hello | vivarium run --stdin - cat.wasm
  vivarium run --trace=calls.txt program.wasm
  vivarium run --snapshot after.viv --dir . tool.wasm
  vivarium run --from after.viv next.wasm
  vivarium run --record run.json --dir . tool.wasm`

const LOOK_HELP = `
The run is that of MODULE.wasm with the options and arguments of "vivarium run",
or of a recording that "vivarium run --record" made. What the guest writes to
its stdout and stderr is not shown.`

const FUZZ_HELP = `
Worlds:
  Each run has a world of its own: files, arguments, environment, stdin, seed and
  clock, drawn by chance from --seed; what is given here is the same in each: ARGS,
  --env, --stdin, and the machine of --from and --dir. Where worlds come from, and
  what must hold of each run, a file of JavaScript says:

    // holds.js
    import { argv, stdin, world, noLeftoverTemporaryFiles } from 'vivarium/fuzz'
    export default {
      world: world({ args: argv({ program: 'sort' }), stdin: stdin() }),
      property: ({ exitCode, stdout }) => exitCode !== 0 || stdout.text().endsWith('\\n'),
      oracle: noLeftoverTemporaryFiles(),
    }

  Without one, what fails is a trap, a limit, a deadlock or a signal.

Faults:
  random       some in each run
  exhaustive   each call of one run with each errno that its environment may give
               there, once and from then on, with short counts, and, where an
               oracle is about that, with the power cut at each point
  PLAN         in each run, as "fd_write(/log/*)#3=ENOSPC; fd_read=short:1"

Exit status:
  0 where nothing was found, 1 where something was, ${STATUS_ERROR} for wrong arguments.

Examples:
  vivarium fuzz parser.wasm
  vivarium fuzz --property holds.js --runs 100000 --parallel 4 sort.wasm
  vivarium fuzz --guided --corpus corpus --minutes 10 parser.wasm
  vivarium fuzz --faults exhaustive --property saves.js save.wasm save /doc
  vivarium fuzz --shard 1/4 --json parser.wasm > shard-1.json
  vivarium fuzz merge shard-*.json -o all.json`

const SNAPSHOT_HELP = `
SOURCE is a snapshot file, a tar (also compressed by gzip), a zip, a NAR, an OCI
image layout, a bare git repository, or a folder; what it is, is found by looking
into it. A file that has several snapshots stands for the last: write FILE#NAME
for another. Of a folder, .git is left out. Paths are those of the machine, from
its root.

Examples:
  vivarium snapshot create --dir . base.viv
  vivarium snapshot digest .                  (git's id of that tree, by SHA-256)
  vivarium snapshot diff before.tar after.tar
  vivarium snapshot export base.viv base.tar
  vivarium snapshot tree base.viv /src`

/** Runs the command line `args` (without the names of Node and the script) and returns the exit status. */
export async function main(args: readonly string[]): Promise<number> {
  let status = 0
  const program = build((action) => async (...given) => {
    status = await guarded(action, given)
  })
  const names = new Set(['help', ...program.commands.map((command) => command.name())])
  const forgotten = args.find((arg) => !arg.startsWith('-'))
  if (forgotten !== undefined && !names.has(forgotten) && (forgotten.endsWith('.wasm') || existsSync(forgotten))) {
    complain(`"${forgotten}" is no command: to run it, write "vivarium run ${forgotten}".`)
    return STATUS_ERROR
  }
  try {
    await program.parseAsync(bareTrace(program, args), { from: 'user' })
    return status
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? 0 : STATUS_ERROR
  }
}

/** A command: what comes after its name, and its options last. */
// biome-ignore lint/suspicious/noExplicitAny: the parser gives each action what its declaration says
type Action = (...given: any[]) => Promise<number>

/** What is about the arguments is said; anything else is a fault of ours, whose stack is worth seeing. */
async function guarded(action: Action, given: readonly unknown[]): Promise<number> {
  try {
    return await action(...given)
  } catch (error) {
    const problem = describeProblem(error, given[0])
    if (problem === undefined) throw error
    say(problem)
    return STATUS_ERROR
  }
}

type Register = (action: Action) => (...given: unknown[]) => Promise<void>

function build(does: Register): Command {
  const program = new Command('vivarium')
    .description(DESCRIPTION)
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeOut, writeErr: writeError })
    .addHelpText('after', '\nFor the options of a command: vivarium run --help')
  addRun(program, does)
  addLooks(program, does)
  addReplay(program, does)
  addFuzz(program, does)
  addSnapshot(program, does)
  addBuild(program, does)
  sendToHelp(program, 'vivarium')
  return program
}

/** Has each command say where its own help is when an argument is wrong. */
function sendToHelp(command: Command, name: string): void {
  command.configureOutput({ outputError: (text) => complain(text.replace(/^error: /, ''), name) })
  for (const below of command.commands) sendToHelp(below, `${name} ${below.name()}`)
}

function addRun(program: Command, does: Register): void {
  const run = command(program, 'run', 'run a program in a new machine', RUN_DESCRIPTION)
  guestOptions(run)
    .option('--out <GUEST::HOST>', 'write a file or folder of the machine out afterwards (repeatable)', each(parseOut))
    .option('--out-always', 'write out also when the guest did not exit with 0')
    .option('--replace', 'let --out replace a folder that has something in it')
    .option('--snapshot <FILE>', 'save the machine as it is afterwards')
    .option('--compress', 'make the file of --snapshot smaller')
    .option('--record <FILE>', 'record the run, for "vivarium replay"')
    .option('--record-inputs', 'save what the machine was before with the recording, so that it needs no folders')
    .option('--trace [FILE]', 'write each call of the guest down, as strace does, to =FILE or stderr')
    .option('--json', 'print one JSON document about the run on stdout, and nothing else there')
    .addHelpText('after', RUN_HELP)
    .configureHelp({
      // A value that is optional is given after "=" only, so that the module is never taken for it.
      optionTerm: ({ flags }) => flags.replace(' [', '[='),
    })
    .action(does((module, args, options) => runCommand(module, args, options)))
}

function addLooks(program: Command, does: Register): void {
  const trace = command(program, 'trace', 'print the calls of a run', 'Prints each call of a guest, as strace does.')
  guestOptions(trace)
    .option('--jsonl', 'print a line of JSON for each call')
    .option('--only <CALL>', 'print only calls of this name (repeatable)', each(parseCall))
    .addHelpText('after', LOOK_HELP)
    .action(does((module, args, options) => traceCommand(module, args, options)))
  trace
    .command('diff')
    .summary('show where two recorded runs part')
    .description(
      'Does two recorded runs again and shows the first call that is not the same in both. Exit status 1 if there is one.',
    )
    .helpOption('-h, --help', 'print this help')
    .argument('<A>', 'a recording')
    .argument('<B>', 'another')
    .option('--json', 'print it as JSON')
    .option('--cache-dir <DIR>', "where rewritten modules are kept (default: the user's cache)")
    .option('--no-cache', 'keep no rewritten module')
    .action(does((a, b, options) => traceDiffCommand(a, b, options)))
  const timeline = command(
    program,
    'timeline',
    'show a run call by call, with what each changed',
    'Lists the calls of a guest with what each changed in the file system, or writes a page to walk through them.',
  )
  guestOptions(timeline)
    .option('--html <FILE>', 'write one page with the whole run, to be opened in a browser')
    .option('--at <N>', 'show the moment after call N: clocks, descriptors, changes', parseCount(0))
    .option('--when <PATH>', 'only calls that had to do with what this path of the machine names')
    .option('--changes', 'only calls that changed something')
    .option('--jsonl', 'print a line of JSON for each call')
    .addHelpText('after', LOOK_HELP)
    .action(does((module, args, options) => timelineCommand(module, args, options)))
}

function addReplay(program: Command, does: Register): void {
  program
    .command('replay')
    .summary('do a recorded run again, to prove it or to look into it')
    .description('Does a recorded run again and compares: exit status 0 if all was the same, 1 if not.')
    .helpOption('-h, --help', 'print this help')
    .argument(
      '<RECORDING>',
      'a file that "vivarium run --record" made, or viv1:... of "vivarium fuzz", or a file of it',
    )
    .option('--module <FILE>', 'where the module is now')
    .option('--property <FILE>', 'of viv1: where the property is now')
    .option('--from <SNAPSHOT>', 'of viv1: where the machine is now that runs started from')
    .option('--to <N>', 'stop after call N and show the state there', parseCount(1))
    .option(
      '--break <CALL:ERRNO>',
      'stop after the first such call, as path_open:ENOENT, path_open, or :ENOENT',
      parseBreak,
    )
    .option('--snapshot <FILE>', 'save the state where it stopped')
    .option('--trace', 'write each call to stderr')
    .option('--json', 'print JSON')
    .option('--cache-dir <DIR>', "where rewritten modules are kept (default: the user's cache)")
    .option('--no-cache', 'keep no rewritten module')
    .action(does((file, options) => replayCommand(file, options)))
}

function addFuzz(program: Command, does: Register): void {
  const fuzz = command(
    program,
    'fuzz',
    'run a program in many worlds, and tell what was wrong in them',
    'Runs MODULE.wasm over and over, each time in a new world and a fork of one machine, and tells what was wrong: ' +
      'each failure once, in the simplest world in which it was seen, with one command that shows it again.',
  )
  fuzz
    .option('--property <FILE>', 'a file of JavaScript that says what must hold, and where worlds come from')
    .option('--faults <WHICH>', 'have calls go wrong: random, exhaustive, or a plan')
    .option('--errnos <WHICH>', 'of exhaustive faults: environment (default), all, or names as ENOSPC,EIO')
    .option('--guided', 'keep worlds that reach new code, and change those further')
    .option('--corpus <DIR>', 'a folder of samples of stdin, and of worlds that --guided keeps')
    .option('--lcov <FILE>', 'write what --guided has reached, by line where the program was built with -g')
    .option('--runs <N>', 'how many worlds (default: 10000, or any number with --minutes)', parseCount(0))
    .option('--minutes <N>', 'end after so long', parseMinutes)
    .option('--seed <N>', 'draw other worlds: a whole number (default: 0)', parseCount(0, 2 ** 32 - 1))
    .option('--shard <I/N>', 'do one part of N of the campaign', parseShard)
    .option('--parallel <N>', 'threads (default: 1)', parseCount(1, 1024))
    .option('--max-findings <N>', 'end when so many different ones are there (default: 20)', parseCount(1))
    .option('--artifacts <DIR>', 'where reproducers go that are too long for a line (default: this folder)')
    .option(
      '--dir <HOST[::GUEST]>',
      'copy a folder of this host in and let the guest open it (repeatable)',
      each(parseDir),
    )
    .option('--from <SNAPSHOT>', 'start each run from a saved machine instead of a new one')
    .option('--env <NAME=VALUE>', "set a variable of the guest's environment (repeatable)", each(parseEnv))
    .option('--argv0 <NAME>', "the guest's own name, its first argument (default: the module's file name)")
    .option('--stdin <FILE>', "the guest's standard input, the same in each run")
    .option('--epoch <TIME>', 'where the clock of the machine starts', parseEpoch)
    .option('--tick <NS>', 'virtual nanoseconds that each call takes (default: 1000)', parseCount(0, 1_000_000_000))
    .addOption(
      new Option('--cpu <MODE>', 'strict: the same bits on every engine; engine: as the engine computes')
        .choices(['strict', 'engine'])
        .default('strict'),
    )
    .option('--fuel <N>', 'instructions that a run may take (default: 100000000)', parseCount(1))
    .option('--max-calls <N>', 'calls that a run may make (default: 100000)', parseCount(1))
    .option('--max-output <BYTES>', 'bytes that a run may write (default: 16777216)', parseCount(0))
    .option('--tty', "tell the guest that its standard streams are a terminal's")
    .option('--json', 'print a report as JSON')
    .addHelpText('after', FUZZ_HELP)
    .action(does(async (module, args, options) => (await fuzzing()).fuzzCommand(module, args, options)))
  fuzz
    .command('merge')
    .summary('join reports, or corpora')
    .description(
      'Joins the reports of shards to one, or folders of worlds to one. Exit status 1 if there are findings.',
    )
    .helpOption('-h, --help', 'print this help')
    .argument('<SOURCES...>', 'reports of "vivarium fuzz --json", or folders of --corpus')
    .requiredOption('-o, --out <OUT>', 'the file or folder to write')
    .option(
      '--module <FILE>',
      'of folders: keep only worlds that together reach in this program what all of them reach',
    )
    .action(does(async (sources, options) => (await fuzzing()).fuzzMergeCommand(sources, options)))
}

/** Loaded only where it is asked for: it needs a package that not everybody has. */
async function fuzzing(): Promise<typeof import('./fuzz_command.ts')> {
  try {
    return await import('./fuzz_command.ts')
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND' || !/fast-check/.test(String(error))) throw error
    throw new HostError(
      'NOT_FOUND',
      'fast-check',
      'fuzzing needs fast-check 4, which is not there: npm install fast-check',
      error,
    )
  }
}

function addSnapshot(program: Command, does: Register): void {
  const snapshot = program
    .command('snapshot')
    .summary('make, look into, compare and convert states of a machine')
    .description('States of machines as files: made, looked into, compared, and turned into other things.')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', SNAPSHOT_HELP)
  const sub = (name: string, summary: string): Command =>
    snapshot
      .command(name)
      .summary(summary)
      .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`)
      .helpOption('-h, --help', 'print this help')
  const format = (text: string): Option => new Option('--format <FORMAT>', text).choices(SOURCE_FORMATS)
  const reads = (made: Command): Command =>
    made
      .argument('<SOURCE>', 'a snapshot file, an archive, or a folder')
      .addOption(format('what SOURCE is (default: what it looks like)'))
  seedOptions(
    sub('create', 'save a new machine')
      .argument('<FILE>', 'the snapshot file to write')
      .option('--dir <HOST[::GUEST]>', 'copy a folder of this host in (repeatable)', each(parseDir)),
  )
    .option('--empty', 'leave out /tmp and /dev')
    .option('--compress', 'make the file smaller')
    .action(does((file, options) => createCommand(file, options)))
  reads(sub('import', 'save an archive, a repository or a folder as a snapshot file'))
    .argument('<FILE>', 'the snapshot file to write')
    .option('--compress', 'make the file smaller')
    .action(does((source, file, options) => importCommand(source, file, options)))
  sub('export', 'write a state as an archive, a repository or a folder')
    .argument('<SOURCE>', 'a snapshot file, an archive, or a folder')
    .argument('<DEST>', 'where to; its name says what: .tar .nar .zip .oci .git .viv, else a folder')
    .addOption(format('what to write'))
    .addOption(new Option('--from <FORMAT>', 'what SOURCE is (default: what it looks like)').choices(SOURCE_FORMATS))
    .option('--path <PATH>', 'only what is below this directory')
    .option('--keep-times', 'keep modification times (default: one for all, so that equal trees give equal bytes)')
    .option('--replace', 'replace a folder that has something in it')
    .option('--compress', 'make a snapshot file smaller')
    .action(does((source, dest, options) => exportCommand(source, dest, options)))
  reads(sub('digest', 'print the id that git gives to the tree, by SHA-256'))
    .argument('[PATH]', 'only of what is there')
    .option('--state', 'of the whole state instead: metadata, clocks, randomness to come')
    .action(does((source, path, options) => digestCommand(source, path, options)))
  reads(sub('ls', 'list a directory: inode, mode, links, size, time, name'))
    .argument('[PATH]', 'which; default the root')
    .option('--json', 'print JSON')
    .action(does((source, path, options) => listCommand(source, path, options)))
  reads(sub('cat', 'print a file'))
    .argument('<PATH>', 'which')
    .action(does((source, path, options) => catCommand(source, path, options)))
  reads(sub('stat', 'tell all about a path, or about the snapshot'))
    .argument('[PATH]', 'which')
    .option('--json', 'print JSON')
    .action(does((source, path, options) => statCommand(source, path, options)))
  reads(sub('tree', 'show what is below a directory'))
    .argument('[PATH]', 'which; default the root')
    .action(does((source, path, options) => treeCommand(source, path, options)))
  sub('diff', 'tell two states apart; exit status 1 if they differ')
    .argument('<A>', 'a snapshot file, an archive, or a folder')
    .argument('<B>', 'another')
    .addOption(format('what both are (default: what they look like)'))
    .option('--patch', 'print a patch, as git diff does')
    .option('--metadata', 'compare modification times and link counts too')
    .option('--json', 'print JSON')
    .action(does((a, b, options) => diffCommand(a, b, options)))
}

/** A command that runs a module, whose arguments come after it. */
function command(program: Command, name: string, summary: string, description: string): Command {
  return program
    .command(name)
    .usage('[options] MODULE.wasm [ARGS...]')
    .summary(summary)
    .description(description)
    .helpOption('-h, --help', 'print this help')
    .argument('<MODULE.wasm>', 'the program')
    .argument('[ARGS...]', "the guest's arguments, after its own name")
    .passThroughOptions()
}

/** The options of every command that runs a guest. */
function guestOptions(made: Command): Command {
  made
    .option(
      '--dir <HOST[::GUEST]>',
      'copy a folder of this host in and let the guest open it (repeatable)',
      each(parseDir),
    )
    .option('--from <SNAPSHOT>', 'go on from a saved machine instead of a new one')
    .option('--env <NAME=VALUE>', "set a variable of the guest's environment (repeatable)", each(parseEnv))
    .option('--argv0 <NAME>', "the guest's own name, its first argument (default: the module's file name)")
    .option('--stdin <FILE>', 'the guest\'s standard input; "-" for this command\'s')
  return seedOptions(made)
    .addOption(
      new Option('--cpu <MODE>', 'strict: the same bits on every engine; engine: as the engine computes')
        .choices(['strict', 'engine'])
        .default('strict'),
    )
    .option('--fuel <N>', 'stop the guest after so many instructions', parseCount(0))
    .option('--faults <PLAN>', 'have calls go wrong, as "fd_write(/log/*)#3=ENOSPC; fd_read=short:1"')
    .option(
      '--cache-dir <DIR>',
      "where modules rewritten for --cpu strict or --fuel are kept (default: the user's cache)",
    )
    .option('--no-cache', 'keep no rewritten module')
    .option('--max-calls <N>', 'stop the guest after so many calls', parseCount(1))
    .option('--max-output <BYTES>', 'stop the guest after so much output (default: 67108864)', parseCount(0))
    .option('--tty', "tell the guest that its standard streams are a terminal's")
}

function seedOptions(made: Command): Command {
  return made
    .option('--seed <TEXT>', 'where all randomness that the guest sees comes from (default: "")')
    .option(
      '--epoch <TIME>',
      'where its clock starts: 2026-01-01T00:00:00Z, or seconds since 1970 (default: the year 2000)',
      parseEpoch,
    )
    .option('--tick <NS>', 'virtual nanoseconds that each call takes (default: 1000)', parseCount(0, 1_000_000_000))
}

/**
 * `--trace` without `=FILE` must not take the module's name for its file, which the parser would do: an empty value is
 * given to it here. Only the arguments before the module are looked at.
 */
function bareTrace(program: Command, args: readonly string[]): string[] {
  const run = program.commands.find((command) => command.name() === 'run')
  const result = [...args]
  if (result.find((arg) => !arg.startsWith('-')) !== 'run') return result
  for (let at = result.indexOf('run') + 1; at > 0 && at < result.length; at++) {
    const arg = result[at] as string
    if (arg === '--' || !arg.startsWith('-')) break
    if (arg === '--trace') result[at] = '--trace='
    else if (run?.options.some((option) => option.required && option.long === arg) === true) at++
  }
  return result
}

/** Of the package that this file is part of, as source or built. */
function version(): string {
  for (let folder = new URL('.', import.meta.url); ; folder = new URL('..', folder)) {
    const manifest = new URL('package.json', folder)
    if (existsSync(manifest)) return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
    if (folder.pathname === '/')
      throw new InvalidArgumentError('The package that this command belongs to has no package.json.')
  }
}
