/** Carries out a plan of faults: stands before the handler of a call, and lets through what is to happen as it is. */

import type { Effect, Faults } from '../../kernel/fault.ts'
import { textOf } from '../../vfs/bytes.ts'
import { ENOSPC } from '../../vfs/errno.ts'
import type { Journal } from '../../vfs/journal.ts'
import { type Signature, wordOf } from '../abi/signatures.ts'
import type { Guest, Handler } from './guest.ts'

/** The faults of one run. */
export interface FaultPlan {
  readonly faults: Faults
  /** What is synced, where the power may go. */
  readonly journal: Journal | undefined
  /** The power goes: ends the run, with the fate of what was not synced. */
  readonly cut: (fate: string) => void
}

/** The handler of a call that does what the plan of the guest says, while it has one. */
export function faulty(guest: Guest, signature: Signature, handler: Handler): Handler {
  const { name, params, results } = signature
  const fdWords = params.filter(({ kind }) => kind === 'fd').map(({ name }) => wordOf(signature, name))
  const paths = pathWords(signature)
  const moved = results.find(({ param }) => param === 'nwritten')?.param
  const movedWord = moved === undefined ? undefined : wordOf(signature, moved)
  const syncs = name === 'fd_sync' || name === 'fd_datasync'
  return (_guest, ...words: number[]) => {
    const { kernel, plan, process } = guest
    if (plan === undefined) return handler(guest, ...words)
    const { faults, journal } = plan
    const fds = fdWords.map((word) => (words[word] as number) >>> 0)
    const effect = faults.next(process.calls, name, fds, () => pathsOf(guest, fds, paths, words))
    const failed = effect === undefined ? undefined : before(guest, effect, plan)
    if (failed !== undefined) return failed
    const number = handler(guest, ...words)
    guest.shortTo = Number.POSITIVE_INFINITY
    if (number === 0 && process.end === undefined && effect?.kind === 'space' && movedWord !== undefined) {
      faults.written(guest.memory.view.getUint32((words[movedWord] as number) >>> 0, true))
    }
    if (journal !== undefined) {
      journal.note(kernel.fs, process.calls)
      const file = number === 0 ? process.fds.at(fds[0] as number)?.file : undefined
      if (file !== undefined && (syncs || file.dsync || file.sync)) journal.sync(file.ino)
    }
    return number
  }
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

/** The paths that a call is about, as text: of its arguments, without links followed, or of its descriptors. */
function pathsOf(
  guest: Guest,
  fds: readonly number[],
  paths: readonly PathWords[],
  words: readonly number[],
): readonly string[] {
  const { fs } = guest.kernel
  const names = fs.lineage.names(fs.table)
  const pathOf = (fd: number | undefined): string | undefined => {
    const ino = fd === undefined ? 0 : (guest.process.fds.at(fd)?.file.ino ?? 0)
    const path = ino === 0 ? undefined : names.pathOf(ino)
    return path === undefined ? undefined : textOf(path)
  }
  if (paths.length === 0) return fds.flatMap((fd) => pathOf(fd) ?? [])
  return paths.flatMap(({ ptr, length, base }) => {
    const [start, size] = [(words[ptr] as number) >>> 0, (words[length] as number) >>> 0]
    const from = pathOf(fds[base])
    if (from === undefined || !guest.memory.covers(start, size)) return []
    return [normal(`${from}/${textOf(guest.memory.readByteString(start, size))}`)]
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
