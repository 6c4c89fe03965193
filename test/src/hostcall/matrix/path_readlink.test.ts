/** Runs the lines of path_readlink. */

import { pathReadlinkCases } from './path_readlink.ts'
import { describeMatrix } from './types.ts'

describeMatrix(pathReadlinkCases)
