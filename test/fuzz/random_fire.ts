/**
 * Random fire: programs of calls with any arguments, and what must hold whatever they are. The value returned is an
 * errno of preview1; nothing is thrown; memory changes only where the signature says; a call that fails, EFAULT above
 * all, changes nothing but the clocks, by one tick; the tree stays sound; the same program gives the same trace.
 */

import type { Descriptor } from '../../kernel/fd_table.ts'
import { type Signature, signatures } from '../../src/abi/signatures.ts'
import { formatRecord, type Machine } from '../../src/index.ts'
import { unstableSignature } from '../../src/unstable/signatures.ts'
import { check } from '../../vfs/check.ts'
import { errnoName } from '../../vfs/errno.ts'
import type { Filesystem } from '../../vfs/filesystem.ts'
import type { Edition } from '../../vfs/persistent_array.ts'
import { stateOf } from '../support/tree_state.ts'
import { type Answer, FireGuest } from './fire_guest.ts'
import type { FireProgram, Shot } from './fire_programs.ts'
import { written } from './written.ts'

/** The tree is checked whole after this many calls. */
const CHECKED_EVERY = 16
/** `ENOTCAPABLE`, the last errno. */
const LAST_ERRNO = 76

/** Where time stops, in nanoseconds since 1970. */
const LAST_MOMENT = 2n ** 64n - 1n

/** What firing a program found. */
export interface Fired {
  readonly calls: number
  /** What did not hold; `undefined` where all did. */
  readonly fault: string | undefined
}

/** Fires a program, each call watched, and again to see that it does the same. */
export function fire(program: FireProgram): Fired {
  const { shots, answers, guest, fault } = watched(program)
  const fired = (found: string | undefined): Fired => ({ calls: shots.length, fault: found })
  if (fault !== undefined) return fired(fault)
  const again = unwatched(program, program.shots, program.noise % 2 === 0 ? 'digest' : 'records')
  const difference = differenceOf(guest, again.guest) ?? firstDifference(answers, again.answers)
  if (difference !== undefined) return fired(`the same again: ${difference}`)
  return fired(program.tick === 0 ? traceOfFailures(program, answers, guest) : undefined)
}

/** Fires a program at guests of `machine`; their trace digests. */
export function fireOnce(machine: Machine, program: FireProgram): string {
  return unwatched(program, program.shots, 'digest', machine).guest.digests.join()
}

/** The calls of a program by themselves, as `strace` would show them. */
export function transcript(program: FireProgram): string {
  const lines: string[] = []
  const guest = new FireGuest(program, 'records')
  try {
    for (const shot of shotsOf(guest, program.shots)) {
      const { run } = guest
      const from = run.trace.length
      guest.prepare(shot)
      guest.call(shot)
      for (const record of run.trace.slice(from)) lines.push(formatRecord(record))
    }
  } catch (error) {
    lines.push(String(error))
  }
  return lines.join('\n')
}

/** All calls: those that open what is to be open, again for each guest, and those of the program. */
function* shotsOf(guest: FireGuest, shots: readonly Shot[]): Generator<Shot> {
  yield* openingsOf(guest)
  for (const shot of shots) {
    if (guest.run.end !== undefined) {
      guest.respawn()
      yield* openingsOf(guest)
    }
    if (guest.run.end === undefined) yield shot
  }
}

/** A guest before may have put a fifo where this one opens a file, and then it ends by waiting for a reader. */
function* openingsOf(guest: FireGuest): Generator<Shot> {
  for (const shot of guest.opening) {
    if (guest.run.end !== undefined) return
    yield shot
  }
}

interface Volley {
  readonly guest: FireGuest
  /** Every call that was made, and what it gave. */
  readonly shots: readonly Shot[]
  readonly answers: readonly Answer[]
}

function unwatched(
  program: FireProgram,
  shots: readonly Shot[],
  trace: 'digest' | 'records',
  machine?: Machine,
): Volley {
  const guest = new FireGuest(program, trace, machine)
  const made: Shot[] = []
  const answers: Answer[] = []
  for (const shot of shotsOf(guest, shots)) {
    guest.prepare(shot)
    made.push(shot)
    answers.push(guest.call(shot))
  }
  guest.digests.push(guest.run.traceDigest)
  guest.run.close()
  return { guest, shots: made, answers }
}

function watched(program: FireProgram): Volley & { readonly fault: string | undefined } {
  const guest = new FireGuest(program, 'digest')
  const shots: Shot[] = []
  const answers: Answer[] = []
  const end = (fault: string | undefined) => ({ guest, shots, answers, fault })
  let watch = new Watch(guest, program)
  for (const shot of shotsOf(guest, program.shots)) {
    if (watch.run !== guest.run) watch = new Watch(guest, program)
    guest.prepare(shot)
    watch.prepare()
    shots.push(shot)
    const said = `call ${shots.length - 1}, ${shot.call}(${shot.args.join(', ')})`
    let answer: Answer
    try {
      answer = guest.call(shot)
    } catch (error) {
      return end(`${said} threw ${error instanceof Error ? error.stack : String(error)}`)
    }
    answers.push(answer)
    const fault = watch.faultOf(shot, answer)
    if (fault !== undefined) return end(`${said} gave ${errnoName(Number(answer)) ?? answer}: ${fault}`)
    if (shots.length % CHECKED_EVERY === 0) {
      const faults = check(guest.machine.tree)
      if (faults.length > 0) return end(`by ${said}: ${faults.join('; ')}`)
    }
  }
  guest.digests.push(guest.run.traceDigest)
  guest.run.close()
  const { tree } = guest.machine
  const faults = check(tree)
  tree.table.forEach(({ ino }) => {
    if (tree.isHeld(ino)) faults.push(`inode ${ino} is held, and nothing runs`)
  })
  return end(faults.length > 0 ? `at the end: ${faults.join('; ')}` : undefined)
}

/** A guest, and how all was before the call at hand. */
class Watch {
  readonly run: FireGuest['run']
  readonly #guest: FireGuest
  readonly #tree: Filesystem
  readonly #tick: bigint
  readonly #signatureOf: (shot: Shot) => Signature
  /** The memory as the next call finds it. */
  #shadow: Uint8Array
  #time = 0n
  #calls = 0
  #descriptors: readonly unknown[]
  #edition: Edition
  #nextIno: number

  constructor(guest: FireGuest, { tick, module }: FireProgram) {
    this.#guest = guest
    this.run = guest.run
    this.#tree = guest.machine.tree
    this.#tick = BigInt(tick)
    this.#signatureOf = ({ call }) => (module === 'wasi_unstable' ? unstableSignature(call) : signatures[call])
    this.#shadow = guest.u8.slice()
    this.#descriptors = this.#describe()
    this.#edition = this.#forked()
    this.#nextIno = this.#tree.table.nextIno
  }

  /** Takes over what the guest itself did to its memory. */
  prepare(): void {
    const { u8, machine, run } = this.#guest
    if (u8.length !== this.#shadow.length) this.#shadow = u8.slice()
    else if (Buffer.compare(u8, this.#shadow) !== 0) this.#shadow.set(u8)
    this.#time = machine.time
    this.#calls = run.calls
  }

  /** What does not hold after the call. */
  faultOf(shot: Shot, answer: Answer): string | undefined {
    const { run, machine } = this.#guest
    if (answer !== 'ended' && !(Number.isInteger(answer) && answer >= 0 && answer <= LAST_ERRNO)) return 'no errno'
    if (answer === 'ended') return run.calls === this.#calls + 1 ? undefined : 'not counted'
    if (run.calls !== this.#calls + 1) return `${run.calls - this.#calls} calls counted`
    const elapsed = machine.time - this.#time
    const mayWait = answer === 0 && shot.call === 'poll_oneoff' && elapsed > this.#tick
    if (elapsed !== this.#tick && !mayWait && machine.time !== LAST_MOMENT) return `it took ${elapsed} ns`
    return this.#memoryFault(shot, answer) ?? this.#stateFault(answer)
  }

  #memoryFault(shot: Shot, answer: number): string | undefined {
    const { u8, process } = this.#guest
    const shadow = this.#shadow
    if (answer === 0) {
      const places = written(this.#signatureOf(shot), shot.args.map(Number), shadow, u8, process)
      for (const { ptr, len } of places) shadow.set(u8.subarray(ptr, ptr + len), ptr)
    }
    if (Buffer.compare(shadow, u8) === 0) return undefined
    return `it wrote at ${u8.findIndex((byte, index) => byte !== shadow[index])}`
  }

  /** After a failure all is as it was; after a success it is taken for what was before the next call. */
  #stateFault(answer: number): string | undefined {
    const { table } = this.#tree
    const changed: string[] = []
    table.forEach((inode) => {
      if (inode.edition === this.#edition) changed.push(`${inode.kind} ${inode.ino}`)
    })
    const isChanged = changed.length > 0 || table.nextIno !== this.#nextIno
    const descriptors = this.#describe()
    if (answer === 0) {
      this.#descriptors = descriptors
      if (isChanged) {
        this.#edition = this.#forked()
        this.#nextIno = table.nextIno
      }
      return undefined
    }
    if (isChanged) return `it changed ${changed.join(', ')}`
    const index = descriptors.findIndex((value, at) => value !== this.#descriptors[at])
    if (index >= 0 || descriptors.length !== this.#descriptors.length) return `it changed a descriptor (word ${index})`
    return undefined
  }

  /** From here on every inode that changes is of the edition given: forks share inodes until they change. */
  #forked(): Edition {
    this.#tree.fork('keep')
    return this.#tree.table.edition
  }

  /** What descriptors are and where they stand, and what the machine has given out. */
  #describe(): unknown[] {
    const { process } = this.#guest
    const all: unknown[] = [process.outputSize, this.#tree.table.count, this.#tree.blocks]
    for (const fd of process.fds.numbers()) {
      const descriptor = process.fds.at(fd) as Descriptor
      const { file, base, inheriting } = descriptor
      const { offset, append, nonblock, dsync, rsync, sync, references, pipe, socket, listener } = file
      all.push(fd, descriptor, base, inheriting, offset, append, nonblock, dsync, rsync, sync, references)
      if (pipe !== undefined) all.push(pipe.queue.size, pipe.readers, pipe.writers)
      if (socket !== undefined) {
        all.push(socket.incoming.size, socket.outgoing.size, socket.sendShut, socket.receiveShut, socket.peer)
      }
      if (listener !== undefined) all.push(listener.pending.length, listener.shut)
    }
    return all
  }
}

/**
 * With clocks that stand still, leaving out the calls that failed must change nothing for the others: not the answers,
 * not the memory, not what is read, not the randomness, not the tree that is left.
 */
function traceOfFailures(program: FireProgram, answers: readonly Answer[], guest: FireGuest): string | undefined {
  const { run } = guest
  if (guest.digests.length > 1) return undefined
  const opening = guest.opening.length
  const kept = program.shots.map((shot, index): Shot => {
    const answer = answers[index + opening]
    // What the guest does itself stays.
    return answer === 0 || answer === 'ended' ? shot : { ...shot, call: 'sched_yield', args: [] }
  })
  const without = unwatched(program, kept, 'digest')
  const failed = without.answers.findIndex((answer, index) => index >= opening && answer !== 0 && answer !== 'ended')
  if (failed >= 0) return `without the calls that failed, call ${failed} fails, too`
  if (Buffer.compare(guest.u8, without.guest.u8) !== 0) return 'without the calls that failed, memory is another'
  if (Buffer.compare(run.stdout.bytes, without.guest.run.stdout.bytes) !== 0) {
    return 'without the calls that failed, the output is another'
  }
  const difference = firstDifference(stateOf(guest.machine.tree), stateOf(without.guest.machine.tree))
  return difference === undefined ? undefined : `without the calls that failed, the tree is another: ${difference}`
}

function differenceOf(one: FireGuest, other: FireGuest): string | undefined {
  return (
    firstDifference(one.digests, other.digests) ??
    firstDifference([`${one.machine.time}`], [`${other.machine.time}`]) ??
    firstDifference(stateOf(one.machine.tree), stateOf(other.machine.tree))
  )
}

function firstDifference(one: readonly unknown[], other: readonly unknown[]): string | undefined {
  const index = one.findIndex((value, at) => value !== other[at])
  if (index >= 0) return `${one[index]}, and then ${other[index]}`
  return one.length === other.length ? undefined : `${one.length} of them, and then ${other.length}`
}
