/** The stories of examples/teach: each prints the same wherever it runs, and what it tells is so. */

import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, vi } from 'vitest'
import type { Run, TraceRecord } from '../../src/index.ts'

const FOLDER = fileURLToPath(new URL('../../examples/teach/', import.meta.url))
const TSX = fileURLToPath(new URL('../../node_modules/tsx/dist/cli.mjs', import.meta.url))

/** What a story exports, and what it printed when it was run here. */
async function story<T>(load: () => Promise<T>): Promise<{ told: T; text: string }> {
  const lines: string[] = []
  const log = vi.spyOn(console, 'log').mockImplementation((...values) => void lines.push(values.join(' ')))
  try {
    return { told: await load(), text: `${lines.join('\n')}\n` }
  } finally {
    log.mockRestore()
  }
}

const hardLink = await story(() => import('../../examples/teach/hard_link.ts'))
const atomicRename = await story(() => import('../../examples/teach/atomic_rename.ts'))
const unlinkOpen = await story(() => import('../../examples/teach/unlink_open.ts'))
const symlinkLoop = await story(() => import('../../examples/teach/symlink_loop.ts'))
const descriptor = await story(() => import('../../examples/teach/descriptor.ts'))
const pipe = await story(() => import('../../examples/teach/pipe.ts'))

const STORIES: { readonly [name: string]: string } = {
  'hard_link.ts': hardLink.text,
  'atomic_rename.ts': atomicRename.text,
  'unlink_open.ts': unlinkOpen.text,
  'symlink_loop.ts': symlinkLoop.text,
  'descriptor.ts': descriptor.text,
  'pipe.ts': pipe.text,
}

function callsNamed(run: Run, name: string): TraceRecord[] {
  return run.trace.filter(({ call }) => call === name)
}

function firstCall(run: Run, name: string): number {
  return callsNamed(run, name)[0]?.index as number
}

describe('examples/teach', () => {
  it('are all here and in the list', () => {
    const names = readdirSync(FOLDER).filter((name) => name.endsWith('.ts') && name !== 'story.ts')
    expect(names.sort()).toEqual(Object.keys(STORIES).sort())
    const list = readFileSync(`${FOLDER}README.md`, 'utf8')
    for (const name of names) expect(list).toContain(`| [${name}](${name}) |`)
  })

  it.each(Object.keys(STORIES))('%s prints the same as a script', (name) => {
    const child = spawnSync(process.execPath, [TSX, `${FOLDER}${name}`], { encoding: 'utf8' })
    expect([child.status, child.stderr]).toEqual([0, ''])
    expect(child.stdout).toBe(STORIES[name])
  })
})

describe('hard_link.ts', () => {
  const { run } = hardLink.told

  it('tells of one inode under two names, one after the other taken away', () => {
    const [link, write, unlink, last] = [
      firstCall(run, 'path_link'),
      callsNamed(run, 'fd_write')[1]?.index as number,
      firstCall(run, 'path_unlink_file'),
      callsNamed(run, 'path_unlink_file')[1]?.index as number,
    ]
    const { fs } = run.at(link)
    expect(fs.lstatSync('/copy.txt').ino).toBe(fs.lstatSync('/letter.txt').ino)
    expect([link - 1, link, unlink].map((call) => run.at(call).diff().length)).toEqual([0, 2, 2])
    expect([link, unlink].map((call) => run.at(call).fs.lstatSync('/copy.txt').nlink)).toEqual([2, 1])
    expect(run.at(write).fs.readFileSync('/letter.txt', 'utf8')).toBe('Dear Ada,\nit works!\n')
    expect(run.at(unlink).fs.readFileSync('/copy.txt', 'utf8')).toBe('Dear Ada,\nit works!\n')
    expect(run.at(last).fs.readdirSync('/')).toEqual([])
    expect(hardLink.text).toContain('~ /letter.txt  links 1 -> 2')
    expect(hardLink.text).toContain(
      '/copy.txt -> inode 2 (2 links, 10 bytes)\n  /letter.txt -> inode 2 (2 links, 10 bytes)',
    )
    expect(hardLink.text).toContain('- /copy.txt  file, inode 2, 1 link, 20 bytes before')
  })
})

describe('atomic_rename.ts', () => {
  const { overwritten, renamed, seen } = atomicRename.told
  const [before, after] = ['speed=1\nlimit=10\n', 'speed=2\nlimit=20\n']

  it('finds with a rename the old text and then the new one, at every moment', () => {
    const texts = seen(renamed)
    const at = firstCall(renamed, 'path_rename')
    expect(texts.length).toBe(renamed.calls + 1)
    expect(texts).toEqual(texts.map((_, call) => (call < at ? before : after)))
    expect(atomicRename.text).toContain('of 10 moments, 0 show neither')
  })

  it('finds something else while the file is written over', () => {
    expect([...new Set(seen(overwritten))]).toEqual([before, '', 'speed=2\n', after])
    expect(atomicRename.text).toContain('of 9 moments, 2 show neither')
  })
})

describe('unlink_open.ts', () => {
  const { run, ino } = unlinkOpen.told

  it('tells of an inode that outlives its name until it is closed', () => {
    const [unlink, close] = [firstCall(run, 'path_unlink_file'), firstCall(run, 'fd_close')]
    expect(run.at(unlink - 1).tree.get(ino).nlink).toBe(1)
    for (let call = unlink; call < close; call++) {
      const { tree, fs, descriptors } = run.at(call)
      expect([tree.get(ino).nlink, fs.readdirSync('/'), descriptors.at(-1)?.ino, descriptors.at(-1)?.path]).toEqual([
        0,
        [],
        ino,
        undefined,
      ])
    }
    expect(run.at(close).tree.table.has(ino)).toBe(false)
    expect(callsNamed(run, 'fd_read')[0]?.results).toMatchObject({ iovs: 'still here\n' })
    expect(unlinkOpen.text).toContain('No name leads to inode 2 (0 links), but descriptor 4 does.')
    expect(unlinkOpen.text).toContain('inode 2 has no name and holds "still here\\n"')
  })
})

describe('symlink_loop.ts', () => {
  const { run } = symlinkLoop.told

  it('tells of ELOOP for a circle and for the 41st link', () => {
    const opens = callsNamed(run, 'path_open').map(({ args, errno }) => `${args.path} ${errno}`)
    expect(opens).toEqual(['a ELOOP', 'link0 ESUCCESS', 'link40 ESUCCESS', 'link41 ELOOP'])
    expect(run.at(run.calls).descriptors.at(-1)?.path).toBe('/link0')
    for (const name of ['path_filestat_get', 'path_readlink']) expect(callsNamed(run, name)[0]?.errno).toBe('ESUCCESS')
    expect(symlinkLoop.text).toMatch(/path: "a".* = -1 ELOOP\n {2}To open a/)
    expect(symlinkLoop.text).toContain('calls 13 to 53: 41 links')
  })
})

describe('descriptor.ts', () => {
  const { run } = descriptor.told

  it('tells of numbers, offsets and flags as they are', () => {
    expect(callsNamed(run, 'path_open').map(({ results }) => results.opened_fd)).toEqual([4, 5, 4])
    const reads = callsNamed(run, 'fd_read')
    const offsets = reads.map(({ index }) => run.at(index).descriptors.filter(({ fd }) => fd > 3))
    expect(offsets.map((open) => open.map(({ fd, offset }) => `${fd}@${offset}`).join(' '))).toEqual([
      '4@4 5@0',
      '4@8 5@0',
      '4@8 5@4',
      '',
    ])
    const flagged = run.at(firstCall(run, 'fd_fdstat_set_flags'))
    expect(flagged.descriptors.find(({ fd }) => fd === 4)).toMatchObject({
      path: '/notes',
      offset: 0,
      flags: ['APPEND'],
    })
    expect(run.at(run.calls).fs.readFileSync('/notes', 'utf8')).toBe('first last')
    expect(reads.at(-1)?.errno).toBe('EBADF')
    expect(descriptor.text).not.toContain('undefined')
    expect(descriptor.text).toMatch(/opened_fd: 4}\n.*\n.*\n {2}The lowest free number is given/)
    expect(descriptor.text).toMatch(/EBADF\n {2}The number means nothing any more/)
  })
})

describe('pipe.ts', () => {
  const { runs, inPipe } = pipe.told

  it('tells of bytes that come out in other pieces than they went in, and of the end', () => {
    const [writer, reader] = runs as [Run, Run]
    expect(callsNamed(writer, 'fd_write').map(({ results }) => results.nwritten)).toEqual([4, 4, 6])
    expect(callsNamed(reader, 'fd_read').map(({ results }) => results.nread)).toEqual([5, 5, 4, 0])
    expect([writer.at(0).descriptors[1]?.kind, reader.at(0).descriptors[0]?.kind]).toEqual(['pipe', 'pipe'])
    expect(reader.stdout.text()).toBe('ONE\nTWO\nTHREE\n')
    expect(inPipe).toEqual([4, 8, 14, 9, 4, 0, 0])
    expect(pipe.text).toContain('[14 bytes in the pipe]')
  })
})
