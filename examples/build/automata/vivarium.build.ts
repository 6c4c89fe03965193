/** A C program of 52 files, which are written when the recipe is read; and what it says, as a step of the build. */

import { clang, defineBuild } from 'vivarium/build'
import { program } from './program.ts'

export default defineBuild({
  epoch: '2026-01-01T00:00:00Z',
  sources: { '/src': { files: program() } },
  steps: [
    clang({ sources: ['/src/**/*.c'], output: '/out/automata.wasm', cflags: ['-O2', '-Wall', '-Wextra', '-Werror'] }),
    {
      name: 'run it',
      run: '/out/automata.wasm',
      args: ['automata'],
      inputs: [],
      stdout: '/out/rules.txt',
    },
  ],
  outputs: ['/out/automata.wasm', '/out/rules.txt'],
})
