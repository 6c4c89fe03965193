/** No call goes without a line for its success and for each errno that it can give, and no line for one that it cannot. */

import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { errnosOf } from '../../../../src/abi/errnos.ts'
import { type CallName, callNames, signatures } from '../../../../src/abi/signatures.ts'
import { ERRNOS } from '../../../../vfs/errno.ts'
import { allCases } from './all.ts'
import { sentenceOf } from './types.ts'

/** Kinds of parameters that are addresses. */
const POINTERS: ReadonlySet<string> = new Set([
  'pointer',
  'path',
  'ciovs',
  'iovs',
  'subscriptions',
  'buffer',
  'events',
  'pointers',
])

/** What a call has to be seen to answer. */
function answersOf(call: CallName): readonly string[] {
  return [signatures[call].returns === 'never' ? 'ENDED' : 'ESUCCESS', ...errnosOf[call]]
}

describe('the matrix', () => {
  it('has a line for the success and for each errno of all 46 calls', () => {
    const told = new Set(allCases.map(({ call, errno }) => `${call} ${errno}`))
    const answers = callNames.flatMap((call) => answersOf(call).map((answer) => `${call} ${answer}`))
    expect(callNames.length).toBe(46)
    expect(answers.filter((answer) => !told.has(answer))).toEqual([])
    console.log(`the matrix: ${allCases.length} lines for ${answers.length} answers of ${callNames.length} calls`)
  })

  it('has no line for an errno that the call is not known to give', () => {
    const known = (call: CallName): readonly string[] => [...answersOf(call), 'ENDED']
    expect(allCases.filter(({ call, errno }) => !known(call).includes(errno)).map(sentenceOf)).toEqual([])
  })

  it('runs every list of lines that it counts, and counts every one that it runs', () => {
    const sources = readdirSync(new URL('.', import.meta.url)).map(
      (name) => [name, readFileSync(new URL(name, import.meta.url), 'utf8')] as const,
    )
    const found = (pattern: RegExp, isSource: (name: string) => boolean): string[] =>
      sources.flatMap(([name, text]) =>
        isSource(name) ? [...text.matchAll(pattern)].map((match) => match[1] as string) : [],
      )
    const counted = found(/\.\.\.(\w+)/g, (name) => name === 'all.ts')
    const run = found(/^describeMatrix\((\w+)\)/gm, (name) => name.endsWith('.test.ts'))
    expect(run.sort()).toEqual(counted.sort())
  })

  it('says nothing twice', () => {
    const sentences = allCases.map(sentenceOf)
    expect(sentences.filter((sentence, index) => sentences.indexOf(sentence) !== index)).toEqual([])
  })
})

describe('errnosOf', () => {
  it('names errnos that there are, each once and in order', () => {
    const names = ERRNOS.map(({ name }) => name)
    for (const call of callNames) {
      expect(errnosOf[call].filter((name) => !names.includes(name))).toEqual([])
      expect(errnosOf[call]).toEqual([...new Set(errnosOf[call])].sort())
    }
  })

  it('has EFAULT for just the calls that are given a pointer', () => {
    for (const call of callNames) {
      const hasPointer = signatures[call].params.some(({ kind }) => POINTERS.has(kind))
      expect([call, errnosOf[call].includes('EFAULT')]).toEqual([call, hasPointer])
    }
  })

  it('has EBADF for just the calls that are given a descriptor', () => {
    for (const call of callNames) {
      const hasDescriptor = signatures[call].params.some(({ kind }) => kind === 'fd')
      expect([call, errnosOf[call].includes('EBADF')]).toEqual([call, hasDescriptor])
    }
  })
})
