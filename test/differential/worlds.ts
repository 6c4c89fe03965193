/**
 * The two worlds that a program runs in: Vivarium, which is watched before each operation, and `node:wasi` on a scratch
 * folder, in child processes since it can crash or hang.
 */

import { spawn } from 'node:child_process'
import * as hostFs from 'node:fs'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Clock } from '../../kernel/clock.ts'
import { Alone } from '../../kernel/executor.ts'
import type { Descriptor } from '../../kernel/fd_table.ts'
import { Kernel } from '../../kernel/kernel.ts'
import type { Process } from '../../kernel/process.ts'
import { GuestRun, prepare } from '../../src/guest_run.ts'
import { byteString } from '../../vfs/bytes.ts'
import { check } from '../../vfs/check.ts'
import { errnoName } from '../../vfs/errno.ts'
import { Filesystem } from '../../vfs/filesystem.ts'
import { pureHashes } from '../../vfs/hash.ts'
import { ROOT_INO } from '../../vfs/inode_table.ts'
import { createNodeFs } from '../../vfs/node_fs.ts'
import type { Last } from '../../vfs/walk.ts'
import { compileFile } from '../support/compile.ts'
import { endOf, type NodeDescriptor, nodeDescriptor, resolve } from './node_paths.ts'
import { encode, type Operation, type Program } from './programs.ts'

/** What one operation gave: `ESUCCESS` or the errno's name, and its results by name. */
export interface Result {
  readonly errno: string
  readonly values: { readonly [name: string]: string }
}

/** What a program left: a result for each operation, and the tree, a line for each name. */
export interface Outcome {
  readonly results: readonly Result[]
  readonly tree: readonly string[]
}

/** What a path argument means in the two worlds, before the call. */
export interface Place {
  /** Where our walk ends, and where node:wasi's does: see `End`. */
  readonly ours: string
  readonly theirs: string
  /** Whether something is at our place; `undefined` where our walk fails. */
  readonly exists: boolean | undefined
  /** The errno with which node:wasi refuses the path itself, without asking the host. */
  readonly refused: string | undefined
  /** Whether the path that node:wasi keeps for the descriptor still leads to what is open there. */
  readonly leads: boolean
  /** Whether `.` or `..` is in what node:wasi cleans: the path, and the texts of links at its end. */
  readonly dots: boolean
}

/** What Vivarium had open under a number, before the call. */
export interface Open {
  readonly kind: string
  readonly base: number
  readonly inheriting: number
  readonly readable: boolean
  readonly writable: boolean
  /** As in `Place`. */
  readonly leads: boolean
}

/** The world that an operation meets. */
export interface Facts {
  /** Behind the operation's first and second descriptor. */
  readonly open: Open | undefined
  readonly openTo: Open | undefined
  readonly places: readonly Place[]
  /** The errno with which node:wasi refuses the text of a new link. */
  readonly targetRefused: string | undefined
}

export const INTERPRETER: WebAssembly.Module = new WebAssembly.Module(compileFile('differential/interpreter.c'))

/** Above the preopens, so that a node:wasi which is led out of them by a link stays in the scratch folder. */
const ABOVE = '/e'.repeat(24)
const PREOPENS = ['one', 'two'] as const
const HOME = `${ABOVE}/0`

/** When Vivarium's world begins: no time that a program sets. */
const EPOCH = { sec: 946_684_800, nsec: 0 }

function emptyTree(): Filesystem {
  const tree = new Filesystem({}, EPOCH)
  furnish(createNodeFs(tree, () => EPOCH) as unknown as typeof hostFs, HOME)
  return tree
}

/** What every program finds: the preopens, and in them links that a guest cannot make in node:wasi. */
function furnish(fs: typeof hostFs, home: string): void {
  for (const path of ['one/d/e', 'two']) fs.mkdirSync(`${home}/${path}`, { recursive: true })
  for (const [path, target] of LINKS) fs.symlinkSync(target, `${home}/${path}`)
}

const LINKS = [
  ['one/d/up', '..'],
  ['one/d/side', '../a'],
  ['one/d/e/far', '../../b'],
  ['one/d/e/here', '.'],
  ['one/out', '../two'],
] as const

const EMPTY = emptyTree()

/** Runs a program in a fresh Vivarium. The tree that is left has to be sound, and the guest has to end by itself. */
export function runVivarium(program: Program): Outcome & { readonly facts: readonly Facts[] } {
  const kernel = new Kernel(EMPTY.fork(), new Clock(EPOCH, { sec: 0, nsec: 0 }, 1000), '')
  const facts: Facts[] = []
  const run: GuestRun = new GuestRun(
    kernel,
    prepare(kernel, { cpu: 'engine', time: 'calls', hashes: pureHashes }, INTERPRETER, {
      stdin: encode(program),
      preopens: PREOPENS.map((name) => ({ name: `/${name}`, path: `${HOME}/${name}` })),
      trace: 'off',
      imports: {
        differential: {
          before: (index: number) => {
            facts.push(watch.before(program[index] as Operation))
          },
        },
      },
    }),
  )
  const watch = new Watch(kernel, run.process)
  run.start(new Alone(kernel))
  if (run.exitCode !== 0) throw new Error(`the interpreter ended by ${JSON.stringify(run.end)}`)
  const problems = check(kernel.fs)
  if (problems.length > 0) throw new Error(`the tree is unsound: ${problems.join('; ')}`)
  const results = parse(Buffer.from(run.stdout.bytes).toString('latin1'))
  if (results === undefined) throw new Error('the interpreter did not finish')
  const fs = createNodeFs(kernel.fs, () => EPOCH)
  return { results, facts, tree: treeLines(fs as unknown as typeof hostFs, HOME) }
}

/** Sees what each operation meets, and keeps for each descriptor what node:wasi would know of it. */
class Watch {
  readonly #kernel: Kernel
  readonly #process: Process
  readonly #known = new Map<Descriptor, NodeDescriptor>()
  #opening: NodeDescriptor | undefined

  constructor(kernel: Kernel, process: Process) {
    this.#kernel = kernel
    this.#process = process
    for (const [index, name] of PREOPENS.entries()) {
      this.#known.set(process.fds.at(3 + index) as Descriptor, nodeDescriptor(`/${name}`, `${HOME}/${name}`))
    }
  }

  before(operation: Operation): Facts {
    this.#learn()
    const targetRefused =
      operation.call === 'path_symlink' ? this.#changed(operation.fd, operation.target)?.refused : undefined
    const places = this.#places(operation)
    const to = 'toFd' in operation ? operation.toFd : 'to' in operation ? operation.to : undefined
    return {
      open: this.#open(operation.fd),
      openTo: typeof to === 'number' ? this.#open(to) : undefined,
      places,
      targetRefused,
    }
  }

  /** A descriptor that is new was opened by the last operation. */
  #learn(): void {
    const { fds } = this.#process
    for (const number of fds.numbers()) {
      const descriptor = fds.at(number) as Descriptor
      if (number > 2 && !this.#known.has(descriptor)) {
        this.#known.set(descriptor, this.#opening ?? nodeDescriptor('/', '/'))
      }
    }
    this.#opening = undefined
  }

  #open(fd: number): Open | undefined {
    const descriptor = this.#process.fds.at(fd)
    if (descriptor === undefined) return undefined
    const { file, base, inheriting } = descriptor
    const { kind, readable, writable } = file
    return { kind, base, inheriting, readable, writable, leads: this.#leads(descriptor) }
  }

  #leads(descriptor: Descriptor): boolean {
    const real = this.#known.get(descriptor)?.real
    if (real === undefined) return true
    return endOf(this.#kernel.fs, ROOT_INO, real, 'follow', 'clamp').place === `#${descriptor.file.ino}`
  }

  #places(operation: Operation): Place[] {
    const { fd } = operation
    switch (operation.call) {
      case 'path_open': {
        const creates = (operation.oflags & 1) !== 0
        const exclusive = creates && (operation.oflags & 4) !== 0
        const follow = operation.dirflags === 1
        const lastOf = (follows: boolean): Last =>
          creates ? (follows && !exclusive ? 'create' : 'parent') : follows ? 'follow' : 'nofollow'
        const place = this.#place(fd, operation.path, lastOf(follow), follow, lastOf(true))
        return place === undefined ? [] : [place]
      }
      case 'path_filestat_get':
      case 'path_filestat_set_times':
        return this.#list(this.#read(fd, operation.path, operation.flags === 1))
      case 'path_readlink':
        return this.#list(this.#read(fd, operation.path, false))
      case 'path_link':
        return this.#list(
          this.#read(fd, operation.path, operation.flags === 1),
          this.#changed(operation.toFd, operation.to),
        )
      case 'path_rename':
        return this.#list(this.#changed(fd, operation.path), this.#changed(operation.toFd, operation.to))
      case 'path_create_directory':
      case 'path_remove_directory':
      case 'path_symlink':
      case 'path_unlink_file':
        return this.#list(this.#changed(fd, operation.path))
      default:
        return []
    }
  }

  #list(...places: readonly (Place | undefined)[]): Place[] {
    return places.filter((place) => place !== undefined)
  }

  #read(fd: number, path: string, follow: boolean): Place | undefined {
    return this.#place(fd, path, follow ? 'follow' : 'nofollow', follow, 'nofollow')
  }

  #changed(fd: number, path: string): Place | undefined {
    return this.#place(fd, path, 'parent', false, 'parent')
  }

  /** `undefined` where neither world would look at the path. */
  #place(fd: number, text: string, last: Last, follow: boolean, lastOfTheirs: Last): Place | undefined {
    const descriptor = this.#process.fds.at(fd)
    const known = descriptor === undefined ? undefined : this.#known.get(descriptor)
    if (descriptor?.file.kind !== 'directory' || known === undefined) return undefined
    const { fs } = this.#kernel
    const path = byteString(text)
    const { host, refused, dots } = resolve(fs, known, path, follow)
    this.#opening = host === undefined ? undefined : nodeDescriptor(host, host)
    const { place: ours, exists } = endOf(fs, descriptor.file.ino, path, last, 'refuse')
    return {
      ours,
      theirs: host === undefined ? (refused ?? '') : endOf(fs, ROOT_INO, host, lastOfTheirs, 'clamp').place,
      exists,
      refused,
      leads: this.#leads(descriptor),
      dots,
    }
  }
}

/** A scratch folder in memory where there is one: programs sync. */
const SCRATCH = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/** A child that says nothing for so long hangs: node:wasi can lock itself out. Milliseconds for a whole batch. */
const LONGEST = 120_000

/** Runs the programs `first` and on, each in its own folder, its lines going to a file there. */
const CHILD = `
import { closeSync, openSync, readFileSync } from 'node:fs'
import { WASI } from 'node:wasi'
const { path, home, first, count } = JSON.parse(process.argv[1])
const module = new WebAssembly.Module(readFileSync(path))
for (let n = first; n < count; n++) {
  const stdin = openSync(home + '/' + n + '/program', 'r')
  const stdout = openSync(home + '/' + n + '/lines', 'w')
  const preopens = { '/one': home + '/' + n + '/one', '/two': home + '/' + n + '/two' }
  const wasi = new WASI({ version: 'preview1', preopens, stdin, stdout, returnOnExit: true })
  const imports = { ...wasi.getImportObject(), differential: { before() {} } }
  wasi.start(new WebAssembly.Instance(module, imports))
  closeSync(stdin)
  closeSync(stdout)
}
`

/** Without V8's fast calls, in which node 20's WASI crashes as soon as garbage is collected. */
const FLAGS = ['--no-turbo-fast-api-calls', '--no-warnings', '--input-type=module']

/** Runs programs under node:wasi; `undefined` for one in which node itself crashed or hung. */
export async function runNode(batch: readonly Program[]): Promise<(Outcome | undefined)[]> {
  const scratch = mkdtempSync(join(SCRATCH, 'vivarium-differential-'))
  const home = scratch + ABOVE
  try {
    mkdirSync(home, { recursive: true })
    const path = join(scratch, 'interpreter.wasm')
    writeFileSync(path, compileFile('differential/interpreter.c'))
    for (const [n, program] of batch.entries()) {
      furnish(hostFs, `${home}/${n}`)
      writeFileSync(`${home}/${n}/program`, encode(program))
    }
    const outcomes: (Outcome | undefined)[] = []
    while (outcomes.length < batch.length) {
      const first = outcomes.length
      await child({ path, home, first, count: batch.length })
      // One that was begun is not begun again: its folder is no longer empty.
      for (let n = first; n < batch.length && existsSync(`${home}/${n}/lines`); n++) {
        const results = parse(readFileSync(`${home}/${n}/lines`, 'latin1'))
        for (const file of ['program', 'lines']) rmSync(`${home}/${n}/${file}`)
        outcomes.push(results === undefined ? undefined : { results, tree: treeLines(hostFs, `${home}/${n}`) })
      }
      if (outcomes.length === first) throw new Error('node cannot run the interpreter at all')
    }
    return outcomes
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** Runs a child to its end, whatever that is. */
function child(task: { readonly [name: string]: string | number }): Promise<void> {
  return new Promise((resolve, reject) => {
    const started = spawn(process.execPath, [...FLAGS, '-e', CHILD, JSON.stringify(task)], {
      stdio: ['ignore', 'ignore', 'ignore'],
      timeout: LONGEST,
      killSignal: 'SIGKILL',
    })
    started.on('error', reject)
    started.on('exit', () => resolve())
  })
}

/** The interpreter's lines, or `undefined` where the last is missing. */
function parse(text: string): Result[] | undefined {
  const lines = text.split('\n')
  if (lines.pop() !== '' || lines.pop() !== 'end') return undefined
  return lines.map((line) => {
    const [errno, ...rest] = line.split(' ')
    const values = rest.map((value) => {
      const equals = value.indexOf('=')
      return [value.slice(0, equals), value.slice(equals + 1)]
    })
    return { errno: errnoName(Number(errno)) ?? `errno ${errno}`, values: Object.fromEntries(values) }
  })
}

/** Bytes of a file up to which its content is compared; programs that write further leave a hole. */
const READABLE = 2 ** 20

/** Everything that is in a folder: a line for each name, hard links told by the first name of their inode. */
function treeLines(fs: typeof hostFs, root: string): string[] {
  const lines: string[] = []
  const firstName = new Map<number, string>()
  const queue: string[] = ['']
  for (let dir = queue.pop(); dir !== undefined; dir = queue.pop()) {
    for (const name of fs.readdirSync(`${root}${dir}/`).sort()) {
      const path = `${dir}/${name}`
      const stat = fs.lstatSync(root + path)
      const first = firstName.get(stat.ino) ?? path
      firstName.set(stat.ino, first)
      if (stat.isDirectory()) {
        lines.push(`${path} directory`)
        queue.push(path)
      } else if (stat.isSymbolicLink()) {
        lines.push(`${path} link nlink=${stat.nlink} ${first} ${fs.readlinkSync(root + path)}`)
      } else {
        const content = stat.size > READABLE ? 'a hole' : hash(fs.readFileSync(root + path))
        lines.push(`${path} file nlink=${stat.nlink} ${first} size=${stat.size} ${content}`)
      }
    }
  }
  return lines
}

function hash(bytes: Uint8Array): number {
  let value = 2166136261
  for (const byte of bytes) value = Math.imul(value ^ byte, 16777619) >>> 0
  return value
}
