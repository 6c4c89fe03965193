/** Every line of the matrix: each file of cases adds its list here, or its lines do not count. */

import { pathCases } from './paths.ts'
import type { Case } from './types.ts'

export const allCases: readonly Case[] = [...pathCases]
