/**
 * From a guest to the import object that its module is given: the one place where time ticks, limits end a process,
 * calls are traced, and an errno becomes a number.
 */

import { copyWords, type TraceHash } from '../../kernel/trace_hash.ts'
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
import { stoppable } from './stoppable.ts'
import { traceBuffer } from './stripes.ts'
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

/** Besides the errno in the trace digest: the process ended in the call. */
const IN_CALL = 0x100

/** A fixed-size result: whether the last word of the call points to it, or the one before, and its bytes. */
interface FixedResult {
  readonly isLast: boolean
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
 * with `canFail` they do what the guest's plan of faults says, with `canStop` the guest can stop before one.
 * Once the process has ended, every call ends the guest again, by a trap that no guest code can catch.
 */
export function bindCalls(
  guest: Guest,
  names: readonly CallName[],
  signatureOf: (name: CallName) => Signature,
  recorder: Recorder | undefined,
  canFail: boolean,
  canStop: boolean,
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
  for (const name of names) {
    const call = bind(guest, signatureOf(name), ending, recorder, canFail)
    bound[name] = canStop ? stoppable(guest, call) : call
  }
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

/** What the fixed results of a call are: none, or one of so many words at the last, or others. */
const NONE = 0
const ONE_U32 = 1
const ONE_U64 = 2
const OTHERS = 3

/** A constant of the module, so that engines know where its words are. */
const buffer = traceBuffer()

/** What surrounds every call of one kind. */
class CallSite {
  readonly #guest: Guest
  readonly #name: CallName
  readonly #ending: Ending
  readonly #recorder: CallRecorder | undefined
  readonly #index: number
  readonly #wordCount: number
  readonly #results: readonly FixedResult[]
  readonly #shape: number
  /** Where the words of calls are: those of a call that is recorded have to stay, so they are by themselves. */
  readonly words: Int32Array

  constructor(guest: Guest, signature: Signature, ending: Ending, recorder: CallRecorder | undefined) {
    this.#guest = guest
    this.#name = signature.name
    this.#ending = ending
    this.#recorder = recorder
    this.#index = callNames.indexOf(signature.name)
    this.#wordCount = wordCount(signature)
    this.#results = fixedResults(signature)
    this.#shape = shapeOf(this.#results)
    this.words = recorder === undefined ? buffer.words : guest.words
  }

  /** Before the call; where in `words` its words are to be written. */
  enter(): number {
    const guest = this.#guest
    const { process, kernel } = guest
    if (process.end !== undefined || process.inCall) this.#refuse()
    if (process.calls >= process.limits.calls) this.#refuseMore()
    process.inCall = true
    process.calls++
    kernel.clock.step()
    if (guest.meter !== undefined) kernel.spend(process, guest.meter(), guest.metersAll)
    const { hash } = guest
    return hash === undefined || this.#recorder !== undefined ? 0 : buffer.open(hash, this.#index, this.#wordCount)
  }

  /** The words are written. */
  begin(): void {
    if (this.#recorder !== undefined) this.#beginRecorded(this.#recorder)
  }

  /**
   * After the call, of which `last` and `before` are the last word and the one before it, or 0: absorbs its result, and
   * gives back what it returns, or `ENDED`.
   */
  leave(errno: number, before: number, last: number): number {
    const guest = this.#guest
    const { hash, process } = guest
    process.inCall = false
    if (this.#recorder !== undefined) this.#leaveRecorded(this.#recorder, errno)
    else if (hash !== undefined) this.#absorb(hash, errno, before, last)
    return process.end === undefined ? errno : ENDED
  }

  /** Ends the guest, whose process has ended. It is called where nothing catches the trap only to pass it on. */
  end(): number {
    const { frames } = this.#guest
    if (frames === undefined) throw this.#ending.trap
    frames.unwind()
    return 0
  }

  /** Absorbs what the call gave. */
  #absorb(hash: TraceHash, errno: number, before: number, last: number): void {
    const { words } = buffer
    const { memory, process } = this.#guest
    const at = buffer.rest(hash)
    const shape = this.#shape
    if (errno !== 0 || shape === OTHERS || process.end !== undefined) {
      buffer.at = this.#note(words, at, errno, before, last)
      return
    }
    words[at] = ~0
    if (shape === NONE) buffer.at = at + 1
    else {
      words[at + 1] = memory.view.getInt32(last >>> 0, true)
      if (shape === ONE_U64) words[at + 2] = memory.view.getInt32((last >>> 0) + 4, true)
      buffer.at = at + 1 + shape
    }
  }

  /** Puts the call's errno and its results of fixed size into `words` from `at` on; where they end. */
  #note(words: Int32Array, at: number, errno: number, before: number, last: number): number {
    const { memory, process } = this.#guest
    let end = at + 1
    words[at] = ~(process.end === undefined ? errno : errno | IN_CALL)
    if (errno !== 0 || process.end !== undefined) return end
    const { view } = memory
    const results = this.#results
    for (let i = 0; i < results.length; i++) {
      const { isLast, size } = results[i] as FixedResult
      const ptr = (isLast ? last : before) >>> 0
      if (size === 2) words[end++] = view.getUint16(ptr, true)
      else {
        copyWords(words, end, view, ptr, size / 4)
        end += size / 4
      }
    }
    return end
  }

  /** Between the call and the rest, so that only calls that are made are recorded. */
  #beginRecorded(recorder: CallRecorder): void {
    this.#guest.hash?.call(this.#index, this.words, this.#wordCount)
    recorder.before()
  }

  #leaveRecorded(recorder: CallRecorder, errno: number): void {
    recorder.after(errno)
    const { words } = this
    const count = this.#wordCount
    const end = this.#note(words, count, errno, words[count - 2] ?? 0, words[count - 1] ?? 0)
    this.#guest.hash?.end(words, count, end)
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

  #refuseMore(): never {
    const { process, kernel } = this.#guest
    const message = `the guest made ${process.limits.calls} calls; raise limits.calls if it needs more`
    kernel.exit(process, { kind: 'limit', limit: 'calls', message })
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

/** @throws KernelBug where another word than the last two points to one, as nobody would look there. */
function fixedResults(signature: Signature): FixedResult[] {
  const count = wordCount(signature)
  return signature.results.flatMap((result) => {
    if (!('size' in result)) return []
    const fromEnd = count - wordOf(signature, result.param)
    if (fromEnd > 2) throw new KernelBug(`${result.param} of ${signature.name} is not among its last two words`)
    return [{ isLast: fromEnd === 1, size: result.size }]
  })
}

function shapeOf([first, ...more]: readonly FixedResult[]): number {
  if (first === undefined) return NONE
  if (more.length > 0 || !first.isLast) return OTHERS
  return first.size === 4 ? ONE_U32 : first.size === 8 ? ONE_U64 : OTHERS
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
  const site = new CallSite(guest, signature, ending, recorder?.of(signature))
  const handler = canFail ? faulty(guest, signature, handlers[signature.name]) : handlers[signature.name]
  const { words: w } = site
  switch (wordCount(signature)) {
    case 0:
      return () => {
        let errno: number
        try {
          site.enter()
          site.begin()
          errno = site.leave(handler(guest), 0, 0)
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
          const at = site.enter()
          w[at] = a
          site.begin()
          errno = site.leave(handler(guest, a), 0, a)
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
          const at = site.enter()
          w[at] = a
          w[at + 1] = b
          site.begin()
          errno = site.leave(handler(guest, a, b), a, b)
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
          const at = site.enter()
          w[at] = a
          w[at + 1] = b
          w[at + 2] = c
          site.begin()
          errno = site.leave(handler(guest, a, b, c), b, c)
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
          const at = site.enter()
          w[at] = a
          w[at + 1] = b
          w[at + 2] = c
          w[at + 3] = d
          site.begin()
          errno = site.leave(handler(guest, a, b, c, d), c, d)
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
          const at = site.enter()
          w[at] = a
          w[at + 1] = b
          w[at + 2] = c
          w[at + 3] = d
          w[at + 4] = e
          site.begin()
          errno = site.leave(handler(guest, a, b, c, d, e), d, e)
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
          const at = site.enter()
          w[at] = a
          w[at + 1] = b
          w[at + 2] = c
          w[at + 3] = d
          w[at + 4] = e
          w[at + 5] = f
          site.begin()
          errno = site.leave(handler(guest, a, b, c, d, e, f), e, f)
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
          const at = site.enter()
          w[at] = a
          w[at + 1] = b
          w[at + 2] = c
          w[at + 3] = d
          w[at + 4] = e
          w[at + 5] = f
          w[at + 6] = g
          site.begin()
          errno = site.leave(handler(guest, a, b, c, d, e, f, g), f, g)
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
          const at = site.enter()
          w[at] = a
          w[at + 1] = b
          w[at + 2] = c
          w[at + 3] = d
          w[at + 4] = e
          w[at + 5] = f
          w[at + 6] = g
          w[at + 7] = h
          w[at + 8] = i
          site.begin()
          errno = site.leave(handler(guest, a, b, c, d, e, f, g, h, i), h, i)
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
          const at = site.enter()
          w[at] = a
          w[at + 1] = b
          w[at + 2] = c
          w[at + 3] = d
          w[at + 4] = e
          w[at + 5] = f
          w[at + 6] = g
          w[at + 7] = h
          w[at + 8] = i
          w[at + 9] = j
          w[at + 10] = k
          site.begin()
          errno = site.leave(handler(guest, a, b, c, d, e, f, g, h, i, j, k), j, k)
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
