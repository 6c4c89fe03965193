/** Runs the lines of fd_readdir. */

import { fdReaddirCases } from './fd_readdir.ts'
import { describeMatrix } from './types.ts'

describeMatrix(fdReaddirCases)
