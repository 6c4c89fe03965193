/** Runs the lines of status, size and times of a descriptor. */

import { fdFilestatCases } from './fd_filestat.ts'
import { describeMatrix } from './types.ts'

describeMatrix(fdFilestatCases)
