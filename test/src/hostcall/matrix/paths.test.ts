/** Runs the lines of all calls that take a path. */

import { pathCases } from './paths.ts'
import { describeMatrix } from './types.ts'

describeMatrix(pathCases)
