/** Listings in an order of chance: every entry once, whatever changes meanwhile, and the same for the same seed. */

import { describe, expect, it } from 'vitest'
import { visitShuffled } from '../../kernel/listing_order.ts'
import { type ByteString, byteString } from '../../vfs/bytes.ts'
import type { Directory } from '../../vfs/directory.ts'
import { Filesystem } from '../../vfs/filesystem.ts'
import { ROOT_INO } from '../../vfs/inode_table.ts'

const NOW = { sec: 0, nsec: 0 }
const NAMES = Array.from({ length: 50 }, (_, index) => `name${index}`)

function tree(names: readonly string[] = NAMES): { readonly fs: Filesystem; readonly directory: Directory } {
  const fs = new Filesystem()
  for (const name of names) fs.mkdirAt(ROOT_INO, byteString(name), 'clamp', NOW)
  const root = fs.get(ROOT_INO)
  if (!root.isDirectory()) throw new Error('the root is no directory')
  return { fs, directory: root.body as Directory }
}

function listed(directory: Directory, seed: string, after: ByteString | '' = ''): string[] {
  const names: string[] = []
  visitShuffled(directory, seed, after, (name) => {
    names.push(name)
    return true
  })
  return names
}

describe('visitShuffled()', () => {
  it('gives every entry once, in an order that is that of the seed', () => {
    const { directory } = tree()
    expect(listed(directory, 'a').sort()).toEqual([...NAMES].sort())
    expect(listed(directory, 'a')).toEqual(listed(tree([...NAMES].reverse()).directory, 'a'))
    expect(listed(directory, 'a')).not.toEqual(listed(directory, 'b'))
    expect(listed(directory, 'a')).not.toEqual([...NAMES].sort())
  })

  it('goes on after a name, also after one that is gone', () => {
    const { fs, directory } = tree()
    const all = listed(directory, 'a')
    const middle = all[20] as ByteString
    expect(listed(directory, 'a', middle)).toEqual(all.slice(21))
    fs.rmdirAt(ROOT_INO, middle, 'clamp', NOW)
    const root = fs.get(ROOT_INO)
    if (!root.isDirectory()) throw new Error('the root is no directory')
    expect(listed(root.body as Directory, 'a', middle)).toEqual(all.slice(21))
  })

  it('stops where it is told to', () => {
    const names: string[] = []
    visitShuffled(tree().directory, 'a', '', (name) => names.push(name) < 3)
    expect(names).toHaveLength(3)
  })
})
