/** proc_exit, proc_raise, sched_yield. */

import { ENOTSUP } from '../../vfs/errno.ts'
import {
  SIGNAL_CHLD,
  SIGNAL_CONT,
  SIGNAL_NAMES,
  SIGNAL_NONE,
  SIGNAL_PIPE,
  SIGNAL_STOP,
  SIGNAL_TSTP,
  SIGNAL_TTIN,
  SIGNAL_TTOU,
  SIGNAL_URG,
  SIGNAL_WINCH,
} from '../abi/types.ts'
import { type Guest, INVAL } from './guest.ts'

/**
 * proc_exit(rval: exitcode)
 *
 * Ends the process with the code as given, all 32 bits. It does not return: the guest is ended by a trap, which no
 * guest code can catch.
 * POSIX: _exit.
 */
export function procExit(guest: Guest, code: number): number {
  guest.kernel.exit(guest.process, { kind: 'exit', code: code >>> 0 })
  return 0
}

/** SIGPIPE among them: preview1 says so, where POSIX ends the process. */
const IGNORED: readonly number[] = [SIGNAL_PIPE, SIGNAL_CHLD, SIGNAL_CONT, SIGNAL_URG, SIGNAL_WINCH]
const STOPPING: readonly number[] = [SIGNAL_STOP, SIGNAL_TSTP, SIGNAL_TTIN, SIGNAL_TTOU]

/**
 * proc_raise(sig: signal) -> errno
 *
 * Takes the signal's default action, as there are no handlers: most end the process, some do nothing.
 * INVAL: there is no such signal, or it is 0. NOTSUP: it would stop the process, and nobody could continue it.
 * POSIX: raise.
 */
export function procRaise(guest: Guest, signal: number): number {
  const name = SIGNAL_NAMES[signal >>> 0]
  if (name === undefined || signal === SIGNAL_NONE) return INVAL
  if (STOPPING.includes(signal)) return ENOTSUP.number
  if (!IGNORED.includes(signal)) guest.kernel.exit(guest.process, { kind: 'signal', signal, name })
  return 0
}

/**
 * sched_yield() -> errno
 *
 * Lets others run. Like every call it takes one tick of virtual time, so a loop that waits by yielding ends.
 * POSIX: sched_yield.
 */
export function schedYield(): number {
  return 0
}
