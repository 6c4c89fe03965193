/** The same build in other processes: with the engine's tiers set otherwise, and by other versions of Node. */

import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { Lock } from '../build/lock.ts'
import { HostError } from '../node/index.ts'
import type { StepsArguments } from './build_command.ts'

export interface OtherEngine {
  readonly name: string
  readonly node: string
  readonly flags: readonly string[]
}

/** Baseline compilation alone, and optimised alone. */
const TIERS = ['--liftoff-only', '--no-liftoff']

/**
 * This Node with other tiers, the Nodes that are named, and those that are found where version managers put them.
 * @throws HostError `NOT_FOUND` for a name that is no Node that can be used.
 */
export function otherEngines(named: readonly string[]): OtherEngine[] {
  const engines = TIERS.map(
    (flag): OtherEngine => ({ name: `Node ${process.version} ${flag}`, node: process.execPath, flags: [flag] }),
  )
  for (const node of named) {
    if (versionOf(node) !== undefined) continue
    throw new HostError('NOT_FOUND', node, `--node ${node}: there is no Node 20.19 or later: name its executable file`)
  }
  const versions = new Set([process.version])
  for (const node of [...named, ...installed()]) {
    const version = versionOf(node)
    if (version === undefined || versions.has(version)) continue
    versions.add(version)
    engines.push({ name: `Node ${version}`, node, flags: [] })
  }
  return engines
}

function installed(): string[] {
  const path = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'node'))
  const managers = [
    join(homedir(), '.nvm/versions/node'),
    '/usr/local/n/versions/node',
    join(homedir(), '.volta/tools/image/node'),
  ]
  const managed = managers.flatMap((folder) =>
    existsSync(folder) ? readdirSync(folder).map((version) => join(folder, version, 'bin/node')) : [],
  )
  return [...new Set([...path, ...managed].filter((file) => existsSync(file)).map((file) => realpathSync(file)))]
}

/** `undefined` for what is no Node, or one that is too old. */
function versionOf(node: string): string | undefined {
  const { status, stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' })
  const [, major = '0', minor = '0'] = /^v(\d+)\.(\d+)\./.exec(stdout ?? '') ?? []
  const isEnough = Number(major) > 20 || (Number(major) === 20 && Number(minor) >= 19)
  return status === 0 && isEnough ? stdout.trim() : undefined
}

/** Builds in a process of that engine, from nothing; the lock file that comes of it, or what went wrong. */
export async function runElsewhere(
  { node, flags }: OtherEngine,
  recipe: string,
  epoch: string,
  { jobs, cacheDir }: StepsArguments,
): Promise<Lock | string> {
  const folder = mkdtempSync(join(tmpdir(), 'vivarium-verify-'))
  try {
    const lock = join(folder, 'lock.json')
    const args = [
      'build',
      recipe,
      '--no-cache',
      '--lock-only',
      lock,
      ...(jobs === undefined ? [] : ['--jobs', String(jobs)]),
    ]
    if (cacheDir !== undefined) args.push('--cache-dir', cacheDir)
    const seconds = String(BigInt(epoch) / 1_000_000_000n)
    const { NODE_OPTIONS: _, ...env } = process.env
    const script = process.argv[1] ?? ''
    const child = spawn(node, [...flags, script, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...env, SOURCE_DATE_EPOCH: seconds },
    })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
    const status = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', resolve)
    })
    if (status !== 0) return `it could not build: ${said.trim().split('\n').at(-1)}`
    return JSON.parse(readFileSync(lock, 'utf8')) as Lock
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
