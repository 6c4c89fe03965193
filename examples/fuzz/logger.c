/* Appends each line of its input to /var/log/app.log, and exits with 0 when all of them are in it. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int append(int log, const char *line, size_t size) {
#ifdef FIXED
  while (size > 0) {
    ssize_t done = write(log, line, size);
    if (done <= 0) return -1;
    line += done;
    size -= done;
  }
  return 0;
#else
  /* When the disk is full, write says so, or writes less than it was given; nobody listens. */
  write(log, line, size);
  return 0;
#endif
}

int main(void) {
  char line[256];
  int log = open("/var/log/app.log", O_WRONLY | O_CREAT | O_APPEND, 0644);
  if (log < 0) return 1;
  while (fgets(line, sizeof line, stdin) != NULL) {
    if (append(log, line, strlen(line)) != 0) {
      perror("/var/log/app.log");
      return 1;
    }
  }
  return close(log) == 0 ? 0 : 1;
}
