/** The git that judges: run without any configuration of who runs the tests. */

import { execFileSync, spawnSync } from 'node:child_process'

export const GIT_ENV: NodeJS.ProcessEnv = {
  ...process.env,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'A Tester',
  GIT_AUTHOR_EMAIL: 'tester@example.com',
  GIT_COMMITTER_NAME: 'A Tester',
  GIT_COMMITTER_EMAIL: 'tester@example.com',
  GIT_AUTHOR_DATE: '1700000000 +0000',
  GIT_COMMITTER_DATE: '1700000000 +0000',
  LC_ALL: 'C',
}

/** Fails with what to do where there is no git. */
export function requireGit(): void {
  const { error, status } = spawnSync('git', ['--version'])
  if (error !== undefined || status !== 0) {
    throw new Error('these tests compare with git, which is not installed: apt-get install git (2.29 or later)')
  }
}

/** Runs git; its output. @throws Error with all that it said. */
export function git(cwd: string, args: readonly string[], input: Uint8Array | string = ''): Buffer {
  try {
    return execFileSync('git', args, { cwd, input, env: GIT_ENV, maxBuffer: 2 ** 30, stdio: ['pipe', 'pipe', 'pipe'] })
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: Buffer; stderr?: Buffer }
    throw new Error(`git ${args.join(' ')}: ${stderr ?? error} ${String(stdout ?? '').slice(0, 1000)}`)
  }
}
