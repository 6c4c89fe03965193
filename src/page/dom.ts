/** Elements of the page. What is shown goes in as text, so nothing that a guest wrote can be markup. */

export type Child = Node | string | undefined

/** An element with attributes and children; `true` gives an attribute without a value, `undefined` and `false` none. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: { readonly [name: string]: string | number | boolean | undefined } = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : String(value))
  }
  element.append(...children.filter((child) => child !== undefined))
  return element
}

/** A button that does one thing. */
export function button(
  attributes: { readonly [name: string]: string | number | boolean | undefined },
  label: string,
  press: () => void,
): HTMLButtonElement {
  const element = make('button', { type: 'button', ...attributes }, label)
  element.addEventListener('click', press)
  return element
}

/** A part of the page with a heading. */
export function panel(id: string, title: string, ...children: readonly Child[]): HTMLElement {
  return make(
    'section',
    { id, 'aria-labelledby': `${id}-title` },
    make('h2', { id: `${id}-title` }, title),
    ...children,
  )
}

/** A name or path as the guest gave it, which no direction of writing can mix up with what is around it. */
export function nameOf(text: string): HTMLElement {
  return make('bdi', {}, text)
}

/** Puts new children into an element; the focus stays where it was if something with the same `data-key` is there. */
export function replace(element: HTMLElement, ...children: readonly Child[]): void {
  const active = document.activeElement
  const key = active instanceof HTMLElement && element.contains(active) ? active.dataset.key : undefined
  element.replaceChildren(...children.filter((child) => child !== undefined))
  if (key === undefined) return
  for (const candidate of element.querySelectorAll<HTMLElement>('[data-key]')) {
    if (candidate.dataset.key === key) candidate.focus({ preventScroll: true })
  }
}
