/** path_create_directory, line by line. */

import type { Case } from './types.ts'

export const pathCreateDirectoryCases: readonly Case[] = [
  {
    call: 'path_create_directory',
    errno: 'ESUCCESS',
    when: 'makes an empty directory with two links',
    test: (h) => {
      const { ptr, len } = h.put('d')
      h.must('path_create_directory', 3, ptr, len)
    },
  },
]
