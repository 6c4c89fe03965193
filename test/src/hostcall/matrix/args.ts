/** args_get, args_sizes_get, environ_get and environ_sizes_get, line by line. */

import { expect } from 'vitest'
import type { Hostcalls, HostcallsOptions } from '../../../support/hostcalls.ts'
import { hex, line, onBadPointer, u32 } from './descriptors.ts'
import type { Case } from './types.ts'

/** The two pairs of calls do the same with two lists of strings. */
interface Pair {
  readonly get: 'args_get' | 'environ_get'
  readonly sizes: 'args_sizes_get' | 'environ_sizes_get'
  /** A run that has these strings. */
  readonly with: (...strings: string[]) => HostcallsOptions
}

const ARGS: Pair = { get: 'args_get', sizes: 'args_sizes_get', with: (...args) => ({ run: { args } }) }
const ENVIRON: Pair = {
  get: 'environ_get',
  sizes: 'environ_sizes_get',
  with: (...strings) => ({
    run: {
      env: Object.fromEntries(
        strings.map((string) => {
          const at = string.indexOf('=')
          return [string.slice(0, at), string.slice(at + 1)]
        }),
      ),
    },
  }),
}

const sizes = (h: Hostcalls, pair: Pair): [number, number] => {
  const [count, size] = [h.out(4), h.out(4)]
  expect(h.call(pair.sizes, count, size)).toBe('ESUCCESS')
  return [h.u32(count), h.u32(size)]
}

/** The strings, as the two calls tell a C library of them. */
function strings(h: Hostcalls, pair: Pair): string[] {
  const [count, size] = sizes(h, pair)
  const [pointers, buffer] = [h.out(4 * count), h.out(size)]
  expect(h.call(pair.get, pointers, buffer)).toBe('ESUCCESS')
  return Array.from({ length: count }, (_, index) => {
    const ptr = h.u32(pointers + 4 * index)
    const end = h.u8.indexOf(0, ptr)
    if (end < 0) throw new Error('a string has no NUL')
    return h.text({ ptr, len: end - ptr })
  })
}

function pairCases(
  pair: Pair,
  [first, second]: readonly [string, string],
  [one, two]: readonly [string, string],
): Case[] {
  const both = pair.with(first, second)
  const size = first.length + second.length + 2
  const none = pair.get === 'args_get' ? { run: { args: [] } } : {}
  return [
    line(
      pair.sizes,
      'ESUCCESS',
      'tells the number of strings and the bytes of all with a NUL each',
      (h) => {
        const [count, total] = [h.out(4), h.out(4)]
        h.must(pair.sizes, count, total)
        expect(h.bytes(count, 4)).toEqual(hex('02 00 00 00'))
        expect(h.bytes(total, 4)).toEqual(u32(size))
      },
      both,
    ),
    line(
      pair.get,
      'ESUCCESS',
      'writes the strings one after the other with a NUL each, and where each of them is',
      (h) => {
        const [pointers, buffer] = [h.out(8), h.out(size)]
        h.must(pair.get, pointers, buffer)
        expect(h.bytes(pointers, 8)).toEqual([...u32(buffer), ...u32(buffer + first.length + 1)])
        expect(h.bytes(buffer, size)).toEqual([...hex(one), ...hex(two)])
      },
      both,
    ),
    line(
      pair.sizes,
      'ESUCCESS',
      'counts bytes and not characters',
      (h) => expect(sizes(h, pair)).toEqual([1, 8]),
      pair.with('é=💾'),
    ),
    line(pair.get, 'ESUCCESS', 'gives UTF-8', (h) => expect(strings(h, pair)).toEqual(['é=💾']), pair.with('é=💾')),
    line(pair.sizes, 'ESUCCESS', 'tells of no strings', (h) => expect(sizes(h, pair)).toEqual([0, 0]), none),
    line(
      pair.get,
      'ESUCCESS',
      'writes nothing where there are no strings',
      (h) => {
        h.must(pair.get, h.out(0), h.out(0))
        h.must(pair.get, h.end, h.end)
      },
      none,
    ),
    line(
      pair.get,
      'ESUCCESS',
      'writes up to the last byte of memory',
      (h) => {
        h.must(pair.get, h.out(8), h.end - size)
        h.must(pair.get, h.end - 8, h.out(size))
        expect(h.bytes(h.end - size, 2)).not.toEqual([0, 0])
      },
      both,
    ),
    line(
      pair.get,
      'ESUCCESS',
      'gives a thousand strings in their order',
      (h) => {
        expect(strings(h, pair)).toEqual(Array.from({ length: 1000 }, (_, i) => `N${i}=${i}`))
      },
      pair.with(...Array.from({ length: 1000 }, (_, i) => `N${i}=${i}`)),
    ),
    ...onBadPointer(pair.sizes, 'the first pointer', 4, (h, ptr) => h.call(pair.sizes, ptr, h.out(4)), both),
    ...onBadPointer(pair.sizes, 'the second pointer', 4, (h, ptr) => h.call(pair.sizes, h.out(4), ptr), both),
    ...onBadPointer(pair.get, 'the array of pointers', 8, (h, ptr) => h.call(pair.get, ptr, h.out(size)), both),
    ...onBadPointer(pair.get, 'the buffer', size, (h, ptr) => h.call(pair.get, h.out(8), ptr), both),
  ]
}

export const argsCases: readonly Case[] = [
  ...pairCases(ARGS, ['main', 'x'], ['6d 61 69 6e 00', '78 00']),
  ...pairCases(ENVIRON, ['A=1', 'BC='], ['41 3d 31 00', '42 43 3d 00']),
  line('args_get', 'ESUCCESS', 'gives empty arguments', (h) => expect(strings(h, ARGS)).toEqual(['', 'a', '']), {
    run: { args: ['', 'a', ''] },
  }),
  line('args_get', 'ESUCCESS', 'gives `main` where nothing else was said', (h) =>
    expect(strings(h, ARGS)).toEqual(['main']),
  ),
  line(
    'environ_get',
    'ESUCCESS',
    'keeps the order, and more than one `=`',
    (h) => {
      expect(strings(h, ENVIRON)).toEqual(['Z=1', 'A=2=3', 'M='])
    },
    { run: { env: { Z: '1', A: '2=3', M: '' } } },
  ),
]
