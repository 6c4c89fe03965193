// The descriptor table through the C library; argv[1] is the case.

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wasi/api.h>

#define MUST(e) ((e) ? (void)0 : (fprintf(stderr, "line %d: %s: %s\n", __LINE__, #e, strerror(errno)), exit(1)))

static int is_open(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 || errno != EBADF;
}

/* Reads a line of what stdin was, then all lines of two files that take its place. */
static void reopen_stdin(void) {
  char line[64];
  MUST(fgets(line, sizeof line, stdin) != NULL);
  printf("%s", line);
  const char *paths[] = {"/in", "/more"};
  for (int i = 0; i < 2; i++) {
    MUST(freopen(paths[i], "r", stdin) == stdin);
    printf("descriptor %d\n", fileno(stdin));
    while (fgets(line, sizeof line, stdin) != NULL) printf("%s", line);
    MUST(feof(stdin) && !ferror(stdin));
  }
  MUST(freopen("/missing", "r", stdin) == NULL && errno == ENOENT);
}

/* stdout to a file and on, while stderr stays. */
static void reopen_stdout(void) {
  printf("before\n");
  MUST(freopen("/out", "w", stdout) == stdout);
  printf("in the file\n");
  MUST(freopen("/log", "a", stdout) == stdout);
  printf("appended\n");
}

static void renumber(void) {
  int fd = open("/out", O_CREAT | O_WRONLY | O_TRUNC, 0666);
  MUST(fd > 2);
  MUST(write(1, "before\n", 7) == 7);
  MUST(__wasi_fd_renumber(fd, 1) == 0);
  MUST(write(1, "after\n", 6) == 6);
  MUST(!is_open(fd));
  MUST(__wasi_fd_renumber(fd, 1) == __WASI_ERRNO_BADF);
  MUST(__wasi_fd_renumber(1, fd) == __WASI_ERRNO_BADF);
  MUST(__wasi_fd_renumber(1, 1) == 0 && is_open(1));
  /* The number that became free is the next to be given. */
  MUST(open("/in", O_RDONLY) == fd);
}

/* Opens and closes many times, beside some that stay; the highest number seen. */
static void many(int rounds) {
  int stay[5], highest = 0;
  for (int i = 0; i < 5; i++) MUST((stay[i] = open("/in", O_RDONLY)) >= 0);
  for (int i = 0; i < rounds; i++) {
    int fd = open("/in", O_RDONLY);
    MUST(fd >= 0 && close(fd) == 0);
    if (fd > highest) highest = fd;
  }
  printf("highest %d\n", highest - stay[4]);
  MUST(close(stay[3]) == 0 && close(stay[1]) == 0);
  int first = open("/in", O_RDONLY), second = open("/in", O_RDONLY), third = open("/in", O_RDONLY);
  printf("%d %d %d\n", first == stay[1], second == stay[3], third - stay[4]);
}

static void all(void) {
  int count = 0;
  while (open("/in", O_RDONLY) >= 0) count++;
  printf("%d, then %s\n", count, strerror(errno));
  MUST(close(7) == 0 && open("/in", O_RDONLY) == 7);
}

int main(int argc, char **argv) {
  const char *what = argv[1];
  if (strcmp(what, "stdin") == 0) reopen_stdin();
  else if (strcmp(what, "stdout") == 0) reopen_stdout();
  else if (strcmp(what, "renumber") == 0) renumber();
  else if (strcmp(what, "many") == 0) many(atoi(argv[2]));
  else if (strcmp(what, "all") == 0) all();
  else return 2;
  return 0;
}
