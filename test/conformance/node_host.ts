/** Runs one test under `node:wasi`, for comparison: in a process of its own, on a fresh copy of its directories. */

import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { Outcome } from './outcome.ts'
import type { Specification } from './specification.ts'
import { hostDirectory, isLitter, type Test } from './suite.ts'

/** A process that runs longer hangs: its guest waits or loops for ever. Milliseconds. */
const longestRun = 30_000

/**
 * What the process runs, plain text since a loader for TypeScript would take most of its time. It tells how the guest
 * ended on descriptor 3, which the guest has no access to: an exit status could not tell a trap from a code.
 */
const guestScript = `
import { readFileSync, writeSync } from 'node:fs'
import { WASI } from 'node:wasi'
const { file, args, env, preopens } = JSON.parse(process.argv[1])
const wasi = new WASI({ version: 'preview1', args, env, preopens, returnOnExit: true })
let end
try {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)), wasi.getImportObject())
  end = { exitCode: wasi.start(instance) }
} catch (error) {
  end = { ended: (error instanceof WebAssembly.RuntimeError ? 'a trap: ' : 'an exception: ') + error.message }
}
writeSync(3, JSON.stringify(end))
`

/** What the process tells on descriptor 3: one of the two. */
interface GuestEnd {
  readonly exitCode?: number
  readonly ended?: string
}

export function runOnNode(test: Test, specification: Specification): Outcome {
  const scratch = mkdtempSync(join(tmpdir(), 'vivarium-conformance-'))
  try {
    const preopens: { [guest: string]: string } = {}
    specification.preopens.forEach(({ host, guest }, index) => {
      const copy = join(scratch, String(index))
      mkdirSync(copy)
      cpSync(hostDirectory(test, host), copy, {
        recursive: true,
        verbatimSymlinks: true,
        filter: (source) => !isLitter(basename(source)),
      })
      preopens[guest] = copy
    })
    const { args, env, stdin } = specification
    return runGuest({ file: test.file, args: [`${test.name}.wasm`, ...args], env, preopens }, stdin)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** `start` is what `guestScript` reads. */
function runGuest(start: { readonly [name: string]: unknown }, stdin: string): Outcome {
  const child = spawnSync(
    process.execPath,
    ['--no-warnings', '--input-type=module', '-e', guestScript, JSON.stringify(start)],
    { input: stdin, stdio: ['pipe', 'pipe', 'pipe', 'pipe'], encoding: 'utf8', timeout: longestRun },
  )
  const outcome = { stdout: child.stdout, stderr: child.stderr, trace: [] }
  const report = child.output[3]
  if (!report) {
    const hangs = child.error !== undefined && 'code' in child.error && child.error.code === 'ETIMEDOUT'
    const died = `the death of its process (${child.signal ?? `status ${child.status}`})`
    return { ...outcome, exitCode: undefined, ended: hangs ? `nothing in ${longestRun / 1000} seconds` : died }
  }
  const { exitCode, ended = '' } = JSON.parse(report) as GuestEnd
  return { ...outcome, exitCode, ended }
}
