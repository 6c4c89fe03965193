/** The page's program: reads what is in the page, draws the moment that is chosen, and listens to keys and the address. */

import type { PageData } from '../timeline_data.ts'
import { CallList } from './call_list.ts'
import { AllContents } from './contents.ts'
import { button, make, panel, replace } from './dom.ts'
import { grouped } from './format.ts'
import { callPart, changesPart, clocksPart, contentsPart, descriptorsPart } from './panels.ts'
import { readData } from './read_data.ts'
import { TreeView } from './tree_view.ts'
import { World } from './world.ts'

class Page {
  readonly #data: PageData
  readonly #world: World
  readonly #contents: AllContents
  readonly #list: CallList
  readonly #tree: TreeView
  readonly #slider: HTMLInputElement
  readonly #where: HTMLElement = make('output', { for: 'slider' })
  readonly #follows: HTMLInputElement = make('input', { type: 'checkbox', id: 'follow' })
  readonly #view: HTMLSelectElement
  readonly #parts: { readonly [name: string]: HTMLElement }
  #picked = 0

  constructor(data: PageData) {
    this.#data = data
    this.#world = new World(data.first, data.start, data.steps)
    this.#contents = new AllContents(data.versions)
    this.#list = new CallList(data, (call) => this.goTo(call))
    this.#tree = new TreeView(data, this.#world, (ino) => this.#pick(ino))
    const { first, last } = data
    this.#slider = make('input', { type: 'range', id: 'slider', min: first, max: last, step: 1, value: first })
    this.#slider.addEventListener('input', () => this.goTo(Number(this.#slider.value)))
    this.#follows.checked = true
    this.#follows.addEventListener('input', () => this.goTo(this.#world.call))
    const views = [
      ['auto', 'text or hex'],
      ['text', 'text'],
      ['hex', 'hex'],
    ] as const
    this.#view = make('select', { id: 'view' }, ...views.map(([value, text]) => make('option', { value }, text)))
    this.#view.addEventListener('input', () => this.#draw())
    const names = ['call', 'changes', 'descriptors', 'clocks', 'contents']
    this.#parts = Object.fromEntries(names.map((name) => [name, make('div', { class: 'part' })]))
    this.#layOut()
    document.addEventListener('keydown', (event) => this.#key(event))
    addEventListener('hashchange', () => this.#goToAddress())
    // Once the reader lets go: browsers refuse to change the address as often as a slider moves.
    for (const event of ['click', 'change', 'keyup']) document.addEventListener(event, () => this.#noteInAddress())
    addEventListener('resize', () => this.#list.resize())
    this.#goToAddress()
  }

  /** Shows the moment after so many calls. */
  goTo(call: number): void {
    const { first, last } = this.#data
    const to = Math.max(first, Math.min(call, last))
    this.#world.goTo(to)
    if (this.#follows.checked) this.#picked = this.#touchedFile()
    this.#draw()
    this.#tree.showChange()
    this.#list.choose(to)
  }

  /** To the call that the address names; an address that names none leads to the first moment. */
  #goToAddress(): void {
    const [, call] = /^#call=(\d{1,15})$/.exec(location.hash) ?? []
    this.goTo(call === undefined ? this.#data.first : Number(call))
    this.#noteInAddress()
  }

  #noteInAddress(): void {
    const fragment = `#call=${this.#world.call}`
    if (location.hash !== fragment) history.replaceState(null, '', fragment)
  }

  #pick(ino: number): void {
    this.#picked = ino
    this.#follows.checked = false
    this.#draw()
  }

  /** The file or link that the last call that had to do with one had to do with; 0 before there is one. */
  #touchedFile(): number {
    const { first } = this.#data
    for (let at = this.#world.call - first - 1; at >= 0; at--) {
      // A name that a call gave counts before what it changed, and that before what it only looked at.
      const { entries = [], inodes = [], touched = [] } = this.#data.steps[at] ?? {}
      const inos = [...entries.map(([, , ino]) => ino), ...inodes.map(({ ino }) => ino), ...touched]
      const found = inos.find((ino) => ['file', 'symlink'].includes(this.#world.inodes.get(ino)?.kind ?? ''))
      if (found !== undefined) return found
    }
    return 0
  }

  #draw(): void {
    const { call } = this.#world
    const step = this.#data.steps[call - this.#data.first - 1] ?? {}
    const { call: callElement, changes, descriptors, clocks, contents } = this.#parts
    this.#slider.value = String(call)
    this.#slider.setAttribute('aria-valuetext', `call ${call} of ${this.#data.calls}`)
    this.#where.textContent = `call ${grouped(call)} of ${grouped(this.#data.calls)}`
    const view = this.#view.value as 'auto' | 'text' | 'hex'
    replace(callElement as HTMLElement, ...callPart(this.#data, call))
    replace(changes as HTMLElement, ...changesPart(step, this.#world))
    replace(descriptors as HTMLElement, ...descriptorsPart(step, this.#world))
    replace(clocks as HTMLElement, ...clocksPart(this.#data, call))
    replace(contents as HTMLElement, ...contentsPart(this.#data, this.#contents, this.#world, this.#picked, view))
    this.#tree.draw(this.#picked)
    const written = (contents as HTMLElement).querySelector('mark')
    const pre = written?.closest('pre')
    if (written && pre) pre.scrollTop = written.offsetTop - pre.clientHeight / 3
  }

  #key(event: KeyboardEvent): void {
    const { target, key } = event
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return
    // The slider, the filter and what scrolls by itself have their own use for these keys.
    if (target instanceof Element && target.closest('input:not([type=checkbox]), select, pre') !== null) return
    const to = this.#callFor(key)
    if (to === undefined) return
    event.preventDefault()
    this.goTo(to)
  }

  #callFor(key: string): number | undefined {
    switch (key) {
      case 'ArrowDown':
      case 'ArrowRight':
        return this.#list.near(1)
      case 'ArrowUp':
      case 'ArrowLeft':
        return this.#list.near(-1)
      case 'PageDown':
        return this.#list.near(this.#list.page)
      case 'PageUp':
        return this.#list.near(-this.#list.page)
      case 'Home':
        return this.#list.near(Number.NEGATIVE_INFINITY)
      case 'End':
        return this.#list.near(Number.POSITIVE_INFINITY)
      default:
        return undefined
    }
  }

  #layOut(): void {
    const { call, changes, descriptors, clocks, contents } = this.#parts
    const step = (by: number, label: string, sign: string): HTMLElement =>
      button({ 'aria-label': label, title: label }, sign, () => this.goTo(this.#list.near(by) ?? this.#world.call))
    const moment = make(
      'div',
      { class: 'moment' },
      step(-1, 'The call before', '◀'),
      make('label', { for: 'slider', class: 'hidden' }, 'Moment'),
      this.#slider,
      step(1, 'The next call', '▶'),
      this.#where,
    )
    const choice = make(
      'p',
      { class: 'choice' },
      make('label', {}, this.#follows, ' the file of the call'),
      make('label', {}, 'as ', this.#view),
    )
    document.body.append(
      make('header', {}, make('h1', {}, this.#data.title), ...this.#notes(), moment),
      this.#list.element,
      make(
        'main',
        {},
        panel('call', 'The call', call),
        panel('changes', 'What it changed', changes),
        panel('tree', 'The tree', this.#tree.element),
        make(
          'div',
          { class: 'column' },
          panel('descriptors', 'Descriptors', descriptors),
          panel('clocks', 'Clocks', clocks),
          panel('contents', 'Contents', choice, contents),
        ),
      ),
      make('footer', {}, 'Keys: ↑ ↓ Page Up, Page Down, Home, End go from call to call.'),
    )
  }

  /** What of the run is not in the page. */
  #notes(): HTMLElement[] {
    const { first, last, calls, leftOut, maxPageBytes } = this.#data
    const bound = grouped(maxPageBytes)
    const notes: string[] = []
    if (first > 0) notes.push(`The moments before call ${first} were not kept by the run.`)
    if (last < calls)
      notes.push(`The page ends at call ${last} of ${calls}: with all of them it would be larger than ${bound} bytes.`)
    if (leftOut.length > 0)
      notes.push(
        `The contents of ${leftOut.length} files are not all in the page: it would be larger than ${bound} bytes.`,
      )
    return notes.map((note) => make('p', { class: 'note' }, note))
  }
}

new Page(readData(document.getElementById('run')?.textContent ?? '{}'))
