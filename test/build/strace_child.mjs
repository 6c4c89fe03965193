/* Builds in a process that is being watched: `node strace_child.mjs RECIPE CACHE`. Says when steps begin and when they have ended. */

import { writeSync } from 'node:fs'
import { build, prepareBuild } from '../../dist/src/node/build/index.js'

const [recipe, cacheDir] = process.argv.slice(2)
const { plan, bytes, hostPaths } = await prepareBuild(recipe)
writeSync(1, `loaded ${JSON.stringify(hostPaths)}\n`)
const made = await build(plan, bytes, {
  jobs: 1,
  cacheDir,
  // The first step brings the thread and the module with it; from the second on there is nothing but steps.
  onProgress: ({ step, state, done, total }) => {
    if (state === 'started' && done === 1) writeSync(1, 'steps begin\n')
    if (state === 'done' && done === total) writeSync(1, `steps end with ${step}\n`)
  },
})
writeSync(1, `outputs ${JSON.stringify(made.lock.outputs)}\n`)
