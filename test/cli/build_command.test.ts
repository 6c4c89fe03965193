/** `vivarium build`, `verify`, `rebuild` and `cache`, as users run them. */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { Recipe } from '../../src/build/index.ts'
import { recipeOf, toy, workshop, writeRecipe } from '../build/workshop.ts'
import { listing } from '../node/folder.ts'
import { COMMAND, complaint, type Ended, vivarium } from './command.ts'

const SOURCES = { 'src/a': 'a\n', 'src/b': 'b\n' }
const STEPS = [toy('mid', 'join', '/mid', ['/src/a', '/src/b']), toy('end', 'join', '/end', ['/mid', '/src/a'])]
const RECIPE = recipeOf(STEPS, { sources: { '/src': 'src' }, outputs: { 'result/end.txt': '/end' } })
const LOCK = 'vivarium.build.lock.json'

/** A folder with a recipe, by default one that is right. */
function place(recipe: Recipe = RECIPE): string {
  const folder = workshop(SOURCES)
  writeRecipe(folder, recipe)
  return folder
}

function run(folder: string, ...args: readonly string[]): Ended {
  const store = args[0] === 'build' || args[0] === 'rebuild' ? ['--store', join(folder, 'store')] : []
  return vivarium([...args, ...store], { cwd: folder })
}

describe('vivarium build', () => {
  it('writes outputs, statement and lock file, and tells of each step', () => {
    const folder = place()
    const { status, stdout, stderr } = run(folder, 'build')
    expect(status).toBe(0)
    expect(stdout).toMatch(/^[0-9a-f]{64} {2}out\/result\/end\.txt {2}6 bytes\n$/)
    expect(stderr).toMatch(
      /^\[1\/2\] mid \(\d+\.\d s\)\n\[2\/2\] end \(\d+\.\d s\)\nvivarium: 2 steps, 0 of them from the store; 1 outputs in out, lock file vivarium\.build\.lock\.json\.\n$/,
    )
    expect(Object.keys(listing(join(folder, 'out')))).toEqual(['provenance.json', 'result', 'result/end.txt'])
    expect(readFileSync(join(folder, 'out/result/end.txt'), 'utf8')).toBe('a\nb\na\n')
    const again = run(folder, 'build')
    expect(again.stderr).toContain('[1/2] mid (from the store)\n[2/2] end (from the store)\n')
    expect(run(folder, 'build', '--no-cache').stderr).toContain('2 steps, 0 of them from the store')
  })

  it('prints JSON, and nothing else', () => {
    const { status, stdout, stderr } = run(place(), 'build', '--json', '--out', 'elsewhere')
    expect([status, stderr]).toEqual([0, ''])
    const document = JSON.parse(stdout)
    expect([document.out, document.provenance]).toEqual(['elsewhere', 'elsewhere/provenance.json'])
    expect(document.outputs.map(({ name }: { name: string }) => name)).toEqual(['result/end.txt'])
    expect(document.steps.map(({ name, kept }: { name: string; kept: boolean }) => [name, kept])).toEqual([
      ['mid', false],
      ['end', false],
    ])
  })

  it('reads recipes in TypeScript and JavaScript', () => {
    const folder = place()
    rmSync(join(folder, 'vivarium.build.json'))
    // Where tsx is, as in a project that has it, and the package itself.
    symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(folder, 'node_modules'))
    const built = fileURLToPath(new URL('../../dist/src/build/index.js', import.meta.url))
    const text = JSON.stringify(RECIPE)
    writeFileSync(
      join(folder, 'vivarium.build.ts'),
      `import { defineBuild, type Recipe } from '${built}'\nconst recipe: Recipe = ${text}\nexport default defineBuild(recipe)\n`,
    )
    expect(run(folder, 'build').status).toBe(0)
    writeFileSync(join(folder, 'other.mjs'), `export default ${text}\n`)
    expect(run(folder, 'build', 'other.mjs').status).toBe(0)
    expect(existsSync(join(folder, 'other.lock.json'))).toBe(true)
  })

  it('passes SOURCE_DATE_EPOCH on where the recipe says no epoch', () => {
    const folder = place(recipeOf([toy('time', 'time', '/time')], { outputs: ['/time'] }))
    const { status } = vivarium(['build', '--no-cache'], { cwd: folder, env: { SOURCE_DATE_EPOCH: '1234567890' } })
    expect(status).toBe(0)
    expect(readFileSync(join(folder, 'out/time'), 'utf8')).toBe('1234567890')
  })

  it.each<readonly [string, Recipe | string, number, string]>([
    [
      'no recipe',
      '',
      2,
      'there is no recipe here: write vivarium.build.ts (see "vivarium build --help"), or name one.',
    ],
    ['a recipe that is no JSON', '{', 2, 'vivarium.build.json: it is no JSON: '],
    [
      'a wrong recipe',
      { ...RECIPE, steps: 7 as never },
      2,
      'vivarium.build.json: steps: 7 is there; it has to be a list of steps.',
    ],
    [
      'a folder that is missing',
      { ...RECIPE, sources: { '/src': { folder: 'gone' } } },
      2,
      'vivarium.build.json: the source at /src: the folder ',
    ],
    [
      'a module of a package that is missing',
      { ...RECIPE, tools: { toy: { module: 'npm:@nobody/tool/x.wasm' } } },
      2,
      'vivarium.build.json: the npm package @nobody/tool is not there: install it with "npm install --save-dev @nobody/tool".',
    ],
    [
      'a file with another digest',
      { ...RECIPE, tools: { toy: { module: { path: 'toy.wasm', sha256: '0'.repeat(64) } } } },
      2,
      `vivarium.build.json: tool "toy": "toy.wasm" is another than the recipe says: expected sha256 ${'0'.repeat(64)}, found `,
    ],
    [
      'a folder with another digest',
      { ...RECIPE, sources: { '/src': { folder: 'src', sha256: '0'.repeat(64) } } },
      2,
      `vivarium.build.json: sources: /src: "src" is another than the recipe says: expected sha256 ${'0'.repeat(64)}, found `,
    ],
    [
      'steps in a circle',
      recipeOf([toy('x', 'join', '/1', ['/2']), toy('y', 'join', '/2', ['/1'])], { outputs: ['/1'] }),
      2,
      'vivarium.build.json, step "x": the steps wait for one another: "x" reads /2, written by "y" reads /1, written by "x".',
    ],
    [
      'an output that was not written',
      recipeOf([toy('x', 'nothing', '/1')], { outputs: ['/1'] }),
      1,
      'vivarium.build.json, step "x": it ended well, and wrote no /1, which was to be a file.',
    ],
    [
      'a trap',
      recipeOf([toy('x', 'trap', '/1')], { outputs: ['/1'] }),
      1,
      'vivarium.build.json, step "x": it trapped: ',
    ],
    [
      'a limit',
      recipeOf([toy('x', 'compute', '/1')], { outputs: ['/1'], limits: { fuel: 1000 } }),
      1,
      'vivarium.build.json, step "x": it came to its limit of fuel: ',
    ],
  ])('says of %s what is wrong, and writes nothing', (_, recipe, status, message) => {
    const folder = workshop(SOURCES)
    if (typeof recipe !== 'string') writeRecipe(folder, recipe)
    else if (recipe !== '') writeFileSync(join(folder, 'vivarium.build.json'), recipe)
    const before = Object.keys(listing(folder))
    const ended = vivarium(['build', '--no-cache'], { cwd: folder })
    expect([ended.status, ended.stdout]).toEqual([status, ''])
    expect(ended.stderr).toContain(`vivarium: ${message}`)
    expect(Object.keys(listing(folder))).toEqual(before)
  })

  it('shows below it what a step said that failed', () => {
    const folder = place(recipeOf([toy('x', 'fail', '/1')], { outputs: ['/1'] }))
    expect(run(folder, 'build').stderr).toBe(
      'vivarium: vivarium.build.json, step "x": it failed with exit code 7.\n  toy: as asked\n',
    )
  })

  it('replaces what a build wrote, and nothing else unless it is told to', () => {
    const folder = place()
    mkdirSync(join(folder, 'out'))
    writeFileSync(join(folder, 'out/mine'), '')
    const refused = run(folder, 'build')
    expect(complaint(refused)).toBe(
      `the folder "${join(folder, 'out')}" has something in it that no build wrote: empty it, name another, or give --replace.`,
    )
    expect(existsSync(join(folder, LOCK))).toBe(false)
    expect(run(folder, 'build', '--replace').status).toBe(0)
    expect(existsSync(join(folder, 'out/mine'))).toBe(false)
    writeRecipe(folder, { ...RECIPE, outputs: ['/mid'] })
    expect(run(folder, 'build').status).toBe(0)
    expect(Object.keys(listing(join(folder, 'out')))).toEqual(['mid', 'provenance.json'])
  })

  it('leaves all as it was where the disk has no room', () => {
    const folder = place()
    expect(run(folder, 'build').status).toBe(0)
    const before = listing(folder)
    const large = 'x'.repeat(200_000)
    writeRecipe(folder, { ...RECIPE, sources: { '/src': { files: { a: large, b: 'b' } } } })
    const recipe = readFileSync(join(folder, 'vivarium.build.json'), 'utf8')
    // No file can have more than 64 blocks of 1,024 bytes: the host refuses in the middle of writing.
    const script = `ulimit -f 64; exec "$0" "$@"`
    const args = ['-c', script, process.execPath, COMMAND, 'build', '--no-cache']
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, XDG_CACHE_HOME: process.env.XDG_CACHE_HOME }
    const { status, stderr } = spawnSync('bash', args, { cwd: folder, encoding: 'utf8', env })
    expect([status, stderr]).toEqual([2, expect.stringContaining('What was there is as before.')])
    expect(stderr).toContain(`writing "${join(folder, 'out')}"`)
    expect(listing(folder)).toEqual({ ...before, 'vivarium.build.json': recipe })
  })

  it('demands with --locked what the lock file has', () => {
    const folder = place()
    expect(complaint(run(folder, 'build', '--locked'))).toContain('there is no lock file "vivarium.build.lock.json"')
    run(folder, 'build')
    expect(run(folder, 'build', '--locked').status).toBe(0)
    const lock = readFileSync(join(folder, LOCK), 'utf8')
    writeFileSync(join(folder, 'src/a'), 'changed')
    expect(complaint(run(folder, 'build', '--locked'))).toMatch(
      /^vivarium\.build\.json: \/src \(src\) is another than the lock file says: expected sha256 [0-9a-f]{64}, found [0-9a-f]{64}\.$/,
    )
    expect(readFileSync(join(folder, LOCK), 'utf8')).toBe(lock)
  })
})

describe('vivarium verify', () => {
  it('builds from nothing and compares with the lock file, or with a second build', () => {
    const folder = place()
    expect(run(folder, 'verify')).toMatchObject({
      status: 0,
      stdout: '1 outputs of 2 steps are the same as a second build has them\n',
    })
    run(folder, 'build')
    for (const given of [[], ['vivarium.build.json'], [LOCK]]) {
      const { status, stdout } = run(folder, 'verify', ...given)
      expect([status, stdout]).toEqual([0, '1 outputs of 2 steps are the same as the lock file has them\n'])
    }
    writeFileSync(join(folder, 'src/b'), 'changed\n')
    const { status, stdout } = run(folder, 'verify')
    expect(status).toBe(1)
    expect(stdout).toMatch(
      /^output result\/end\.txt: sha256 was [0-9a-f]{64}, now [0-9a-f]{64}\nstep mid: \/mid differ; its inputs, or what runs it, are others\n/,
    )
  })

  it('with --vary tells what outputs depend on, and by which call', () => {
    const folder = place(
      recipeOf([toy('draw', 'random', '/1'), ...STEPS], { sources: { '/src': 'src' }, outputs: ['/1', '/end'] }),
    )
    const { status, stdout } = run(folder, 'verify', '--vary', '--rounds', '0')
    expect(status).toBe(1)
    expect(stdout).toMatch(/^DIFFERENT {2}randomness: another seed \(3 steps, 1 differ\)$/m)
    for (const name of ['time', 'file history', 'listing order', 'inode numbers', 'environment', 'build path']) {
      expect(stdout).toMatch(new RegExp(`^same {7}${name}: `, 'm'))
    }
    expect(stdout).toMatch(/^same {7}1 instead of \d+ workers|^same {7}2 instead of 1 workers/m)
    expect(stdout).toMatch(/^same {7}Node v[\d.]+ --liftoff-only$/m)
    expect(stdout).toContain('step "draw" depends on randomness, as /1 shows\n')
    expect(stdout).toMatch(/ {2}it came in by call \d+, random_get\n {4}- random_get\(/)
  })

  it('refuses a --node that is none', () => {
    expect(complaint(run(place(), 'verify', '--vary', '--node', 'toy.wasm'))).toBe(
      '--node toy.wasm: there is no Node 20.19 or later: name its executable file.',
    )
  })

  it('refuses what is no lock file', () => {
    const folder = place()
    writeFileSync(join(folder, LOCK), '{}')
    expect(complaint(run(folder, 'verify', LOCK))).toBe(`"${LOCK}" is no lock file of a build.`)
  })
})

describe('vivarium rebuild', () => {
  it('builds from the statement and the store, or a folder, and compares', () => {
    const folder = place()
    run(folder, 'build')
    rmSync(join(folder, 'src'), { recursive: true })
    const rebuilt = run(folder, 'rebuild', 'out/provenance.json', '--out', 'again')
    expect([rebuilt.status, rebuilt.stdout]).toEqual([0, '1 outputs are the same as the statement has them\n'])
    expect(readFileSync(join(folder, 'again/result/end.txt'))).toEqual(readFileSync(join(folder, 'out/result/end.txt')))
    const bare = vivarium(['rebuild', 'out/provenance.json', '--store', 'none'], { cwd: folder })
    expect(complaint(bare)).toMatch(/^vivarium\.build\.json, step "mid": its module is not in the store: /)
    const inputs = workshop(SOURCES)
    const found = vivarium(['rebuild', 'out/provenance.json', '--store', 'none', '--inputs', inputs], { cwd: folder })
    expect(found.status).toBe(0)
  })
})

describe('vivarium cache', () => {
  it('lists, verifies and collects', () => {
    const folder = place()
    run(folder, 'build')
    const cache = (...args: readonly string[]): Ended =>
      vivarium(['cache', ...args, '--store', 'store'], { cwd: folder })
    expect(cache('ls').stdout).toMatch(
      /^([0-9a-f]{16} {2}\d{4}-\d\d-\d\d +\d+ bytes {2}vivarium\.build\.json: (mid|end)\n){2}$/,
    )
    expect(cache('verify')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('\n0 damaged and 0 not needed'),
    })
    expect(cache('gc', '--days', '1').stdout).toMatch(/^2 results, /)
    expect(cache('ls', '--json').stdout).toContain('"step": "mid"')
  })
})
