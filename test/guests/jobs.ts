/** One job for each of the real programs, for suites that run all of them under some variation. */

import { linkArgs } from '../../examples/toolchain.ts'
import type { Files } from '../../src/index.ts'
import { type GuestName, loadGuest } from '../support/guests.ts'

export interface GuestJob {
  readonly name: string
  readonly guest: GuestName
  readonly args: readonly string[]
  readonly env?: { readonly [name: string]: string }
  /** Besides those that the program needs. */
  readonly files: Files
  readonly stdin?: string
  /** The file that it makes; without one its stdout is the result. */
  readonly output?: string
}

const SUM_C = `
#include <math.h>
#include <stdio.h>
static double series(int n) { double s = 0; for (int i = 1; i <= n; i++) s += sin(i) / i; return s; }
int main(int argc, char **argv) {
  printf("%d %.17g %.17g\\n", argc, series(1000), sqrt(-(double)argc));
  return argv[0] == NULL;
}
`

const COUNTER_V = `
module counter(input clk, input rst, output reg [7:0] q);
  always @(posedge clk) if (rst) q <= 0; else q <= q + 1;
endmodule
`

export const GUEST_JOBS: readonly GuestJob[] = [
  {
    name: 'clang compiles C',
    guest: 'clang',
    args: ['clang', '-O2', '-c', '/sum.c', '-o', '/sum.o'],
    files: { '/sum.c': SUM_C },
    output: '/sum.o',
  },
  {
    name: 'wasm-ld refuses a missing object',
    guest: 'clang',
    args: linkArgs(['/missing.o'], '/missing.wasm'),
    files: {},
  },
  {
    name: 'esbuild bundles',
    guest: 'esbuild',
    args: ['esbuild', '--bundle', 'main.ts', '--format=esm', '--minify'],
    env: { PWD: '/app' },
    files: {
      '/app/main.ts': "import { b } from './b'\nexport const a: number = b * 1.5\n",
      '/app/b.ts': 'export const b = 28',
    },
  },
  {
    name: 'flite speaks',
    guest: 'flite',
    args: ['flite', '-t', 'Not a number.', '-o', '/speech.wav'],
    files: {},
    output: '/speech.wav',
  },
  {
    name: 'pandoc converts',
    guest: 'pandoc',
    args: ['pandoc', '-f', 'markdown', '-t', 'latex'],
    files: {},
    stdin: '# A *plan*\n\n1. water\n2. earth, $\\frac{1}{2}$\n\n| a | b |\n|--:|:--|\n| 1 | 2.5 |\n',
  },
  {
    name: 'yosys synthesises',
    guest: 'yosys',
    args: ['yosys', '-q', '-p', 'read_verilog /counter.v; synth -noabc -top counter; write_json /out.json'],
    files: { '/counter.v': COUNTER_V },
    output: '/out.json',
  },
]

/** The tree that a job starts in. */
export function filesOf({ guest, files }: GuestJob): Files {
  return { ...loadGuest(guest).files, ...files }
}
