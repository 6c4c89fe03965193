/** A copy of the tree to put faults into, one at a time; the tree itself is never touched. */

import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { faulty, type Mutant } from './mutants.ts'

const TOP = fileURLToPath(new URL('../../', import.meta.url))
/** Not copied: what is installed is linked to, and what is built is not needed by the tests that are used here. */
const LEFT_OUT: readonly string[] = ['node_modules', 'dist', '.git']
/** A fault may make the tests run for ever: after so long, in milliseconds, it counts as noticed. */
const HANGS = 120_000

/** One test that was run. */
export interface Tested {
  readonly file: string
  /** Its name, with those of the groups that it is in. */
  readonly name: string
  readonly passed: boolean
}

/** What a run of the tests gave. Without tests it is what went wrong: then nothing was tested. */
export interface Outcome {
  readonly tested: readonly Tested[]
  /** Whether all went well. */
  readonly passed: boolean
  readonly hung: boolean
  /** What the test runner wrote, where no test says what is wrong. */
  readonly output: string
}

export class Workplace {
  readonly #path: string
  #stop: (() => void) | undefined

  constructor() {
    this.#path = realpathSync(mkdtempSync(join(tmpdir(), 'vivarium-mutation-')))
    cpSync(TOP, this.#path, { recursive: true, filter: (from) => !LEFT_OUT.includes(basename(from)) })
    symlinkSync(join(TOP, 'node_modules'), join(this.#path, 'node_modules'))
  }

  /** Stops what runs and removes the copy. */
  remove(): void {
    this.#stop?.()
    rmSync(this.#path, { recursive: true, force: true })
  }

  /** What a file of the copy holds, when no fault is in it. */
  read(file: string): string {
    return readFileSync(join(this.#path, file), 'utf8')
  }

  /** Runs the tests with the fault in its file; or says why it cannot be put there. */
  async try(mutant: Mutant): Promise<Outcome | { readonly stale: string }> {
    const source = this.read(mutant.file)
    const result = faulty(source, mutant)
    if ('stale' in result) return result
    const path = join(this.#path, mutant.file)
    writeFileSync(path, result.source)
    try {
      return await this.run(mutant.tests, mutant.named)
    } finally {
      writeFileSync(path, source)
    }
  }

  /** Runs test files as they are, to the first failure; only the tests whose names match `named`, where it is given. */
  run(tests: readonly string[], named?: string): Promise<Outcome> {
    const report = join(this.#path, 'report.json')
    rmSync(report, { force: true })
    const args = ['run', '--bail', '1', '--reporter', 'json', '--outputFile', report, ...tests]
    if (named !== undefined) args.push('--testNamePattern', named)
    return new Promise((resolve) => {
      const runner = spawn(process.execPath, [join(TOP, 'node_modules/vitest/vitest.mjs'), ...args], {
        cwd: this.#path,
        // A group of its own, so that its workers are stopped with it.
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      let output = ''
      let hung = false
      const { pid } = runner
      this.#stop = () => {
        if (pid !== undefined) process.kill(-pid, 'SIGKILL')
      }
      const timer = setTimeout(() => {
        hung = true
        this.#stop?.()
      }, HANGS)
      for (const stream of [runner.stdout, runner.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          output += text
        })
      }
      runner.on('error', (error) => {
        output += error.message
      })
      runner.on('close', (code) => {
        clearTimeout(timer)
        this.#stop = undefined
        resolve({ ...this.#reported(report), passed: code === 0, hung, output })
      })
    })
  }

  #reported(report: string): { tested: Tested[] } {
    let text: string
    try {
      text = readFileSync(report, 'utf8')
    } catch {
      return { tested: [] }
    }
    const { testResults } = JSON.parse(text) as {
      testResults: { name: string; assertionResults: { fullName: string; status: string }[] }[]
    }
    return {
      tested: testResults.flatMap(({ name, assertionResults }) =>
        assertionResults
          .filter(({ status }) => status === 'passed' || status === 'failed')
          .map(({ fullName, status }) => ({
            file: name.slice(this.#path.length + 1),
            name: fullName,
            passed: status === 'passed',
          })),
      ),
    }
  }
}
