/** Runs the lines of path_filestat_get. */

import { pathFilestatGetCases } from './path_filestat_get.ts'
import { describeMatrix } from './types.ts'

describeMatrix(pathFilestatGetCases)
