/**
 * The life of a file descriptor. It is a small number that a program uses for a file that it has open. Behind it is what
 * the system remembers: which inode, how far it has been read or written, and how it was opened.
 */

import { runStory, say, tell, title } from './story.ts'

export const run = runStory(
  `
#include <fcntl.h>
#include <unistd.h>
int main(void) {
  char buffer[4];
  int a = open("/poem", O_RDONLY);
  int b = open("/poem", O_RDONLY);
  read(a, buffer, 4);
  read(a, buffer, 4);
  read(b, buffer, 4);
  lseek(a, 1, SEEK_SET);
  close(a);
  int c = open("/notes", O_CREAT | O_RDWR, 0644);
  write(c, "first", 5);
  lseek(c, 0, SEEK_SET);
  fcntl(c, F_SETFL, O_APPEND);
  write(c, " last", 5);
  close(b);
  close(c);
  read(c, buffer, 4);
  return 0;
}`,
  { '/poem': 'roses are red\n' },
)

const NOTES: readonly string[] = [
  '0 to 2 are the standard streams and 3 is the directory /, so the lowest free number is 4.',
  'The same file again. It gets a number of its own, and an offset of its own.',
  'A read begins at the offset and moves it.',
  'So the next read goes on where the last one ended.',
  'Descriptor 5 has not been read yet: it begins at 0, though 4 is at 8 by now.',
  'lseek reads nothing. It only sets the offset.',
  'The number 4 is free again.',
  'The lowest free number is given, and that is 4, though 5 is still open.',
  'A write moves the offset too.',
  'Back to the start.',
  'From now on each write goes to the end of the file first.',
  'So this did not write over "first", though the offset was 0.',
  'Closed.',
  'Closed. All that was open is closed now.',
  'The number means nothing any more: EBADF, bad file descriptor.',
]

title('The life of a file descriptor')

let at = 0
tell(run, () => NOTES[at++])

say('The number is the name that a program uses; the offset and the flags are of the open file behind it.')
