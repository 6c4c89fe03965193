/** Runs the lines of advice, allocation and syncing. */

import { fdSpaceCases } from './fd_space.ts'
import { describeMatrix } from './types.ts'

describeMatrix(fdSpaceCases)
