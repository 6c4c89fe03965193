/**
 * The layers hold: imports point down and never in a circle, the core touches nothing of the host, and the checks that
 * see to it while one works (the linter's rules, the types that a folder may use) do refuse what they are to refuse.
 */

import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

interface Import {
  readonly from: string
  /** The file from the root, such as `vfs/walk.ts`, or the package's name as written. */
  readonly to: string
  /** Whether nothing of it is left once it is compiled. */
  readonly typeOnly: boolean
}

/** The layers from the bottom up; a file may import from its own and from those before it. */
const LAYERS: readonly (readonly [string, RegExp])[] = [
  ['vfs', /^vfs\//],
  ['kernel', /^kernel\//],
  ['the calls', /^src\/(abi|hostcall|unstable)\//],
  ['the machine', /^src\/(?!node\/|cli\/)/],
  ['node', /^src\/node\//],
  ['cli', /^src\/cli\//],
]

/** Which files of the core use which libraries: pure JavaScript each, and each in one place. */
const LIBRARIES: readonly (readonly [from: RegExp, to: RegExp])[] = [
  [/^kernel\/random\.ts$/, /^seedrandom\/lib\/xor4096\.js$/],
  [/^vfs\/hash\.ts$/, /^@noble\/hashes\/(sha2|legacy)\.js$/],
  [/^(vfs\/formats\/|src\/snapshot_file\.ts|src\/fuzz\/reproducer\.ts)/, /^fflate(\/browser)?$/],
  [/^src\/fuzz\//, /^fast-check$/],
]

const files = ['vfs', 'kernel', 'src'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => join(folder, name)),
)
const core = files.filter((file) => layerOf(file) < 4)

/** Code with its comments blanked out. */
function codeOf(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '')
}

function importsOf(file: string, code: string = codeOf(file)): Import[] {
  const found: Import[] = []
  const statement = /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]/gm
  const dynamic = /\b(?:import|require)\(\s*['"]([^'"]+)['"]/g
  const target = (written: string): string =>
    written.startsWith('.') ? relative(ROOT, resolve(ROOT, dirname(file), written)) : written
  for (const [, type, written] of code.matchAll(statement)) {
    found.push({ from: file, to: target(written as string), typeOnly: type !== undefined })
  }
  for (const [, written] of code.matchAll(dynamic)) {
    found.push({ from: file, to: target(written as string), typeOnly: false })
  }
  return found
}

function layerOf(file: string): number {
  return LAYERS.findIndex(([, pattern]) => pattern.test(file))
}

/** What is wrong with an import, or `undefined`. */
function problemOf({ from, to }: Import): string | undefined {
  const layer = layerOf(from)
  const isHost = layer >= 4
  if (to.startsWith('node:')) return isHost ? undefined : `${from} imports the host's ${to}`
  const below = layerOf(to)
  if (below >= 0) return below <= layer ? undefined : `${from} imports ${to}, which is above it`
  if (LIBRARIES.some(([who, library]) => who.test(from) && library.test(to))) return undefined
  return isHost && !to.startsWith('.') ? undefined : `${from} imports ${to}`
}

/** Circles of imports, each as the files on it; found by going down from every file once. */
function circles(imports: readonly Import[]): string[] {
  const below = new Map<string, string[]>()
  for (const { from, to, typeOnly } of imports) if (!typeOnly) below.set(from, [...(below.get(from) ?? []), to])
  const found: string[] = []
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): void => {
    const at = path.indexOf(file)
    if (at >= 0) found.push([...path.slice(at), file].join(' -> '))
    if (at >= 0 || done.has(file)) return
    for (const next of below.get(file) ?? []) visit(next, [...path, file])
    done.add(file)
  }
  for (const file of below.keys()) visit(file, [])
  return found
}

describe('imports', () => {
  const imports = files.flatMap((file) => importsOf(file))

  it('are found, all of them', () => {
    expect(files.length).toBeGreaterThan(80)
    expect(imports.length).toBeGreaterThan(300)
    for (const { to } of imports) if (to.endsWith('.ts')) expect([...files, 'src/webassembly.d.ts']).toContain(to)
    const code =
      "import a from './a.ts'\nimport type { B } from '../vfs/b.ts'\nimport {\n  c,\n  d,\n} from 'node:fs'\nexport * from './e.ts'\nimport './f.ts'\nawait import('./g.ts')"
    expect(importsOf('kernel/x.ts', code).map(({ to, typeOnly }) => `${to} ${typeOnly}`)).toEqual([
      'kernel/a.ts false',
      'vfs/b.ts true',
      'node:fs false',
      'kernel/e.ts false',
      'kernel/f.ts false',
      'kernel/g.ts false',
    ])
  })

  it('point down, and to the host only from src/node and src/cli', () => {
    expect(imports.map(problemOf).filter((problem) => problem !== undefined)).toEqual([])
  })

  it.each([
    ['vfs/x.ts', 'kernel/kernel.ts'],
    ['vfs/x.ts', 'src/index.ts'],
    ['kernel/x.ts', 'src/abi/types.ts'],
    ['src/hostcall/x.ts', 'src/machine.ts'],
    ['src/machine.ts', 'src/node/index.ts'],
    ['src/node/x.ts', 'src/cli/main.ts'],
    ['vfs/x.ts', 'node:fs'],
    ['src/abi/x.ts', 'node:buffer'],
    ['kernel/x.ts', 'seedrandom/lib/xor4096.js'],
    ['kernel/random.ts', 'seedrandom'],
    ['src/x.ts', 'commander'],
    ['vfs/x.ts', 'test/support/vfs.ts'],
  ])('from %s to %s would not pass', (from, to) => {
    expect(problemOf({ from, to, typeOnly: false })).toBeDefined()
    expect(problemOf({ from, to, typeOnly: true })).toBeDefined()
  })

  it('make no circle', () => {
    expect(circles(imports)).toEqual([])
    const circle = [
      { from: 'a', to: 'b', typeOnly: false },
      { from: 'b', to: 'c', typeOnly: false },
      { from: 'c', to: 'b', typeOnly: false },
    ]
    expect(circles(circle)).toEqual(['b -> c -> b'])
    expect(circles([...circle.slice(0, 2), { from: 'c', to: 'b', typeOnly: true }])).toEqual([])
  })
})

describe('the core', () => {
  const AMBIENT =
    /\b(Math\.random|Date|Intl|WeakRef|FinalizationRegistry|Promise|async|await|localeCompare|toLocale\w*|eval)\b(?!['"])/

  it('uses nothing of ECMAScript that differs from run to run', () => {
    expect(core.length).toBeGreaterThan(60)
    const uses = core.filter((file) => !file.startsWith('vfs/node_fs') && AMBIENT.test(stringless(codeOf(file))))
    expect(uses).toEqual([])
    expect(AMBIENT.test('const x = Math.random()')).toBe(true)
  })

  it('makes dates only of numbers, for the face that node:fs has', () => {
    for (const file of core.filter((name) => name.startsWith('vfs/node_fs'))) {
      expect(stringless(codeOf(file)), file).not.toMatch(/new Date\(\)|Date\.now|\bDate\(\)|Math\.random/)
    }
  })

  it('keeps no state between machines but what is the same for all', () => {
    const state = core.flatMap((file) => [...codeOf(file).matchAll(/^let \w+/gm)].map(([text]) => `${file}: ${text}`))
    expect(state).toEqual([])
  })
})

describe('the checks', () => {
  const folders: string[] = []
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  })

  /** A folder of its own that has these files of the project. */
  function folderWith(names: readonly string[]): string {
    const folder = mkdtempSync(join(tmpdir(), 'layers-'))
    folders.push(folder)
    for (const name of names) cpSync(join(ROOT, name), join(folder, name))
    return folder
  }

  function say(command: string, args: readonly string[], cwd: string): { status: number | null; said: string } {
    const { status, stdout, stderr } = spawnSync(join(ROOT, 'node_modules/.bin', command), args, {
      cwd,
      encoding: 'utf8',
    })
    return { status, said: stdout + stderr }
  }

  /** What the linter says of code at `path` in a folder that has the project's rules. */
  function lint(path: string, code: string): { status: number | null; said: string } {
    const folder = folderWith(['biome.json'])
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), code)
    return say('biome', ['lint', '--vcs-enabled=false', '.'], folder)
  }

  it.each([
    ['vfs/planted.ts', 'export const now: number = Date.now()', 'time comes in as an argument'],
    ['kernel/planted.ts', 'export const now: number = performance.now()', 'time comes in as an argument'],
    ['src/planted.ts', "console.log('hello')", 'return what is to be said'],
    ['src/hostcall/planted.ts', 'export const bytes: Uint8Array = new TextEncoder().encode("x")', 'vfs/bytes.ts'],
    ['vfs/planted.ts', 'setTimeout(() => {}, 0)', 'time is virtual'],
    ['kernel/planted.ts', 'export const id: string = crypto.randomUUID()', 'comes from the seed'],
    ['vfs/planted.ts', "import { readFileSync } from 'node:fs'; readFileSync('x')", 'vfs imports nothing but vfs'],
    [
      'vfs/planted.ts',
      "import { Kernel } from '../kernel/kernel.ts'; export { Kernel }",
      'vfs imports nothing but vfs',
    ],
    [
      'kernel/planted.ts',
      "import { Machine } from '../src/machine.ts'; export { Machine }",
      'kernel imports vfs and kernel',
    ],
    ['src/abi/planted.ts', "import { readFileSync } from 'node:fs'; readFileSync('x')", 'Only src/node and src/cli'],
    ['src/planted.ts', 'export function f(x: any): void {}', 'any'],
  ])('of the linter refuse, in %s, %s', (path, code, reason) => {
    const { status, said } = lint(path, code)
    expect(status, said).not.toBe(0)
    expect(said.replace(/\s+/g, ' ')).toContain(reason)
  })

  it('of the linter let the host in where it belongs', () => {
    for (const path of ['src/node/planted.ts', 'src/cli/planted.ts']) {
      const code =
        "import { readFileSync } from 'node:fs'\nexport const text: string = readFileSync('x', 'utf8')\nconsole.log(Date.now())\n"
      const { status, said } = lint(path, code)
      expect(status, said).toBe(0)
    }
  })

  /** What the compiler says of a folder that has the settings of `layer` and one file. */
  function compile(layer: string, code: string): { status: number | null; said: string } {
    const folder = folderWith(['tsconfig.json', 'package.json', `${layer}/tsconfig.json`])
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    const settings = JSON.parse(readFileSync(join(folder, layer, 'tsconfig.json'), 'utf8')) as object
    // Alone, without the layers below it: the file imports nothing.
    writeFileSync(join(folder, layer, 'tsconfig.json'), JSON.stringify({ ...settings, references: [] }))
    writeFileSync(join(folder, layer, 'planted.ts'), code)
    return say('tsc', ['--noEmit', '-p', layer], folder)
  }

  const NAMES = ['console', 'process', 'performance', 'crypto', 'setTimeout', 'TextEncoder', 'Buffer', 'fetch', 'URL']
  it.each(['vfs', 'kernel', 'src'])('of the compiler know nothing of the host in %s', (layer) => {
    expect(compile(layer, 'export const fine: number = [3, 1, 2].toSorted()[0] ?? 0\n')).toEqual({
      status: 0,
      said: '',
    })
    const { status, said } = compile(layer, ["import 'node:fs'", ...NAMES.map((name) => `void ${name}`)].join('\n'))
    expect(status).not.toBe(0)
    for (const name of NAMES) expect(said).toContain(`Cannot find name '${name}'`)
    expect(said).toMatch(/node:fs/)
  })
})

/** Code without what stands in quotes. */
function stringless(code: string): string {
  return code.replace(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g, "''")
}
