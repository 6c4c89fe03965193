/**
 * Why programs that must not lose a file write a new one and rename it. A reader may look at any time, so both ways are
 * looked at as of every call: with the rename there is the old text or the new one, and nothing in between.
 */

import type { Run } from '../../src/index.ts'
import { callText, runStory, say, textAt, title } from './story.ts'

const OLD = 'speed=1\nlimit=10\n'
const NEW = 'speed=2\nlimit=20\n'
const FILES = { '/config': OLD }

const HEAD = `
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
static void put(const char *path) {
  int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0644);
  write(fd, "speed=2\\n", 8);
  write(fd, "limit=20\\n", 9);
  close(fd);
}`

/** Writes over the file itself. */
export const overwritten = runStory(`${HEAD} int main(void) { put("/config"); return 0; }`, FILES)

/** Writes another file and gives it the name. */
export const renamed = runStory(
  `${HEAD} int main(void) { put("/config.new"); return rename("/config.new", "/config"); }`,
  FILES,
)

/** What a reader of `/config` would have found after each call, from 0 on. */
export function seen(run: Run): string[] {
  return Array.from({ length: run.calls + 1 }, (_, call) => textAt(run.at(call), '/config') ?? 'no such file')
}

/** The calls at which a reader would have found something else than before. */
function tellSeen(run: Run): void {
  for (const [call, text] of seen(run).entries()) {
    if (call > 0 && text === seen(run)[call - 1]) continue
    const record = run.at(call).record
    const what = text === OLD ? 'the old text' : text === NEW ? 'the new text' : `NEITHER: ${JSON.stringify(text)}`
    console.log(`from call ${call} on a reader finds ${what}`)
    if (record !== undefined) console.log(`    ${callText(record)}`)
  }
  const neither = seen(run).filter((text) => text !== OLD && text !== NEW).length
  console.log(`\nof ${run.calls + 1} moments, ${neither} show neither the old text nor the new one\n`)
}

title('Why mv is atomic')
say('First the file is written over, as "cp new config" would do it:')
tellSeen(overwritten)
say('Now a new file is written and renamed, as "mv config.new config" does it:')
tellSeen(renamed)
say(
  'The name /config leads to one inode until the rename and to the other from then on. One entry of a directory changes, ' +
    'in one call, so nobody can find it half done.',
)
