/** What a call changed in the tree, one line a change, for people who look at one call at a time. */

import type { Change, Field, Side } from '../vfs/diff.ts'

/**
 * `+ /b  file, inode 13, 2 links, 6 bytes`; `-` for a name that went, `>` for one that moved, `~` for what is other than
 * it was. Times are not told: the call's own says when. `undefined` where nothing but times changed.
 */
export function formatChange(change: Change): string | undefined {
  const { type, path, from, before, after, replaced } = change
  const end = replaced === undefined ? '' : `, in place of inode ${replaced.ino}`
  if (type === 'added' && after !== undefined) return `+ ${path}  ${describe(after)}`
  if (type === 'removed' && before !== undefined) return `- ${path}  ${describe(before)} before`
  if (before === undefined || after === undefined) return undefined
  const notes = notesOf(change, before, after)
  if (type === 'renamed') return `> ${path}  was ${from}, inode ${after.ino}${['', ...notes].join(', ')}${end}`
  return notes.length === 0 ? undefined : `~ ${path}  ${notes.join(', ')}`
}

function describe({ ino, kind, nlink, size, target }: Side): string {
  const what = kind === 'file' ? `, ${count(size, 'byte')}` : target === undefined ? '' : ` -> ${target}`
  return `${kind}, inode ${ino}, ${count(nlink, 'link')}${what}`
}

function notesOf({ content, fields }: Change, before: Side, after: Side): string[] {
  const notes: string[] = []
  if (before.ino !== after.ino) notes.push(`inode ${before.ino} -> ${after.ino}`)
  if (before.kind !== after.kind) notes.push(`${before.kind} -> ${after.kind}`)
  if (before.size !== after.size) notes.push(`${before.size} -> ${count(after.size, 'byte')}`)
  else if (content) notes.push(after.kind === 'symlink' ? `-> ${after.target}` : 'other bytes')
  const has = (field: Field): boolean => fields.includes(field)
  if (has('nlink')) notes.push(`links ${before.nlink} -> ${after.nlink}`)
  if (has('mode')) notes.push(`mode ${before.mode.toString(8)} -> ${after.mode.toString(8)}`)
  return notes
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`
}
