/**
 * Where Vivarium and node:wasi may differ, each with what differs, who is right, and the authority that says so.
 * Nothing else may. Each holds for the one call that matches it.
 */

import type { Operation } from './programs.ts'
import type { Facts, Place, Result } from './worlds.ts'

/** One call that the two worlds answered differently. */
export interface Difference {
  readonly operation: Operation
  readonly ours: Result
  readonly theirs: Result
  /** Which of `errno` and the results differ. */
  readonly fields: readonly string[]
  readonly facts: Facts
}

export interface Divergence {
  readonly id: string
  readonly what: string
  /** `Vivarium`: node:wasi has a fault; `either`: the authority allows both. */
  readonly right: 'Vivarium' | 'either'
  readonly authority: string
  accepts(difference: Difference): boolean
}

/** A difference that comes from what a path means. */
function path(
  id: string,
  what: string,
  authority: string,
  because: (place: Place, operation: Operation) => boolean,
): Divergence {
  return {
    id,
    what,
    right: 'Vivarium',
    authority,
    accepts: ({ operation, theirs, facts }) => {
      const parting = facts.places.find(({ ours, theirs }) => ours !== theirs)
      if (parting === undefined || !because(parting, operation)) return false
      return parting.refused === undefined || theirs.errno === parting.refused
    },
  }
}

/** A difference in the errno alone. */
function errno(
  id: string,
  what: string,
  authority: string,
  ours: string,
  theirs: string,
  because: (difference: Difference) => boolean,
): Divergence {
  return {
    id,
    what,
    right: 'Vivarium',
    authority,
    accepts: (difference) =>
      difference.ours.errno === ours && difference.theirs.errno === theirs && because(difference),
  }
}

export const DIVERGENCES: readonly Divergence[] = [
  path(
    'descriptor-is-a-path',
    'A directory that was renamed or removed while it is open: node:wasi goes on from the path that it had.',
    'POSIX openat(): the path is relative to the directory associated with the descriptor, not to a name that it had.',
    ({ leads }) => !leads,
  ),
  path(
    'wall',
    'A path that leaves its directory: EPERM here; node:wasi says ENOTCAPABLE, or a link on the way leads it out.',
    'wasi-testsuite interesting_paths: EPERM for absolute paths and for `..` beyond the directory.',
    ({ ours }) => ours === 'EPERM',
  ),
  path(
    'empty-path',
    'An empty path: ENOENT here, EINVAL in node:wasi.',
    'POSIX 4.16 Pathname Resolution: a null pathname shall not be successfully resolved; openat(): ENOENT.',
    ({ ours }, operation) => ours === 'ENOENT' && 'path' in operation && textsOf(operation).includes(''),
  ),
  path(
    'open-follows',
    'path_open without SYMLINK_FOLLOW, or with EXCL: node:wasi follows a link all the same, and creates through it.',
    'POSIX open(): O_NOFOLLOW gives ELOOP; O_EXCL and O_CREAT give EEXIST for a link, whatever it says.',
    (_, operation) =>
      operation.call === 'path_open' && (operation.dirflags !== 1 || (operation.oflags & 5) === 5),
  ),
  path(
    'text',
    'node:wasi cleans `.`, `..` and what links say as text, so that `link/..`, `missing/..` and `file/.` lead elsewhere.',
    'POSIX 4.16 Pathname Resolution: dot-dot is the parent of what the walk has reached.',
    (_, operation) => textsOf(operation).some((text) => /(^|\/)\.\.?(\/|$)/.test(text)),
  ),
]

/** What the operation has of paths. */
function textsOf(operation: Operation): string[] {
  return [
    ...('path' in operation ? [operation.path] : []),
    ...('to' in operation && typeof operation.to === 'string' ? [operation.to] : []),
  ]
}

/** The first divergence that accepts a difference. */
export function accepted(difference: Difference): Divergence | undefined {
  return DIVERGENCES.find((divergence) => divergence.accepts(difference))
}
