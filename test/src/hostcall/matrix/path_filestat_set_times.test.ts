/** Runs the lines of path_filestat_set_times. */

import { pathFilestatSetTimesCases } from './path_filestat_set_times.ts'
import { describeMatrix } from './types.ts'

describeMatrix(pathFilestatSetTimesCases)
