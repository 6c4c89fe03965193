/**
 * From a guest to the import object that its module is given: the one place where time ticks, limits end a process,
 * calls are traced, and an errno becomes a number.
 */

import { KernelBug } from '../../vfs/bug.ts'
import { type CallName, callNames, type Signature, wordOf } from '../abi/signatures.ts'
import { argsGet, argsSizesGet, environGet, environSizesGet } from './args.ts'
import { clockResGet, clockTimeGet } from './clock.ts'
import { faulty } from './faulty.ts'
import {
  fdAdvise,
  fdAllocate,
  fdClose,
  fdDatasync,
  fdFdstatGet,
  fdFdstatSetFlags,
  fdFdstatSetRights,
  fdFilestatGet,
  fdFilestatSetSize,
  fdFilestatSetTimes,
  fdPrestatDirName,
  fdPrestatGet,
  fdRenumber,
  fdSync,
} from './fd.ts'
import { fdReaddir } from './fd_dir.ts'
import { fdPread, fdPwrite, fdRead, fdSeek, fdTell, fdWrite } from './fd_io.ts'
import type { Guest, Handler } from './guest.ts'
import {
  pathCreateDirectory,
  pathFilestatGet,
  pathFilestatSetTimes,
  pathLink,
  pathOpen,
  pathReadlink,
  pathRemoveDirectory,
  pathRename,
  pathSymlink,
  pathUnlinkFile,
} from './path.ts'
import { pollOneoff } from './poll.ts'
import { procExit, procRaise, schedYield } from './proc.ts'
import { randomGet } from './random.ts'
import { sockAccept, sockRecv, sockSend, sockShutdown } from './sock.ts'
import { buildTrampoline } from './trampoline.ts'

const handlers: { readonly [name in CallName]: Handler } = {
  args_get: argsGet,
  args_sizes_get: argsSizesGet,
  environ_get: environGet,
  environ_sizes_get: environSizesGet,
  clock_res_get: clockResGet,
  clock_time_get: clockTimeGet,
  fd_advise: fdAdvise,
  fd_allocate: fdAllocate,
  fd_close: fdClose,
  fd_datasync: fdDatasync,
  fd_fdstat_get: fdFdstatGet,
  fd_fdstat_set_flags: fdFdstatSetFlags,
  fd_fdstat_set_rights: fdFdstatSetRights,
  fd_filestat_get: fdFilestatGet,
  fd_filestat_set_size: fdFilestatSetSize,
  fd_filestat_set_times: fdFilestatSetTimes,
  fd_pread: fdPread,
  fd_prestat_get: fdPrestatGet,
  fd_prestat_dir_name: fdPrestatDirName,
  fd_pwrite: fdPwrite,
  fd_read: fdRead,
  fd_readdir: fdReaddir,
  fd_renumber: fdRenumber,
  fd_seek: fdSeek,
  fd_sync: fdSync,
  fd_tell: fdTell,
  fd_write: fdWrite,
  path_create_directory: pathCreateDirectory,
  path_filestat_get: pathFilestatGet,
  path_filestat_set_times: pathFilestatSetTimes,
  path_link: pathLink,
  path_open: pathOpen,
  path_readlink: pathReadlink,
  path_remove_directory: pathRemoveDirectory,
  path_rename: pathRename,
  path_symlink: pathSymlink,
  path_unlink_file: pathUnlinkFile,
  poll_oneoff: pollOneoff,
  proc_exit: procExit,
  proc_raise: procRaise,
  sched_yield: schedYield,
  random_get: randomGet,
  sock_accept: sockAccept,
  sock_recv: sockRecv,
  sock_send: sockSend,
  sock_shutdown: sockShutdown,
}

/** Keeps records of a guest's calls; see `trace_log.ts`. */
export interface Recorder {
  /** Who keeps those of one call. */
  of(signature: Signature): CallRecorder
}

/** Told of each call of one kind, before and after its handler. */
export interface CallRecorder {
  /** Its words are in `guest.words`. */
  before(): void
  /** `errno` is 0 for success, and means nothing where the process has ended. Not called where the handler threw. */
  after(errno: number): void
}

/** Returned in place of an errno by a call in which the process has ended. */
const ENDED = -1

/** A fixed-size result: which word of the call points to it, and its bytes. */
interface FixedResult {
  readonly word: number
  readonly size: number
}

/** What ends a guest for good. */
interface Ending {
  trap: WebAssembly.RuntimeError | undefined
}

// biome-ignore lint/suspicious/noExplicitAny: see Handler
type ImportFunction = (...words: any[]) => number

/** The trampolines made so far, by the calls in them: a module is the same for every guest. */
const trampolines = new Map<string, WebAssembly.Module>()

/**
 * The functions that a guest imports, by name. `names` are calls of one WASI module, `signatureOf` its signatures;
 * with `canFail` they do what the guest's plan of faults says.
 * Once the process has ended, every call ends the guest again, by a trap that no guest code can catch.
 */
export function bindCalls(
  guest: Guest,
  names: readonly CallName[],
  signatureOf: (name: CallName) => Signature,
  recorder: Recorder | undefined,
  canFail: boolean,
): { readonly [name: string]: WebAssembly.ImportValue } {
  const key = names.join()
  let module = trampolines.get(key)
  if (module === undefined) {
    module = new WebAssembly.Module(buildTrampoline(names))
    trampolines.set(key, module)
  }
  // The trap is made by an export of the instance whose imports need it, so it is filled in once there is one.
  const ending: Ending = { trap: undefined }
  const bound: Record<string, WebAssembly.ImportValue> = {}
  for (const name of names) bound[name] = bind(guest, signatureOf(name), ending, recorder, canFail)
  const { trap, ...exports } = new WebAssembly.Instance(module, { h: bound }).exports
  ending.trap = trapOf(trap as () => never)
  return exports
}

/**
 * A trap, to be thrown more than once: engines know a trap by the error that it makes, and making one takes longer than
 * a short run, as the stack is written down, which nobody looks at: the process says how it ended. Without it, throwing
 * takes half as long.
 */
function trapOf(trap: () => never): WebAssembly.RuntimeError {
  try {
    return trap()
  } catch (error) {
    // At the end of the engine's stack it is no trap that is thrown.
    if (!(error instanceof WebAssembly.RuntimeError)) throw error
    error.stack = ''
    return error
  }
}

/** What surrounds every call of one kind. */
class CallSite {
  readonly #guest: Guest
  readonly #name: CallName
  readonly #ending: Ending
  readonly #index: number
  readonly #wordCount: number
  readonly #results: readonly FixedResult[]

  constructor(guest: Guest, signature: Signature, ending: Ending) {
    this.#guest = guest
    this.#name = signature.name
    this.#ending = ending
    this.#index = callNames.indexOf(signature.name)
    this.#wordCount = wordCount(signature)
    this.#results = fixedResults(signature)
  }

  /** Before the call, whose words are in `guest.words`. */
  enter(): void {
    const guest = this.#guest
    const { process, kernel } = guest
    if (process.end !== undefined || process.inCall) this.#refuse()
    if (process.calls >= process.limits.calls) {
      const message = `the guest made ${process.limits.calls} calls; raise limits.calls if it needs more`
      kernel.exit(process, { kind: 'limit', limit: 'calls', message })
      throw this.#ending.trap
    }
    process.inCall = true
    process.calls++
    kernel.clock.step()
    if (guest.meter !== undefined) kernel.spend(process, guest.meter(), guest.metersAll)
  }

  /** After the call: absorbs it, with its result, and gives back what it returns, or `ENDED`. */
  leave(errno: number): number {
    const guest = this.#guest
    const { hash, process } = guest
    process.inCall = false
    if (hash !== undefined) hash.absorb(guest.words, this.#note(errno))
    return process.end === undefined ? errno : ENDED
  }

  /** Ends the guest, whose process has ended. It is called where nothing catches the trap only to pass it on. */
  end(): never {
    throw this.#ending.trap
  }

  /** Puts the call's number, its errno, and its results of fixed size after its words; how many words that makes. */
  #note(errno: number): number {
    const { words, memory, process } = this.#guest
    let count = this.#wordCount
    words[count++] = this.#index | (errno << 8)
    if (errno === 0 && process.end === undefined) {
      const { view } = memory
      const results = this.#results
      for (let i = 0; i < results.length; i++) {
        const { word, size } = results[i] as FixedResult
        const ptr = (words[word] as number) >>> 0
        if (size === 2) words[count++] = view.getUint16(ptr, true)
        else for (let at = 0; at < size; at += 4) words[count++] = view.getInt32(ptr + at, true)
      }
    }
    while (count % 4 !== 0) words[count++] = 0
    return count
  }

  /**
   * After something threw: the trap that ends the process goes on, and all else is kept for whoever runs the guest,
   * which is ended by the trap, since its catch_all would catch what JavaScript throws. Whoever calls this has set
   * `process.failure` itself, as at the end of the stack there may be no room for one more call.
   */
  fail(error: unknown): never {
    const { process } = this.#guest
    if (process.end !== undefined && error instanceof WebAssembly.RuntimeError) throw error
    process.failure ??= { error }
    throw this.#ending.trap
  }

  /** The process has ended, a call of it failed, or one is running: then guest code was called from within that call. */
  #refuse(): never {
    const { process, kernel } = this.#guest
    if (process.end === undefined && process.failure === undefined) {
      const message = `${this.#name} was called while another call of the same guest was running`
      kernel.exit(process, { kind: 'trap', message, stack: '' })
    }
    throw this.#ending.trap
  }
}

/** What surrounds a call that is recorded: between the call and the rest, so that only calls that are made are. */
class RecordedSite extends CallSite {
  readonly #recorder: CallRecorder

  constructor(guest: Guest, signature: Signature, ending: Ending, recorder: CallRecorder) {
    super(guest, signature, ending)
    this.#recorder = recorder
  }

  override enter(): void {
    super.enter()
    this.#recorder.before()
  }

  override leave(errno: number): number {
    this.#recorder.after(errno)
    return super.leave(errno)
  }
}

function fixedResults(signature: Signature): FixedResult[] {
  return signature.results.flatMap((result) => {
    return 'size' in result ? [{ word: wordOf(signature, result.param), size: result.size }] : []
  })
}

/** Words that a call is made with. */
function wordCount(signature: Signature): number {
  return signature.params.reduce((count, param) => count + (param.type === 'i64' ? 2 : 1), 0)
}

/** A function for each number of words, since one for all would make an array for each call. */
function bind(
  guest: Guest,
  signature: Signature,
  ending: Ending,
  recorder: Recorder | undefined,
  canFail: boolean,
): ImportFunction {
  const site =
    recorder === undefined
      ? new CallSite(guest, signature, ending)
      : new RecordedSite(guest, signature, ending, recorder.of(signature))
  const handler = canFail ? faulty(guest, signature, handlers[signature.name]) : handlers[signature.name]
  const { words: w } = guest
  switch (wordCount(signature)) {
    case 0:
      return () => {
        let errno: number
        try {
          site.enter()
          errno = site.leave(handler(guest))
        } catch (error) {
          if (guest.process.end === undefined) guest.process.failure ??= { error }
          return site.fail(error)
        }
        return errno === ENDED ? site.end() : errno
      }
    case 1:
      return (a) => {
        let errno: number
        try {
          w[0] = a
          site.enter()
          errno = site.leave(handler(guest, a))
        } catch (error) {
          if (guest.process.end === undefined) guest.process.failure ??= { error }
          return site.fail(error)
        }
        return errno === ENDED ? site.end() : errno
      }
    case 2:
      return (a, b) => {
        let errno: number
        try {
          w[0] = a
          w[1] = b
          site.enter()
          errno = site.leave(handler(guest, a, b))
        } catch (error) {
          if (guest.process.end === undefined) guest.process.failure ??= { error }
          return site.fail(error)
        }
        return errno === ENDED ? site.end() : errno
      }
    case 3:
      return (a, b, c) => {
        let errno: number
        try {
          w[0] = a
          w[1] = b
          w[2] = c
          site.enter()
          errno = site.leave(handler(guest, a, b, c))
        } catch (error) {
          if (guest.process.end === undefined) guest.process.failure ??= { error }
          return site.fail(error)
        }
        return errno === ENDED ? site.end() : errno
      }
    case 4:
      return (a, b, c, d) => {
        let errno: number
        try {
          w[0] = a
          w[1] = b
          w[2] = c
          w[3] = d
          site.enter()
          errno = site.leave(handler(guest, a, b, c, d))
        } catch (error) {
          if (guest.process.end === undefined) guest.process.failure ??= { error }
          return site.fail(error)
        }
        return errno === ENDED ? site.end() : errno
      }
    case 5:
      return (a, b, c, d, e) => {
        let errno: number
        try {
          w[0] = a
          w[1] = b
          w[2] = c
          w[3] = d
          w[4] = e
          site.enter()
          errno = site.leave(handler(guest, a, b, c, d, e))
        } catch (error) {
          if (guest.process.end === undefined) guest.process.failure ??= { error }
          return site.fail(error)
        }
        return errno === ENDED ? site.end() : errno
      }
    case 6:
      return (a, b, c, d, e, f) => {
        let errno: number
        try {
          w[0] = a
          w[1] = b
          w[2] = c
          w[3] = d
          w[4] = e
          w[5] = f
          site.enter()
          errno = site.leave(handler(guest, a, b, c, d, e, f))
        } catch (error) {
          if (guest.process.end === undefined) guest.process.failure ??= { error }
          return site.fail(error)
        }
        return errno === ENDED ? site.end() : errno
      }
    case 7:
      return (a, b, c, d, e, f, g) => {
        let errno: number
        try {
          w[0] = a
          w[1] = b
          w[2] = c
          w[3] = d
          w[4] = e
          w[5] = f
          w[6] = g
          site.enter()
          errno = site.leave(handler(guest, a, b, c, d, e, f, g))
        } catch (error) {
          if (guest.process.end === undefined) guest.process.failure ??= { error }
          return site.fail(error)
        }
        return errno === ENDED ? site.end() : errno
      }
    case 9:
      return (a, b, c, d, e, f, g, h, i) => {
        let errno: number
        try {
          w[0] = a
          w[1] = b
          w[2] = c
          w[3] = d
          w[4] = e
          w[5] = f
          w[6] = g
          w[7] = h
          w[8] = i
          site.enter()
          errno = site.leave(handler(guest, a, b, c, d, e, f, g, h, i))
        } catch (error) {
          if (guest.process.end === undefined) guest.process.failure ??= { error }
          return site.fail(error)
        }
        return errno === ENDED ? site.end() : errno
      }
    case 11:
      return (a, b, c, d, e, f, g, h, i, j, k) => {
        let errno: number
        try {
          w[0] = a
          w[1] = b
          w[2] = c
          w[3] = d
          w[4] = e
          w[5] = f
          w[6] = g
          w[7] = h
          w[8] = i
          w[9] = j
          w[10] = k
          site.enter()
          errno = site.leave(handler(guest, a, b, c, d, e, f, g, h, i, j, k))
        } catch (error) {
          if (guest.process.end === undefined) guest.process.failure ??= { error }
          return site.fail(error)
        }
        return errno === ENDED ? site.end() : errno
      }
    default:
      throw new KernelBug(`no function for the words of ${signature.name}`)
  }
}
