/** Runs the lines of poll_oneoff. */

import { pollOneoffCases } from './poll_oneoff.ts'
import { describeMatrix } from './types.ts'

describeMatrix(pollOneoffCases)
