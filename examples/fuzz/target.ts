/** What the examples here share: they compile a program of this folder, as it is and mended, and tell what was found. */

import { readFileSync } from 'node:fs'
import { type Finding, formatFinding } from '../../src/fuzz/index.ts'
import { Machine } from '../../src/index.ts'
import { clang, compileArgs, linkArgs } from '../toolchain.ts'
import { kept } from './kept.ts'

/** A program with its planted fault, and the same without it. */
export interface Target {
  readonly planted: Uint8Array
  readonly mended: Uint8Array
}

/** The program `NAME.c` of this folder. @throws Error with what clang wrote. */
export function target(name: string): Target {
  const source = readFileSync(new URL(`${name}.c`, import.meta.url), 'utf8')
  const [planted, mended] = [[], ['-DFIXED']].map((flags) =>
    kept([clang().version, source, ...flags], () => build(source, flags)),
  )
  return { planted, mended } as Target
}

function build(source: string, flags: readonly string[]): Uint8Array {
  const { module, files } = clang()
  const machine = new Machine({ files: { ...files, '/src/main.c': source } })
  const commands = [compileArgs('/src/main.c', '/src/main.o', flags), linkArgs(['/src/main.o'], '/src/main.wasm')]
  for (const args of commands) {
    const run = machine.run(module, { args })
    if (run.exitCode !== 0) throw new Error(run.stderr.text())
  }
  return machine.fs.readFileSync('/src/main.wasm')
}

/** What a search came to. */
export interface Report {
  readonly runs: number
  readonly findings: readonly Finding[]
}

/** Prints the first finding of the planted fault, and that there is none without it. */
export function tell(title: string, planted: Report, mended: Report): void {
  console.log(`${title}\n${'='.repeat(title.length)}\n`)
  const [first] = planted.findings
  console.log(
    `as it is, after ${planted.runs} runs: ${first === undefined ? 'nothing was found' : formatFinding(first)}\n`,
  )
  const found = mended.findings.length
  console.log(`mended (-DFIXED), after ${mended.runs} runs: ${found === 0 ? 'nothing was found' : `${found} findings`}`)
}
