/**
 * No call may become three times dearer than it was. Measured in a process of its own on the built package: the test
 * runner rewrites modules in a way that would itself be measured. `npm run bench:guard -- --write` accepts new figures.
 */

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import type { Ratios } from './guard.ts'

const GROSS_LOSS = 3

const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const accepted: Ratios = JSON.parse(readFileSync(pathOf('guard.json'), 'utf8'))

it('costs at most three times as many empty calls as it did, each call', () => {
  const args = ['--expose-gc', '--import', import.meta.resolve('tsx'), pathOf('guard.ts')]
  const found: Ratios = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }))
  const names = Object.keys(accepted)
  console.log(
    names.map((name) => `${name.padEnd(30)} ${found[name]} empty calls, accepted ${accepted[name]}`).join('\n'),
  )
  expect(Object.keys(found)).toEqual(names)
  expect(names.filter((name) => !((found[name] as number) <= GROSS_LOSS * (accepted[name] as number)))).toEqual([])
})
