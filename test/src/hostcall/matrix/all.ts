/** Every line of the matrix: each file of cases adds its list here, or its lines do not count. */

import { pathCreateDirectoryCases } from './path_create_directory.ts'
import type { Case } from './types.ts'

export const allCases: readonly Case[] = [...pathCreateDirectoryCases]
