/** What the stories here share: they compile a small C program in a machine, run it, and tell what each call did. */

import { formatChange } from '../../src/change_text.ts'
import { formatRecord, Machine, type Moment, type Run, type TraceRecord } from '../../src/index.ts'
import { clang, compileArgs, linkArgs } from '../toolchain.ts'

/** The program that clang makes of C source, in a machine of its own. @throws Error with what clang wrote. */
export function program(source: string): Uint8Array {
  const { module, files } = clang()
  const machine = new Machine({ files: { ...files, '/src/story.c': source } })
  for (const args of [compileArgs('/src/story.c', '/src/story.o'), linkArgs(['/src/story.o'], '/src/story.wasm')]) {
    const run = machine.run(module, { args })
    if (run.exitCode !== 0) throw new Error(run.stderr.text())
  }
  return machine.fs.readFileSync('/src/story.wasm')
}

/** Compiles and runs it with a timeline, in a machine that has nothing but `files`. */
export function runStory(source: string, files: { readonly [path: string]: string } = {}): Run {
  return new Machine({ image: 'empty', files }).run(program(source), { timeline: true })
}

/** Calls by which the C library learns what it was given, before `main` and within some functions. */
const OF_THE_LIBRARY = ['fd_prestat_get', 'fd_prestat_dir_name', 'fd_fdstat_get', 'proc_exit']

/** The calls that the program itself made. */
export function callsOf(run: Run): TraceRecord[] {
  return run.trace.filter(({ call }) => !OF_THE_LIBRARY.includes(call))
}

/** The first call of that name, from `from` on. */
export function callNamed(run: Run, name: string, from = 1): number {
  const record = run.trace.find(({ call, index }) => call === name && index >= from)
  if (record === undefined) throw new Error(`the program made no ${name}`)
  return record.index
}

export function title(text: string): void {
  console.log(`${text}\n${'='.repeat(text.length)}\n`)
}

export function say(text: string): void {
  console.log(`${text}\n`)
}

/** One call, what it changed, and what is there after it. */
export function tellCall(run: Run, record: TraceRecord, note?: string): void {
  const moment = run.at(record.index)
  console.log(`call ${record.index}: ${callText(record)}`)
  for (const change of moment.diff()) console.log(`    ${formatChange(change) ?? `~ ${change.path}  its times`}`)
  for (const line of descriptorLines(run.at(record.index - 1), moment)) console.log(`    ${line}`)
  console.log(note === undefined ? '' : `  ${note}\n`)
}

/** All calls of the program, each with the note that `noteOf` has for it. */
export function tell(run: Run, noteOf: (record: TraceRecord, moment: Moment) => string | undefined): void {
  for (const record of callsOf(run)) tellCall(run, record, noteOf(record, run.at(record.index)))
}

/** The call as strace would print it, without the rights, which no story is about. */
export function callText(record: TraceRecord): string {
  const args = Object.entries(record.args).filter(([name]) => !name.startsWith('fs_rights') && name !== 'dirflags')
  return formatRecord({ ...record, args: Object.fromEntries(args) })
}

/** What the call did to the descriptors from 4 up: those before are given at the start. */
function descriptorLines(before: Moment, after: Moment): string[] {
  const was = new Map(before.descriptors.map((descriptor) => [descriptor.fd, descriptor]))
  const lines: string[] = []
  for (const { fd, path, ino, offset, flags } of after.descriptors) {
    const old = was.get(fd)
    was.delete(fd)
    if (old === undefined) lines.push(`descriptor ${fd} is open on ${path ?? `inode ${ino}`}, at offset ${offset}`)
    else if (old.offset !== offset) lines.push(`descriptor ${fd}: offset ${old.offset} -> ${offset}`)
    else if (old.flags.join() !== flags.join()) lines.push(`descriptor ${fd}: flags ${flags.join(' ') || 'none'}`)
  }
  return [...lines, ...[...was.keys()].map((fd) => `descriptor ${fd} is closed`)]
}

/** The names in the root directory, with what each leads to. */
export function names({ fs }: Moment): string[] {
  return fs.readdirSync('/').map((name) => {
    const { ino, nlink, size } = fs.lstatSync(`/${name}`)
    return `/${name} -> inode ${ino} (${nlink} ${nlink === 1 ? 'link' : 'links'}, ${size} bytes)`
  })
}

/** The text of the file at a path, or `undefined` where there is none. */
export function textAt({ fs }: Moment, path: string): string | undefined {
  return fs.existsSync(path) ? fs.readFileSync(path, 'utf8') : undefined
}

/** The text of an inode, also of one that has no name. */
export function textOfInode({ tree }: Moment, ino: number): string {
  const inode = tree.get(ino)
  return inode.isFile() ? new TextDecoder().decode(inode.body.toBytes()) : ''
}
