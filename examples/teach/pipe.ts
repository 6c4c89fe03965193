/**
 * Two programs and a pipe, as in "count | shout". The pipe is a queue of bytes: what one writes to its descriptor 1 the
 * other reads from its descriptor 0. Neither knows of the other, and neither knows that it is a pipe.
 */

import { Machine, type Run } from '../../src/index.ts'
import { callsOf, callText, program, say, title } from './story.ts'

const count = program(`
#include <unistd.h>
int main(void) {
  write(1, "one\\n", 4);
  write(1, "two\\n", 4);
  write(1, "three\\n", 6);
  return 0;
}`)

const shout = program(`
#include <ctype.h>
#include <unistd.h>
int main(void) {
  char buffer[5];
  ssize_t size;
  while ((size = read(0, buffer, sizeof buffer)) > 0) {
    for (ssize_t i = 0; i < size; i++) buffer[i] = toupper(buffer[i]);
    write(1, buffer, size);
  }
  return 0;
}`)

export const runs: readonly Run[] = new Machine({ image: 'empty' }).pipeline([
  { module: count, args: ['count'], timeline: true },
  { module: shout, args: ['shout'], timeline: true },
])

/** Bytes that are in the pipe after each call that has to do with it, in the order in which they were made. */
export const inPipe: number[] = []

title('Two programs and a pipe')

for (const [index, name] of ['count', 'shout'].entries()) {
  const [stdin, stdout] = runs[index]?.at(0).descriptors ?? []
  console.log(`${name}: descriptor 0 is ${what(stdin?.kind)}, descriptor 1 is ${what(stdout?.kind)}`)
}
console.log()

function what(kind: string | undefined): string {
  return kind === 'pipe' ? 'the pipe' : `the ${kind} of the machine`
}

const calls = runs.flatMap((run, index) => callsOf(run).map((record) => ({ record, index })))
calls.sort((a, b) => (a.record.time === b.record.time ? a.index - b.index : a.record.time < b.record.time ? -1 : 1))
let bytes = 0
for (const { record, index } of calls) {
  const { call, args, results } = record
  const isPipe = args.fd === (index === 0 ? 1 : 0)
  if (isPipe) bytes += call === 'fd_write' ? Number(results.nwritten) : -Number(results.nread)
  if (isPipe) inPipe.push(bytes)
  console.log(
    `${index === 0 ? 'count' : 'shout'}: ${callText(record)}${isPipe ? `   [${bytes} bytes in the pipe]` : ''}`,
  )
}

say(`\nThe output: ${JSON.stringify(runs[1]?.stdout.text())}`)
say(
  'A pipe keeps bytes, not messages: three writes came out in pieces of five. When the writer has ended and the pipe is ' +
    'empty, a read gives 0 bytes, and so the reader knows that it has read all.',
)
