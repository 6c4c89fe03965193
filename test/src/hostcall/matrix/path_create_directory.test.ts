/** Runs the lines of path_create_directory. */

import { pathCreateDirectoryCases } from './path_create_directory.ts'
import { describeMatrix } from './types.ts'

describeMatrix(pathCreateDirectoryCases)
