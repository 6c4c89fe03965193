/** Runs the lines of processes and randomness. */

import { procCases } from './proc.ts'
import { describeMatrix } from './types.ts'

describeMatrix(procCases)
