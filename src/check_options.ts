/** Refuses wrong options by name, before anything has happened. */

import { FaultError, type FaultRule, formatFaults, parseFaults } from '../kernel/fault.ts'
import { type ByteString, byteString } from '../vfs/bytes.ts'
import { Errno } from '../vfs/errno.ts'
import { type Hashes, pureHashes } from '../vfs/hash.ts'
import type { Instant } from '../vfs/inode.ts'
import { instantOf } from '../vfs/instant.ts'
import { isCallName } from './abi/signatures.ts'
import type { Cpu } from './cpu/settings.ts'
import { VivariumError } from './error.ts'
import type {
  Limits,
  MachineOptions,
  Preopen,
  RunOptions,
  SocketPeer,
  TimeBy,
  TimelineOptions,
  TraceLevel,
} from './options.ts'

const MACHINE_OPTIONS = ['seed', 'epoch', 'tick', 'files', 'image', 'quota', 'cpu', 'time', 'hashes']
const CPU_SETTINGS = ['nan', 'relaxedSimd', 'stack', 'memoryPages', 'tableElements']
const QUOTAS = ['bytes', 'inodes', 'entries']
const LIMITS = ['calls', 'output', 'descriptors', 'pipe']
const STREAMS = ['stdin', 'stdout', 'stderr']
const PEER_OPTIONS = ['send', 'respond', 'keepOpen']
const TIMES: readonly TimeBy[] = ['calls', 'fuel', 'fuel everywhere']
const TRACE_LEVELS: readonly TraceLevel[] = ['off', 'digest', 'records']
const TIMELINE_OPTIONS = ['only', 'last', 'until']
const RUN_OPTIONS = [
  'args',
  'env',
  'stdin',
  'stdout',
  'stderr',
  'tty',
  'preopens',
  'listen',
  'limits',
  'trace',
  'timeline',
  'fuel',
  'faults',
  'listing',
  'imports',
]

export const DEFAULT_EPOCH = '2000-01-01T00:00:00Z'
export const DEFAULT_TICK = 1000
export const DEFAULT_LIMITS: Limits = { calls: Infinity, output: 2 ** 26, descriptors: 1024, pipe: 2 ** 26 }
const DEFAULT_ARGS: readonly string[] = ['main']
const DEFAULT_PREOPENS: readonly CheckedPreopen[] = [{ name: byteString('/'), path: '/' }]

/** The machine's options with their defaults, as the kernel takes them. */
export interface CheckedMachineOptions {
  readonly seed: string
  readonly epoch: Instant
  readonly tick: number
  readonly cpu: Cpu | undefined
  readonly time: TimeBy
  readonly hashes: Hashes
}

/** @throws VivariumError `BAD_OPTION` that names the option and says what it may be. */
export function checkMachineOptions(options: MachineOptions): CheckedMachineOptions {
  checkNames('Machine', options, MACHINE_OPTIONS)
  const {
    seed = '',
    epoch = DEFAULT_EPOCH,
    tick = DEFAULT_TICK,
    image = 'standard',
    quota = {},
    cpu,
    time = 'calls',
    hashes = pureHashes,
  } = options
  if (typeof seed !== 'string' && typeof seed !== 'number') bad('seed', seed, 'text or a number')
  if (!isCount(tick) || tick > 1e9) bad('tick', tick, 'whole nanoseconds from 0 to 1,000,000,000')
  if (image !== 'standard' && image !== 'empty') bad('image', image, "'standard' or 'empty'")
  if (options.files !== undefined) checkObject('files', options.files, 'an object that maps absolute paths to contents')
  checkNames('quota', quota, QUOTAS)
  for (const [name, value] of Object.entries(quota)) {
    if (value !== Infinity && !isCount(value)) bad(`quota.${name}`, value, 'a whole number from 0 up, or Infinity')
  }
  const instant = instantOf(epoch)
  if (typeof instant === 'string') throw new VivariumError('BAD_OPTION', `epoch: ${instant}`)
  if (cpu !== undefined) checkCpu(cpu)
  if (!TIMES.includes(time)) bad('time', time, "'calls', 'fuel' or 'fuel everywhere'")
  if (typeof hashes !== 'function')
    bad('hashes', hashes, 'a function that begins a hash, as nodeHashes of vivarium/node')
  return { seed: String(seed), epoch: instant, tick, cpu, time, hashes }
}

/** A directory of the machine, by its path, and the name that the guest knows it by. */
export interface CheckedPreopen {
  readonly name: ByteString
  readonly path: string
}

/** A run's options with their defaults. */
export interface CheckedRunOptions {
  readonly args: readonly ByteString[]
  /** `NAME=VALUE`. */
  readonly env: readonly ByteString[]
  readonly tty: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean }
  readonly preopens: readonly CheckedPreopen[]
  readonly limits: Limits
  readonly trace: TraceLevel
  readonly timeline: TimelineOptions | undefined
  readonly faults: readonly FaultRule[] | undefined
}

/** @throws VivariumError `BAD_OPTION` that names the option and says what it may be. */
export function checkRunOptions(options: RunOptions): CheckedRunOptions {
  checkNames('run', options, RUN_OPTIONS)
  const { args = DEFAULT_ARGS, env = {}, tty = false, preopens, limits, trace = 'digest', timeline } = options
  if (!Array.isArray(args)) bad('args', args, "an array of strings, the program's name first")
  args.forEach((arg, index) => {
    if (!isText(arg)) checkText(`args[${index}]`, arg)
  })
  checkObject('env', env, 'an object that maps names to texts')
  for (const [name, value] of Object.entries(env)) {
    if (name === '' || name.includes('=')) bad('env', name, 'names that are not empty and have no "="')
    checkText(`env.${name}`, name)
    checkText(`env.${name}`, value)
  }
  if (limits !== undefined) checkLimits(limits)
  if (options.fuel !== undefined && !isCount(options.fuel)) bad('fuel', options.fuel, 'a whole number from 0 up')
  if (!TRACE_LEVELS.includes(trace)) bad('trace', trace, "'off', 'digest' or 'records'")
  if (timeline !== undefined && typeof timeline !== 'boolean') checkTimeline(timeline)
  for (const name of ['stdout', 'stderr'] as const) {
    const sink: unknown = options[name]
    if (sink !== undefined && typeof sink !== 'function') bad(name, sink, 'a function that takes the bytes written')
  }
  if (options.listing !== undefined) checkText('listing', options.listing)
  checkStdin(options.stdin)
  checkListen(options.listen)
  checkImports(options.imports)
  if (typeof tty !== 'boolean') checkTty(tty)
  const every = typeof tty === 'boolean' ? { stdin: tty, stdout: tty, stderr: tty } : tty
  return {
    args: args.map(byteString),
    env: variables(env),
    tty: { stdin: every.stdin === true, stdout: every.stdout === true, stderr: every.stderr === true },
    preopens:
      preopens === undefined
        ? DEFAULT_PREOPENS
        : checkPreopens(preopens).map(({ name, path }) => ({ name: byteString(name), path })),
    limits: limits === undefined ? DEFAULT_LIMITS : { ...DEFAULT_LIMITS, ...limits },
    trace,
    timeline: timeline === true ? {} : timeline === false ? undefined : timeline,
    faults: options.faults === undefined ? undefined : checkFaults(options.faults),
  }
}

/** An environment as a process has it. */
export function variables(env: { readonly [name: string]: string }): ByteString[] {
  return Object.entries(env).map(([name, value]) => byteString(`${name}=${value}`))
}

function checkLimits(limits: Partial<Limits>): void {
  checkNames('limits', limits, LIMITS)
  for (const [name, value] of Object.entries(limits)) {
    if (value !== Infinity && !isCount(value)) bad(`limits.${name}`, value, 'a whole number from 0 up, or Infinity')
  }
}

function checkCpu(cpu: Cpu): void {
  if (cpu === 'strict' || cpu === 'engine') return
  if (typeof cpu !== 'object' || cpu === null) bad('cpu', cpu, "'strict', 'engine', or an object with settings")
  checkNames('cpu', cpu, CPU_SETTINGS)
  for (const name of ['nan', 'relaxedSimd'] as const) {
    if (cpu[name] !== undefined && typeof cpu[name] !== 'boolean') bad(`cpu.${name}`, cpu[name], 'true or false')
  }
  const { stack, memoryPages, tableElements } = cpu
  if (stack !== undefined && stack !== false && !(isCount(stack) && stack > 0 && stack < 2 ** 31)) {
    bad('cpu.stack', stack, 'bytes, from 1 to 2,147,483,647, or false')
  }
  if (memoryPages !== undefined && memoryPages !== false && !isCount(memoryPages)) {
    bad('cpu.memoryPages', memoryPages, 'a whole number of pages from 0 up, or false')
  }
  if (tableElements !== undefined && !isCount(tableElements)) {
    bad('cpu.tableElements', tableElements, 'a whole number from 0 up')
  }
}

function checkStdin(stdin: unknown): void {
  const wanted = "text, a Uint8Array, an iterable of these, or { file: '/path' }"
  if (stdin === undefined || typeof stdin === 'string' || stdin instanceof Uint8Array) return
  if (typeof stdin !== 'object' || stdin === null) bad('stdin', stdin, wanted)
  if (Symbol.iterator in stdin) return
  if (!('file' in stdin)) bad('stdin', stdin, wanted)
  checkNames('stdin', stdin, ['file'])
  checkText('stdin.file', stdin.file)
}

function checkTty(tty: object): void {
  checkNames('tty', tty, STREAMS)
  for (const [name, value] of Object.entries(tty)) {
    if (typeof value !== 'boolean') bad(`tty.${name}`, value, 'true or false')
  }
}

function checkListen(listen: unknown): void {
  if (listen === undefined) return
  if (!Array.isArray(listen)) bad('listen', listen, 'an array with an array of peers for each listening socket')
  listen.forEach((peers: unknown, index) => {
    if (!Array.isArray(peers)) bad(`listen[${index}]`, peers, 'an array of peers, in the order in which they connect')
    peers.forEach((peer: Partial<SocketPeer>, at) => {
      const name = `listen[${index}][${at}]`
      checkNames(name, peer, PEER_OPTIONS)
      const { send, respond, keepOpen } = peer
      if (send !== undefined && typeof send !== 'string' && !((send as unknown) instanceof Uint8Array)) {
        bad(`${name}.send`, send, 'text or a Uint8Array')
      }
      if (respond !== undefined && typeof respond !== 'function') {
        bad(`${name}.respond`, respond, 'a function that takes what the guest sends and returns the answer')
      }
      if (keepOpen !== undefined && typeof keepOpen !== 'boolean') bad(`${name}.keepOpen`, keepOpen, 'true or false')
    })
  })
}

function checkImports(imports: unknown): void {
  if (imports === undefined) return
  checkObject('imports', imports, 'an object that maps modules to what they export')
  for (const [module, values] of Object.entries(imports as object)) {
    checkObject(`imports.${module}`, values, 'an object that maps names to values')
  }
}

function checkPreopens(preopens: NonNullable<RunOptions['preopens']>): readonly Preopen[] {
  if (!Array.isArray(preopens)) checkObject('preopens', preopens, "an object or an array of { name: '/', path: '/' }")
  const list: readonly Preopen[] = Array.isArray(preopens)
    ? preopens
    : Object.entries(preopens).map(([name, path]) => ({ name, path }))
  list.forEach((preopen, index) => {
    checkNames(`preopens[${index}]`, preopen, ['name', 'path'])
    const { name, path } = preopen
    checkText(`preopens[${index}].name`, name)
    checkText(`preopens[${index}].path`, path)
    if (!path.startsWith('/')) bad(`preopens[${index}].path`, path, "an absolute path of the machine, such as '/src'")
  })
  return list
}

function checkNames(what: string, options: object, names: readonly string[]): void {
  if (!isObject(options)) bad(what, options, `an object with some of ${names.join(', ')}`)
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) {
      throw new VivariumError(
        'BAD_OPTION',
        `${what}: there is no option ${JSON.stringify(name)}; there are ${names.join(', ')}`,
      )
    }
  }
}

function checkObject(name: string, value: unknown, wanted: string): void {
  if (!isObject(value)) bad(name, value, wanted)
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function checkText(name: string, value: unknown): void {
  if (typeof value !== 'string') bad(name, value, 'text')
  if (!isText(value)) bad(name, value, 'text without a NUL character')
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && !value.includes('\0')
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** @throws VivariumError `BAD_OPTION`, always. */
export function bad(name: string, value: unknown, wanted: string): never {
  throw new VivariumError('BAD_OPTION', `${name}: ${shown(value)} was given; it has to be ${wanted}`)
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}

function checkTimeline(timeline: TimelineOptions): void {
  checkNames('timeline', timeline, TIMELINE_OPTIONS)
  const { only, last, until } = timeline
  if (only !== undefined && !(Array.isArray(only) && only.every((name) => isCallName(name)))) {
    bad('timeline.only', only, "an array of names of calls, as ['path_open', 'fd_write']")
  }
  if (last !== undefined && (!isCount(last) || last === 0)) bad('timeline.last', last, 'a whole number from 1 up')
  if (until !== undefined && typeof until !== 'function') bad('timeline.until', until, 'a function of a record')
}

/** That the parts of a rule are there; what they say is checked where rules are read. */
function checkRule(rule: unknown, index: number): void {
  const effect = typeof rule === 'object' && rule !== null ? (rule as Partial<FaultRule>).effect : undefined
  if (typeof effect === 'object' && effect !== null && (effect.kind !== 'errno' || effect.errno instanceof Errno))
    return
  bad(
    `faults[${index}]`,
    rule,
    "a rule with an effect, as parseFaults gives: { call: 'fd_write', nth: 3, on: false, effect }",
  )
}

/** Rules are written and read again, so that both forms are refused alike. */
function checkFaults(faults: unknown): FaultRule[] {
  if (typeof faults !== 'string' && !Array.isArray(faults)) {
    bad('faults', faults, "a plan as 'fd_write#3=ENOSPC', or an array of rules")
  }
  if (typeof faults !== 'string') faults.forEach(checkRule)
  try {
    return parseFaults(typeof faults === 'string' ? faults : formatFaults(faults as FaultRule[]), isCallName)
  } catch (error) {
    if (!(error instanceof FaultError)) throw error
    throw new VivariumError('BAD_OPTION', `faults: ${error.message}`)
  }
}
