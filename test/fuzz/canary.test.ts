/** Canaries: with one rule broken, each suite must fail, and the line that it prints must be a test that does its work. */

import { describe, expect, it } from 'vitest'
import { programs } from '../property/operations.ts'
import { fc, SEED } from '../support/property.ts'
import * as sound from './canary_entry.ts'
import { corpusLine, readCorpus } from './corpus.ts'
import { type Fault, importFaulty } from './faulty_build.ts'
import type { Suite } from './suite.ts'

const ENTRY = 'test/fuzz/canary_entry.ts'
type Build = typeof sound

describe.runIf(process.platform === 'linux')('the programs against node:fs', () => {
  const faults: readonly Fault[] = [
    {
      what: 'rename replaces a directory that has entries',
      file: 'vfs/rename.ts',
      from: 'if (target.body.size > 0) return ENOTEMPTY',
      to: '',
    },
    {
      what: 'an exclusive open makes the file that a dangling link names',
      file: 'vfs/filesystem.ts',
      from: 'const follow = (flags & OPEN_NOFOLLOW) === 0 && !exclusive',
      to: 'const follow = (flags & OPEN_NOFOLLOW) === 0',
    },
  ]

  it.each(named(faults))('catch that %s', async (_what, fault) => {
    const faulty = await importFaulty<Build>(ENTRY, fault)
    const scratches = [new sound.Scratch(), new faulty.Scratch()] as const
    try {
      await expectCaught(faulty.nodeFsSuite(scratches[1]), sound.nodeFsSuite(scratches[0]), 'node-fs')
    } finally {
      for (const scratch of scratches.toReversed()) scratch.remove()
    }
  })
})

describe('random fire', () => {
  const faults: readonly Fault[] = [
    {
      what: 'fd_tell does not look whether its pointer is in memory',
      file: 'src/hostcall/fd_io.ts',
      from: '  if (!guest.memory.covers(offset >>> 0, 8)) return FAULT\n  const at = lseek(',
      to: '  const at = lseek(',
    },
    {
      what: 'clock_res_get writes a byte too many',
      file: 'src/hostcall/clock.ts',
      from: 'writeInstant(memory.view, resolution >>> 0, 0,',
      to: 'memory.fill(resolution >>> 0, 9, 1), writeInstant(memory.view, resolution >>> 0, 0,',
    },
    {
      what: 'random_get draws though it gives EFAULT',
      file: 'src/hostcall/random.ts',
      from: 'if (!memory.covers(buf >>> 0, length >>> 0)) return FAULT',
      to: 'if (!memory.covers(buf >>> 0, length >>> 0)) return (guest.process.random.fill(new Uint8Array(1), 0, 1), FAULT)',
    },
  ]

  it.each(named(faults))('catches that %s', async (_what, fault) => {
    const faulty = await importFaulty<Build>(ENTRY, fault)
    await expectCaught(faulty.fireSuite({ shortens: false }), sound.fireSuite(), 'fire')
  })
})

describe('the metamorphic checks', () => {
  it('catch that a write after a fork is seen on the other side', async () => {
    const faulty = await importFaulty<Build>(ENTRY, {
      what: 'nodes of the inode table are changed in place after a fork',
      file: 'vfs/persistent_array.ts',
      from: 'return node.edition === edition ? node : new Node',
      to: 'return true ? node : new Node',
    })
    const seen = (build: Build) =>
      fc.check(
        fc.property(programs, programs, (before, after) => build.snapshotFault(before, after) === undefined),
        { numRuns: 50 },
      )
    expect(seen(faulty).failed).toBe(true)
    expect(seen(sound).failed).toBe(false)
  })
})

function named(faults: readonly Fault[]): [string, Fault][] {
  return faults.map((fault) => [fault.what, fault])
}

/** Draws until the faulty build fails; then the printed line fails there, and not in the sound build. */
async function expectCaught(faulty: Suite, other: Suite, suite: 'node-fs' | 'fire'): Promise<void> {
  const { failures } = await faulty.run(SEED, 1000)
  const [failure] = failures
  if (failure === undefined) throw new Error('nothing was caught')
  const { seed, path, fault, program } = failure
  const [line] = readCorpus(corpusLine({ suite, note: fault, seed, path, program }))
  expect(await faulty.replay(line?.program)).toBe(fault)
  expect(await other.replay(line?.program)).toBeUndefined()
}
