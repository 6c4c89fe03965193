import { InvalidArgumentError } from 'commander'
import { describe, expect, it } from 'vitest'
import { parseCount, parseDir, parseEnv, parseEpoch, parseOut } from '../../src/cli/arguments.ts'

describe('parseDir()', () => {
  it.each([
    ['.', '.', '/'],
    ['./', './', '/'],
    ['src', 'src', '/src'],
    ['./src/', './src/', '/src'],
    ['a/../b', 'a/../b', '/b'],
    ['/abs/path', '/abs/path', '/abs/path'],
    ['..::/up', '..', '/up'],
    ['src::work', 'src', '/work'],
    ['src::/a//b/', 'src', '/a/b'],
    ['src::.', 'src', '/'],
    ['C:\\x::/x', 'C:\\x', '/x'],
  ])('takes %s', (text, host, guest) => {
    expect(parseDir(text)).toEqual({ text, host, guest })
  })

  it.each([
    ['', 'Write --dir HOST'],
    ['::/x', 'Write --dir HOST'],
    ['x::', 'Write --dir HOST'],
    ['a::b::c', 'Write --dir HOST'],
    ['../lib', 'say where it goes in the machine: --dir ../lib::/lib.'],
    ['..', 'say where it goes in the machine: --dir ..::/work.'],
    ['x::/a/../b', 'must not have ".."'],
  ])('refuses %j', (text, message) => {
    expect(() => parseDir(text)).toThrow(InvalidArgumentError)
    expect(() => parseDir(text)).toThrow(message)
  })
})

describe('parseOut()', () => {
  it('takes a guest path, from the root where it is relative, and a host path', () => {
    expect(parseOut('/a/b::out')).toEqual({ text: '/a/b::out', guest: '/a/b', host: 'out' })
    expect(parseOut('a.o::build/a.o')).toEqual({ text: 'a.o::build/a.o', guest: '/a.o', host: 'build/a.o' })
  })

  it.each(['a', '::a', 'a::', 'a::b::c', ''])('refuses %j', (text) => {
    expect(() => parseOut(text)).toThrow('Write --out GUEST::HOST')
  })
})

describe('parseEnv()', () => {
  it('splits at the first "="', () => {
    expect(parseEnv('A=b=c')).toEqual(['A', 'b=c'])
    expect(parseEnv('A=')).toEqual(['A', ''])
  })

  it('refuses a name without value and a value without name', () => {
    expect(() => parseEnv('HOME')).toThrow('Write --env HOME=VALUE')
    expect(() => parseEnv('=x')).toThrow('The name before "=" is missing')
  })
})

describe('parseEpoch()', () => {
  it('takes ISO 8601 and seconds', () => {
    expect(parseEpoch('1970-01-02')).toBe(86_400_000_000_000n)
    expect(parseEpoch('1970-01-01T00:00:01.5Z')).toBe(1_500_000_000n)
    expect(parseEpoch('1767225600')).toBe(1_767_225_600_000_000_000n)
  })

  it.each(['', 'now', '-5', '1969-12-31', '2026-02-30T00:00:00Z', '99999999999999'])('refuses %j', (text) => {
    expect(() => parseEpoch(text)).toThrow('Write a time in UTC from 1970 on')
  })
})

describe('parseCount()', () => {
  it('takes whole numbers within its bounds', () => {
    expect(parseCount(0, 5)('5')).toBe(5)
    expect(() => parseCount(0, 5)('6')).toThrow('Write a whole number, from 0 to 5.')
    expect(() => parseCount(1)('0')).toThrow('Write a whole number, 1 or more.')
    for (const text of ['', '-1', '1.5', '1e3', 'x', '9007199254740993'])
      expect(() => parseCount(1)(text)).toThrow('whole number')
  })
})
