/** `npm run crosscheck`: see `command.ts`. */

import { crosscheck } from './command.ts'

process.exitCode = await crosscheck(process.argv.slice(2), console.log)
