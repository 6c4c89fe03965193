/** The lines of all calls that take a path. */

import { pathCreateDirectoryCases } from './path_create_directory.ts'
import { pathFilestatGetCases } from './path_filestat_get.ts'
import { pathFilestatSetTimesCases } from './path_filestat_set_times.ts'
import { pathLinkCases } from './path_link.ts'
import { pathOpenCases } from './path_open.ts'
import { pathReadlinkCases } from './path_readlink.ts'
import { pathRemoveDirectoryCases } from './path_remove_directory.ts'
import { pathRenameCases } from './path_rename.ts'
import { pathSymlinkCases } from './path_symlink.ts'
import { pathUnlinkFileCases } from './path_unlink_file.ts'
import type { Case } from './types.ts'

export const pathCases: readonly Case[] = [
  ...pathCreateDirectoryCases,
  ...pathFilestatGetCases,
  ...pathFilestatSetTimesCases,
  ...pathLinkCases,
  ...pathOpenCases,
  ...pathReadlinkCases,
  ...pathRemoveDirectoryCases,
  ...pathRenameCases,
  ...pathSymlinkCases,
  ...pathUnlinkFileCases,
]
