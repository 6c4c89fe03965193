/** Runs the lines of the calls for arguments and the environment. */

import { argsCases } from './args.ts'
import { describeMatrix } from './types.ts'

describeMatrix(argsCases)
