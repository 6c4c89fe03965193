/**
 * What happens when symbolic links lead in a circle? A symbolic link is a file whose contents are a path. The system
 * follows it, and the next, and gives up after 40 of them with ELOOP: it does not look for a circle, it only counts.
 */

import { callsOf, callText, runStory, say, tellCall, title } from './story.ts'

export const run = runStory(`
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
int main(void) {
  struct stat about;
  char text[8];
  symlink("b", "/a");
  symlink("a", "/b");
  open("/a", O_RDONLY);
  lstat("/a", &about);
  readlink("/a", text, sizeof text);
  close(open("/link0", O_CREAT | O_WRONLY, 0644));
  for (int i = 1; i <= 41; i++) {
    char from[8], to[8];
    snprintf(from, sizeof from, "link%d", i - 1);
    snprintf(to, sizeof to, "/link%d", i);
    symlink(from, to);
  }
  open("/link40", O_RDONLY);
  open("/link41", O_RDONLY);
  return 0;
}`)

const notes: { readonly [call: string]: string } = {
  'path_symlink a':
    'The link is made though nothing is at "b" yet: its text is not looked at until somebody follows it.',
  'path_symlink b': 'Now a leads to b, and b leads to a.',
  'path_open a': 'To open a the system follows a, b, a, b and so on, 40 times, and then says ELOOP.',
  'path_filestat_get a': 'lstat looks at the link itself and follows nothing, so it works.',
  'path_readlink a': 'So does readlink, which reads the text of the link.',
  'path_open link40': '40 links lead to a file that can be opened.',
  'path_open link41': '41 do not, though they make no circle: ELOOP means "too many links", not "a circle".',
}

title('Links that lead in a circle')

const chain = callsOf(run).filter(
  ({ call, args }) => call === 'path_symlink' && /^link\d+$/.test(String(args.new_path)),
)
for (const record of callsOf(run)) {
  const { call, args } = record
  if (record === chain[0]) {
    const last = chain.at(-1)
    say(
      `calls ${record.index} to ${last?.index}: ${chain.length} links, each to the one before\n    ${callText(record)}\n    ...`,
    )
  }
  if (!chain.includes(record)) tellCall(run, record, notes[`${call} ${args.new_path ?? args.path}`])
}

say('A cheap rule that always ends beats a clever one: counting to 40 finds every circle, and costs nothing.')
