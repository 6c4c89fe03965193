/** What the tests of `vfs` share: trees that are checked when the test ends, short calls, and names of errnos. */

import { afterEach, expect } from 'vitest'
import { type ByteString, byteString, encodeUtf8, textOf } from '../../vfs/bytes.ts'
import { check } from '../../vfs/check.ts'
import { Errno } from '../../vfs/errno.ts'
import { Filesystem, OPEN_CREATE } from '../../vfs/filesystem.ts'
import type { Instant } from '../../vfs/inode.ts'
import { ROOT_INO } from '../../vfs/inode_table.ts'
import type { Quota } from '../../vfs/limits.ts'
import { exportTree, type Files, importTree } from '../../vfs/tree.ts'
import type { Wall } from '../../vfs/walk.ts'

const made: Filesystem[] = []

afterEach(() => {
  for (const fs of made.splice(0)) expect(check(fs)).toEqual([])
})

/** A tree whose soundness is checked after the test. */
export function makeFs(files: Files = {}, quota: Partial<Quota> = {}): Filesystem {
  const fs = watch(new Filesystem(quota, at(0)))
  importTree(fs, files, at(0))
  return fs
}

/** Also checks `fs`, a fork for one, after the test. */
export function watch(fs: Filesystem): Filesystem {
  made.push(fs)
  return fs
}

export function at(sec: number): Instant {
  return { sec, nsec: 0 }
}

/** The errno's name, `'ok'` for success without a value, else the value: what a test can write down. */
export function told<T>(result: T | Errno | undefined): T | string {
  return result === undefined ? 'ok' : result instanceof Errno ? result.name : result
}

/** The calls of a tree from its root with text paths; results are `told`. */
export class Calls {
  readonly fs: Filesystem
  readonly base: number
  readonly wall: Wall
  /** Every call is at this second. */
  now = 1

  constructor(fs: Filesystem, base: number = ROOT_INO, wall: Wall = 'clamp') {
    this.fs = fs
    this.base = base
    this.wall = wall
  }

  lookup(path: string, last: 'follow' | 'nofollow' | 'parent' = 'follow'): number | string {
    return told(this.fs.lookup(this.base, byteString(path), last, this.wall))
  }

  open(path: string, flags = 0): number | string {
    return told(this.fs.openAt(this.base, byteString(path), flags, this.wall, at(this.now)))
  }

  mkdir(path: string): number | string {
    return told(this.fs.mkdirAt(this.base, byteString(path), this.wall, at(this.now)))
  }

  symlink(target: string, path: string): number | string {
    return told(this.fs.symlinkAt(byteString(target), this.base, byteString(path), this.wall, at(this.now)))
  }

  link(from: string, to: string, last: 'follow' | 'nofollow' = 'nofollow'): string {
    return told(
      this.fs.linkAt(this.base, byteString(from), last, this.base, byteString(to), this.wall, at(this.now)),
    ) as string
  }

  unlink(path: string): string {
    return told(this.fs.unlinkAt(this.base, byteString(path), this.wall, at(this.now))) as string
  }

  rmdir(path: string): string {
    return told(this.fs.rmdirAt(this.base, byteString(path), this.wall, at(this.now))) as string
  }

  rename(from: string, to: string): string {
    return told(
      this.fs.renameAt(this.base, byteString(from), this.base, byteString(to), this.wall, at(this.now)),
    ) as string
  }

  readlink(path: string): string {
    const result = this.fs.readlinkAt(this.base, byteString(path), this.wall)
    return result instanceof Errno ? result.name : textOf(result)
  }

  /** Makes or finds a file and writes text at an offset. */
  write(path: string, text: string, offset = 0): number | string {
    const ino = this.fs.openAt(this.base, byteString(path), OPEN_CREATE, this.wall, at(this.now))
    if (ino instanceof Errno) return ino.name
    const bytes = encodeUtf8(text)
    return told(this.fs.write(ino, offset, bytes, 0, bytes.length, at(this.now)))
  }

  /** The names in a directory. */
  list(path: string): string[] {
    const inode = this.fs.get(this.ino(path))
    if (!inode.isDirectory()) throw new Error(`${path} is no directory`)
    return inode.body.entries().map(({ name }) => textOf(name))
  }

  /** The inode number of what must be there; a link itself. */
  ino(path: string): number {
    const ino = this.lookup(path, 'nofollow')
    if (typeof ino !== 'number') throw new Error(`${path}: ${ino}`)
    return ino
  }

  nlink(path: string): number {
    return this.fs.get(this.ino(path)).nlink
  }
}

/** The tree as text where contents are text, directories included. */
export function shown(fs: Filesystem): { [path: string]: unknown } {
  const files = exportTree(fs, ROOT_INO, { directories: true })
  return Object.fromEntries(
    Object.entries(files).map(([path, value]) => [
      path,
      value instanceof Uint8Array ? new TextDecoder().decode(value) : value,
    ]),
  )
}

export function bytes(text: string): ByteString {
  return byteString(text)
}
