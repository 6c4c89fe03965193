/**
 * What becomes of a file that is deleted while a program has it open? Its name is gone at once; the file stays until the
 * last descriptor is closed. Programs use this for temporary files that nobody else can find.
 */

import { callNamed, names, runStory, say, tell, textOfInode, title } from './story.ts'

export const run = runStory(`
#include <fcntl.h>
#include <unistd.h>
int main(void) {
  char buffer[16];
  int fd = open("/secret", O_CREAT | O_RDWR, 0600);
  write(fd, "still ", 6);
  unlink("/secret");
  write(fd, "here\\n", 5);
  lseek(fd, 0, SEEK_SET);
  read(fd, buffer, sizeof buffer);
  close(fd);
  return 0;
}`)

/** The number of the inode that loses its name. */
export const ino: number = run.at(callNamed(run, 'path_open')).descriptors.at(-1)?.ino ?? 0

title('A file without a name')

tell(run, ({ call }, moment) => {
  const isOpen = moment.descriptors.some((descriptor) => descriptor.ino === ino)
  if (!isOpen) return `Closed: inode ${ino} had no name and is not open any more, so it is gone.`
  if (call === 'path_unlink_file') {
    return `No name leads to inode ${ino} (${moment.tree.get(ino).nlink} links), but descriptor 4 does.`
  }
  if (names(moment).length > 0) return undefined
  return `inode ${ino} has no name and holds ${JSON.stringify(textOfInode(moment, ino))}`
})

say(
  'A file lives as long as it has a name or is open. The link count says how many names; the system counts who has it open.',
)
