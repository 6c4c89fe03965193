/** Runs the lines of closing, moving and preopens. */

import { fdTableCases } from './fd_table.ts'
import { describeMatrix } from './types.ts'

describeMatrix(fdTableCases)
