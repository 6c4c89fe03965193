/** The README's example is pasted and run. */

import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

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
