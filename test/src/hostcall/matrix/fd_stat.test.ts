/** Runs the lines of flags and rights. */

import { fdStatCases } from './fd_stat.ts'
import { describeMatrix } from './types.ts'

describeMatrix(fdStatCases)
