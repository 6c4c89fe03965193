/** Runs the lines of path_remove_directory. */

import { pathRemoveDirectoryCases } from './path_remove_directory.ts'
import { describeMatrix } from './types.ts'

describeMatrix(pathRemoveDirectoryCases)
