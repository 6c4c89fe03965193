/** Runs the lines of reading and writing. */

import { fdIoCases } from './fd_io.ts'
import { describeMatrix } from './types.ts'

describeMatrix(fdIoCases)
