/** All suites of one process. */

import { fireSuite } from './fire_suite.ts'
import { nodeFsSuite, Scratch } from './node_fs_suite.ts'
import type { Suite, SuiteName } from './suite.ts'
import { wasiSuite } from './wasi_suite.ts'

/** Suites that share a scratch folder, until `close` removes it. */
export class Suites {
  readonly #scratch: Scratch = new Scratch()
  readonly #suites: { readonly [name in SuiteName]: Suite } = {
    'node-fs': nodeFsSuite(this.#scratch),
    wasi: wasiSuite,
    fire: fireSuite,
  }

  of(name: SuiteName): Suite {
    return this.#suites[name]
  }

  close(): void {
    this.#scratch.remove()
  }
}
