/**
 * Recursion until the engine's stack ends: in the guest, and, at every depth there is, inside a call that changes the
 * tree; and, under cpu strict, until the bound ends it, which never is inside a call.
 */

import { describe, expect, it } from 'vitest'
import { GuestRun } from '../../../src/guest_run.ts'
import { exportTree, Machine } from '../../../src/index.ts'
import { check } from '../../../vfs/check.ts'
import { callerModule } from '../../support/caller.ts'
import { compileC } from '../../support/compile.ts'
import { wasiWat } from '../../support/wasi_wat.ts'

const FILES = { '/d/kept': 'kept', '/f': 'x'.repeat(5000), '/l': { symlink: 'd' } }
const STACK = { kind: 'limit', limit: 'stack', message: expect.stringContaining('stack') }
const CREATE = 1

/** Paths in memory: `d` at 0, `n0` at 8, `n1` at 16, `f` at 24; an iovec at 32 of 600 bytes at 1024. */
const DATA =
  '(data (i32.const 0) "d\\00\\00\\00\\00\\00\\00\\00n0\\00\\00\\00\\00\\00\\00n1\\00\\00\\00\\00\\00\\00f\\00\\00\\00\\00\\00\\00\\00\\00\\04\\00\\00\\58\\02\\00\\00")'
const OPEN = (path: number, length: number, oflags: number): string =>
  `(call $path_open (i32.const 3) (i32.const 0) (i32.const ${path}) (i32.const ${length}) (i32.const ${oflags})
    (i64.const 0x62) (i64.const 0) (i32.const 0) (i32.const 64))`
const N0 = '(i32.const 8) (i32.const 2)'
const N1 = '(i32.const 16) (i32.const 2)'

/** What the guest calls at each level: steps that come one after the other, level by level. */
const STEPS: { readonly [name: string]: readonly string[] } = {
  'makes and removes a directory': [
    `(call $path_create_directory (i32.const 3) ${N0})`,
    `(call $path_remove_directory (i32.const 3) ${N0})`,
  ],
  'opens, writes, cuts and closes': [
    OPEN(8, 2, CREATE),
    '(call $fd_write (i32.load (i32.const 64)) (i32.const 32) (i32.const 1) (i32.const 72))',
    '(call $fd_filestat_set_size (i32.load (i32.const 64)) (i64.const 10000))',
    '(call $fd_allocate (i32.load (i32.const 64)) (i64.const 20000) (i64.const 50000))',
    '(call $fd_close (i32.load (i32.const 64)))',
    `(call $path_unlink_file (i32.const 3) ${N0})`,
  ],
  'links, renames and removes': [
    `(call $path_link (i32.const 3) (i32.const 0) (i32.const 24) (i32.const 1) (i32.const 3) ${N0})`,
    `(call $path_rename (i32.const 3) ${N0} (i32.const 3) ${N1})`,
    `(call $path_symlink ${N1} (i32.const 3) ${N0})`,
    `(call $path_rename (i32.const 3) ${N1} (i32.const 3) ${N0})`,
    `(call $path_unlink_file (i32.const 3) ${N0})`,
  ],
  'opens what it removes, and moves descriptors': [
    OPEN(8, 2, CREATE),
    `(call $path_unlink_file (i32.const 3) ${N0})`,
    '(call $fd_write (i32.load (i32.const 64)) (i32.const 32) (i32.const 1) (i32.const 72))',
    OPEN(24, 1, 0),
    '(call $fd_renumber (i32.load (i32.const 64)) (i32.const 0))',
  ],
}

/** A guest that makes the steps at each level; `ballast` locals, all in use, shift where in a call the stack ends. */
function guestOf(steps: readonly string[], ballast: number): Promise<Uint8Array> {
  const locals = Array.from({ length: ballast }, (_, index) => index + 1)
  const chosen = steps.map((step, index) => {
    return `(if (i32.eq (i32.rem_u (local.get 0) (i32.const ${steps.length})) (i32.const ${index})) (then (drop ${step})))`
  })
  return wasiWat(`${DATA}
    (func $deep (param i32) (result i64) (local ${'i64 '.repeat(ballast)})
      ${locals.map((local) => `(local.set ${local} (i64.extend_i32_u (i32.add (local.get 0) (i32.const ${local}))))`).join('\n')}
      ${chosen.join('\n')}
      (call $deep (i32.add (local.get 0) (i32.const 1)))
      ${locals.map((local) => `(i64.add (local.get ${local}))`).join('\n')})
    (func (export "_start") (drop (call $deep (i32.const 0))))`)
}

function sameAsBefore(machine: Machine, before: object): void {
  expect(check(machine.tree)).toEqual([])
  expect(exportTree(machine.tree, 1, { times: true })).toEqual(before)
}

describe('recursion without end', () => {
  it('ends the run by the limit, however large its frames are', async () => {
    for (const ballast of [0, 1, 10, 100, 1000]) {
      const run = new Machine({ cpu: 'engine' }).run(await guestOf([], ballast))
      expect(run.end).toEqual(STACK)
      expect(run.exitCode).toBeUndefined()
    }
  })

  it('ends a reactor, whose machine goes on', async () => {
    const machine = new Machine({ cpu: 'engine' })
    const run = machine.run(await wasiWat('(func $deep (export "deep") (param i32) (call $deep (local.get 0)))'))
    expect(() => run.call('deep', 1)).toThrow(expect.objectContaining({ code: 'ENDED' }))
    expect(run.end).toEqual(STACK)
    expect(machine.run(callerModule()).call('sched_yield')).toBe(0)
  })

  it('frees what a reactor has kept open, though its name was gone before', async () => {
    const machine = new Machine({ cpu: 'engine', files: FILES })
    const { count, nextIno } = machine.tree.table
    const blocks = machine.tree.blocks
    const run = machine.run(
      await wasiWat(`${DATA}
        (func (export "open") (drop ${OPEN(8, 2, CREATE)}) (drop (call $path_unlink_file (i32.const 3) ${N0}))
          (drop (call $fd_write (i32.load (i32.const 64)) (i32.const 32) (i32.const 1) (i32.const 72))))
        (func $deep (export "deep") (param i32) (call $deep (local.get 0)))`),
    )
    run.call('open')
    expect([machine.tree.table.count, machine.tree.blocks]).toEqual([count + 1, blocks + 1])
    expect(() => run.call('deep', 1)).toThrow(expect.objectContaining({ code: 'ENDED' }))
    expect([machine.tree.table.count, machine.tree.blocks]).toEqual([count, blocks])
    expect(machine.tree.table.nextIno).toBe(nextIno + 1)
    expect(check(machine.tree)).toEqual([])
  })

  it('is caught by no catch_all', async () => {
    const run = new Machine({ cpu: 'engine' }).run(
      await wasiWat(
        `(func $deep (call $deep) (drop (call $sched_yield)))
        (func (export "_start") (loop $again (try (do (call $deep)) (catch_all (br $again)))))`,
        { exceptions: true },
      ),
      { limits: { calls: 1000 } },
    )
    expect(run.end).toEqual(STACK)
  })

  it('is found where it goes through JavaScript', async () => {
    const machine = new Machine({ cpu: 'engine' })
    const module = await wasiWat('(import "env" "again" (func $again)) (func (export "deep") (call $again))')
    let deep = (): void => {}
    const run = machine.run(module, { imports: { env: { again: () => deep() } } })
    deep = run.exports.deep as () => void
    expect(() => run.call('deep')).toThrow(expect.objectContaining({ code: 'ENDED' }))
    expect(run.end).toEqual(STACK)
  })
})

describe('JavaScript that catches everything between the frames', () => {
  it('hides no call that the end of the stack broke off', async () => {
    const module = await wasiWat(`
      (import "env" "again" (func $again))
      ${DATA}
      (func (export "deep")
        (drop (call $path_create_directory (i32.const 3) ${N0}))
        (drop (call $path_remove_directory (i32.const 3) ${N0}))
        (call $again))`)
    const ends = new Set<string | undefined>()
    for (let ballast = 0; ballast < 30; ballast++) {
      const machine = new Machine({ cpu: 'engine', files: FILES })
      let deep = (): void => {}
      const frames = (left: number): void => {
        if (left > 0) frames(left - 1)
        else deep()
      }
      const again = (): void => {
        try {
          frames(ballast)
        } catch {
          // The guest is to go on as if nothing had happened.
        }
      }
      const run = machine.run(module, { imports: { env: { again } } })
      deep = run.exports.deep as () => void
      try {
        run.call('deep')
      } catch (error) {
        expect(error).toMatchObject({ code: 'ENDED' })
        expect(run.end).toEqual(STACK)
      }
      ends.add(run.end?.kind)
      expect(check(machine.tree)).toEqual([])
    }
    expect(ends).toContain('limit')
  })
})

describe.each(Object.entries(STEPS))('recursion that %s at each level', (_, steps) => {
  it('leaves a sound tree, and the machine as it was', async () => {
    const machine = new Machine({ cpu: 'engine', files: FILES })
    const before = exportTree(machine.tree, 1, { times: true })
    const { time } = machine
    const { count, nextIno } = machine.tree.table
    let inside = 0
    for (let ballast = 0; ballast < 40; ballast++) {
      const run = machine.run(await guestOf(steps, ballast), { limits: { descriptors: 1_000_000 } })
      expect(run.end).toEqual(STACK)
      expect(run.calls).toBeGreaterThan(0)
      sameAsBefore(machine, before)
      if (run instanceof GuestRun && run.process.failure !== undefined) inside++
    }
    // The stack did end within calls, and not only between them.
    expect(inside).toBeGreaterThan(0)
    expect([machine.time, machine.tree.table.count, machine.tree.table.nextIno]).toEqual([time, count, nextIno])
    expect(machine.tree.blocks).toBe(new Machine({ cpu: 'engine', files: FILES }).tree.blocks)
    // Everything works, and nothing is held that nobody has open.
    machine.fs.rmSync('/f')
    machine.fs.rmSync('/d', { recursive: true })
    machine.fs.rmSync('/l')
    expect(machine.tree.table.count).toBe(new Machine({ cpu: 'engine' }).tree.table.count)
  })

  it('ends under cpu strict at the same call each time, with all that was done before', async () => {
    for (const ballast of [0, 7, 300]) {
      const [first, second] = await Promise.all(
        [1, 2].map(async () => {
          const machine = new Machine({ cpu: 'strict', files: FILES })
          const run = machine.run(await guestOf(steps, ballast), { limits: { descriptors: 1_000_000 } })
          expect(run.end).toEqual({ ...STACK, message: expect.stringContaining('524288 bytes') })
          expect(check(machine.tree)).toEqual([])
          const { time, tree } = machine
          return [run.calls, run.traceDigest, time, tree.table.nextIno, exportTree(tree, 1, { times: true })]
        }),
      )
      expect(first).toEqual(second)
      expect(first?.[0]).toBeGreaterThan(100)
    }
  })

  it('is a limit of that one stage in a pipeline', async () => {
    const machine = new Machine({ cpu: 'engine', files: FILES })
    const cat = compileC(
      '#include <stdio.h>\nint main(void) { int c; while ((c = getchar()) >= 0) putchar(c); return 0; }',
    )
    for (let ballast = 0; ballast < 8; ballast++) {
      const deep = await guestOf(steps, ballast)
      const runs = machine.pipeline([
        { module: cat, stdin: 'in' },
        { module: deep, limits: { descriptors: 10_000 } },
        { module: cat },
      ])
      expect(runs[1]?.end).toEqual(STACK)
      expect(runs[2]?.end).toEqual({ kind: 'exit', code: 0 })
      expect(runs[0]?.end?.kind).toBe('exit')
      expect(check(machine.tree)).toEqual([])
    }
  })

  it('leaves what other processes have open to them', async () => {
    const machine = new Machine({ cpu: 'engine', files: FILES })
    const other = machine.run(callerModule())
    const memory = new Uint8Array((other.exports.memory as WebAssembly.Memory).buffer)
    memory.set(new TextEncoder().encode('f'), 0)
    expect(other.call('path_open', 3, 0, 0, 1, 0, 2n, 0n, 0, 8)).toBe(0)
    expect(other.call('path_unlink_file', 3, 0, 1)).toBe(0)
    const { count } = machine.tree.table
    for (let ballast = 0; ballast < 8; ballast++) machine.run(await guestOf(steps, ballast))
    expect(check(machine.tree)).toEqual([])
    new DataView(memory.buffer).setUint32(16, 100, true)
    new DataView(memory.buffer).setUint32(20, 5, true)
    expect(other.call('fd_read', 4, 16, 1, 24)).toBe(0)
    expect(new TextDecoder().decode(memory.slice(100, 105))).toBe('xxxxx')
    other.close()
    expect(machine.tree.table.count).toBe(count - 1)
    expect(check(machine.tree)).toEqual([])
  })
})
