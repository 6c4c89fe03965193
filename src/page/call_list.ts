/** The list of calls. Only the rows that can be seen are elements, so that it does not matter how many there are. */

import type { PageData } from '../timeline_data.ts'
import { formatRecord } from '../trace_format.ts'
import { make } from './dom.ts'
import { visible } from './format.ts'

/** Pixels; the style sheet has the same. */
const ROW = 26

/** Rows made above and below those that can be seen. */
const MARGIN = 10

export class CallList {
  readonly element: HTMLElement
  readonly #data: PageData
  readonly #list: HTMLElement
  readonly #rows: HTMLElement
  readonly #count: HTMLElement
  readonly #filter: HTMLInputElement
  readonly #errors: HTMLInputElement
  readonly #changes: HTMLInputElement
  readonly #texts: (string | undefined)[] = []
  /** The moments that are listed, in order. */
  #shown: number[] = []
  #chosen: number

  constructor(data: PageData, choose: (call: number) => void) {
    this.#data = data
    this.#chosen = data.first
    this.#filter = make('input', {
      type: 'search',
      id: 'filter',
      placeholder: 'such as path_open',
      autocomplete: 'off',
    })
    this.#errors = make('input', { type: 'checkbox', id: 'only-errors' })
    this.#changes = make('input', { type: 'checkbox', id: 'only-changes' })
    this.#count = make('p', { class: 'quiet', role: 'status' })
    this.#rows = make('div', { class: 'rows', role: 'presentation' })
    this.#list = make(
      'div',
      { id: 'calls', class: 'scroll', role: 'listbox', tabindex: 0, 'aria-label': 'Calls' },
      this.#rows,
    )
    this.element = make(
      'nav',
      { 'aria-label': 'Calls' },
      make('label', { for: 'filter' }, 'Calls with'),
      this.#filter,
      make('label', {}, this.#changes, ' that changed the tree'),
      make('label', {}, this.#errors, ' that failed'),
      this.#count,
      this.#list,
    )
    for (const input of [this.#filter, this.#errors, this.#changes])
      input.addEventListener('input', () => this.#select())
    this.#list.addEventListener('scroll', () => this.#draw())
    this.#rows.addEventListener('click', ({ target }) => {
      const row = target instanceof Element ? target.closest<HTMLElement>('[data-call]') : null
      if (row !== null) choose(Number(row.dataset.call))
    })
    this.#select()
  }

  /** Draws again what can be seen, after the page got another size. */
  resize(): void {
    this.#draw()
  }

  choose(call: number): void {
    this.#chosen = call
    const at = this.#shown.indexOf(call)
    const { scrollTop, clientHeight } = this.#list
    if (at >= 0 && at * ROW < scrollTop) this.#list.scrollTop = at * ROW
    else if (at >= 0 && (at + 1) * ROW > scrollTop + clientHeight) this.#list.scrollTop = (at + 1) * ROW - clientHeight
    this.#draw()
  }

  /** The listed moment that is `by` rows from the chosen one, or the last one in that direction. */
  near(by: number): number | undefined {
    const before = this.#shown.findLastIndex((call) => (by < 0 ? call < this.#chosen : call <= this.#chosen))
    const at = by < 0 ? before + by + 1 : before + by
    return this.#shown[Math.max(0, Math.min(at, this.#shown.length - 1))]
  }

  /** Rows that can be seen at once. */
  get page(): number {
    return Math.max(1, Math.floor(this.#list.clientHeight / ROW) - 1)
  }

  #select(): void {
    const { first, last } = this.#data
    const looked = this.#filter.value.toLowerCase()
    const shown: number[] = []
    for (let call = first; call <= last; call++) {
      if (looked !== '' && !this.#text(call).toLowerCase().includes(looked)) continue
      if (this.#changes.checked && !this.#hasChanges(call)) continue
      if (this.#errors.checked && !this.#hasFailed(call)) continue
      shown.push(call)
    }
    this.#shown = shown
    const all = last - first
    const calls = shown.filter((call) => call !== first).length
    this.#count.textContent = calls === all ? `${all} calls` : `${calls} of ${all} calls`
    this.#rows.style.height = `${shown.length * ROW}px`
    this.#list.scrollTop = Math.max(0, shown.indexOf(this.#chosen) * ROW - this.#list.clientHeight / 2)
    this.#draw()
  }

  #draw(): void {
    const { scrollTop, clientHeight } = this.#list
    const from = Math.max(0, Math.floor(scrollTop / ROW) - MARGIN)
    const to = Math.min(this.#shown.length, Math.ceil((scrollTop + clientHeight) / ROW) + MARGIN)
    const rows: HTMLElement[] = []
    for (let at = from; at < to; at++) rows.push(this.#row(this.#shown[at] as number, at))
    this.#rows.replaceChildren(...rows)
    const isShown = rows.some((row) => row.dataset.call === String(this.#chosen))
    if (isShown) this.#list.setAttribute('aria-activedescendant', `call-${this.#chosen}`)
    else this.#list.removeAttribute('aria-activedescendant')
  }

  #row(call: number, at: number): HTMLElement {
    const isChosen = call === this.#chosen
    const [failed, changed] = [this.#hasFailed(call), this.#hasChanges(call)]
    const marks = [failed ? 'failed' : '', changed ? 'changed the tree' : ''].filter((mark) => mark !== '').join(', ')
    const row = make(
      'div',
      {
        id: `call-${call}`,
        class: `row${failed ? ' failed' : ''}${changed ? ' changed' : ''}`,
        role: 'option',
        'data-call': call,
        'aria-selected': String(isChosen),
        'aria-current': isChosen ? 'true' : undefined,
        'aria-setsize': this.#shown.length,
        'aria-posinset': at + 1,
      },
      make('span', { class: 'number' }, String(call)),
      make(
        'span',
        { class: 'mark', title: marks, 'aria-label': marks, role: 'img' },
        failed ? '✗' : changed ? '●' : '',
      ),
      make('bdi', { class: 'line' }, this.#text(call)),
    )
    row.style.top = `${at * ROW}px`
    return row
  }

  #text(call: number): string {
    const record = this.#data.records[call - this.#data.first - 1]
    if (record === undefined) return call === 0 ? 'before the first call' : 'the first moment that was kept'
    this.#texts[call] ??= visible(formatRecord(record))
    return this.#texts[call] as string
  }

  #hasFailed(call: number): boolean {
    const record = this.#data.records[call - this.#data.first - 1]
    return record !== undefined && record.errno !== 'ESUCCESS' && record.errno !== 'ended'
  }

  #hasChanges(call: number): boolean {
    return this.#data.steps[call - this.#data.first - 1]?.changes !== undefined
  }
}
