/** File calls of the commands' own, and whose argument it is that fails. */

import { closeSync, openSync, readSync } from 'node:fs'
import { FormatError } from '../index.ts'
import { errnoOf, reasonOf } from '../node/host_error.ts'
import { quote } from '../node/host_names.ts'
import { HostError } from '../node/index.ts'

/** Puts the argument before what is wrong with it. */
export function about<T>(argument: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    if (error instanceof HostError) throw new HostError(error.code, error.path, `${argument}: ${error.message}`, error)
    if (error instanceof FormatError)
      throw new HostError('UNREADABLE', argument, `${argument}: ${error.message}`, error)
    throw error
  }
}

/** The first bytes of a file, which say what it is. */
export function headOf(path: string, size: number): Uint8Array {
  return withHost(path, path, 'read', () => {
    const fd = openSync(path, 'r')
    try {
      const head = new Uint8Array(size)
      return head.subarray(0, readSync(fd, head))
    } finally {
      closeSync(fd)
    }
  })
}

/** A file call of the command's own, whose failure is the argument's. */
export function withHost<T>(argument: string, file: string, verb: 'read' | 'written', action: () => T): T {
  try {
    return action()
  } catch (error) {
    if (errnoOf(error) === undefined) throw error
    const code = verb === 'read' ? 'UNREADABLE' : 'WRITE_FAILED'
    throw new HostError(code, file, `${argument}: ${quote(file)} cannot be ${verb}: ${reasonOf(error)}`, error)
  }
}
