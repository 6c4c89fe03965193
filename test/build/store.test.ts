/** The store of results under all that can befall it: kills, two builds at once, damage, no room. */

import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { Lock } from '../../src/build/index.ts'
import { Store } from '../../src/node/build/index.ts'
import { CACHE } from '../support/compile.ts'
import { buildIn, recipeOf, toy, workshop, writeRecipe } from './workshop.ts'

/** Kills; `STORE_KILLS=100` is the whole proof. */
const KILLS = Number(process.env.STORE_KILLS ?? 10)

const CHILD = fileURLToPath(new URL('store_child.mjs', import.meta.url))

/** Steps that write some megabytes, so that a kill falls into the writing too. */
const RECIPE = recipeOf(
  [
    ...[1, 2, 3, 4, 5, 6].map((n) => toy(`copy ${n}`, 'join', `/mid/${n}`, [`/src/${n}`, '/src/large'])),
    toy(
      'all',
      'join',
      '/out',
      [1, 2, 3, 4, 5, 6].map((n) => `/mid/${n}`),
    ),
  ],
  { sources: { '/src': 'src' }, outputs: ['/out'] },
)

function sources(): { readonly [path: string]: string } {
  const small = Object.fromEntries([1, 2, 3, 4, 5, 6].map((n) => [`src/${n}`, `${n}\n`]))
  return { ...small, 'src/large': 'all work and no play\n'.repeat(20_000) }
}

interface Child {
  readonly process: ChildProcess
  /** Once it begins to build. */
  readonly ready: Promise<void>
  /** All that it said after that, once it has ended. */
  readonly ended: Promise<string>
}

function start(recipe: string, store: string): Child {
  const process_ = spawn(process.execPath, [CHILD, recipe, store, CACHE], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  let begin: () => void = () => undefined
  const ready = new Promise<void>((resolve) => {
    begin = resolve
  })
  process_.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said += text
    if (said.startsWith('ready\n')) begin()
  })
  const ended = new Promise<string>((resolve) => process_.on('close', () => resolve(said.slice('ready\n'.length))))
  return { process: process_, ready, ended }
}

/** The files below a folder. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
}

describe('Store', () => {
  it(`never leads to a wrong output, killed ${KILLS} times at random`, async () => {
    const folder = workshop(sources())
    const expected = (await buildIn(folder, RECIPE)).lock
    const recipe = writeRecipe(folder, RECIPE)
    const whole = start(recipe, join(folder, 'first'))
    await whole.ready
    const began = performance.now()
    expect(JSON.parse(await whole.ended)).toEqual(expected)
    const duration = performance.now() - began
    const store = join(folder, 'store')
    for (let kill = 0; kill < KILLS; kill++) {
      const child = start(recipe, store)
      await child.ready
      await new Promise((resolve) => setTimeout(resolve, Math.random() * duration))
      child.process.kill('SIGKILL')
      const said = await child.ended
      // A build that was quicker than its kill is right too.
      if (said !== '') expect(JSON.parse(said)).toEqual(expected)
      if (kill % 3 === 2) expect((await buildIn(folder, RECIPE, { store: new Store(store) })).lock).toEqual(expected)
    }
    const after = await buildIn(folder, RECIPE, { store: new Store(store) })
    expect(after.lock).toEqual(expected)
    expect((await new Store(store).verify()).damaged).toBe(0)
    const again = await buildIn(folder, RECIPE, { store: new Store(store) })
    expect(again.steps.every(({ kept }) => kept)).toBe(true)
    expect(again.lock).toEqual(expected)
  })

  it('serves two builds at once', async () => {
    const folder = workshop(sources())
    const recipe = writeRecipe(folder, RECIPE)
    const store = join(folder, 'store')
    const children = [start(recipe, store), start(recipe, store)]
    const [a, b] = await Promise.all(children.map(({ ended }) => ended))
    expect(a).toBe(b)
    expect((JSON.parse(a ?? '') as Lock).outputs).toHaveLength(1)
    const after = await buildIn(folder, RECIPE, { store: new Store(store) })
    expect(after.steps.every(({ kept }) => kept)).toBe(true)
    expect(JSON.stringify(after.lock)).toBe(a?.trim())
  })

  it('does work again where a file of it is torn, altered or gone, and puts it right', async () => {
    const folder = workshop(sources())
    const store = join(folder, 'store')
    const expected = (await buildIn(folder, RECIPE, { store: new Store(store) })).lock
    for (const harm of ['torn', 'altered']) {
      for (const path of filesIn(join(store, 'content-v2'))) {
        if (harm === 'torn') truncateSync(path, Math.floor(statSync(path).size / 2))
        else {
          const bytes = readFileSync(path)
          bytes[0] = (bytes[0] ?? 0) ^ 1
          writeFileSync(path, bytes)
        }
      }
      const again = await buildIn(folder, RECIPE, { store: new Store(store) })
      expect([harm, again.lock]).toEqual([harm, expected])
      expect(again.steps.some(({ kept }) => kept)).toBe(false)
      const third = await buildIn(folder, RECIPE, { store: new Store(store) })
      expect([harm, third.steps.every(({ kept }) => kept)]).toEqual([harm, true])
    }
  })

  it('is left out where it cannot be written', async () => {
    const folder = workshop({ ...sources(), file: '' })
    const store = new Store(join(folder, 'file/store'))
    const made = await buildIn(folder, RECIPE, { store })
    expect(made.steps.some(({ kept }) => kept)).toBe(false)
    expect(store.problem).toContain('a part of the path is no folder')
  })

  it('lists results, and collects those that were not used for long with all that only they need', async () => {
    const folder = workshop(sources())
    const store = new Store(join(folder, 'store'))
    await buildIn(folder, RECIPE, { store })
    const listed = await store.list()
    expect(listed.map(({ step }) => step).sort()).toEqual(
      [1, 2, 3, 4, 5, 6]
        .map((n) => `copy ${n}`)
        .concat('all')
        .sort((a, b) => (a < b ? -1 : 1)),
    )
    expect(listed.every(({ recipe, size }) => recipe === 'vivarium.build.json' && size > 0)).toBe(true)
    const kept = await store.collect(0)
    expect([kept.results, kept.removed]).toEqual([7, 0])
    const gone = await store.collect(Date.now() + 1000)
    expect([gone.results, gone.blobs, gone.bytes]).toEqual([0, 0, 0])
    expect(await store.list()).toEqual([])
    const again = await buildIn(folder, RECIPE, { store: new Store(store.folder) })
    expect(again.steps.some((step) => step.kept)).toBe(false)
  })
})
