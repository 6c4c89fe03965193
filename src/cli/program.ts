/** The command line as users see it: options, help, and what is said about a wrong argument. */

import { existsSync, readFileSync } from 'node:fs'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { each, parseCount, parseDir, parseEnv, parseEpoch, parseOut } from './arguments.ts'
import { STATUS_DEADLOCK, STATUS_ERROR, STATUS_LIMIT, STATUS_SIGNAL, STATUS_TRAP } from './exit_status.ts'
import { type RunArguments, runCommand } from './run_command.ts'
import { complain, writeError, writeOut } from './standard_streams.ts'

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
  vivarium run --trace=calls.txt program.wasm`

/** Runs the command line `args` (without the names of Node and the script) and returns the exit status. */
export async function main(args: readonly string[]): Promise<number> {
  let status = 0
  const program = build(async (module, guestArgs, options) => {
    status = await runCommand(module, guestArgs, options)
  })
  const forgotten = args.find((arg) => !arg.startsWith('-'))
  if (forgotten !== undefined && !KNOWN.has(forgotten) && (forgotten.endsWith('.wasm') || existsSync(forgotten))) {
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

const KNOWN = new Set(['run', 'help'])

type RunAction = (module: string, args: readonly string[], options: RunArguments) => Promise<void>

function build(action: RunAction): Command {
  const program = new Command('vivarium')
    .description(DESCRIPTION)
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut,
      writeErr: writeError,
      outputError: (text) => complain(text.replace(/^error: /, '')),
    })
    .addHelpText('after', '\nFor the options of a command: vivarium run --help')
  program
    .command('run')
    .usage('[options] MODULE.wasm [ARGS...]')
    .summary('run a program in a new machine')
    .description(RUN_DESCRIPTION)
    .helpOption('-h, --help', 'print this help')
    .argument('<MODULE.wasm>', 'the program')
    .argument('[ARGS...]', "the guest's arguments, after its own name")
    .passThroughOptions()
    .option(
      '--dir <HOST[::GUEST]>',
      'copy a folder of this host in and let the guest open it (repeatable)',
      each(parseDir),
    )
    .option('--env <NAME=VALUE>', "set a variable of the guest's environment (repeatable)", each(parseEnv))
    .option('--argv0 <NAME>', "the guest's own name, its first argument (default: the module's file name)")
    .option('--stdin <FILE>', 'the guest\'s standard input; "-" for this command\'s')
    .option('--out <GUEST::HOST>', 'write a file or folder of the machine out afterwards (repeatable)', each(parseOut))
    .option('--out-always', 'write out also when the guest did not exit with 0')
    .option('--replace', 'let --out replace a folder that has something in it')
    .option('--seed <TEXT>', 'where all randomness that the guest sees comes from (default: "")')
    .option(
      '--epoch <TIME>',
      'where its clock starts: 2026-01-01T00:00:00Z, or seconds since 1970 (default: the year 2000)',
      parseEpoch,
    )
    .option('--tick <NS>', 'virtual nanoseconds that each call takes (default: 1000)', parseCount(0, 1_000_000_000))
    .option('--trace [FILE]', 'write each call of the guest down, as strace does, to =FILE or stderr')
    .addOption(
      new Option('--cpu <MODE>', 'strict: the same bits on every engine; engine: as the engine computes')
        .choices(['strict', 'engine'])
        .default('strict'),
    )
    .option('--fuel <N>', 'stop the guest after so many instructions', parseCount(0))
    .option(
      '--cache-dir <DIR>',
      "where modules rewritten for --cpu strict or --fuel are kept (default: the user's cache)",
    )
    .option('--no-cache', 'keep no rewritten module')
    .option('--max-calls <N>', 'stop the guest after so many calls', parseCount(1))
    .option('--max-output <BYTES>', 'stop the guest after so much output (default: 67108864)', parseCount(0))
    .option('--tty', "tell the guest that its standard streams are a terminal's")
    .option('--json', 'print one JSON document about the run on stdout, and nothing else there')
    .addHelpText('after', RUN_HELP)
    .configureHelp({
      // A value that is optional is given after "=" only, so that the module is never taken for it.
      optionTerm: ({ flags }) => flags.replace(' [', '[='),
    })
    .action(action)
  return program
}

/**
 * `--trace` without `=FILE` must not take the module's name for its file, which the parser would do: an empty value is
 * given to it here. Only the arguments before the module are looked at.
 */
function bareTrace(program: Command, args: readonly string[]): string[] {
  const run = program.commands.find((command) => command.name() === 'run')
  const result = [...args]
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
