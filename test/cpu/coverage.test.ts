/** The passes `coverage` and `comparisons`: the very edges of small modules, what is compared, and that nothing else changes. */

import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { EdgeMap, hasEdge } from '../../src/cpu/edge_map.ts'
import { Op } from '../../src/cpu/opcodes.ts'
import { EDGE_MEMORY, EDGE_WORDS, EDGES, RESET } from '../../src/cpu/options.ts'
import { rewrite } from '../../src/cpu/rewrite.ts'
import { VivariumError } from '../../src/error.ts'
import { GuestCpu } from '../../src/guest_cpu.ts'
import { Machine, type Run, compile as watched } from '../../src/index.ts'
import { rewriteCached } from '../../src/node/rewrite_cache.ts'
import { scratch } from '../node/folder.ts'
import { compileFile } from '../support/compile.ts'
import { ALL, compile, OFF } from './support.ts'

const ONLY = { ...OFF, coverage: true }
const EVERYTHING = { ...ALL, coverage: true, comparisons: true }

interface Guest {
  readonly exports: { readonly [name: string]: (...args: unknown[]) => unknown }
  readonly cpu: GuestCpu
  readonly map: EdgeMap
}

async function guest(text: string, options: typeof ALL = ONLY): Promise<Guest> {
  const bytes = await compile(text)
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(rewrite(bytes, options)))
  const cpu = new GuestCpu(options, exports)
  cpu.begin(undefined)
  cpu.enter()
  return { exports: cpu.exports as unknown as Guest['exports'], cpu, map: new EdgeMap(bytes) }
}

/** The kinds of the edges taken since the last look, in order, with the number of the function where there are more. */
function taken({ cpu, map }: Guest): string[] {
  const edges = cpu.edges?.read() as Uint32Array
  const shown = map.edges.map(({ function: index, kind }) => (map.functions.length > 1 ? `${index} ${kind}` : kind))
  return shown.filter((_, edge) => hasEdge(edges, edge))
}

/** What each call of the export `f` takes, each from the start. */
async function ways(text: string, calls: readonly unknown[][], options?: typeof ALL): Promise<string[]> {
  const made = await guest(text, { ...ONLY, reset: true, ...options })
  return calls.map((args) => {
    made.cpu.reset?.()
    made.cpu.begin(undefined)
    made.cpu.enter()
    try {
      made.exports.f?.(...args)
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error
    }
    return taken(made).join(', ')
  })
}

/** Text of a module, calls of its function f, and what each takes. */
const CASES: readonly (readonly [name: string, text: string, calls: readonly (readonly [unknown[], string])[]])[] = [
  ['a function that is entered', '(module (func (export "f")))', [[[], 'entry']]],
  [
    'an if with both arms',
    '(module (func (export "f") (param i32) (result i32) (if (result i32) (local.get 0) (then (i32.const 1)) (else (i32.const 2)))))',
    [
      [[1], 'entry, then'],
      [[0], 'entry, else'],
    ],
  ],
  [
    'an if without the other arm',
    '(module (func (export "f") (param i32) (if (local.get 0) (then (nop)))))',
    [
      [[5], 'entry, then'],
      [[0], 'entry, else'],
    ],
  ],
  [
    'an if without the other arm that hands values on',
    '(module (func (export "f") (param i32) (result i32) (i32.const 7) (local.get 0) (if (param i32) (result i32) (then (i32.const 1) (i32.add)))))',
    [
      [[5], 'entry, then'],
      [[0], 'entry, else'],
    ],
  ],
  [
    'a br_if',
    '(module (func (export "f") (param i32) (block (br_if 0 (local.get 0)) (nop))))',
    [
      [[1], 'entry, branch'],
      [[0], 'entry, on'],
    ],
  ],
  [
    'a br_if to a label that takes a value',
    '(module (func (export "f") (param i32) (result i32) (block (result i32) (br_if 0 (i32.const 4) (local.get 0)) (drop) (i32.const 5))))',
    [
      [[1], 'entry, branch'],
      [[0], 'entry, on'],
    ],
  ],
  [
    'a br_if out of the function',
    '(module (func (export "f") (param i32) (br_if 0 (local.get 0)) (nop)))',
    [
      [[1], 'entry, branch'],
      [[0], 'entry, on'],
    ],
  ],
  [
    'a loop that is gone round, or not',
    '(module (func (export "f") (param i32) (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))',
    [
      [[1], 'entry, on'],
      [[3], 'entry, branch, on'],
    ],
  ],
  [
    'a br_table, whose labels have an edge each',
    '(module (func (export "f") (param i32) (block (block (block (br_table 0 2 0 1 (local.get 0))) (return)) (nop))))',
    [
      [[0], 'entry, way 1 of 3'],
      [[1], 'entry, way 2 of 3'],
      [[2], 'entry, way 1 of 3'],
      [[3], 'entry, way 3 of 3'],
      [[-1], 'entry, way 3 of 3'],
    ],
  ],
  [
    'a br_table whose labels take values',
    '(module (func (export "f") (param i32) (result i32) (block (result i32) (block (result i32) (br_table 0 1 0 (i32.const 7) (local.get 0))) (drop) (i32.const 1))))',
    [
      [[0], 'entry, way 1 of 2'],
      [[1], 'entry, way 2 of 2'],
      [[9], 'entry, way 1 of 2'],
    ],
  ],
  [
    'an exception that is caught',
    '(module (tag $t) (func (export "f") (param i32) (try (do (if (local.get 0) (then (throw $t)))) (catch $t))))',
    [
      [[1], 'entry, then, catch'],
      [[0], 'entry, else'],
    ],
  ],
  [
    'a trap, after which nothing is taken',
    '(module (func (export "f") (param i32) (drop (i32.div_s (i32.const 1) (local.get 0))) (if (local.get 0) (then))))',
    [
      [[0], 'entry'],
      [[1], 'entry, then'],
    ],
  ],
  [
    'functions apart',
    '(module (func $g (if (i32.const 1) (then))) (func (export "f") (param i32) (if (local.get 0) (then (call $g)))))',
    [
      [[0], '1 entry, 1 else'],
      [[1], '0 entry, 0 then, 1 entry, 1 then'],
    ],
  ],
  [
    'nothing where control can never be',
    '(module (func (export "f") (br 0) (if (i32.const 1) (then) (else)) (block (br_if 0 (i32.const 1)))))',
    [[[], 'entry']],
  ],
]

describe('run.coverage', () => {
  it.each(CASES)('has the edges of %s', async (_, text, calls) => {
    const args = calls.map(([each]) => each)
    const expected = calls.map(([, edges]) => edges)
    expect(await ways(text, args)).toEqual(expected)
    expect(await ways(text, args, EVERYTHING)).toEqual(expected)
  })

  it('tells more edges apart than one global has', async () => {
    const arms = Array.from({ length: 100 }, (_, at) => `(if (i32.eq (local.get 0) (i32.const ${at})) (then (nop)))`)
    const made = await guest(`(module (func (export "f") (param i32) ${arms.join(' ')}))`)
    made.exports.f?.(63)
    made.exports.f?.(99)
    const kinds = taken(made)
    expect(made.map.edges).toHaveLength(201)
    expect(kinds.filter((kind) => kind === 'then')).toHaveLength(2)
    expect(kinds.filter((kind) => kind === 'else')).toHaveLength(100)
  })

  it('has the ways of a br_table of more labels than one global has', async () => {
    const count = 70
    const open = '(block '.repeat(count)
    const labels = Array.from({ length: count }, (_, at) => at).join(' ')
    const made = await guest(
      `(module (func (export "f") (param i32) ${open} (br_table ${labels} (local.get 0)) ${')'.repeat(count)}))`,
    )
    for (const value of [0, 31, 32, 69, 1000]) made.exports.f?.(value)
    expect(taken(made)).toEqual(['entry', ...[1, 32, 33, 70].map((way) => `way ${way} of 70`)])
  })

  it('is the same array until something else is taken', async () => {
    const made = await guest('(module (func (export "f") (param i32) (if (local.get 0) (then (nop)))))')
    made.exports.f?.(0)
    const first = made.cpu.edges?.read()
    expect(made.cpu.edges?.read()).toBe(first)
    made.exports.f?.(1)
    expect(made.cpu.edges?.read()).not.toBe(first)
    expect(first).toEqual(Uint32Array.of(0b101))
    expect(made.cpu.edges?.read()).toEqual(Uint32Array.of(0b111))
  })

  it.each([
    ['i32', '(memory (export "memory") 1)'],
    ['i64', '(memory (export "memory") i64 1)'],
  ])('is read without a trace in a memory of %s addresses', async (_, memory) => {
    const made = await guest(`(module ${memory} (func (export "f")))`)
    const bytes = new Uint8Array((made.exports.memory as unknown as WebAssembly.Memory).buffer)
    for (const at of bytes.keys()) bytes[at] = at * 7
    const before = bytes.slice()
    made.exports.f?.()
    expect(taken(made)).toEqual(['entry'])
    expect(Buffer.compare(bytes, before)).toBe(0)
  })

  it('is read from a memory that has grown', async () => {
    const made = await guest('(module (memory 1) (func (export "f") (drop (memory.grow (i32.const 1)))))')
    expect(taken(made)).toEqual([])
    made.exports.f?.()
    expect(taken(made)).toEqual(['entry'])
  })

  it('needs a memory that has room for it from the start, or none', async () => {
    const bytes = await compile('(module (memory 0) (func))')
    expect(() => rewrite(bytes, ONLY)).toThrow(
      new VivariumError(
        'BAD_MODULE',
        'to tell its 1 edges the module needs a memory that starts with at least 1 pages, or none; its memory starts with 0',
      ),
    )
  })

  it('adds nothing that the guest can name', async () => {
    const made = await guest('(module (func (export "f")))')
    expect(Object.keys(made.exports)).toEqual(['f'])
    const bytes = await compile(`(module (func (export "${EDGES}")))`)
    expect(() => rewrite(bytes, OFF)).toThrow(VivariumError)
  })

  it('leaves a start function to the host, so that an instance can be put back', async () => {
    const bytes = await compile('(module (func $s) (start $s))')
    const names = WebAssembly.Module.exports(new WebAssembly.Module(rewrite(bytes, { ...ONLY, reset: true })))
    expect(names.map(({ name }) => name)).toEqual(expect.arrayContaining([EDGE_WORDS, EDGES, EDGE_MEMORY, RESET]))
  })
})

describe('run.comparisons', () => {
  it('has both operands, of each place, in order', async () => {
    const text = `(module (func (export "f") (param i32 i64)
      (drop (i32.eq (local.get 0) (i32.const 0x464c4547)))
      (drop (i64.lt_u (i64.const -2) (local.get 1)))
      (drop (i32.gt_s (i32.const 3) (local.get 0)))))`
    const made = await guest(text, { ...OFF, comparisons: true })
    made.exports.f?.(-1, 5n)
    expect(made.cpu.comparisons?.seen).toEqual([
      { site: 0, bits: 32, left: 0xffff_ffffn, right: 0x464c_4547n },
      { site: 1, bits: 64, left: 0xffff_ffff_ffff_fffen, right: 5n },
      { site: 2, bits: 32, left: 3n, right: 0xffff_ffffn },
    ])
    expect(made.map.comparisons.map(({ op }) => op)).toEqual([0x46, 0x54, 0x4a])
    made.cpu.comparisons?.clear()
    expect(made.cpu.comparisons?.seen).toEqual([])
  })

  it('keeps the first 64 of a place', async () => {
    const text = `(module (func (export "f") (param i32)
      (loop (br_if 0 (i32.ne (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 0))))
      (drop (i32.eq (i32.const 8) (i32.const 9)))))`
    const made = await guest(text, EVERYTHING)
    made.exports.f?.(1000)
    const seen = made.cpu.comparisons?.seen ?? []
    expect(seen).toHaveLength(65)
    expect(seen[63]).toEqual({ site: 0, bits: 32, left: 1000n - 64n, right: 0n })
    expect(seen[64]).toEqual({ site: 1, bits: 32, left: 8n, right: 9n })
  })
})

describe('EdgeMap.spans()', () => {
  /** What is executed, byte by byte of the instructions: x or a dot. */
  async function executed(text: string, args: unknown[]): Promise<string> {
    const made = await guest(text)
    made.exports.f?.(...args)
    const spans = made.map.spans(0, made.cpu.edges?.read() as Uint32Array)
    return spans.map(({ from, to, executed }) => (executed ? 'x' : '.').repeat(to - from)).join('')
  }

  it('are the arm that was taken, and what comes after both', async () => {
    const text = '(module (func (export "f") (param i32) (if (local.get 0) (then (nop)) (else (nop) (nop))) (nop)))'
    // local.get 0, if; nop, else; nop, nop, end; nop, end
    expect(await executed(text, [1])).toBe('xxxx' + 'xx' + '...' + 'xx')
    expect(await executed(text, [0])).toBe('xxxx' + '..' + 'xxx' + 'xx')
  })

  it('are what a branch does not go over, and the label that it goes to', async () => {
    const text = '(module (func (export "f") (param i32) (block (br_if 0 (local.get 0)) (br 0 (nop)) (nop)) (nop)))'
    // block; local.get 0, br_if 0; nop, br 0; nop, end; nop, end
    expect(await executed(text, [1])).toBe('xx' + 'xxxx' + '...' + '..' + 'xx')
    expect(await executed(text, [0])).toBe('xx' + 'xxxx' + 'xxx' + '..' + 'xx')
  })

  it('are all of a function that was not entered, as not executed', async () => {
    const made = await guest('(module (func (nop)) (func (export "f")))')
    made.exports.f?.()
    const taken = made.cpu.edges?.read() as Uint32Array
    expect(made.map.spans(0, taken).map(({ executed }) => executed)).toEqual([false])
    expect(made.map.spans(1, taken).map(({ executed }) => executed)).toEqual([true])
  })
})

describe('EdgeMap', () => {
  it('says where each edge is', async () => {
    const bytes = await compile('(module (func (param i32) (if (local.get 0) (then (nop)))))')
    const { edges, functions, code } = new EdgeMap(bytes)
    expect(edges.map(({ kind }) => kind)).toEqual(['entry', 'then', 'else'])
    expect(edges.map(({ offset }) => bytes[offset])).toEqual([Op.LOCAL_GET, Op.IF, Op.END])
    expect(functions).toEqual([{ index: 0, from: code + 1, to: bytes.length, first: 0, last: 3 }])
  })

  it('takes a module without code', async () => {
    expect(new EdgeMap(await compile('(module)'))).toMatchObject({ edges: [], functions: [], comparisons: [] })
  })
})

describe('Machine.run() of a module that is watched', () => {
  const bytes = compileFile('fuzz_api/lines.c', { cflags: ['-g', '-O0'] })
  const ARGS = [[], ['a'], ['z', 'z', 'z'], ['a'], ['m', 'a', 'z', '0'], []].map((args) => ['lines', ...args])

  /** Everything that a run leaves, but what is only there when it is watched. */
  const left = (machine: Machine, { end, stdout, traceDigest, calls, fuelUsed }: Run) => {
    return [end, stdout.text(), traceDigest, calls, fuelUsed, machine.snapshot().stateDigest]
  }

  it.each([
    ['coverage', { coverage: true }],
    ['comparisons', { comparisons: true }],
    ['both', { coverage: true, comparisons: true }],
  ])('does the same as one that is not (%s)', (_, watching) => {
    const plain = watched(bytes, { fuel: true })
    const module = watched(bytes, { fuel: true, ...watching })
    for (const args of ARGS) {
      const [one, other] = [0, 1].map(() => new Machine({ cpu: 'strict', time: 'fuel everywhere' })) as [
        Machine,
        Machine,
      ]
      const run = other.run(module, { args })
      expect(left(other, run)).toEqual(left(one, one.run(plain, { args })))
      expect(run.coverage !== undefined).toBe('coverage' in watching)
      expect((run.comparisons?.length ?? 0) > 5).toBe('comparisons' in watching)
    }
  })

  it('tells of each run what it took alone, on an instance that is used again', () => {
    const module = watched(bytes, { coverage: true, comparisons: true })
    const machine = new Machine()
    const runs = [...ARGS, ...ARGS].map((args) => machine.fork().run(module, { args }))
    const fresh = ARGS.map((args) => new Machine().run(watched(bytes.slice(), { coverage: true }), { args }).coverage)
    runs.forEach((run, at) => {
      expect(run.coverage).toEqual(fresh[at % ARGS.length])
    })
    expect(runs[0]?.coverage).not.toEqual(runs[2]?.coverage)
    expect(runs[0]?.comparisons).toEqual(runs[ARGS.length]?.comparisons)
  })

  it('tells it of a reactor that goes on', async () => {
    const reactor = await compile(`(module (memory (export "memory") 1) (func (export "_initialize"))
      (func (export "f") (param i32) (if (i32.eq (local.get 0) (i32.const 77)) (then (nop)))))`)
    const run = new Machine().run(watched(reactor, { coverage: true, comparisons: true }))
    const before = run.coverage
    run.call('f', 77)
    expect(run.coverage).not.toEqual(before)
    expect(run.comparisons).toEqual([{ site: 0, bits: 32, left: 77n, right: 77n }])
  })

  it('is not told of others', () => {
    const run = new Machine().run(bytes)
    expect([run.coverage, run.comparisons]).toEqual([undefined, undefined])
    const engine = new Machine({ cpu: 'engine' }).run(watched(bytes, { cpu: 'engine', coverage: true }))
    expect(engine.coverage).toEqual(new Machine().run(watched(bytes, { coverage: true })).coverage)
  })

  it('has a file of its own in the cache', () => {
    const folder = scratch()
    const variants = [OFF, ONLY, { ...OFF, comparisons: true }, { ...ONLY, comparisons: true }]
    const kept = variants.map((options) => rewriteCached(bytes, options, folder, true))
    expect(readdirSync(folder)).toHaveLength(variants.length)
    variants.forEach((options, at) => {
      expect(rewriteCached(bytes, options, folder, true)).toEqual(kept[at])
    })
  })
})
