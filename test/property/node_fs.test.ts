/** The facade and the real `node:fs` run the same programs side by side and must agree on everything. */

import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { check } from '../../vfs/check.ts'
import { Filesystem } from '../../vfs/filesystem.ts'
import { createNodeFs } from '../../vfs/node_fs.ts'
import { fc, SEED } from '../support/property.ts'
import { allowed } from './divergences.ts'
import { type Operation, programs } from './operations.ts'
import { hostFs, World } from './worlds.ts'

/** `VIVARIUM_PROGRAMS=20000` runs more of them; `VIVARIUM_SEED` others. */
const PROGRAMS = Number(process.env.VIVARIUM_PROGRAMS ?? 300)

describe.runIf(process.platform === 'linux')('node:fs side by side', () => {
  it('agrees on results, error codes and the tree that is left', () => {
    // Mode bits of new files are compared: the facade's umask is fixed.
    const umask = process.umask(0o022)
    try {
      fc.assert(fc.property(programs, sideBySide), { numRuns: PROGRAMS, seed: SEED })
    } finally {
      process.umask(umask)
    }
  })
})

function sideBySide(program: readonly Operation[]): void {
  const root = mkdtempSync(join(realpathSync(tmpdir()), 'vivarium-'))
  chmodSync(root, 0o755)
  const tree = new Filesystem()
  let seconds = 0
  const facade = createNodeFs(tree, () => ({ sec: ++seconds, nsec: 0 }))
  const virtual = new World(facade, '')
  const host = new World(hostFs, root)
  try {
    for (const operation of program) {
      if (allowed(operation, facade, tree) !== undefined) continue
      const outcome = virtual.run(operation)
      expect(outcome, JSON.stringify(operation)).toEqual(host.run(operation))
      expect(check(tree)).toEqual([])
    }
    expect(virtual.tree()).toEqual(host.tree())
    virtual.close()
    expect(check(tree)).toEqual([])
  } finally {
    host.close()
    rmSync(root, { recursive: true, force: true })
  }
}
