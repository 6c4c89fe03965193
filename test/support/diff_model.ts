/** What a list of changes means, told in the simplest way: what it makes of one listing is the other. */

import { textOf } from '../../vfs/bytes.ts'
import type { Change, Field, Side } from '../../vfs/diff.ts'
import type { Filesystem } from '../../vfs/filesystem.ts'
import type { Inode } from '../../vfs/inode.ts'
import { ROOT_INO } from '../../vfs/inode_table.ts'
import { nanoseconds } from '../../vfs/instant.ts'
import { contentHash } from './tree_state.ts'

/** What is at a path; of a directory only what no entry of it changes. */
export type Item = Record<string, unknown>
export type Listing = Map<string, Item>

export function listingOf(fs: Filesystem, fields: readonly Field[]): Listing {
  const listing: Listing = new Map()
  const visit = (path: string, inode: Readonly<Inode>): void => {
    listing.set(path === '' ? '/' : path, itemOf(inode, fields))
    if (!inode.isDirectory()) return
    for (const { name, ino } of inode.body.entries()) visit(`${path}/${textOf(name)}`, fs.get(ino))
  }
  visit('', fs.get(ROOT_INO))
  return listing
}

function itemOf(inode: Readonly<Inode>, fields: readonly Field[]): Item {
  const content = inode.isFile()
    ? `${inode.body.size} ${contentHash(inode.body)}`
    : typeof inode.body === 'string'
      ? inode.body
      : ''
  const all: Record<Field, unknown> = {
    mode: inode.mode,
    nlink: inode.nlink,
    atime: nanoseconds({ sec: inode.atimSec, nsec: inode.atimNsec }),
    mtime: nanoseconds({ sec: inode.mtimSec, nsec: inode.mtimNsec }),
    ctime: nanoseconds({ sec: inode.ctimSec, nsec: inode.ctimNsec }),
    btime: nanoseconds({ sec: inode.btimSec, nsec: inode.btimNsec }),
  }
  const told = inode.isDirectory() ? fields.filter((field) => field === 'mode') : fields
  return { kind: inode.kind, content, ...Object.fromEntries(told.map((field) => [field, all[field]])) }
}

/** What `changes` make of the listing `a`; contents and times that they only name are those of `b`. */
export function applied(a: Listing, b: Listing, changes: readonly Change[]): Listing {
  const gone = new Set<string>()
  const arrivals = new Map<string, { readonly name: string; readonly from: string | undefined }[]>()
  const told = new Map<string, Change>()
  for (const change of changes) {
    if (change.type === 'removed') gone.add(change.path)
    else told.set(change.path, change)
    if (change.from !== undefined) gone.add(change.from)
    if (change.type !== 'added' && change.type !== 'renamed') continue
    const slash = change.path.lastIndexOf('/')
    const list = arrivals.get(change.path.slice(0, slash)) ?? []
    arrivals.set(change.path.slice(0, slash), [...list, { name: change.path.slice(slash + 1), from: change.from }])
  }
  const result: Listing = new Map()
  const build = (path: string, from: string | undefined): void => {
    const key = path === '' ? '/' : path
    const old = from === undefined ? undefined : a.get(from === '' ? '/' : from)
    const change = told.get(key)
    result.set(key, change === undefined ? (old as Item) : changed(old, b.get(key) as Item, change))
    const children = new Map<string, string | undefined>()
    if (from !== undefined) {
      for (const below of a.keys()) {
        const name = below.slice(from.length + 1)
        if (!below.startsWith(`${from}/`) || name === '' || name.includes('/') || gone.has(below)) continue
        children.set(name, below)
      }
    }
    for (const arrival of arrivals.get(path) ?? []) children.set(arrival.name, arrival.from)
    for (const [name, at] of children) build(`${path}/${name}`, at)
  }
  build('', '')
  return result
}

function changed(old: Item | undefined, now: Item, { type, content, fields, after }: Change): Item {
  if (type === 'added' || old === undefined) return now
  const item: Item = { ...old }
  if (content) {
    item.kind = (after as Side).kind
    item.content = now.content
  }
  for (const field of fields) if (field in now) item[field] = now[field]
  if (old.kind === item.kind) return item
  // Of another kind other things are told.
  return Object.fromEntries(Object.keys(now).map((key) => [key, key in item ? item[key] : now[key]]))
}

export function sorted(listing: Listing): [string, Item][] {
  return [...listing].sort(([x], [y]) => (x < y ? -1 : 1))
}
