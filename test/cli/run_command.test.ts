import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { Machine } from '../../src/index.ts'
import { listing } from '../node/folder.ts'
import { wat } from '../support/wat.ts'
import { COMMAND, complaint, guest, vivarium, workplace } from './command.ts'

// Once for all tests, since the first time takes long.
beforeAll(() => void guest())

describe('vivarium run', () => {
  it("passes everything after the module to the guest untouched, after the module's file name", () => {
    const cwd = workplace()
    mkdirSync(join(cwd, 'sub'))
    const own = ['args', '--dir', '.', '-x', '--', '--json', '', 'a b', '--help']
    const ended = vivarium(['run', '--seed', '1', join(cwd, 'tool.wasm'), ...own], { cwd })
    expect(ended).toEqual({ status: 0, stdout: ['tool.wasm', ...own].map((arg) => `[${arg}]\n`).join(''), stderr: '' })
    expect(vivarium(['run', '--', 'tool.wasm', 'args'], { cwd }).stdout).toBe('[tool.wasm]\n[args]\n')
    expect(vivarium(['run', '--argv0', '/bin/cc', 'tool.wasm', 'args'], { cwd }).stdout).toBe('[/bin/cc]\n[args]\n')
  })

  it("gives the guest the environment that is named, and nothing of the host's", () => {
    const cwd = workplace()
    const args = ['run', '--env', 'B=2=3', '--env', 'A=', 'tool.wasm', 'env']
    expect(vivarium(args, { cwd, env: { SECRET: 'x' } })).toEqual({ status: 0, stdout: 'B=2=3\nA=\n', stderr: '' })
  })

  it('shows output and exit code, and keeps the lowest eight bits of it', () => {
    const cwd = workplace()
    expect(vivarium(['run', 'tool.wasm', 'exit', '0'], { cwd })).toEqual({
      status: 0,
      stdout: 'out\n',
      stderr: 'err\n',
    })
    expect(vivarium(['run', 'tool.wasm', 'exit', '77'], { cwd }).status).toBe(77)
    expect(vivarium(['run', 'tool.wasm', 'exit', '259'], { cwd }).status).toBe(3)
  })

  it('tells traps, signals and limits by their exit status and one line', () => {
    const cwd = workplace()
    const trap = vivarium(['run', 'tool.wasm', 'trap'], { cwd })
    expect([trap.status, trap.stdout]).toEqual([134, ''])
    expect(trap.stderr).toMatch(/^vivarium: the guest trapped: unreachable\.\n$/)
    const signal = vivarium(['run', 'tool.wasm', 'raise', '15'], { cwd })
    expect(signal.status).toBe(128 + 15)
    const calls = vivarium(['run', '--max-calls', '1000', 'tool.wasm', 'spin'], { cwd })
    expect(calls.status).toBe(124)
    expect(calls.stderr).toMatch(/^vivarium: the guest was stopped at a limit: .+\.\n$/)
    expect(vivarium(['run', '--max-output', '1000', 'tool.wasm', 'fill', '100'], { cwd }).status).toBe(124)
  })

  describe('--dir', () => {
    it("makes the current folder the guest's, so that relative names work", () => {
      const cwd = workplace()
      writeFileSync(join(cwd, 'file.txt'), 'content\n')
      mkdirSync(join(cwd, 'sub'))
      writeFileSync(join(cwd, 'sub/other'), 'other\n')
      const args = ['tool.wasm', 'cat', 'file.txt', './sub/other', '/file.txt']
      expect(vivarium(['run', '--dir', '.', ...args], { cwd })).toEqual({
        status: 0,
        stdout: 'content\nother\ncontent\n',
        stderr: '',
      })
    })

    it('copies folders to where they are named, and lets the guest see no others', () => {
      const cwd = workplace()
      mkdirSync(join(cwd, 'src'))
      writeFileSync(join(cwd, 'src/a'), 'a\n')
      writeFileSync(join(cwd, 'b'), 'b\n')
      expect(vivarium(['run', '--dir', 'src', 'tool.wasm', 'cat', 'src/a', '/src/a'], { cwd }).stdout).toBe('a\na\n')
      const both = [
        'run',
        '--dir',
        'src::/in/deep',
        '--dir',
        `${cwd}::/all`,
        'tool.wasm',
        'cat',
        '/in/deep/a',
        '/all/b',
      ]
      expect(vivarium(both, { cwd })).toEqual({ status: 0, stdout: 'a\nb\n', stderr: '' })
      expect(vivarium(['run', '--dir', cwd, 'tool.wasm', 'cat', join(cwd, 'b')], { cwd }).stdout).toBe('b\n')
      const outside = vivarium(['run', '--dir', 'src', 'tool.wasm', 'cat', '/b'], { cwd })
      expect([outside.status, outside.stdout]).toEqual([1, ''])
    })

    it('changes nothing on the host', () => {
      const cwd = workplace()
      const before = listing(cwd)
      expect(vivarium(['run', '--dir', '.', 'tool.wasm', 'write', 'tool.wasm', 'x', 'new', 'y'], { cwd }).status).toBe(
        0,
      )
      expect(listing(cwd)).toEqual(before)
    })

    it('follows no link out of the folder, and says what it left out', () => {
      const cwd = workplace()
      mkdirSync(join(cwd, 'in'))
      writeFileSync(join(cwd, 'secret'), 'secret\n')
      symlinkSync('../secret', join(cwd, 'in/link'))
      execFileSync('mkfifo', [join(cwd, 'in/pipe')])
      const ended = vivarium(['run', '--dir', 'in::/', 'tool.wasm', 'cat', 'link'], { cwd })
      expect([ended.status, ended.stdout]).toEqual([1, ''])
      expect(ended.stderr).toContain(
        'vivarium: --dir in::/: "pipe" was left out: it is a fifo, which has no content to copy.\n',
      )
    })
  })

  describe('--stdin', () => {
    it('passes a file, or the stdin of the command to its end', () => {
      const cwd = workplace()
      writeFileSync(join(cwd, 'in'), 'from a file\n')
      expect(vivarium(['run', '--stdin', 'in', 'tool.wasm', 'cat'], { cwd })).toEqual({
        status: 0,
        stdout: 'from a file\n',
        stderr: '',
      })
      const input = 'line\n'.repeat(100_000)
      expect(vivarium(['run', '--stdin', '-', 'tool.wasm', 'cat'], { cwd, input }).stdout).toBe(input)
    })

    it('is empty when not given, which is said only when the guest looks and somebody may have meant it', () => {
      const cwd = workplace()
      const meant = vivarium(['run', 'tool.wasm', 'cat'], { cwd, input: 'ignored' })
      expect([meant.status, meant.stdout]).toEqual([0, ''])
      expect(meant.stderr).toBe(
        'vivarium: the guest read its stdin, which is empty: --stdin - passes the stdin of this command on.\n',
      )
      expect(vivarium(['run', 'tool.wasm', 'cat'], { cwd }).stderr).toBe('')
      expect(vivarium(['run', 'tool.wasm', 'args'], { cwd, input: 'ignored' }).stderr).toBe('')
    })

    it('does not wait for a pipe that never ends', async () => {
      const cwd = workplace()
      const child = spawn(process.execPath, [COMMAND, 'run', 'tool.wasm', 'cat'], {
        cwd,
        stdio: ['pipe', 'ignore', 'ignore'],
      })
      // The pipe stays open: were it waited for, this would never come.
      expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0)
      child.stdin.destroy()
    })
  })

  describe('--out', () => {
    it('writes a file and a folder out after a guest that exited with 0', () => {
      const cwd = workplace()
      mkdirSync(join(cwd, 'in'))
      writeFileSync(join(cwd, 'in/kept'), 'kept')
      const args = ['--dir', 'in::/', '--out', 'a.txt::a.txt', '--out', '/::all', 'tool.wasm', 'write', 'a.txt', 'A']
      const ended = vivarium(['run', ...args], { cwd })
      expect([ended.status, ended.stdout]).toEqual([0, ''])
      expect(readFileSync(join(cwd, 'a.txt'), 'utf8')).toBe('A')
      expect(listing(join(cwd, 'all'))).toEqual({ 'a.txt': 'A', dev: null, kept: 'kept', tmp: null })
      expect(ended.stderr).toContain(
        'vivarium: --out /::all: "dev/null" was left out: it is a device, which has no content to write.\n',
      )
    })

    it('writes nothing after a failure, but with --out-always', () => {
      const cwd = workplace()
      const args = ['--out', 'f::f', 'tool.wasm', 'exit', '256', 'f', 'text']
      const ended = vivarium(['run', ...args], { cwd })
      expect(ended.status).toBe(0)
      expect(ended.stderr).toBe(
        'err\nvivarium: --out f::f: nothing was written, since the guest did not exit with 0; --out-always writes all the same.\n',
      )
      expect(existsSync(join(cwd, 'f'))).toBe(false)
      expect(vivarium(['run', '--out-always', ...args], { cwd }).stderr).toBe('err\n')
      expect(readFileSync(join(cwd, 'f'), 'utf8')).toBe('text')
    })

    it('replaces a folder only with --replace', () => {
      const cwd = workplace()
      mkdirSync(join(cwd, 'out'))
      writeFileSync(join(cwd, 'out/old'), 'old')
      const args = ['--dir', 'out::/out', '--out', '/out::out', 'tool.wasm', 'write', '/out/new', 'new']
      const refused = vivarium(['run', ...args], { cwd })
      expect(refused.status).toBe(2)
      expect(refused.stderr).toMatch(/^vivarium: --out \/out::out: the folder "out" has something in it: .*\n$/)
      expect(listing(join(cwd, 'out'))).toEqual({ old: 'old' })
      expect(vivarium(['run', '--replace', ...args], { cwd }).status).toBe(0)
      expect(listing(join(cwd, 'out'))).toEqual({ new: 'new', old: 'old' })
    })

    it('writes no link that leads out of the folder', () => {
      const cwd = workplace()
      const ended = vivarium(['run', '--out', '/::out', 'tool.wasm', 'link', '../secret', 'escape'], { cwd })
      expect(ended.status).toBe(0)
      expect(ended.stderr).toContain(
        'vivarium: --out /::out: "escape" was left out: it is a link to "../secret", which may lead outside.\n',
      )
      expect(Object.keys(listing(join(cwd, 'out'))).sort()).toEqual(['dev', 'tmp'])
    })

    it('says that the guest made no such file', () => {
      const cwd = workplace()
      const ended = vivarium(['run', '--out', '/none::f', 'tool.wasm', 'args'], { cwd })
      expect(ended.status).toBe(2)
      expect(ended.stderr).toBe('vivarium: --out /none::f: the machine has no "/none": No such file or directory.\n')
    })
  })

  it('gives the same time and randomness for the same seed and epoch, and others for others', () => {
    const cwd = workplace()
    const now = (...options: string[]): string => vivarium(['run', ...options, 'tool.wasm', 'now'], { cwd }).stdout
    const first = now('--seed', 'a', '--epoch', '2026-01-01T00:00:00Z')
    expect(first).toMatch(/^1767225600 [0-9a-f]{16}\n$/)
    expect(now('--seed', 'a', '--epoch', '1767225600')).toBe(first)
    expect(now('--seed', 'b', '--epoch', '1767225600')).not.toBe(first)
    expect(now()).toMatch(/^946684800 /)
    expect(now('--tick', '1000000000')).not.toMatch(/^946684800 /)
  })

  it('tells the guest of a terminal only with --tty', () => {
    const cwd = workplace()
    expect(vivarium(['run', 'tool.wasm', 'tty'], { cwd }).stdout).toBe('0 0 0\n')
    expect(vivarium(['run', '--tty', 'tool.wasm', 'tty'], { cwd }).stdout).toBe('1 1 1\n')
  })

  it('loses nothing of much output, to a slow reader too, and ends quietly when the reader goes', () => {
    const cwd = workplace()
    const { stdout } = vivarium(['run', 'tool.wasm', 'fill', '20000'], { cwd })
    expect(stdout.length).toBe(20_000 * 64)
    const shell = (script: string): { status: number | null; stdout: string; stderr: string } =>
      spawnSync('bash', ['-o', 'pipefail', '-c', script], {
        cwd,
        encoding: 'utf8',
        env: { ...process.env, NODE: process.execPath, COMMAND },
      })
    const slow = shell('"$NODE" "$COMMAND" run tool.wasm fill 20000 | (sleep 0.5; wc -c)')
    expect([slow.status, slow.stdout.trim(), slow.stderr]).toEqual([0, String(20_000 * 64), ''])
    const gone = shell('"$NODE" "$COMMAND" run --out f::f tool.wasm fill 20000 | head -n 1')
    expect(gone.stdout).toBe(`${'0'.repeat(58)}20000\n`)
    expect(gone.stderr).toBe('vivarium: --out f::f: the machine has no "/f": No such file or directory.\n')
  })

  it('has every option in the place of the same option of the library', () => {
    const cwd = workplace()
    const report = JSON.parse(
      vivarium(['run', '--json', '--seed', 's', '--epoch', '2020-01-01', '--tick', '5', 'tool.wasm', 'now'], { cwd })
        .stdout,
    )
    const machine = new Machine({ seed: 's', epoch: '2020-01-01', tick: 5 })
    const run = machine.run(new Uint8Array(readFileSync(join(cwd, 'tool.wasm'))), {
      args: ['tool.wasm', 'now'],
      env: {},
    })
    expect(report.stdout).toEqual({ text: run.stdout.text() })
    expect(report.traceDigest).toBe(run.traceDigest)
    expect(report.calls).toBe(run.calls)
  })

  describe('--json', () => {
    it('prints one document with the outcome, and nothing else', () => {
      const cwd = workplace()
      mkdirSync(join(cwd, 'in'))
      execFileSync('mkfifo', [join(cwd, 'in/pipe')])
      const args = ['--json', '--dir', 'in::/', '--out', 'f::f', 'tool.wasm', 'exit', '3', 'f', 'text']
      const ended = vivarium(['run', ...args], { cwd })
      expect([ended.status, ended.stderr]).toEqual([3, ''])
      expect(JSON.parse(ended.stdout)).toEqual({
        end: { kind: 'exit', code: 3 },
        exitCode: 3,
        fuelUsed: null,
        stdout: { text: 'out\n' },
        stderr: { text: 'err\n' },
        traceDigest: expect.stringMatching(/^[0-9a-f]{32,}$/),
        calls: expect.any(Number),
        dirs: [
          {
            argument: 'in::/',
            files: 0,
            directories: 0,
            links: 0,
            bytes: 0,
            leftOut: [{ path: 'pipe', reason: 'fifo', message: 'it is a fifo, which has no content to copy' }],
          },
        ],
        outs: [{ argument: 'f::f', skipped: 'the guest did not exit with 0' }],
      })
      expect(vivarium(['run', ...args], { cwd })).toEqual(ended)
    })

    it('keeps bytes that are not text, and tells ends apart that share an exit status', () => {
      const cwd = workplace()
      const report = JSON.parse(vivarium(['run', '--json', 'tool.wasm', 'bytes'], { cwd }).stdout)
      expect(report.stdout).toEqual({ base64: Buffer.from([0xff, 0, 0xfe]).toString('base64') })
      const trap = JSON.parse(vivarium(['run', '--json', 'tool.wasm', 'trap'], { cwd }).stdout)
      expect([trap.end.kind, trap.exitCode]).toEqual(['trap', null])
      expect(JSON.parse(vivarium(['run', '--json', 'tool.wasm', 'exit', '134'], { cwd }).stdout).end).toEqual({
        kind: 'exit',
        code: 134,
      })
    })

    it('has what went wrong with writing out', () => {
      const cwd = workplace()
      const ended = vivarium(['run', '--json', '--out', '/none::f', 'tool.wasm', 'args'], { cwd })
      expect(ended.status).toBe(2)
      expect(JSON.parse(ended.stdout).outs).toEqual([
        { argument: '/none::f', error: 'the machine has no "/none": No such file or directory' },
      ])
    })
  })

  describe('--trace', () => {
    it("writes the calls to stderr, and does not take the module's name for a file", () => {
      const cwd = workplace()
      const ended = vivarium(['run', '--trace', 'tool.wasm', 'exit', '0'], { cwd })
      expect([ended.status, ended.stdout]).toEqual([0, 'out\n'])
      expect(ended.stderr).toMatch(/^err\n(.+\n)*.*fd_write\(.*\n/)
      expect(ended.stderr).toMatch(/proc_exit\(/)
    })

    it('writes them to a file, the same each time', () => {
      const cwd = workplace()
      expect(vivarium(['run', '--trace=calls', 'tool.wasm', 'exit', '0'], { cwd })).toEqual({
        status: 0,
        stdout: 'out\n',
        stderr: 'err\n',
      })
      const calls = readFileSync(join(cwd, 'calls'), 'utf8')
      expect(calls).toMatch(/fd_write\(/)
      vivarium(['run', '--trace=calls', 'tool.wasm', 'exit', '0'], { cwd })
      expect(readFileSync(join(cwd, 'calls'), 'utf8')).toBe(calls)
    })
  })

  it('runs a library as far as it goes, and says so', async () => {
    const cwd = workplace()
    writeFileSync(
      join(cwd, 'library.wasm'),
      await wat('(module (memory (export "memory") 1) (func (export "_initialize")) (func (export "f")))'),
    )
    const ended = vivarium(['run', 'library.wasm'], { cwd })
    expect(ended.status).toBe(0)
    expect(ended.stderr).toMatch(/^vivarium: the module is a library: it has no "_start" to run/)
  })
})

describe('what is wrong', () => {
  it('with the module is said in one paragraph that says what to do', async () => {
    const cwd = workplace()
    const bytes = readFileSync(join(cwd, 'tool.wasm'))
    writeFileSync(join(cwd, 'cut.wasm'), bytes.subarray(0, bytes.length - 100))
    writeFileSync(join(cwd, 'component.wasm'), new Uint8Array([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]))
    writeFileSync(join(cwd, 'text.wat'), '(module)')
    writeFileSync(
      join(cwd, 'import.wasm'),
      await wat('(module (import "env" "gizmo" (func)) (memory (export "memory") 1) (func (export "_start")))'),
    )
    const run = (module: string): string => complaint(vivarium(['run', module], { cwd }))
    expect(run('text.wat')).toMatch(
      /^"text\.wat" cannot be run: it is not a WebAssembly file: it is WebAssembly text \(WAT\): turn it into/,
    )
    expect(run('cut.wasm')).toMatch(
      /^"cut\.wasm" cannot be run: it is cut off in its .+ section, at least \d+ bytes? short: build or download it again/,
    )
    expect(run('component.wasm')).toMatch(
      /^"component\.wasm" cannot be run: it is a WebAssembly component, and components are not yet taken: build/,
    )
    expect(run('none.wasm')).toMatch(/^there is no file "none\.wasm": check the path/)
    expect(run('.')).toMatch(/^"\." is a folder: name the \.wasm file in it/)
    const missing = run('import.wasm')
    expect(missing).toContain('env')
    expect(missing).toContain('gizmo')
  })

  it.each<[string, readonly string[], RegExp]>([
    [
      'an unknown option',
      ['run', '--sed', '1', 'tool.wasm'],
      /^unknown option '--sed' \(Did you mean --seed\?\) See "vivarium run --help"\.$/,
    ],
    ['a missing module', ['run'], /^missing required argument 'MODULE\.wasm'\. See "vivarium run --help"\.$/],
    ['a missing value', ['run', '--seed'], /^option '--seed <TEXT>' argument missing\. See/],
    ['an unknown command', ['rum', 'tool.wasm'], /^unknown command 'rum' \(Did you mean run\?\) See/],
    [
      'a forgotten "run"',
      ['tool.wasm'],
      /^"tool\.wasm" is no command: to run it, write "vivarium run tool\.wasm"\. See/,
    ],
    [
      'a missing --dir',
      ['run', '--dir', 'nope', 'tool.wasm'],
      /^--dir nope: the folder "nope" cannot be read: it is not there \(ENOENT\)\.$/,
    ],
    [
      'a --dir that is a file',
      ['run', '--dir', 'tool.wasm', 'tool.wasm'],
      /^--dir tool\.wasm: "tool\.wasm" is no folder: name the folder that it is in\.$/,
    ],
    [
      'a --dir outside',
      ['run', '--dir', '..', 'tool.wasm'],
      /^option '--dir <HOST\[::GUEST\]>' argument '\.\.' is invalid\. That folder is outside the current one, so say/,
    ],
    [
      'two --dir at one place',
      ['run', '--dir', '.', '--dir', '/tmp::/', 'tool.wasm'],
      /^--dir \. and --dir \/tmp::\/ are both \/ in the machine: give one of them another place/,
    ],
    ['a malformed --env', ['run', '--env', 'HOME', 'tool.wasm'], /argument 'HOME' is invalid\. Write --env HOME=VALUE/],
    ['a malformed --epoch', ['run', '--epoch', 'now', 'tool.wasm'], /argument 'now' is invalid\. Write a time in UTC/],
    [
      'a malformed --tick',
      ['run', '--tick', '-1', 'tool.wasm'],
      /argument '-1' is invalid\. Write a whole number, from 0 to 1000000000\./,
    ],
    ['a malformed --out', ['run', '--out', 'x', 'tool.wasm'], /argument 'x' is invalid\. Write --out GUEST::HOST/],
    [
      'an --out in no folder',
      ['run', '--out', 'x::no/x', 'tool.wasm'],
      /^--out x::no\/x: "no\/x" cannot be written to: .*make the folder that is to hold it first\.$/,
    ],
    [
      'a missing --stdin',
      ['run', '--stdin', 'no', 'tool.wasm'],
      /^--stdin no: "no" cannot be read: it is not there \(ENOENT\)\.$/,
    ],
    [
      'a --trace in no folder',
      ['run', '--trace=no/x', 'tool.wasm'],
      /^--trace=no\/x: "no\/x" cannot be written: it is not there \(ENOENT\)\.$/,
    ],
  ])('with the arguments: %s', (_, args, message) => {
    expect(complaint(vivarium(args, { cwd: workplace() }))).toMatch(message)
  })

  it('is not said of help and version, which exit with 0', () => {
    const help = vivarium(['run', '--help'])
    expect([help.status, help.stderr]).toEqual([0, ''])
    for (const part of [
      'Usage: vivarium run [options] MODULE.wasm [ARGS...]',
      '--dir <HOST[::GUEST]>',
      '--out-always',
      '--trace[=FILE]',
      'Exit status:',
      'Examples:',
      '125    deadlock',
      '128+N  ended by signal N',
    ]) {
      expect(help.stdout).toContain(part)
    }
    expect(Math.max(...help.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
    expect(vivarium(['--help']).stdout).toContain('run a program in a new machine')
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
    expect(vivarium(['--version'])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' })
    expect(vivarium([]).status).toBe(2)
  })
})
