#!/usr/bin/env node
/** The `vivarium` command. Everything is written when it returns, so that ending at once loses nothing. */

import { main } from './program.ts'

process.exit(await main(process.argv.slice(2)))
