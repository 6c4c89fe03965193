/** The conformance runner on small checkouts made here: that it finds tests, runs them as told, and sees what fails. */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { wat } from '../support/wat.ts'
import { conformance } from './command.ts'
import { readSpecification } from './specification.ts'

const scratch = mkdtempSync(join(tmpdir(), 'vivarium-run-test-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const imports = `
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $fd_prestat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_create_directory"
    (func $path_create_directory (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_filestat_get"
    (func $path_filestat_get (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)`

/** Guests of a few instructions; those that check something exit with the errno that they were given. */
const guests = {
  exitThree: '(call $proc_exit (i32.const 3))',
  trap: 'unreachable',
  hello: `
    (i64.store (i32.const 0) (i64.const 0x200000010)) ;; an iovec: 2 bytes at 16
    (i32.store (i32.const 16) (i32.const 0x6968)) ;; "hi"
    (call $proc_exit (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))`,
  preopen: '(call $proc_exit (call $fd_prestat_get (i32.const 3) (i32.const 0)))',
  secondPreopen: '(call $proc_exit (call $fd_prestat_get (i32.const 4) (i32.const 0)))',
  makeLitter: `
    (i64.store (i32.const 0) (i64.const 0x70756e61656c632e)) ;; ".cleanup"
    (call $proc_exit (call $path_create_directory (i32.const 3) (i32.const 0) (i32.const 8)))`,
  statOne: `
    (i32.store8 (i32.const 0) (i32.const 0x61)) ;; "a", a link in the root: followed
    (call $proc_exit
      (call $path_filestat_get (i32.const 3) (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 64)))`,
  countArgs: `
    (drop (call $args_sizes_get (i32.const 0) (i32.const 4)))
    (call $proc_exit (i32.load (i32.const 0)))`,
  countVariables: `
    (drop (call $environ_sizes_get (i32.const 0) (i32.const 4)))
    (call $proc_exit (i32.load (i32.const 0)))`,
  countInput: `
    (i64.store (i32.const 0) (i64.const 0x2000000010)) ;; an iovec: 32 bytes at 16
    (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    (call $proc_exit (i32.load (i32.const 8)))`,
}

type Guest = keyof typeof guests
const modules = new Map<Guest, Uint8Array>()

beforeAll(async () => {
  for (const [name, body] of Object.entries(guests)) {
    modules.set(name as Guest, await wat(`(module ${imports} (func (export "_start") ${body}))`))
  }
})

/** A module's name, the text of a file, or null for a directory. */
type CheckoutFile = { readonly guest: Guest } | string | null

let checkouts = 0

/** Makes a checkout with these files in the suite `wat`. */
function checkout(files: { readonly [path: string]: CheckoutFile }): string {
  checkouts += 1
  const directory = join(scratch, String(checkouts))
  mkdirSync(directory)
  for (const [path, content] of Object.entries(files)) {
    const file = join(suiteFolder(directory), path)
    mkdirSync(content === null ? file : dirname(file), { recursive: true })
    if (typeof content === 'string') writeFileSync(file, content)
    else if (content !== null) writeFileSync(file, modules.get(content.guest) ?? '')
  }
  return directory
}

function suiteFolder(directory: string): string {
  return join(directory, 'tests', 'wat', 'testsuite', 'wasm32-wasip1')
}

async function run(...args: string[]): Promise<{ status: number; log: string[]; errors: string }> {
  const log: string[] = []
  const errors: string[] = []
  const console = { log: (line: string) => void log.push(line), error: (line: string) => void errors.push(line) }
  const status = await conformance(args, console)
  return { status, log, errors: errors.join('\n') }
}

describe.each(['vivarium', 'node'])('conformance --host %s', (host) => {
  it('passes tests that do what their JSON files say', async () => {
    const directory = checkout({
      'code.wasm': { guest: 'exitThree' },
      'code.json': '{ "exit_code": 3 }',
      'output.wasm': { guest: 'hello' },
      'output.json': '{ "stdout": "hi" }',
      'silent.wasm': { guest: 'hello' },
      'args.wasm': { guest: 'countArgs' },
      'args.json': '{ "args": ["a", "b c"], "exit_code": 3 }',
      'variables.wasm': { guest: 'countVariables' },
      'variables.json': '{ "env": { "A": "1", "B": "2" }, "exit_code": 2 }',
      'no_variables.wasm': { guest: 'countVariables' },
      'input.wasm': { guest: 'countInput' },
      'input.json':
        '{ "operations": [{ "type": "run" }, { "type": "write", "id": "stdin", "payload": "four" },' +
        ' { "type": "wait", "exit_code": 4 }] }',
      'no_input.wasm': { guest: 'countInput' },
    })
    const { status, log } = await run('--host', host, directory)
    expect(log).toEqual(['wat: 8 of 8 passed', 'total: 8 of 8 passed'])
    expect(status).toBe(0)
  })

  it('gives the root as the one preopen, without a root none, and old "dirs" by their names', async () => {
    const directory = checkout({
      'root.wasm': { guest: 'preopen' },
      'root.json': '{ "root": "data" }',
      'one_root.wasm': { guest: 'secondPreopen' },
      'one_root.json': '{ "root": "data", "exit_code": 8 }',
      'no_root.wasm': { guest: 'preopen' },
      'no_root.json': '{ "root": null, "exit_code": 8 }',
      'dirs.wasm': { guest: 'secondPreopen' },
      'dirs.json': '{ "dirs": ["data", "more"] }',
      data: null,
      more: null,
    })
    const { log } = await run('--host', host, directory)
    expect(log).toEqual(['wat: 4 of 4 passed', 'total: 4 of 4 passed'])
  })

  it('runs on a fresh copy: without the litter of other runners, with links, leaving nothing behind', async () => {
    const directory = checkout({
      'litter.wasm': { guest: 'makeLitter' },
      'litter.json': '{ "root": "data" }',
      'link.wasm': { guest: 'statOne' },
      'link.json': '{ "root": "data" }',
      'data/target': 'text',
      'data/.cleanup/old': '',
    })
    symlinkSync('target', join(suiteFolder(directory), 'data', 'a'))
    for (const _time of [1, 2]) {
      const { log } = await run('--host', host, directory)
      expect(log).toEqual(['wat: 2 of 2 passed', 'total: 2 of 2 passed'])
    }
    expect(readdirSync(join(suiteFolder(directory), 'data')).sort()).toEqual(['.cleanup', 'a', 'target'])
  })

  it('reports what differs, a line a test, and exits 1', async () => {
    const directory = checkout({
      'code.wasm': { guest: 'exitThree' },
      'output.wasm': { guest: 'hello' },
      'output.json': '{ "stdout": "hi!", "exit_code": 1 }',
      'passes.wasm': { guest: 'hello' },
      'trap.wasm': { guest: 'trap' },
      'broken.wasm': 'not a module',
    })
    const { status, log } = await run('--host', host, directory)
    const failures = log.filter((line) => line.startsWith('FAILED'))
    expect(failures).toEqual([
      expect.stringMatching(/^FAILED wat\/broken: expected exit code 0, got /),
      'FAILED wat/code: expected exit code 0, got exit code 3',
      'FAILED wat/output: expected exit code 1, got exit code 0; expected stdout "hi!", got "hi"',
      expect.stringMatching(/^FAILED wat\/trap: expected exit code 0, got a trap: .*unreachable/),
    ])
    expect(log.slice(-2)).toEqual(['wat: 1 of 5 passed', 'total: 1 of 5 passed'])
    expect(status).toBe(1)
  })
})

describe('conformance', () => {
  it('shows the last calls of a failed test', async () => {
    const directory = checkout({ 'output.wasm': { guest: 'hello' }, 'output.json': '{ "exit_code": 7 }' })
    const { log } = await run(directory)
    expect(log.slice(1, 3)).toEqual([expect.stringContaining('fd_write'), expect.stringContaining('proc_exit')])
  })

  it('fails a test whose JSON file cannot be used, names the file, and runs the others', async () => {
    const directory = checkout({
      'good.wasm': { guest: 'hello' },
      'syntax.wasm': { guest: 'hello' },
      'syntax.json': '{ "exit_code": ',
      'typo.wasm': { guest: 'hello' },
      'typo.json': '{ "exitcode": 0 }',
    })
    const { status, log } = await run(directory)
    expect(log).toEqual([
      expect.stringMatching(/^FAILED wat\/syntax: syntax\.json: not JSON: /),
      "FAILED wat/typo: typo.json: field 'exitcode' is not known to this runner",
      'wat: 1 of 3 passed',
      'total: 1 of 3 passed',
    ])
    expect(status).toBe(1)
  })

  it('runs only what --filter names, and refuses a filter that names nothing', async () => {
    const directory = checkout({ 'first.wasm': { guest: 'exitThree' }, 'second.wasm': { guest: 'hello' } })
    expect(await run(directory, '--filter', 'wat/sec')).toMatchObject({
      status: 0,
      log: ['wat: 1 of 1 passed', 'total: 1 of 1 passed'],
    })
    const { status, errors } = await run(directory, '--filter', 'third')
    expect(status).toBe(2)
    expect(errors).toBe("conformance: none of the 2 tests has 'third' in its name")
  })

  it('writes all results to the --json file', async () => {
    const directory = checkout({ 'bad.wasm': { guest: 'exitThree' }, 'good.wasm': { guest: 'hello' } })
    const file = join(scratch, 'results.json')
    await run(directory, '--json', file)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      passed: 1,
      failed: 1,
      tests: [
        { suite: 'wat', name: 'bad', passed: false, differences: ['expected exit code 0, got exit code 3'] },
        { suite: 'wat', name: 'good', passed: true, differences: [], outcome: { exitCode: 0, stdout: 'hi' } },
      ],
    })
  })

  it('leaves out tests of other system interfaces', async () => {
    const directory = checkout({ 'good.wasm': { guest: 'hello' }, '../wasm32-wasip3/other.wasm': 'a component' })
    expect(await run(directory)).toMatchObject({ status: 0, log: ['wat: 1 of 1 passed', 'total: 1 of 1 passed'] })
  })

  it.each([
    ['a missing directory', () => [join(scratch, 'missing')], /missing does not exist; give a checkout/],
    ['an empty directory', () => [checkout({})], /holds no compiled preview1 tests; give a checkout/],
    ['a file', () => [join(suiteFolder(checkout({ file: '' })), 'file')], /is not a directory/],
    ['no directory', () => [], /no DIR given\s+usage: npm run conformance/],
    ['two directories', () => ['one', 'two'], /one DIR is enough, but got also: two/],
    ['an unknown host', () => ['--host', 'other', 'one'], /--host is vivarium or node, not 'other'/],
    ['an unknown option', () => ['--fast', 'one'], /--fast/],
  ])('refuses %s and exits 2', async (_case, args, message) => {
    const { status, log, errors } = await run(...args())
    expect({ status, log }).toEqual({ status: 2, log: [] })
    expect(errors).toMatch(message)
  })

  it('explains itself with --help', async () => {
    const { status, log } = await run('--help')
    expect(status).toBe(0)
    expect(log.join('\n')).toContain('usage: npm run conformance')
  })
})

describe('readSpecification()', () => {
  it('joins the operations of one run', () => {
    const text = JSON.stringify({
      operations: [
        { type: 'run', args: ['a'], env: { B: 'c' }, root: 'data' },
        { type: 'read', payload: 'one' },
        { type: 'read', id: 'stderr', payload: 'oops' },
        { type: 'read', id: 'stdout', payload: 'two' },
        { type: 'wait', exit_code: 2 },
      ],
    })
    expect(readSpecification(text)).toEqual({
      args: ['a'],
      env: { B: 'c' },
      preopens: [{ host: 'data', guest: '/' }],
      stdin: '',
      exitCode: 2,
      stdout: 'onetwo',
      stderr: 'oops',
    })
  })

  it.each([
    ['[]', 'not a JSON object'],
    ['{ "exit_code": "0" }', "'exit_code' must be a whole number"],
    ['{ "args": [1] }', "'args' must be a list of texts"],
    ['{ "env": { "A": 1 } }', "'env' must map names to texts"],
    ['{ "stdout": 1 }', "'stdout' must be text"],
    ['{ "operations": {} }', "'operations' must be a list"],
    ['{ "operations": [1] }', 'an operation must be an object'],
    ['{ "operations": [], "args": [] }', "field 'args' is not known to this runner"],
    ['{ "operations": [{ "type": "run" }] }', "'run' and 'wait' must both be given"],
    ['{ "operations": [{ "type": "wait" }] }', "operation 'wait' must come after the one 'run' and before its 'wait'"],
    ['{ "operations": [{ "type": "connect" }] }', "operation 'connect' is not supported by this runner"],
    ['{ "operations": [{ "type": "run", "root": 1 }, { "type": "wait" }] }', "'root' must be text"],
    [
      '{ "operations": [{ "type": "run" }, { "type": "read", "id": "log" }, { "type": "wait" }] }',
      "there is no stream 'log'",
    ],
    ['{ "proposals": ["http"] }', 'proposals are not part of preview1'],
  ])('refuses %s', (text, message) => {
    expect(readSpecification(text)).toBe(message)
  })
})
