/**
 * The tree as of a call. Open are the directories in which the run did something, and those that the reader opens; what
 * the last call made other than it was stands out, and names that it took away are still there, crossed out.
 */

import { byteString } from '../../vfs/bytes.ts'
import type { PageData, PageInode, Step } from '../timeline_data.ts'
import { button, type Child, make, nameOf, replace } from './dom.ts'
import { grouped, visible } from './format.ts'
import type { World } from './world.ts'

const ROOT = 1

/** Rows that are made at most. */
const ROWS_MAX = 2000

/** Of a directory with more entries than this only those are shown that the run had to do with, until the reader wants all. */
const MANY = 40

/** Levels that are drawn further in than the one above. */
const INDENT_MAX = 24

/** As narrow as they can be. */
const KINDS = {
  file: 'file',
  directory: 'dir',
  symlink: 'link',
  fifo: 'fifo',
  device: 'device',
  socket: 'socket',
} as const

type Line =
  | {
      readonly type: 'entry'
      readonly depth: number
      readonly dir: number
      readonly name: string
      readonly ino: number
    }
  | { readonly type: 'gone'; readonly depth: number; readonly dir: number; readonly name: string }
  | { readonly type: 'more'; readonly depth: number; readonly dir: number; readonly count: number }

export class TreeView {
  readonly element: HTMLElement
  readonly #world: World
  readonly #data: PageData
  readonly #body: HTMLElement = make('tbody')
  readonly #orphans: HTMLElement = make('tbody')
  readonly #orphansPart: HTMLElement
  readonly #note: HTMLElement = make('p', { class: 'note' })
  /** Inodes that some call had to do with. */
  readonly #touched: ReadonlySet<number>
  /** What the reader opened or closed; `all` shows all of a directory that has many entries. */
  readonly #chosenOpen = new Map<number, 'open' | 'closed' | 'all'>()
  readonly #pick: (ino: number) => void
  #picked = 0

  /** `pick` is called with the inode whose name was pressed. */
  constructor(data: PageData, world: World, pick: (ino: number) => void) {
    this.#data = data
    this.#world = world
    this.#pick = pick
    this.#touched = new Set(data.steps.flatMap(({ touched }) => touched ?? []))
    this.#orphansPart = make(
      'div',
      { id: 'orphans' },
      make('h3', {}, 'Open, without a name'),
      make('p', { class: 'quiet' }, 'These inodes have no name any more. They live until they are closed.'),
      table(this.#orphans),
    )
    this.element = make('div', {}, this.#orphansPart, this.#note, table(this.#body))
  }

  /** Draws the moment that the world is at. */
  draw(picked: number): void {
    this.#picked = picked
    const step = this.#step
    const lines = this.#lines(step)
    this.#note.textContent =
      lines.length < ROWS_MAX
        ? ''
        : `Only the first ${grouped(ROWS_MAX)} rows are shown: close a directory to see others.`
    this.#note.hidden = this.#note.textContent === ''
    replace(this.#body, ...lines.map((line) => this.#row(line, step)))
    const orphans = this.#world.orphans()
    this.#orphansPart.hidden = orphans.length === 0
    replace(this.#orphans, ...orphans.map((inode) => this.#inodeRow(inode, 0, '', `no name, inode ${inode.ino}`, step)))
  }

  /** Scrolls to the first row that the call changed, or that is picked, where the tree scrolls by itself. */
  showChange(): void {
    const scroller = this.element.closest('section')
    const rows = 'tr.added, tr.removed, tr.modified'
    const row = this.#body.querySelector<HTMLElement>(rows) ?? this.#body.querySelector<HTMLElement>('tr[aria-current]')
    if (scroller === null || row === null || scroller.scrollHeight <= scroller.clientHeight) return
    const top = row.getBoundingClientRect().top - scroller.getBoundingClientRect().top
    if (top < 0 || top + row.offsetHeight > scroller.clientHeight) scroller.scrollTop += top - scroller.clientHeight / 3
  }

  get #step(): Step {
    return this.#data.steps[this.#world.call - this.#data.first - 1] ?? {}
  }

  /** Going down without recursion: a tree can be deeper than the stack. */
  #lines(step: Step): Line[] {
    const gone = new Map<number, string[]>()
    for (const [dir, name, ino] of step.entries ?? []) if (ino === 0) gone.set(dir, [...(gone.get(dir) ?? []), name])
    const open = this.#openByItself([...gone.keys()])
    const lines: Line[] = []
    const stack: Line[] = [{ type: 'entry', depth: 0, dir: 0, name: '/', ino: ROOT }]
    for (let line = stack.pop(); line !== undefined && lines.length < ROWS_MAX; line = stack.pop()) {
      lines.push(line)
      if (line.type !== 'entry' || !this.#isOpen(line.ino, open)) continue
      stack.push(...this.#below(line.ino, line.depth + 1, open, gone.get(line.ino) ?? []).reverse())
    }
    return lines
  }

  /** Directories above what the run had to do with, and those that a name was taken from. */
  #openByItself(dirs: readonly number[]): ReadonlySet<number> {
    const open = new Set<number>()
    const climb = (from: number): void => {
      for (let at = from; !open.has(at); at = this.#world.namesOf(at)[0]?.dir ?? ROOT) open.add(at)
    }
    for (const dir of dirs) climb(dir)
    for (const ino of this.#touched) for (const { dir } of this.#world.namesOf(ino)) climb(dir)
    return open
  }

  #isOpen(ino: number, openByItself: ReadonlySet<number>): boolean {
    const chosen = this.#chosenOpen.get(ino)
    return chosen === undefined ? openByItself.has(ino) : chosen !== 'closed'
  }

  #below(dir: number, depth: number, open: ReadonlySet<number>, gone: readonly string[]): Line[] {
    const entries = [...this.#world.entriesOf(dir)]
    const isAll = entries.length <= MANY || this.#chosenOpen.get(dir) === 'all'
    const shown = isAll ? entries : entries.filter(([, ino]) => this.#touched.has(ino) || open.has(ino))
    const lines: { readonly key: string; readonly line: Line }[] = [
      ...shown.map(([name, ino]) => ({
        key: byteString(name),
        line: { type: 'entry', depth, dir, name, ino } as const,
      })),
      ...gone.map((name) => ({ key: byteString(name), line: { type: 'gone', depth, dir, name } as const })),
    ]
    lines.sort((a, b) => (a.key < b.key ? -1 : 1))
    const count = entries.length - shown.length
    return [...lines.map(({ line }) => line), ...(count === 0 ? [] : [{ type: 'more', depth, dir, count } as const])]
  }

  #row(line: Line, step: Step): HTMLElement {
    if (line.type === 'gone') {
      const name = make(
        'span',
        { class: 'name' },
        mark('-', 'removed by this call'),
        make('del', {}, nameOf(visible(line.name))),
      )
      return make(
        'tr',
        { class: 'removed', 'data-gone': line.name },
        cell(line.depth, undefined, name),
        make('td', { colspan: 4 }),
      )
    }
    if (line.type === 'more') {
      const more = button(
        { class: 'plain quiet', 'data-key': `more-${line.dir}` },
        `… ${grouped(line.count)} more`,
        () => {
          this.#chosenOpen.set(line.dir, 'all')
          this.draw(this.#picked)
        },
      )
      return make('tr', {}, cell(line.depth, undefined, more), make('td', { colspan: 4 }))
    }
    const inode = this.#world.inodes.get(line.ino)
    if (inode === undefined) return make('tr')
    const isNew = (step.entries ?? []).some(([dir, name, ino]) => dir === line.dir && name === line.name && ino !== 0)
    return this.#inodeRow(inode, line.depth, `${line.dir}/${line.name}`, line.name, step, isNew)
  }

  #inodeRow(inode: PageInode, depth: number, key: string, name: string, step: Step, isNew = false): HTMLElement {
    const { ino, kind, nlink, size, target } = inode
    const before = this.#world.before(ino)
    const isChanged = !isNew && before !== undefined && isOther(before, inode)
    const isTouched = step.touched?.includes(ino) === true
    const sign = isNew
      ? mark('+', 'a name that this call gave')
      : isChanged
        ? mark('~', 'changed by this call')
        : isTouched && kind !== 'directory'
          ? mark('·', 'this call had to do with it')
          : mark('', '')
    const label = button(
      { class: 'plain', 'data-key': `name-${key}`, 'aria-pressed': String(ino === this.#picked) },
      '',
      () => this.#pick(ino),
    )
    label.append(nameOf(visible(name)))
    const link = target === undefined ? undefined : make('span', { class: 'quiet' }, ' → ', nameOf(visible(target)))
    return make(
      'tr',
      {
        class: isNew ? 'added' : isChanged ? 'modified' : undefined,
        'data-ino': ino,
        'data-name': name,
        'aria-current': ino === this.#picked ? 'true' : undefined,
      },
      cell(
        depth,
        kind === 'directory' ? this.#opener(ino, key, name) : undefined,
        make('span', { class: 'name' }, sign, label, link),
      ),
      make('td', { class: 'ino count' }, String(ino)),
      make('td', { class: 'kind' }, KINDS[kind]),
      make('td', { class: 'nlink count' }, ...step2(before && String(before.nlink), String(nlink))),
      make(
        'td',
        { class: 'size count' },
        ...(kind === 'directory' ? [] : step2(before && grouped(before.size), grouped(size))),
      ),
    )
  }

  /** The button that opens or closes a directory. */
  #opener(ino: number, key: string, name: string): HTMLElement {
    const count = this.#world.entriesOf(ino).size
    if (count === 0) return make('span', { class: 'opener' })
    const isOpen = this.#isOpen(ino, this.#openByItself([]))
    const attributes = { class: 'plain opener', 'data-key': `open-${key}`, 'aria-expanded': String(isOpen) }
    const what = `${visible(name)}, ${count} ${count === 1 ? 'name' : 'names'}`
    const element = button({ ...attributes, 'aria-label': what, title: what }, isOpen ? '▾' : '▸', () => {
      this.#chosenOpen.set(ino, isOpen ? 'closed' : 'open')
      this.draw(this.#picked)
    })
    return element
  }
}

function table(body: HTMLElement): HTMLElement {
  const heads = { name: '', inode: 'count', kind: 'kind', links: 'count', size: 'count' }
  const cells = Object.entries(heads).map(([head, kind]) => make('th', { scope: 'col', class: kind }, head))
  return make('table', { class: 'tree' }, make('thead', {}, make('tr', {}, ...cells)), body)
}

function cell(depth: number, opener: HTMLElement | undefined, ...children: readonly Child[]): HTMLElement {
  const element = make('th', { scope: 'row', class: 'place' }, opener ?? make('span', { class: 'opener' }), ...children)
  element.style.setProperty('--depth', String(Math.min(depth, INDENT_MAX)))
  return element
}

function mark(sign: string, meaning: string): HTMLElement {
  if (meaning === '') return make('span', { class: 'mark sign' })
  return make('span', { class: 'mark sign', role: 'img', title: meaning, 'aria-label': meaning }, sign)
}

/** What is in a cell: where it was another before, both. */
function step2(before: string | undefined, now: string): Child[] {
  return before === undefined || before === now ? [now] : [make('b', {}, `${before} → ${now}`)]
}

/** Whether something that the tree shows is other than it was; of a file also its contents, which its time tells of. */
function isOther(before: PageInode, now: PageInode): boolean {
  const isSame = before.mode === now.mode && before.nlink === now.nlink && before.target === now.target
  return !isSame || (now.kind === 'file' && (before.size !== now.size || before.mtime !== now.mtime))
}
