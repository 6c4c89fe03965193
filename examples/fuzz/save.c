/*
 * "save TEXT" puts TEXT into /doc, so that at any time the old text or the new one is there, and says "TEXT" once the
 * new one is sure to stay. "save" alone shows what is in /doc.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int write_all(int fd, const char *text, size_t size) {
  while (size > 0) {
    ssize_t done = write(fd, text, size);
    if (done <= 0) return -1;
    text += done;
    size -= done;
  }
  return 0;
}

static int save(const char *text) {
  int fd = open("/doc.new", O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (fd < 0) return -1;
  if (write_all(fd, text, strlen(text)) != 0) return -1;
#ifdef FIXED
  if (fsync(fd) != 0) return -1;
#endif
  /* Without the fsync the new name can reach the disk before the new text does. */
  if (close(fd) != 0 || rename("/doc.new", "/doc") != 0) return -1;
  /* The rename itself is a change of the directory, and stays once that is synced. */
  int directory = open("/", O_RDONLY | O_DIRECTORY);
  if (directory < 0 || fsync(directory) != 0) return -1;
  return close(directory);
}

int main(int argc, char **argv) {
  if (argc > 1) {
    if (save(argv[1]) != 0) return 1;
    puts(argv[1]);
    /* A call, and so a moment at which the power can go, with all said and done. */
    exit(0);
  }
  FILE *doc = fopen("/doc", "r");
  if (doc == NULL) return 1;
  for (int c = getc(doc); c != EOF; c = getc(doc)) putchar(c);
  putchar('\n');
  return 0;
}
