/** Changes as lines of text. */

import { describe, expect, it } from 'vitest'
import { formatChange } from '../../src/change_text.ts'
import { Machine } from '../../src/index.ts'
import { diffTrees } from '../../vfs/diff.ts'

/** The lines of what `act` changes in a machine with `/a` (inode 2) and `/dir` (inode 3) in it. */
function linesOf(act: (fs: Machine['fs']) => void): (string | undefined)[] {
  const machine = new Machine({ image: 'empty', files: { '/a': 'hello', '/dir': null } })
  const before = machine.tree.fork()
  act(machine.fs)
  return diffTrees(before, machine.tree).map(formatChange)
}

describe('formatChange()', () => {
  it.each([
    ['a new file', (fs) => fs.writeFileSync('/b', 'x'), ['+ /b  file, inode 4, 1 link, 1 byte']],
    ['a new link', (fs) => fs.symlinkSync('to', '/l'), ['+ /l  symlink, inode 4, 1 link -> to']],
    ['a new directory', (fs) => fs.mkdirSync('/d'), ['+ /d  directory, inode 4, 2 links']],
    ['a name that is gone', (fs) => fs.rmSync('/a'), ['- /a  file, inode 2, 1 link, 5 bytes before']],
    ['a longer file', (fs) => fs.appendFileSync('/a', '!'), ['~ /a  5 -> 6 bytes']],
    ['other bytes', (fs) => fs.writeFileSync('/a', 'HELLO'), ['~ /a  other bytes']],
    ['another mode', (fs) => fs.chmodSync('/a', 0o600), ['~ /a  mode 644 -> 600']],
    ['times', (fs) => fs.utimesSync('/a', 1, 1), [undefined]],
    ['a second name', (fs) => fs.linkSync('/a', '/b'), ['~ /a  links 1 -> 2', '+ /b  file, inode 2, 2 links, 5 bytes']],
    ['a rename', (fs) => fs.renameSync('/a', '/dir/b'), ['> /dir/b  was /a, inode 2']],
  ] as [string, (fs: Machine['fs']) => void, (string | undefined)[]][])('tells of %s', (_, act, lines) => {
    expect(linesOf(act)).toEqual(lines)
  })

  it('tells what a rename took the place of, and of another kind', () => {
    const machine = new Machine({ image: 'empty', files: { '/a': 'new', '/b': 'old' } })
    const before = machine.tree.fork()
    machine.fs.renameSync('/a', '/b')
    expect(diffTrees(before, machine.tree).map(formatChange)).toEqual(['> /b  was /a, inode 2, in place of inode 3'])
    expect(
      linesOf((fs) => {
        fs.rmSync('/a')
        fs.symlinkSync('to', '/a')
      }),
    ).toEqual(['~ /a  inode 2 -> 4, file -> symlink, 5 -> 2 bytes, mode 644 -> 777'])
  })
})
