/** Runs the lines of path_unlink_file. */

import { pathUnlinkFileCases } from './path_unlink_file.ts'
import { describeMatrix } from './types.ts'

describeMatrix(pathUnlinkFileCases)
