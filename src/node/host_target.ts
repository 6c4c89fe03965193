/**
 * The place on the host that is written to: looked at before, built next to, and filled by renames alone, each of which
 * is undone when a later one fails. Renames never follow a link in the last place.
 */

import { homedir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import type { HostCalls } from './host_calls.ts'
import { errnoOf, HostError, reasonOf } from './host_error.ts'
import { quote } from './host_names.ts'

export interface Target {
  /** As the caller wrote it, for messages. */
  readonly given: string
  /** Absolute. */
  readonly path: string
  readonly kind: 'missing' | 'file' | 'directory'
}

/** Where a write-out is built. */
export interface Area {
  /** A fresh folder on the target's own disk, which nobody else writes to. */
  readonly folder: string
  /** The file or directory to build, in it. */
  readonly built: string
}

/**
 * Looks at the place to write to. Its parent must be there, and may be reached through links, since the caller named it.
 * @throws HostError `NOT_FOUND` where the parent is missing; `REFUSED` for a link, a device, or the root of a disk.
 */
export function checkTarget(host: HostCalls, given: string): Target {
  const path = resolve(given)
  const parent = dirname(path)
  const refuse = (problem: string): never => {
    throw new HostError('REFUSED', given, `${quote(given)} ${problem}`)
  }
  if (parent === path) refuse('is the root of a disk: name a folder in it')
  try {
    const stats = host.lstatSync(path)
    if (stats.isSymbolicLink()) refuse('is a link, which is not written through: name what it leads to, or remove it')
    if (stats.isDirectory()) return { given, path, kind: 'directory' }
    if (stats.isFile()) return { given, path, kind: 'file' }
    refuse('is neither a file nor a folder: name another place')
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw asNotFound(error, given)
  }
  try {
    if (host.statSync(parent).isDirectory()) return { given, path, kind: 'missing' }
  } catch (error) {
    throw asNotFound(error, given, ': make the folder that is to hold it first')
  }
  throw new HostError('NOT_FOUND', given, `${quote(given)} cannot be made: ${quote(parent)} is no folder`)
}

/**
 * Refuses a folder with content; with `replace`, only the user's home, which nobody means to replace.
 * @throws HostError `REFUSED`
 */
export function checkContent(host: HostCalls, target: Target, replace: boolean): void {
  if (host.readdirSync(target.path).length === 0) return
  const { given, path } = target
  if (!replace) {
    throw new HostError(
      'REFUSED',
      given,
      `the folder ${quote(given)} has something in it: empty it, name another, or ask for it to be replaced`,
    )
  }
  if (path === resolve(homedir()))
    throw new HostError('REFUSED', given, `${quote(given)} is your home folder: name a folder in it`)
}

/** Makes the place to build in: inside a folder that is there (it may be a disk of its own), else beside the target. */
export function stage(host: HostCalls, target: Target): Area {
  const where = target.kind === 'directory' ? target.path : dirname(target.path)
  try {
    const folder = host.mkdtempSync(join(where, '.vivarium-'))
    return { folder, built: join(folder, 'new') }
  } catch (error) {
    throw new HostError(
      'WRITE_FAILED',
      target.given,
      `nothing can be made in the folder ${quote(where)}: ${reasonOf(error)}`,
      error,
    )
  }
}

/**
 * Moves what was built into its place and removes what was there. Returns the folder with the old content where that
 * could not be removed.
 * @throws HostError `NOT_RESTORED`, with the area left as it is; any other error after everything is as it was.
 */
export function place(host: HostCalls, target: Target, area: Area, replace: boolean): string | undefined {
  if (target.kind !== 'directory') {
    host.renameSync(area.built, target.path)
    return discard(host, area)
  }
  const moves: { readonly from: Buffer; readonly to: Buffer }[] = []
  const old = join(area.folder, 'old')
  host.mkdirSync(old)
  const move = (name: Buffer, fromFolder: string, toFolder: string): void => {
    const from = Buffer.concat([Buffer.from(`${fromFolder}/`), name])
    const to = Buffer.concat([Buffer.from(`${toFolder}/`), name])
    host.renameSync(from, to)
    moves.push({ from, to })
  }
  // Names that are not UTF-8 can be among the old ones, so names stay bytes here.
  const names = (folder: string): Buffer[] => host.readdirSync(folder, { encoding: 'buffer' }) as Buffer[]
  const own = Buffer.from(basename(area.folder))
  try {
    const there = names(target.path).filter((name) => !name.equals(own))
    if (there.length > 0 && !replace) {
      throw new HostError(
        'REFUSED',
        target.given,
        `something has come into the folder ${quote(target.given)} meanwhile; it is as it was`,
      )
    }
    for (const name of there) move(name, target.path, old)
    for (const name of names(area.built)) move(name, area.built, target.path)
  } catch (error) {
    for (const { from, to } of moves.reverse()) {
      try {
        host.renameSync(to, from)
      } catch (second) {
        const message = `${quote(target.given)} is half replaced: ${reasonOf(error)}, and then ${reasonOf(second)} when its old content was put back. What is missing of the old content lies in ${quote(old)}, the new content in ${quote(target.path)} and ${quote(area.built)}: move them by hand`
        throw new HostError('NOT_RESTORED', target.given, message, error)
      }
    }
    throw error
  }
  return discard(host, area)
}

/** Removes the area with all that is still in it; returns its folder where that fails. */
export function discard(host: HostCalls, area: Area): string | undefined {
  try {
    removeTree(host, Buffer.from(area.folder))
    return undefined
  } catch {
    return area.folder
  }
}

/** Removes a folder and all below it. Never follows a link, and never recurses, which `rmSync` does: trees can be deep. */
function removeTree(host: HostCalls, root: Buffer): void {
  const pending = [{ path: root, listed: false }]
  for (let top = pending.at(-1); top !== undefined; top = pending.at(-1)) {
    if (top.listed) {
      host.rmdirSync(top.path)
      pending.pop()
      continue
    }
    top.listed = true
    for (const name of host.readdirSync(top.path, { encoding: 'buffer' }) as Buffer[]) {
      const path = Buffer.concat([top.path, Buffer.from('/'), name])
      if (host.lstatSync(path).isDirectory()) pending.push({ path, listed: false })
      else host.unlinkSync(path)
    }
  }
}

function asNotFound(error: unknown, given: string, advice: string = ''): unknown {
  if (errnoOf(error) === undefined) return error
  return new HostError('NOT_FOUND', given, `${quote(given)} cannot be written to: ${reasonOf(error)}${advice}`, error)
}
