/** All suites of one process, each loaded when it is first asked for. */

import { Scratch } from '../property/side_by_side.ts'
import type { Suite, SuiteName } from './suite.ts'

/** Suites that work in one folder, until `close` removes it. */
export class Suites {
  readonly #folder: string | undefined
  readonly #suites = new Map<SuiteName, Suite>()
  #scratch: Scratch | undefined

  /** Without `folder` one is made. */
  constructor(folder?: string) {
    this.#folder = folder
  }

  async of(name: SuiteName): Promise<Suite> {
    const suite = this.#suites.get(name) ?? (await this.#load(name))
    this.#suites.set(name, suite)
    return suite
  }

  close(): void {
    this.#scratch?.remove()
  }

  async #load(name: SuiteName): Promise<Suite> {
    switch (name) {
      case 'node-fs': {
        const { nodeFsSuite } = await import('./node_fs_suite.ts')
        this.#scratch ??= new Scratch(this.#folder)
        return nodeFsSuite(this.#scratch)
      }
      case 'wasi':
        return (await import('./wasi_suite.ts')).wasiSuite
      case 'fire':
        return (await import('./fire_suite.ts')).fireSuite()
    }
  }
}
