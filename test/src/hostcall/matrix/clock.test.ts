/** Runs the lines of the clocks. */

import { clockCases } from './clock.ts'
import { describeMatrix } from './types.ts'

describeMatrix(clockCases)
