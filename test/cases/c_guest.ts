/** Runs one case of a C guest that holds many: the first argument picks it. */

import { expect } from 'vitest'
import type { Machine, Run, RunOptions } from '../../src/index.ts'
import { check } from '../../vfs/check.ts'
import { compileFile } from '../support/compile.ts'

/** A C file of this folder, compiled. Made once a test file, outside of the tests: compiling can take its time. */
export class CGuest {
  readonly module: WebAssembly.Module
  readonly #name: string

  constructor(name: string) {
    this.#name = name
    this.module = new WebAssembly.Module(compileFile(`cases/${name}`))
  }

  /** Runs the case `args[0]`, however it ends; it has to leave a sound tree. */
  run(machine: Machine, args: readonly string[], options: RunOptions = {}): Run {
    const run = machine.run(this.module, { args: [this.#name, ...args], ...options })
    expect(check(machine.tree)).toEqual([])
    return run
  }

  /** What the case printed. It has to end with exit code 0 and nothing on stderr. */
  text(machine: Machine, args: readonly string[], options: RunOptions = {}): string {
    const { end, stdout, stderr } = this.run(machine, args, options)
    expect({ end, stderr: stderr.text() }, args.join(' ')).toEqual({ end: { kind: 'exit', code: 0 }, stderr: '' })
    return stdout.text()
  }

  /** As `text`, line by line. */
  lines(machine: Machine, args: readonly string[], options: RunOptions = {}): string[] {
    return this.text(machine, args, options).split('\n').slice(0, -1)
  }
}
