/** Runs the lines of offsets. */

import { fdPositionCases } from './fd_position.ts'
import { describeMatrix } from './types.ts'

describeMatrix(fdPositionCases)
