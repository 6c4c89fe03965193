/** Every line of the matrix: each file of cases adds its list here, or its lines do not count. */

import { argsCases } from './args.ts'
import { clockCases } from './clock.ts'
import { fdFilestatCases } from './fd_filestat.ts'
import { fdIoCases } from './fd_io.ts'
import { fdPositionCases } from './fd_position.ts'
import { fdReaddirCases } from './fd_readdir.ts'
import { fdSpaceCases } from './fd_space.ts'
import { fdStatCases } from './fd_stat.ts'
import { fdTableCases } from './fd_table.ts'
import { pathCases } from './paths.ts'
import { pollOneoffCases } from './poll_oneoff.ts'
import { procCases } from './proc.ts'
import { sockCases } from './sock.ts'
import type { Case } from './types.ts'

export const allCases: readonly Case[] = [
  ...argsCases,
  ...clockCases,
  ...fdFilestatCases,
  ...fdIoCases,
  ...fdPositionCases,
  ...fdReaddirCases,
  ...fdSpaceCases,
  ...fdStatCases,
  ...fdTableCases,
  ...pathCases,
  ...pollOneoffCases,
  ...procCases,
  ...sockCases,
]
