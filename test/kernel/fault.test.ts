/** Plans of faults: how they are written, what is refused and why, and which calls a rule is about. */

import { describe, expect, it } from 'vitest'
import {
  type Effect,
  FaultError,
  type FaultRule,
  Faults,
  fateOf,
  formatFaults,
  parseFaults,
} from '../../kernel/fault.ts'
import { callNames, isCallName } from '../../src/abi/signatures.ts'
import { ERRNOS } from '../../vfs/errno.ts'
import type { DataOperation, Fate, NameOperation } from '../../vfs/journal.ts'
import { fc } from '../support/property.ts'

const parse = (plan: string): FaultRule[] => parseFaults(plan, isCallName)

/** The rule of a plan of one, its errno by name. */
function only(plan: string): unknown {
  const [rule, ...others] = parse(plan)
  expect(others).toEqual([])
  const { effect, ...which } = rule as FaultRule
  return { ...which, effect: effect.kind === 'errno' ? effect.errno.name : effect }
}

function problemOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof FaultError) return error.message
    throw error
  }
  throw new Error('nothing was refused')
}

describe('parseFaults()', () => {
  it.each([
    ['fd_write=EIO', { call: 'fd_write', nth: 1, on: true, effect: 'EIO' }],
    ['*=EIO', { nth: 1, on: true, effect: 'EIO' }],
    ['fd_write#3=ENOSPC', { call: 'fd_write', nth: 3, on: false, effect: 'ENOSPC' }],
    ['fd_write#3+=ENOSPC', { call: 'fd_write', nth: 3, on: true, effect: 'ENOSPC' }],
    ['#7=EIO', { nth: 7, on: false, effect: 'EIO' }],
    ['(/log/*)=EIO', { path: '/log/*', nth: 1, on: true, effect: 'EIO' }],
    ['path_open(**/x)#2=ENOENT', { call: 'path_open', path: '**/x', nth: 2, on: false, effect: 'ENOENT' }],
    ['fd_read(4)=EIO', { call: 'fd_read', fd: 4, nth: 1, on: true, effect: 'EIO' }],
    ['fd_read(/a b%3B%28c%29%25)=EIO', { call: 'fd_read', path: '/a b;(c)%', nth: 1, on: true, effect: 'EIO' }],
    ['fd_read#1+=short:1', { call: 'fd_read', nth: 1, on: true, effect: { kind: 'short', bytes: 1 } }],
    ['*=short:0', { nth: 1, on: true, effect: { kind: 'short', bytes: 0 } }],
    ['fd_sync=delay:5000000000', { call: 'fd_sync', nth: 1, on: true, effect: { kind: 'delay', ns: 5e9 } }],
    ['space:4096', { nth: 1, on: true, effect: { kind: 'space', bytes: 4096 } }],
    ['fd_pwrite(/a)=space:0', { call: 'fd_pwrite', path: '/a', nth: 1, on: true, effect: { kind: 'space', bytes: 0 } }],
    ['#57=cut', { nth: 57, on: false, effect: { kind: 'cut', fate: 'none' } }],
    ['#57=cut:first:2', { nth: 57, on: false, effect: { kind: 'cut', fate: 'first:2' } }],
    ['#57=cut:torn:2:1', { nth: 57, on: false, effect: { kind: 'cut', fate: 'torn:2:1' } }],
    ['#57=cut:seed:a:b%3b', { nth: 57, on: false, effect: { kind: 'cut', fate: 'seed:a:b;' } }],
  ])('reads %s', (plan, rule) => {
    expect(only(plan)).toEqual(rule)
  })

  it('reads rules between semicolons, with any space around them', () => {
    expect(parse(' fd_write=EIO ;\n; *#2=cut ;').map(({ call, nth }) => [call, nth])).toEqual([
      ['fd_write', 1],
      [undefined, 2],
    ])
    expect(parse(' ; ')).toEqual([])
  })

  it.each([
    ['fd_write', 'it has to say which calls, "=", and what happens to them'],
    ['=EIO', 'it has to say which calls, "=", and what happens to them'],
    ['fd_write#=EIO', 'it has to say which calls, "=", and what happens to them'],
    ['fd_write(/a=EIO', 'it has to say which calls, "=", and what happens to them'],
    ['fd_wite=EIO', 'there is no call fd_wite'],
    ['fd_write#0=EIO', 'calls are counted from 1'],
    ['fd_write#99999999999999999=EIO', 'calls are counted from 1'],
    ['fd_write()=EIO', 'the parentheses are empty'],
    ['fd_write(log)=EIO', 'the path log is not absolute'],
    ['fd_write(*)=EIO', 'the path * is not absolute'],
    ['fd_write(/50%)=EIO', 'in "/50%" a % is no escape; write %25 for the sign itself'],
    ['fd_write=EWHAT', 'there is no errno or effect "EWHAT"'],
    ['fd_write=ESUCCESS', 'there is no errno or effect "ESUCCESS"'],
    ['fd_write=', 'there is no errno or effect ""'],
    ['fd_write=EIO:1', 'there is no errno or effect "EIO:1"'],
    ['fd_write=short', '"short:" wants a number of bytes'],
    ['fd_write=short:-1', '"short:" wants a number of bytes'],
    ['fd_write=short:1.5', '"short:" wants a number of bytes'],
    ['space:many', '"space:" wants a number of bytes'],
    ['fd_write=delay:1s', '"delay:" wants a number of nanoseconds'],
    ['fd_write=delay:9007199254740993', '"delay:" wants a number of nanoseconds'],
    [
      'path_open=short:1',
      'only calls that move bytes can be short: fd_read, fd_pread, fd_write, fd_pwrite, sock_recv, sock_send',
    ],
    ['fd_read=space:1', 'only calls that write to files can find no space: fd_write, fd_pwrite'],
    ['proc_exit=EIO', 'proc_exit does not return, so it cannot fail'],
    ['#1=cut:some', 'there is no fate "some": none, all, first:N, torn:N:S, without:N or seed:TEXT'],
    ['#1=cut:first', 'there is no fate "first": none, all, first:N, torn:N:S, without:N or seed:TEXT'],
    ['#1=cut:first:x', 'there is no fate "first:x": none, all, first:N, torn:N:S, without:N or seed:TEXT'],
    ['#1=cut:torn:1', 'there is no fate "torn:1": none, all, first:N, torn:N:S, without:N or seed:TEXT'],
    ['#1=cut:none:1', 'there is no fate "none:1": none, all, first:N, torn:N:S, without:N or seed:TEXT'],
    ['#1=cut:seed', 'there is no fate "seed": none, all, first:N, torn:N:S, without:N or seed:TEXT'],
  ])('refuses %s: %s', (plan, problem) => {
    const examples = 'as in fd_write(/log/*)#3=ENOSPC, fd_read#1+=short:1, space:4096 or *#57=cut:none'
    const said = problemOf(() => parse(`fd_read=EIO; ${plan}`))
    expect(said).toBe(`${JSON.stringify(plan)} is no fault: ${problem}; write one ${examples}`)
  })
})

const count = fc.oneof(fc.nat({ max: 9 }), fc.nat({ max: Number.MAX_SAFE_INTEGER }))
const fate = fc.oneof(
  fc.constantFrom('none', 'all'),
  count.map((n) => `first:${n}`),
  count.map((n) => `without:${n}`),
  fc.tuple(count, count).map(([n, sectors]) => `torn:${n}:${sectors}`),
  fc.string({ unit: 'grapheme' }).map((text) => `seed:${text}`),
)
const errno: fc.Arbitrary<Effect> = fc.constantFrom(...ERRNOS).map((each) => ({ kind: 'errno', errno: each }))
const other: fc.Arbitrary<Effect> = fc.oneof(
  count.map((ns): Effect => ({ kind: 'delay', ns })),
  fate.map((each): Effect => ({ kind: 'cut', fate: each })),
)
const moving = (kind: 'short' | 'space') => count.map((bytes): Effect => ({ kind, bytes }))
const place = fc.oneof(
  fc.constant({}),
  fc.nat().map((fd) => ({ fd })),
  fc
    .tuple(fc.constantFrom('/', '**'), fc.string({ unit: 'grapheme' }))
    .map(([start, rest]) => ({ path: start + rest })),
)
const rules: fc.Arbitrary<FaultRule[]> = fc.array(
  fc
    .tuple(
      fc.oneof(
        fc.tuple(
          fc.constantFrom({}, { call: 'fd_write' as const }),
          fc.oneof(errno, other, moving('short'), moving('space')),
        ),
        fc.tuple(
          fc.constantFrom(...callNames.filter((name) => name !== 'proc_exit')).map((call) => ({ call })),
          errno,
        ),
        fc.tuple(
          fc.constantFrom(...callNames).map((call) => ({ call })),
          other,
        ),
      ),
      place,
      fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      fc.boolean(),
    )
    .map(([[call, effect], where, nth, on]) => ({ ...call, ...where, nth, on, effect })),
  { maxLength: 4 },
)

describe('formatFaults()', () => {
  it('gives one line, which is read back as the same rules', () => {
    fc.assert(
      fc.property(rules, (given) => {
        const text = formatFaults(given)
        expect(text).not.toMatch(/[\r\n\u2028\u2029]/)
        expect(parse(text)).toEqual(given)
        expect(formatFaults(parse(text))).toBe(text)
      }),
      { numRuns: 2000 },
    )
  })

  it('writes as one would by hand', () => {
    const plan =
      'fd_write(/log/*)#3=ENOSPC; fd_read=short:1; *#5+=delay:7; *=space:4; path_open(3)#1=EIO; *#57=cut:first:2'
    expect(formatFaults(parse(plan))).toBe(plan)
    expect(formatFaults(parse('#1=cut;space:1;fd_read#1+=EIO'))).toBe('*#1=cut:none; *=space:1; fd_read=EIO')
  })

  it('refuses a rule that no text can say', () => {
    const effect: Effect = { kind: 'delay', ns: 1 }
    const rule = { nth: 1, on: true, effect }
    expect(problemOf(() => formatFaults([{ ...rule, path: '3' }]))).toMatch(/the path "3" is not absolute/)
    expect(problemOf(() => formatFaults([{ ...rule, path: '' }]))).toMatch(/the path "" is not absolute/)
    expect(problemOf(() => formatFaults([{ ...rule, path: '/a', fd: 3 }]))).toMatch(/it has a path and a descriptor/)
  })
})

/** What becomes of calls, each `name`, `name descriptor` or `name path…`: an errno's name, or the kind and number of another effect. */
function carryOut(plan: string, calls: readonly string[], isFile = true): (string | undefined)[] {
  const faults = new Faults(parse(plan))
  return calls.map((text, index) => {
    const [name = '', ...about] = text.split(' ')
    return effectText(
      faults.next(index + 1, name, {
        fds: about.filter((each) => !each.startsWith('/')).map(Number),
        paths: () => about.filter((each) => each.startsWith('/')),
        isFile: () => isFile,
      }),
    )
  })
}

function effectText(effect: Effect | undefined): string | undefined {
  if (effect === undefined) return undefined
  switch (effect.kind) {
    case 'errno':
      return effect.errno.name
    case 'delay':
      return `delay ${effect.ns}`
    case 'cut':
      return `cut ${effect.fate}`
    default:
      return `${effect.kind} ${effect.bytes}`
  }
}

const subject = { fds: [4], paths: () => [], isFile: () => true }

describe('Faults', () => {
  it('means the calls of one name, or all', () => {
    const calls = ['fd_read', 'fd_write', 'fd_read']
    expect(carryOut('fd_read=EIO', calls)).toEqual(['EIO', undefined, 'EIO'])
    expect(carryOut('*=EIO', calls)).toEqual(['EIO', 'EIO', 'EIO'])
  })

  it('counts the calls that match, and means one of them, or all from it on', () => {
    const calls = ['fd_read', 'fd_write', 'fd_write', 'fd_read', 'fd_write', 'fd_write']
    expect(carryOut('fd_write#2=EIO', calls)).toEqual([undefined, undefined, 'EIO', undefined, undefined, undefined])
    expect(carryOut('fd_write#2+=EIO', calls)).toEqual([undefined, undefined, 'EIO', undefined, 'EIO', 'EIO'])
    expect(carryOut('#4=EIO', calls)).toEqual([undefined, undefined, undefined, 'EIO', undefined, undefined])
  })

  it('means descriptors by their number', () => {
    const calls = ['fd_read 4', 'fd_read 5', 'path_rename 5 4', 'args_get']
    expect(carryOut('(4)=EIO', calls)).toEqual(['EIO', undefined, 'EIO', undefined])
    expect(carryOut('(4)#2=EIO', calls)).toEqual([undefined, undefined, 'EIO', undefined])
  })

  it.each([
    ['/log/a', ['/log/a'], ['/log/ab', '/log', '/x/log/a', '/log/a/b']],
    ['/log/*', ['/log/a', '/log/', '/log/.b'], ['/log', '/log/a/b', '/a/log/b']],
    ['/*/a', ['/x/a', '//a'], ['/a', '/x/y/a']],
    ['/log/**', ['/log/a', '/log/a/b', '/log/'], ['/log', '/logs/a']],
    ['**.tmp', ['/a.tmp', '/a/b.tmp', '/.tmp'], ['/a.tmp/b', '/atmp']],
    ['**/x/**', ['/x/a', '/a/x/b'], ['/x', '/ax/b']],
    ['/a.[b]+%28c%29', ['/a.[b]+(c)'], ['/axb', '/a.b']],
    ['/a%0A*', ['/a\nb\n'], ['/ab']],
  ])('means by %s the paths %j', (glob, those, others) => {
    const matches = (path: string) =>
      new Faults(parse(`(${glob})=EIO`)).next(1, 'fd_read', { fds: [], paths: () => [path], isFile: () => true })
    expect(those.filter(matches)).toEqual(those)
    expect(others.filter(matches)).toEqual([])
  })

  it('means a call of two paths by either', () => {
    const calls = ['path_rename /a /b', 'path_rename /b /a', 'path_rename /c /d']
    expect(carryOut('(/a)=EIO', calls)).toEqual(['EIO', 'EIO', undefined])
  })

  it('asks for paths only where a rule is about them and all else of it fits', () => {
    const faults = new Faults(parse('fd_read=EIO; fd_write(/a)=EIO; (5)=EIO'))
    const never = () => {
      throw new Error('asked')
    }
    expect(effectText(faults.next(1, 'fd_read', { ...subject, paths: never }))).toBe('EIO')
    expect(effectText(faults.next(2, 'fd_close', { ...subject, paths: never }))).toBe(undefined)
    expect(() => faults.next(3, 'fd_write', { ...subject, paths: never })).toThrow('asked')
  })

  it('does of several rules the first, while the others count on', () => {
    const calls = ['fd_read 4', 'fd_read 4', 'fd_read 4']
    expect(carryOut('fd_read#2=EIO; (4)#2+=EBADF', calls)).toEqual([undefined, 'EIO', 'EBADF'])
    expect(carryOut('(4)#2+=EBADF; fd_read#2=EIO', calls)).toEqual([undefined, 'EBADF', 'EBADF'])
    expect(carryOut('fd_read#1=EIO; fd_read#2=ENOENT', calls)).toEqual(['EIO', 'ENOENT', undefined])
  })

  it('makes short, by a rule about any call, only what moves bytes', () => {
    const calls = ['path_open', 'fd_read', 'fd_pread', 'fd_write', 'fd_pwrite', 'sock_recv', 'sock_send', 'fd_close']
    const short = Array.from({ length: 6 }, () => 'short 1')
    expect(carryOut('*=short:1', calls)).toEqual([undefined, ...short, undefined])
    // And counts nothing else.
    expect(carryOut('*#2=short:1', calls)[2]).toBe('short 1')
  })

  it('lets the end of the process through, whatever fails', () => {
    expect(carryOut('*=EIO', ['fd_read', 'proc_exit'])).toEqual(['EIO', undefined])
    expect(carryOut('*#2=cut', ['fd_read', 'proc_exit'])).toEqual([undefined, 'cut none'])
  })

  it('gives back the bytes that are left, of files and by what was written', () => {
    const faults = new Faults(parse('fd_write(4)=space:10; fd_write=space:100'))
    const write = (fd: number) => effectText(faults.next(fd, 'fd_write', { ...subject, fds: [fd] }))
    expect(write(4)).toBe('space 10')
    faults.moved(7, false)
    expect(write(4)).toBe('space 3')
    // A write that another rule is about takes nothing of this one.
    expect(write(5)).toBe('space 100')
    faults.moved(50, false)
    expect(write(4)).toBe('space 3')
    faults.moved(3, true)
    expect(write(4)).toBe('space 0')
    expect(write(5)).toBe('space 50')
    expect(faults.fired).toEqual([
      { rule: 0, call: 4 },
      { rule: 0, call: 4 },
    ])
    expect(carryOut('space:1', ['fd_write 1', 'fd_pwrite 1', 'fd_read 1'], false)).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(carryOut('space:1', ['fd_write 1', 'fd_pwrite 1', 'fd_read 1'])).toEqual(['space 1', 'space 1', undefined])
  })

  it('tells which rules did something, at which calls', () => {
    const faults = new Faults(parse('fd_read#2=EIO; fd_read=short:3; fd_sync=delay:1'))
    faults.next(11, 'fd_read', subject)
    faults.moved(0, false)
    faults.next(12, 'fd_read', subject)
    faults.next(13, 'fd_read', subject)
    faults.moved(0, true)
    faults.next(14, 'fd_sync', subject)
    faults.next(15, 'fd_close', subject)
    expect(faults.fired).toEqual([
      { rule: 0, call: 12 },
      { rule: 1, call: 13 },
      { rule: 2, call: 14 },
    ])
  })

  it('knows whether the power can go', () => {
    expect(new Faults(parse('*=EIO; #9=cut')).cuts).toBe(true)
    expect(new Faults(parse('*=EIO; space:9')).cuts).toBe(false)
  })
})

describe('fateOf()', () => {
  const data: DataOperation = { kind: 'data', call: 1, ino: 2, size: 0, parts: [] }
  const names: NameOperation = { kind: 'names', call: 1, entries: [], made: [] }
  const never = (problem: string): never => {
    throw new Error(problem)
  }
  /** What becomes of four operations, the third of which changes names. */
  const fates = (name: string): unknown[] => {
    const each: Fate = fateOf(name, never)
    return [data, data, names, data].map((operation, index) => each(operation, index))
  }

  it.each([
    ['none', [false, false, false, false]],
    ['all', [true, true, true, true]],
    ['first:0', [false, false, false, false]],
    ['first:3', [true, true, true, false]],
    ['without:1', [false, true, true, true]],
    ['without:4', [true, true, true, false]],
    ['torn:1:2', [true, 2, false, false]],
    ['torn:2:2', [true, true, false, false]],
    ['torn:9:2', [true, true, true, true]],
  ])('%s is %j', (name, expected) => {
    expect(fates(name)).toEqual(expected)
  })

  it('by a seed is the same each time, another for others, and tears no name', () => {
    const all = Array.from({ length: 200 }, (_, seed) => fates(`seed:${seed}`))
    expect(all).toEqual(all.map((_, seed) => fates(`seed:${seed}`)))
    const kinds = new Set(all.map((each) => JSON.stringify(each)))
    expect(kinds.size).toBeGreaterThan(50)
    expect(new Set(all.map(([, , name]) => name))).toEqual(new Set([true, false]))
    for (const torn of [0, 1, 2, 3, 4, 5, 6, 7, true, false]) expect(all.flat()).toContain(torn)
  })
})
