/** What else there is to see of a moment: the call, what it changed, the descriptors, the clocks and a file's contents. */

import { ERRNOS } from '../../vfs/errno.ts'
import { formatChange } from '../change_text.ts'
import type { End, TraceRecord } from '../run.ts'
import type { PageData, PageDescriptor, Step } from '../timeline_data.ts'
import { formatRecord } from '../trace_format.ts'
import type { AllContents } from './contents.ts'
import { make, nameOf } from './dom.ts'
import { grouped, hexParts, instantText, isText, modeText, secondsText, textParts, visible } from './format.ts'
import type { World } from './world.ts'

/** The call that led to this moment, with its arguments and results by name. */
export function callPart(data: PageData, call: number): HTMLElement[] {
  const record = data.records[call - data.first - 1]
  if (record === undefined) {
    const text = call === 0 ? 'The machine before the first call.' : 'The first moment that was kept.'
    return [make('p', {}, text)]
  }
  const parts: HTMLElement[] = [
    make('p', { class: 'code' }, make('bdi', {}, visible(formatRecord(record)))),
    make('p', { class: hasFailed(record) ? 'failed' : 'quiet' }, outcomeOf(record)),
    make('dl', {}, ...pairs(record.args), ...pairs(record.results, '→ ')),
  ]
  if (call === data.calls && data.end !== null) parts.push(make('p', {}, `Then the run ended: ${endText(data.end)}`))
  return parts
}

function hasFailed({ errno }: TraceRecord): boolean {
  return errno !== 'ESUCCESS' && errno !== 'ended'
}

function outcomeOf({ errno }: TraceRecord): string {
  if (errno === 'ESUCCESS') return 'It succeeded.'
  if (errno === 'ended') return 'It never returned.'
  const message = ERRNOS.find(({ name }) => name === errno)?.message
  return `It failed with ${errno}${message === undefined ? '' : `: ${message}`}.`
}

function pairs(values: { readonly [name: string]: unknown }, sign = ''): HTMLElement[] {
  return Object.entries(values).flatMap(([name, value]) => [
    make('dt', {}, sign + name),
    make('dd', {}, make('bdi', {}, valueText(value))),
  ])
}

function valueText(value: unknown): string {
  if (typeof value === 'string') return visible(value)
  if (typeof value !== 'object' || value === null) return String(value)
  return Object.entries(value)
    .map(([name, inner]) => `${name} ${valueText(inner)}`)
    .join(', ')
}

function endText(end: End): string {
  switch (end.kind) {
    case 'exit':
      return `exit code ${end.code}.`
    case 'signal':
      return `signal ${end.name}.`
    case 'trap':
      return `trap, ${visible(end.message)}.`
    case 'limit':
    case 'deadlock':
      return `${end.kind}, ${visible(end.message)}.`
  }
}

/** A list of what the call changed: in the tree, and of the descriptors. */
export function changesPart(step: Step, world: World): HTMLElement[] {
  const lines = [
    ...(step.changes ?? []).map(formatChange).filter((line) => line !== undefined),
    ...(step.descriptors ?? []).map((now) => descriptorLine(now, world)),
    ...(step.closed ?? []).map((fd) => `- descriptor ${fd} is closed`),
  ]
  if (step.isUnknown)
    return [make('p', { class: 'note' }, 'This moment was not kept: what is shown is the one before.')]
  if (lines.length === 0) return [make('p', { class: 'quiet' }, 'Nothing in the tree, and no descriptor.')]
  const kinds: { readonly [sign: string]: string } = { '+': 'added', '-': 'removed', '~': 'modified', '>': 'modified' }
  return [make('ul', {}, ...lines.map((line) => make('li', { class: kinds[line[0] ?? ''] }, nameOf(visible(line)))))]
}

function descriptorLine(now: PageDescriptor, world: World): string {
  const before = world.descriptorBefore(now.fd)
  if (before === undefined) return `+ descriptor ${now.fd} is open on ${whatIsOpen(now, world)}`
  const notes: string[] = []
  if (before.ino !== now.ino || before.kind !== now.kind) notes.push(`is open on ${whatIsOpen(now, world)}`)
  if (before.offset !== now.offset) notes.push(`offset ${grouped(before.offset)} -> ${grouped(now.offset)}`)
  if (before.flags.join() !== now.flags.join()) notes.push(`flags ${now.flags.join(' ') || 'none'}`)
  return `~ descriptor ${now.fd}: ${notes.join(', ') || 'other rights'}`
}

function whatIsOpen({ kind, ino }: PageDescriptor, world: World): string {
  const path = world.pathsOf(ino)[0]
  if (path !== undefined) return path
  return ino === 0 ? kind : `inode ${ino}, which has no name`
}

/** A row for each open descriptor. */
export function descriptorsPart(step: Step, world: World): HTMLElement[] {
  const changed = new Set(step.descriptors?.map(({ fd }) => fd))
  const heads = { fd: '', 'open on': '', inode: 'count', offset: 'count', access: '', flags: '' }
  const rows = world.openDescriptors().map((descriptor) => {
    const { fd, kind, ino, preopen, offset, readable, writable, flags } = descriptor
    const before = world.descriptorBefore(fd)
    const path = world.pathsOf(ino)[0]
    const what = path === undefined ? make('i', {}, whatIsOpen(descriptor, world)) : nameOf(visible(path))
    const given = preopen === undefined ? undefined : make('span', { class: 'quiet' }, ` given as ${visible(preopen)}`)
    const moved = before !== undefined && before.offset !== offset
    return make(
      'tr',
      { 'data-fd': fd, class: changed.has(fd) ? (before === undefined ? 'added' : 'modified') : undefined },
      make('th', { scope: 'row' }, String(fd)),
      make('td', {}, what, given),
      make('td', { class: 'count' }, ino === 0 ? '' : String(ino)),
      make(
        'td',
        { class: 'count' },
        kind === 'file' ? (moved ? make('b', {}, `${before.offset} → ${offset}`) : String(offset)) : '',
      ),
      make('td', {}, [readable ? 'read' : '', writable ? 'write' : ''].filter((word) => word !== '').join(', ')),
      make('td', {}, flags.join(' ')),
    )
  })
  const head = make(
    'tr',
    {},
    ...Object.entries(heads).map(([name, kind]) => make('th', { scope: 'col', class: kind }, name)),
  )
  return [make('table', {}, make('thead', {}, head), make('tbody', {}, ...rows))]
}

export function clocksPart(data: PageData, call: number): HTMLElement[] {
  const realtime = data.records[call - data.first - 1]?.time ?? data.realtime
  const monotonic = data.monotonic + (realtime - data.realtime)
  return [
    make(
      'dl',
      { class: 'clocks' },
      make('dt', {}, 'realtime'),
      make('dd', { id: 'realtime' }, `${instantText(realtime)} UTC`),
      make('dt', {}, 'monotonic'),
      make('dd', { id: 'monotonic' }, secondsText(monotonic)),
    ),
  ]
}

/** What an inode is and holds as of the world's moment; `view` as bytes or text, or what fits. */
export function contentsPart(
  data: PageData,
  contents: AllContents,
  world: World,
  ino: number,
  view: 'auto' | 'text' | 'hex',
): HTMLElement[] {
  const inode = world.inodes.get(ino)
  if (inode === undefined)
    return [make('p', { class: 'quiet' }, ino === 0 ? 'No file is chosen.' : `There is no inode ${ino} now.`)]
  const paths = world.pathsOf(ino).map(visible)
  const { kind, mode, nlink, size, mtime, target } = inode
  const facts: [string, string][] = [
    ['names', paths.join('\n') || 'none any more'],
    ['inode', `${ino}, ${kind}, mode ${modeText(mode)}, ${nlink} ${nlink === 1 ? 'link' : 'links'}`],
    ['changed', `${instantText(mtime)} UTC`],
  ]
  if (target !== undefined) facts.push(['leads to', visible(target)])
  const about = make(
    'dl',
    {},
    ...facts.flatMap(([name, value]) => [make('dt', {}, name), make('dd', {}, nameOf(value))]),
  )
  return kind === 'file' ? [about, ...bytesOf(data, contents, world, ino, size, view)] : [about]
}

function bytesOf(
  data: PageData,
  contents: AllContents,
  world: World,
  ino: number,
  size: number,
  view: 'auto' | 'text' | 'hex',
): HTMLElement[] {
  const missing = data.leftOut.find(([file]) => file === ino)
  if (missing !== undefined && missing[1] <= world.call) {
    const bound = grouped(data.maxPageBytes)
    return [make('p', { class: 'note' }, `These contents are not in the page: it would be larger than ${bound} bytes.`)]
  }
  const held = contents.at(ino, world.call)
  if (held === undefined) {
    return [
      make('p', { class: 'note' }, 'The run had nothing to do with this file, so its contents are not in the page.'),
    ]
  }
  const { bytes, call, from, to } = held
  const isFresh = call === world.call && call > data.first
  const shows = view === 'auto' ? (isText(bytes) ? 'text' : 'hex') : view
  const range = isFresh ? ([from, to] as const) : ([0, 0] as const)
  const [start, middle, end] = shows === 'text' ? textParts(bytes, ...range) : hexParts(bytes, ...range)
  const notes: HTMLElement[] = []
  if (size > bytes.length) {
    const note = `The first ${grouped(bytes.length)} of ${grouped(size)} bytes; the rest is not in the page.`
    notes.push(make('p', { class: 'note' }, note))
  }
  const changed = middle === '' ? '' : make('mark', { title: 'written by this call' }, middle)
  const pre = make('pre', { class: shows, tabindex: 0, 'aria-label': 'Contents' }, start, changed, end)
  return [...notes, size === 0 ? make('p', { class: 'quiet' }, 'Empty.') : pre]
}
