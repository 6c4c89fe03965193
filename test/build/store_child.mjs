/* Builds once with a store, in a process that can be killed: `node store_child.mjs RECIPE STORE CACHE`. Says when it begins. */

import { build, prepareBuild, Store } from '../../dist/src/node/build/index.js'

const [recipe, store, cacheDir] = process.argv.slice(2)
const { plan, bytes } = await prepareBuild(recipe)
process.stdout.write('ready\n')
const made = await build(plan, bytes, { jobs: 2, store: new Store(store), cacheDir })
process.stdout.write(`${JSON.stringify(made.lock)}\n`)
