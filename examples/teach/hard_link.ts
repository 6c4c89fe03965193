/**
 * What is a hard link? A second name for the same file. A directory is a list of names, and each name leads to an inode,
 * which is the file itself: its contents, its size, and a count of the names that lead to it.
 */

import { callNamed, names, runStory, say, tell, title } from './story.ts'

export const run = runStory(`
#include <fcntl.h>
#include <unistd.h>
int main(void) {
  int fd = open("/letter.txt", O_CREAT | O_WRONLY, 0644);
  write(fd, "Dear Ada,\\n", 10);
  close(fd);
  link("/letter.txt", "/copy.txt");
  fd = open("/copy.txt", O_WRONLY | O_APPEND);
  write(fd, "it works!\\n", 10);
  close(fd);
  unlink("/letter.txt");
  unlink("/copy.txt");
  return 0;
}`)

title('What a hard link is')

const linked = callNamed(run, 'path_link')
const firstUnlink = callNamed(run, 'path_unlink_file')

tell(run, ({ call, index }, moment) => {
  const now = names(moment).join('\n  ')
  if (call === 'path_link') return `Nothing was copied. The same inode has two names now:\n  ${now}`
  if (call === 'fd_write' && index > linked) {
    return `Written by one name, read by the other, since there is only one file:\n  ${now}`
  }
  if (index === firstUnlink) return `To unlink takes a name away, not the file. One name is left:\n  ${now}`
  if (call === 'path_unlink_file')
    return 'With its last name the file is gone: no name leads to it, and nothing has it open.'
  return undefined
})

say('So no name is the "real" one: link makes one more, unlink makes one less, and at 0 links the file is gone.')
