/** The corpus: a program a line, each one that once failed, so that it is never forgotten. */

import { readFileSync } from 'node:fs'
import type { SuiteName } from './suite.ts'

/** One line of `corpus.jsonl`, as a failure is printed. */
export interface CorpusLine {
  readonly suite: SuiteName
  /** What went wrong. */
  readonly note: string
  /** Where it was found; for the reader. */
  readonly seed?: number
  readonly path?: string
  readonly program: unknown
}

const FILE = new URL('corpus.jsonl', import.meta.url)
const SUITES: readonly string[] = ['node-fs', 'wasi', 'fire'] satisfies SuiteName[]

/** All lines. @throws for a line that is none, by its number. */
export function readCorpus(text: string = readFileSync(FILE, 'utf8')): CorpusLine[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return []
    const { suite, note, program } = JSON.parse(line)
    if (!SUITES.includes(suite)) throw new Error(`line ${index + 1} of the corpus: there is no suite ${suite}`)
    if (typeof note !== 'string' || typeof program !== 'object') {
      throw new Error(`line ${index + 1} of the corpus: it needs a note and a program`)
    }
    return [JSON.parse(line)]
  })
}

/** The line that makes a failure a test. */
export function corpusLine(line: CorpusLine): string {
  return JSON.stringify(line)
}
