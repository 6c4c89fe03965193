/** pandoc: a Haskell program, whose runtime polls clocks and descriptors, turns Markdown into HTML. */

import { describe, expect, it } from 'vitest'
import { Machine } from '../../src/index.ts'
import { loadGuest } from '../support/guests.ts'
import { twice } from './twice.ts'

const MARKDOWN = `---
title: Jardin d'été
---

# Plan *général*

- eau
- terre

| Bac | Graines |
|-----|--------:|
| A   |      12 |
`

describe('pandoc', () => {
  it('converts a Markdown file to HTML', () => {
    const { module } = loadGuest('pandoc')
    const args = ['pandoc', '/plan.md', '-f', 'markdown', '-t', 'html', '-o', '/plan.html']
    const {
      runs: [run],
      outputs,
    } = twice(
      () => new Machine({ files: { '/plan.md': MARKDOWN } }),
      (machine) => ({
        runs: [machine.run(module, { args })],
        outputs: machine.fs.readFileSync('/plan.html', 'utf8'),
      }),
    )
    expect(run.end, run.stderr.text()).toEqual({
      kind: 'exit',
      code: 0,
    })
    expect(run.stderr.text()).toBe('')
    expect(outputs).toContain(
      '<h1 id="plan-général">Plan <em>général</em></h1>\n<ul>\n<li>eau</li>\n<li>terre</li>\n</ul>',
    )
    expect(outputs).toContain('<td style="text-align: right;">12</td>')
  })

  it('converts stdin to stdout, standalone, with the title of the metadata', () => {
    const { module } = loadGuest('pandoc')
    const {
      runs: [run],
    } = twice(
      () => new Machine(),
      (machine) => ({
        runs: [
          machine.run(module, {
            args: ['pandoc', '-s', '-t', 'html'],
            stdin: MARKDOWN,
          }),
        ],
        outputs: undefined,
      }),
    )
    expect(run.exitCode).toBe(0)
    expect(run.stdout.text()).toMatch(/^<!DOCTYPE html>[\s\S]*<title>Jardin d’été<\/title>[\s\S]*<\/html>\n$/)
  })

  it('writes an EPUB, a ZIP archive with times in it, that is the same each time', () => {
    const { module } = loadGuest('pandoc')
    const {
      runs: [run],
      outputs,
    } = twice(
      () =>
        new Machine({
          epoch: '2026-01-01T00:00:00Z',
          files: { '/plan.md': MARKDOWN },
        }),
      (machine) => ({
        runs: [
          machine.run(module, {
            args: ['pandoc', '/plan.md', '-o', '/plan.epub'],
          }),
        ],
        outputs: new Uint8Array(machine.fs.readFileSync('/plan.epub')),
      }),
    )
    expect(run.end, run.stderr.text()).toEqual({
      kind: 'exit',
      code: 0,
    })
    expect(Buffer.from(outputs.subarray(0, 4)).toString('latin1')).toBe('PK\x03\x04')
    expect(Buffer.from(outputs).includes('application/epub+zip')).toBe(true)
  })
})
