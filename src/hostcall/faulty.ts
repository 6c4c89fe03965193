/** Carries out a plan of faults: stands before the handler of a call, and lets through what is to happen as it is. */

import type { Effect, Faults, Subject } from '../../kernel/fault.ts'
import type { OpenFile } from '../../kernel/open_file.ts'
import { textOf } from '../../vfs/bytes.ts'
import { ENOSPC } from '../../vfs/errno.ts'
import { type Signature, wordOf } from '../abi/signatures.ts'
import type { Guest, Handler } from './guest.ts'

/** The faults of one run. */
export interface FaultPlan {
  readonly faults: Faults
  /** The first call that they are about, where nothing need be noted: those before it are only let through. */
  readonly from?: number
  /** The power goes: ends every run, with the fate of what was not synced. */
  readonly cut: (fate: string) => void
}

/** Calls that write to the file of their descriptor, so that its flags may make them syncs too; and that read from it. */
const WRITES = ['fd_write', 'fd_pwrite', 'fd_allocate', 'fd_filestat_set_size']
const READS = ['fd_read', 'fd_pread']

/** The handler of a call that does what the plan of the guest says, and tells the kernel's journal, where there are. */
export function faulty(guest: Guest, signature: Signature, handler: Handler): Handler {
  const { name, results } = signature
  const subject = new CallSubject(guest, signature)
  const moved = results.find(({ param }) => param === 'nwritten')?.param
  const movedWord = moved === undefined ? undefined : wordOf(signature, moved)
  const syncs = syncsOf(name)
  return (_guest, ...words: number[]) => {
    const { plan } = guest
    if (plan?.from !== undefined && guest.process.calls < plan.from) return handler(guest, ...words)
    subject.words = words
    const effect = plan?.faults.next(guest.process.calls, name, subject)
    const failed = effect === undefined || plan === undefined ? undefined : before(guest, effect, plan)
    if (failed !== undefined) return failed
    guest.wasShort = false
    const number = handler(guest, ...words)
    guest.shortTo = Number.POSITIVE_INFINITY
    const { kernel, process } = guest
    const goesOn = number === 0 && process.end === undefined
    if (goesOn && (effect?.kind === 'space' || effect?.kind === 'short')) {
      const at = movedWord === undefined ? undefined : (words[movedWord] as number) >>> 0
      const bytes = at === undefined ? 0 : guest.memory.view.getUint32(at, true)
      plan?.faults.moved(effect.kind === 'space' ? bytes : 0, guest.wasShort)
    }
    if (kernel.journal !== undefined) {
      kernel.journal.note(kernel.fs, process.calls)
      const file = goesOn && syncs !== undefined ? subject.file : undefined
      if (file !== undefined && syncs?.(file) === true) kernel.journal.sync(file.ino)
    }
    return number
  }
}

/** The call at hand: one object for all calls of a kind. */
class CallSubject implements Subject {
  words: readonly number[] = []
  readonly #guest: Guest
  readonly #fdWords: readonly number[]
  readonly #paths: readonly PathWords[]

  constructor(guest: Guest, signature: Signature) {
    this.#guest = guest
    this.#fdWords = signature.params.filter(({ kind }) => kind === 'fd').map(({ name }) => wordOf(signature, name))
    this.#paths = pathWords(signature)
  }

  get fds(): readonly number[] {
    return this.#fdWords.map((word) => this.#word(word))
  }

  /** What its first descriptor refers to. */
  get file(): OpenFile | undefined {
    const [word] = this.#fdWords
    return word === undefined ? undefined : this.#guest.process.fds.at(this.#word(word))?.file
  }

  isFile(): boolean {
    return this.file?.kind === 'file'
  }

  /** As text: of its arguments, without links followed, or all names of its descriptors. */
  paths(): readonly string[] {
    const { kernel, process, memory } = this.#guest
    const names = kernel.fs.lineage.names(kernel.fs.table)
    const namesOf = (fd: number | undefined): string[] => {
      const ino = fd === undefined ? 0 : (process.fds.at(fd)?.file.ino ?? 0)
      return ino === 0 ? [] : names.pathsOf(ino).map(textOf)
    }
    if (this.#paths.length === 0) return this.fds.flatMap(namesOf)
    return this.#paths.flatMap(({ ptr, length, base }) => {
      const [start, size] = [this.#word(ptr), this.#word(length)]
      if (!memory.covers(start, size)) return []
      return namesOf(this.fds[base]).map((from) => normal(`${from}/${textOf(memory.readByteString(start, size))}`))
    })
  }

  #word(index: number): number {
    return (this.words[index] as number) >>> 0
  }
}

/** Whether a call of this name syncs the file of its descriptor. */
function syncsOf(name: string): ((file: OpenFile) => boolean) | undefined {
  if (name === 'fd_sync' || name === 'fd_datasync') return () => true
  if (WRITES.includes(name)) return ({ dsync, sync }) => dsync || sync
  if (READS.includes(name)) return ({ rsync, dsync, sync }) => rsync && (dsync || sync)
  return undefined
}

/** What happens before the call; an errno where it is not made at all. */
function before(guest: Guest, effect: Effect, plan: FaultPlan): number | undefined {
  switch (effect.kind) {
    case 'errno':
      return effect.errno.number
    case 'short':
      guest.shortTo = effect.bytes
      return undefined
    case 'delay':
      guest.kernel.clock.jump({ sec: Math.floor(effect.ns / 1e9), nsec: effect.ns % 1e9 })
      return undefined
    case 'space':
      if (effect.bytes === 0) return ENOSPC.number
      guest.shortTo = effect.bytes
      return undefined
    case 'cut':
      plan.cut(effect.fate)
      return 0
  }
}

/** Which words are a path, its length, and the descriptor that it starts from, counted among the descriptors. */
interface PathWords {
  readonly ptr: number
  readonly length: number
  readonly base: number
}

function pathWords(signature: Signature): PathWords[] {
  let base = -1
  return signature.params.flatMap(({ name, kind, count }) => {
    if (kind === 'fd') base++
    if (kind !== 'path' || count === undefined || base < 0) return []
    return [{ ptr: wordOf(signature, name), length: wordOf(signature, count), base }]
  })
}

/** Without empty parts, `.` and `..`, by the text alone. */
function normal(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}
