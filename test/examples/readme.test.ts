/** The README's example is pasted and run. */

import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { callNames } from '../../src/abi/signatures.ts'
import { DIVERGENCES } from '../property/divergences.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

it('works when pasted', () => {
  const [, example] = /```ts\n(\/\/ first\.ts[\s\S]*?)```/.exec(readFileSync(`${root}README.md`, 'utf8')) ?? []
  // In a file of its own beside this one: the example finds the package by its name, as its own.
  const file = `${root}test/examples/.first-${process.pid}.ts`
  writeFileSync(file, (example ?? '').replace("'./examples/", "'../../examples/"))
  try {
    const said = execFileSync(process.execPath, ['--import', 'tsx', file], { cwd: root, encoding: 'utf8' })
    expect(said).toBe('3 hello\n\ntrue\n')
  } finally {
    rmSync(file)
  }
})

it('lists the accepted differences from node:fs, all of them and no others', () => {
  const [, list = ''] =
    /may differ in these points only[\s\S]*?\n\n(- [\s\S]*?)\n\n/.exec(readFileSync(`${root}README.md`, 'utf8')) ?? []
  const listed = list
    .split(/^- /m)
    .slice(1)
    .map((item) => item.trim().replace(/\s+/g, ' '))
  expect(listed).toEqual(DIVERGENCES.map(({ clause }) => clause))
})

it('has every call in the determinism ledger, once', () => {
  const [, ledger = ''] =
    /## The determinism ledger([\s\S]*?)\n## /.exec(readFileSync(`${root}README.md`, 'utf8')) ?? []
  const named = [...ledger.matchAll(/`([a-z]+(?:_[a-z]+)+)`/g)].map(([, name]) => name)
  expect(named.sort()).toEqual([...callNames].sort())
  for (const row of ledger
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(1)) {
    expect(row).toMatch(/\| (eliminated|normalised|ordered|refused|out of scope)( †)? \| [^|]+ \|$/)
  }
})
