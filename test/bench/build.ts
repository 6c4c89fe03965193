/**
 * `npx tsx test/bench/build.ts`: the 52-file C program of examples/build, from scratch with one worker and with two, from
 * the store, and the same commands under node:wasi in one process. Seconds, without the time to load the compiler, which
 * is told apart.
 */

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Build, build, prepareBuild, Store } from '../../src/node/build/index.ts'

const RECIPE = fileURLToPath(new URL('../../examples/build/automata/vivarium.build.ts', import.meta.url))
const CLANG = fileURLToPath(new URL('../../node_modules/@yowasp/clang/gen/', import.meta.url))

async function timed(title: string, jobs: number, store?: Store): Promise<Build> {
  const began = performance.now()
  const { plan, bytes } = await prepareBuild(RECIPE)
  // All steps run in workers, which wait for the module: the first of them says how long that took.
  let first = 0
  const made = await build(plan, bytes, {
    jobs,
    store,
    onProgress: ({ state }) => {
      if (state !== 'started' && first === 0) first = performance.now()
    },
  })
  const ended = performance.now()
  const seconds = (from: number, to: number): string => ((to - from) / 1000).toFixed(1)
  console.log(`${title}: ${seconds(began, ended)} s in all, ${seconds(first, ended)} s after the first step`)
  return made
}

/** The commands of a build under node:wasi, on a folder of this host, one after the other in one process. */
function underNodeWasi({ plan, steps }: Build): void {
  const folder = mkdtempSync(join(tmpdir(), 'vivarium-bench-'))
  try {
    for (const name of ['usr', 'tmp', 'out', 'src']) mkdirSync(join(folder, name))
    spawnSync('tar', ['--no-same-owner', '-xf', join(CLANG, 'llvm-resources.tar'), '-C', join(folder, 'usr')])
    const source = plan.loaded.sources
    const [{ job }] = steps as [Build['steps'][0]]
    const commands = steps.filter((step) => step.job.module.sha256 === job.module.sha256).map((step) => step.job)
    for (const { outputs } of commands)
      for (const path of outputs) mkdirSync(dirname(join(folder, path)), { recursive: true })
    for (const item of source) {
      if (!('sha256' in item)) continue
      mkdirSync(dirname(join(folder, item.path)), { recursive: true })
      writeFileSync(join(folder, item.path), bytesOf(item.sha256))
    }
    const args = commands.filter(({ stderr }) => stderr === null).map((each) => each.args)
    writeFileSync(
      join(folder, 'commands.json'),
      JSON.stringify({ args, module: join(CLANG, 'llvm.core.wasm'), folder }),
    )
    const flags = ['--no-turbo-fast-api-calls', '--no-warnings', '--input-type=module']
    const { stdout, stderr, status, signal } = spawnSync(
      process.execPath,
      [...flags, '-e', NODE_WASI, join(folder, 'commands.json')],
      { encoding: 'utf8' },
    )
    console.log(
      `node:wasi, ${args.length} commands: ${status === 0 ? stdout.trim() : `ended with ${status ?? signal}: ${stderr.slice(-300)}`}`,
    )
    const same = readFileSync(join(folder, 'out/automata.wasm')).equals(bytesOf(sha256Of('/out/automata.wasm')))
    console.log(`its program has ${same ? 'the same' : 'other'} bytes`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }

  function bytesOf(sha256: string): Buffer {
    return Buffer.from(last.bytesOf(sha256))
  }

  function sha256Of(path: string): string {
    for (const { result } of steps) {
      for (const item of result.outputs) if (item.path === path && 'sha256' in item) return item.sha256
    }
    throw new Error(`no step writes ${path}`)
  }
}

const NODE_WASI = `
import { readFileSync } from 'node:fs'
import { WASI } from 'node:wasi'
const { args, module: path, folder } = JSON.parse(readFileSync(process.argv[1], 'utf8'))
const began = performance.now()
const module = await WebAssembly.compile(readFileSync(path))
let first = 0
for (const each of args) {
  const wasi = new WASI({ version: 'preview1', args: each, env: {}, preopens: { '/': folder }, returnOnExit: true })
  const status = wasi.start(await WebAssembly.instantiate(module, wasi.getImportObject()))
  if (status !== 0) throw new Error(each.join(' ') + ': ' + status)
  first ||= performance.now()
}
const ended = performance.now()
console.log(((ended - began) / 1000).toFixed(1) + ' s in all, ' + ((ended - first) / 1000).toFixed(1) + ' s after the first step')
`

const folder = mkdtempSync(join(tmpdir(), 'vivarium-bench-'))
const store = new Store(folder)
await timed('1 worker, from scratch', 1)
await timed('2 workers, from scratch', 2)
await timed('2 workers, filling the store', 2, store)
const last = await timed('from the store', 2, store)
rmSync(folder, { recursive: true, force: true })
underNodeWasi(last)
