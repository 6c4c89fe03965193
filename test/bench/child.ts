/** A job of the benchmark in a process of its own. */

import { fork } from 'node:child_process'

/** What `script` sends back of the job, or how its process ended. */
export function inChild<Done>(script: string, job: unknown, flags: readonly string[]): Promise<Done | string> {
  return new Promise((resolve) => {
    const child = fork(script, [JSON.stringify(job)], {
      execArgv: ['--no-warnings', '--import', import.meta.resolve('tsx'), ...flags],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    let said = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
    let answer: Done | undefined
    child.on('message', (message: Done) => {
      answer = message
    })
    child.on('close', (code, signal) => {
      const line = said.split('\n').find((text) => /^\w*Error: /.test(text)) ?? ''
      resolve(answer ?? `crashed: ${signal ?? `exit ${code}`} ${line}`.trim())
    })
  })
}
