/** Every fault at every call: which cases there are, that each is one, and that nothing is missed. */

import { describe, expect, it } from 'vitest'
import { errnosOf } from '../../src/abi/errnos.ts'
import { environmentErrnos } from '../../src/fuzz/environment.ts'
import {
  execute,
  mergeReports,
  noLeftoverTemporaryFiles,
  reportFile,
  type SweepOptions,
  survives,
  sweep,
} from '../../src/fuzz/index.ts'
import { doing, guest } from './guest.ts'

const SAVE = doing('save', { files: { '/out/doc': 'old' } })
const LITTER = doing('litter', { files: { '/out/doc': 'old' } })

describe('sweep()', () => {
  it('runs each call with each errno, once and from then on, and with fewer bytes', () => {
    const { trace } = execute(guest(), SAVE)
    const seen: string[] = []
    const property = ({ run }: { run: { faults: readonly unknown[] } }): void =>
      void seen.push(String(run.faults.length))
    const report = sweep(guest(), { world: SAVE, errnos: ['EIO'], property })
    const failing = trace.filter(({ call }) => call !== 'proc_exit').length
    const moved = trace.map(({ call, results }) => (call === 'fd_write' ? Number(results.nwritten) : 0))
    const shorts = moved.reduce(
      (sum, bytes) => sum + new Set([1, Math.floor(bytes / 2), bytes - 1]).size * (bytes > 1 ? 2 : 0),
      0,
    )
    expect(report).toMatchObject({ calls: trace.length, errnos: 2 * failing, shorts, cuts: 0, points: 0, findings: [] })
    expect(report.cases).toBe(1 + 2 * failing + shorts)
    expect(seen.length).toBe(report.runs)
    // What cannot happen again is not run as if it did.
    expect(report.runs).toBeLessThan(report.cases)
    expect(report.runs).toBeGreaterThan(report.cases / 2)
    const once = sweep(guest(), { world: SAVE, errnos: ['EIO'], persistence: ['once'], shorts: false })
    expect(once.cases).toBe(1 + failing)
  })

  it('gives each call what its environment may give, or all that it can give', () => {
    const { trace } = execute(guest(), SAVE)
    const count = (errnos: (call: string) => readonly string[]): number =>
      2 * trace.reduce((sum, { call, errno }) => sum + errnos(call).filter((name) => name !== errno).length, 0)
    const all = sweep(guest(), { world: SAVE, errnos: 'all', shorts: false })
    expect(all.errnos).toBe(count((call) => errnosOf[call as keyof typeof errnosOf]))
    const environment = sweep(guest(), { world: SAVE, shorts: false })
    expect(environment.errnos).toBe(count(environmentErrnos))
    expect(sweep(guest(), { world: SAVE, errnos: [], shorts: false }).cases).toBe(1)
  })

  it('finds the one call whose failure is not dealt with, and says which', () => {
    const oracle = noLeftoverTemporaryFiles()
    expect(sweep(guest(), { world: SAVE, oracle }).findings).toEqual([])
    const { findings } = sweep(guest(), { world: LITTER, oracle })
    expect(findings.length).toBeGreaterThan(0)
    const [{ world, message }] = findings as [(typeof findings)[number]]
    expect(message).toBe('a temporary file is left: /out/doc.tmp')
    expect(world.faults).toMatch(/^fd_\w+#\d+=E\w+$/)
    // The plan alone does it again.
    const { fs } = execute(guest(), world)
    expect(fs.existsSync('/out/doc.tmp')).toBe(true)
  })

  it('cuts the power at every point, and runs the guest but once for that', () => {
    const files = { '/log': '' }
    const oracle = survives({ recovery: { args: ['guest', 'show'] } })
    const none: SweepOptions = { errnos: [], shorts: false, oracle }
    const kept = sweep(guest(), { world: doing('append', { files }), ...none })
    expect(kept.findings).toEqual([])
    // At the beginning; then after each write, sync and line of output, of two each.
    expect(kept.points).toBe(1 + 3 * 2)
    // Where all is synced but the last write, there are two things to find: it, and, at the point before, not.
    expect(kept.cuts).toBe(7)
    const { findings, cuts } = sweep(guest(), { world: doing('promise', { files }), ...none })
    // Nothing; one write; that promised: none or all; two: both, or the second alone; that promised: none, one, both, the second.
    expect(cuts).toBe(1 + 1 + 2 + 2 + 4)
    expect(findings[0]?.message).toBe('"one" was acknowledged, and is lost')
    expect(sweep(guest(), { world: doing('append', { files }), ...none, cuts: false }).cuts).toBe(0)
  })

  it('reports a run that fails without any fault as its first case', () => {
    const { findings, cases } = sweep(guest(), { world: doing('trap') })
    expect([cases, findings[0]?.index, findings[0]?.kind]).toEqual([1, 0, 'trap'])
  })

  it('finds in shards what it finds in one process', () => {
    const oracle = [noLeftoverTemporaryFiles(), survives({ recovery: { args: ['guest', 'exit'] } })]
    const options: SweepOptions = { world: LITTER, oracle }
    const about = { module: { sha256: '' } }
    const whole = reportFile(sweep(guest(), options), about)
    const shards = [0, 1].map((index) =>
      reportFile(sweep(guest(), { ...options, shard: { index, of: 2 } }), { ...about, shard: `${index + 1}/2` }),
    )
    expect(whole.findings.length).toBeGreaterThan(0)
    expect(mergeReports(shards)).toEqual({ ...whole, runs: whole.runs })
  })

  it('has other faults of the world happen too', () => {
    const world = { ...SAVE, faults: 'path_rename=EACCES' }
    expect(execute(guest(), world).exitCode).toBe(1)
    const codes = new Set<number | undefined>()
    sweep(guest(), { world, errnos: ['EIO'], shorts: false, property: ({ exitCode }) => void codes.add(exitCode) })
    expect(codes).not.toContain(0)
  })

  it.each<[string, SweepOptions, RegExp]>([
    ['an unknown option', { runs: 5 } as SweepOptions, /there is no option "runs"/],
    ['an errno that is none', { errnos: ['EWHAT'] }, /there is no errno EWHAT; write one as ENOSPC/],
    ['a plan that is none', { world: { faults: 'x' } }, /world.faults: "x" is no fault/],
    ['a persistence that is none', { persistence: ['twice' as never] }, /'once' and 'from then on'/],
  ])('refuses %s', (_what, options, message) => {
    expect(() => sweep(guest(), options)).toThrow(message)
  })
})
