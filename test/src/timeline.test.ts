/** A run as moments: each is what the machine was then, whatever came later. */

import { describe, expect, it } from 'vitest'
import { diff, formatRecord, Machine, type Moment, type Run, type RunOptions } from '../../src/index.ts'
import { check } from '../../vfs/check.ts'
import { compileC } from '../support/compile.ts'
import { errorOf } from '../support/error_of.ts'
import { stateOf } from '../support/tree_state.ts'

const STORY = `
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
int main(void) {
  mkdir("/dir", 0777);
  int fd = open("/dir/file", O_CREAT | O_RDWR | O_APPEND, 0666);
  write(fd, "hello ", 6);
  write(fd, "world", 5);
  link("/dir/file", "/other");
  rename("/dir/file", "/moved");
  unlink("/other");
  unlink("/moved");
  lseek(fd, 0, SEEK_SET);
  char text[16];
  read(fd, text, 5);
  close(fd);
  symlink("dir", "/to");
  open("/to/none", O_RDONLY);
  rmdir("/dir");
  return 0;
}`

function story(options: RunOptions = {}, machine = new Machine({ seed: 1 })): Run {
  const run = machine.run(compileC(STORY), { timeline: true, ...options })
  expect(run.exitCode).toBe(0)
  return run
}

/** The moments after calls of that name, in order. */
function momentsOf(run: Run, call: string): Moment[] {
  return run.trace.filter((record) => record.call === call).map(({ index }) => run.at(index))
}

function changes(moment: Moment): string[] {
  return moment.diff().map(({ type, path, from, fields }) => [type, from, path, ...fields].filter(Boolean).join(' '))
}

describe('timeline', () => {
  it('changes nothing about the run', () => {
    const plain = new Machine({ seed: 1 })
    const run = plain.run(compileC(STORY))
    const watched = new Machine({ seed: 1 })
    const other = story({}, watched)
    expect(other.traceDigest).toBe(run.traceDigest)
    expect(other.calls).toBe(run.calls)
    expect(watched.snapshot().stateDigest).toBe(plain.snapshot().stateDigest)
    expect(run.callDigests).toBeUndefined()
    expect(other.callDigests).toHaveLength(run.calls)
  })

  it('tells what each call changed', () => {
    const run = story()
    expect(momentsOf(run, 'path_create_directory').map(changes)).toEqual([['added /dir']])
    expect(momentsOf(run, 'path_open').flatMap(changes)).toEqual(['added /dir/file'])
    expect(momentsOf(run, 'fd_write').map(changes)).toEqual([
      ['changed /dir/file mtime ctime'],
      ['changed /dir/file mtime ctime'],
    ])
    expect(momentsOf(run, 'path_link').map(changes)).toEqual([['metadata /dir/file nlink ctime', 'added /other']])
    expect(momentsOf(run, 'path_rename').map(changes)).toEqual([
      ['renamed /dir/file /moved ctime', 'metadata /other ctime'],
    ])
    expect(momentsOf(run, 'path_unlink_file').map(changes)).toEqual([
      ['metadata /moved nlink ctime', 'removed /other'],
      ['removed /moved'],
    ])
    expect(momentsOf(run, 'fd_read').map(changes)).toEqual([[]])
    expect(momentsOf(run, 'path_symlink').map(changes)).toEqual([['added /to']])
    expect(momentsOf(run, 'path_remove_directory').map(changes)).toEqual([['removed /dir']])
  })

  it('is every state that a machine was in: as of call n it is what stopping there leaves', () => {
    const run = story()
    for (let call = 0; call <= run.calls; call++) {
      const machine = new Machine({ seed: 1 })
      machine.run(compileC(STORY), { limits: { calls: call } })
      const moment = run.at(call)
      expect(check(moment.tree)).toEqual([])
      const snapshot = moment.snapshot()
      expect(stateOf(snapshot.tree), `call ${call}`).toEqual(stateOf(machine.tree))
      expect(snapshot.digest).toBe(machine.snapshot().digest)
    }
    const last = new Machine({ seed: 1 })
    story({}, last)
    expect(run.at(run.calls).snapshot().stateDigest).toBe(last.snapshot().stateDigest)
    expect(run.at(run.calls).realtime).toBe(last.time)
  })

  it('shows descriptors as they were: numbers, paths, offsets, flags', () => {
    const run = story()
    const [opened] = momentsOf(run, 'path_open')
    expect(opened?.descriptors.map(({ fd, kind, path }) => [fd, kind, path])).toEqual([
      [0, 'input', undefined],
      [1, 'output', undefined],
      [2, 'output', undefined],
      [3, 'directory', '/'],
      [4, 'file', '/dir/file'],
    ])
    expect(opened?.descriptors[4]).toMatchObject({ offset: 0, flags: ['APPEND'], readable: true, writable: true })
    expect(opened?.descriptors[3]).toMatchObject({ preopen: '/' })
    expect(momentsOf(run, 'fd_write').map((moment) => moment.descriptors[4]?.offset)).toEqual([6, 11])
    expect(momentsOf(run, 'path_rename').map((moment) => moment.descriptors[4]?.path)).toEqual(['/moved'])
    const [, gone] = momentsOf(run, 'path_unlink_file')
    expect(gone?.descriptors[4]).not.toHaveProperty('path')
    expect(momentsOf(run, 'fd_seek').at(-1)?.descriptors[4]?.offset).toBe(0)
    expect(momentsOf(run, 'fd_read').at(-1)?.descriptors[4]?.offset).toBe(5)
    const [closed] = momentsOf(run, 'fd_close')
    expect(closed?.descriptors).toHaveLength(4)
    expect(run.at(0).descriptors).toHaveLength(4)
  })

  it('keeps an inode that is open and has no name, until it is closed', () => {
    const run = story()
    const [, gone] = momentsOf(run, 'path_unlink_file')
    const ino = gone?.descriptors[4]?.ino as number
    expect(gone?.tree.get(ino)).toMatchObject({ nlink: 0, size: 11 })
    expect(gone?.snapshot().tree.table.has(ino)).toBe(false)
    expect(momentsOf(run, 'fd_close')[0]?.tree.table.has(ino)).toBe(false)
  })

  it('has the clocks of the moment, and the call with its arguments', () => {
    const run = story()
    const [first, second] = [run.at(1), run.at(2)]
    expect(second.realtime - first.realtime).toBe(1000n)
    expect(second.monotonic - first.monotonic).toBe(1000n)
    expect(run.at(0).monotonic).toBe(0n)
    expect(run.at(0)).not.toHaveProperty('record')
    expect(first.record).toBe(run.trace[0])
    expect(first.cwd).toBe('/')
  })

  it('shows files as they were, and whatever is done to them changes no moment', () => {
    const run = story()
    const [, written] = momentsOf(run, 'fd_write') as [Moment, Moment]
    expect(written.fs.readFileSync('/dir/file', 'utf8')).toBe('hello world')
    written.fs.writeFileSync('/dir/file', 'x')
    expect(written.fs.readFileSync('/dir/file', 'utf8')).toBe('hello world')
    const on = Machine.from(written.snapshot())
    on.fs.rmSync('/dir', { recursive: true })
    expect(written.fs.existsSync('/dir/file')).toBe(true)
  })

  it('is there for each stage of a pipeline', () => {
    const write = compileC('#include <stdio.h>\nint main(void) { FILE *f = fopen("/w", "w"); fclose(f); puts("x"); }')
    const read = compileC(
      '#include <stdio.h>\nint main(void) { getchar(); FILE *f = fopen("/r", "w"); return fclose(f); }',
    )
    const runs = new Machine().pipeline([
      { module: write, timeline: true },
      { module: read, timeline: true },
    ])
    const [writer, reader] = runs as [Run, Run]
    expect(diff(writer.at(0), writer.at(writer.calls)).changes.map(({ path }) => path)).toEqual(['/w'])
    expect(diff(reader.at(0), reader.at(reader.calls)).changes.map(({ path }) => path)).toEqual(['/r', '/w'])
  })

  it('bounds what is kept, and says what was not', () => {
    const all = story()
    const states = [{ index: 0 }, ...all.trace].map(({ index }) => stateOf(all.at(index).tree).join())
    const changing = all.trace.filter(({ index }) => states[index] !== states[index - 1])
    const run = story({ timeline: { last: 3 } })
    expect(run.at(run.calls).snapshot().stateDigest).toBe(all.at(all.calls).snapshot().stateDigest)
    const third = changing.at(-3)?.index as number
    expect(stateOf(run.at(third).tree)).toEqual(stateOf(all.at(third).tree))
    expect(errorOf(() => run.at(third - 1))).toMatchObject({
      code: 'NO_MOMENT',
      message: `the moment ${third - 1} was not kept: the option timeline bounds what is (the first kept is ${third})`,
    })
    const links = story({ timeline: { only: ['path_link'] } })
    const link = links.trace.find(({ call }) => call === 'path_link')?.index as number
    expect(links.at(link).fs.readFileSync('/other', 'utf8')).toBe('hello world')
    expect(errorOf(() => links.at(link - 1)).code).toBe('NO_MOMENT')
    expect(errorOf(() => links.at(link + 1)).code).toBe('NO_MOMENT')
  })

  it('stops where it is told to, with the state there', () => {
    const machine = new Machine()
    const run = machine.run(compileC(STORY), { timeline: { until: ({ call }) => call === 'path_link' } })
    expect(run.end).toMatchObject({ kind: 'limit', limit: 'until' })
    expect(run.trace.at(-1)?.call).toBe('path_link')
    expect(run.at(run.calls).descriptors[4]?.path).toBe('/dir/file')
    expect(machine.fs.readFileSync('/other', 'utf8')).toBe('hello world')
  })

  it('refuses what makes no sense', () => {
    const run = story()
    expect(errorOf(() => run.at(run.calls + 1)).message).toBe(
      `there is no moment ${run.calls + 1}: the run made ${run.calls} calls, so give 0 to ${run.calls}`,
    )
    for (const call of [-1, 0.5, Number.NaN]) expect(errorOf(() => run.at(call)).code).toBe('NO_MOMENT')
    const plain = new Machine().run(compileC(STORY))
    expect(errorOf(() => plain.at(0)).message).toBe('the run kept no moments: give it the option timeline: true')
    expect(errorOf(() => plain.when('/a')).code).toBe('NO_MOMENT')
    for (const timeline of [{ last: 0 }, { only: ['no_call'] }, { until: 3 }, { other: 1 }, 7]) {
      const options = { timeline } as unknown as RunOptions
      expect(errorOf(() => new Machine().run(compileC(STORY), options)).code, JSON.stringify(timeline)).toBe(
        'BAD_OPTION',
      )
    }
  })
})

describe('when()', () => {
  const run = story()
  const told = (path: string): string[] =>
    run.when(path).map((call) => formatRecord(run.trace[call - 1] as Run['trace'][number]).replace(/ = .*/, ''))

  it('finds the calls that had to do with a path, by it or by a descriptor, before or after', () => {
    expect(told('/dir/file')).toEqual([
      expect.stringMatching(/^path_open\(3, .*"dir\/file"/),
      ...run
        .when('/dir/file')
        .slice(1, -2)
        .map(() => expect.stringMatching(/^(fd_write|fd_fdstat_get)\(4/)),
      expect.stringMatching(/^path_link\(/),
      expect.stringMatching(/^path_rename\(/),
    ])
    expect(told('/moved')).toEqual([
      expect.stringMatching(/^path_rename\(/),
      expect.stringMatching(/^path_unlink_file\(3, path: "other"/),
      expect.stringMatching(/^path_unlink_file\(3, path: "moved"/),
    ])
  })

  it('goes through links, and knows what is not there', () => {
    expect(told('/dir/none')).toEqual([expect.stringMatching(/^path_open\(3, .*"to\/none"/)])
    expect(told('/nothing')).toEqual([])
  })
})
