/*
 * Does what its first argument says. Each word is a small program with one thing that an oracle is about, done right
 * or wrong.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char input[4096];

static size_t readInput(void) { return fread(input, 1, sizeof input, stdin); }

static int writeAll(const char *path, int flags, const char *text, int sync) {
  int fd = open(path, flags, 0644);
  if (fd < 0) return -1;
  size_t size = strlen(text);
  int bad = write(fd, text, size) != (ssize_t)size || (sync && fsync(fd) != 0);
  return close(fd) != 0 || bad ? -1 : 0;
}

/* Appends a line to /log; with `sync` it is on the disk before it is acknowledged. */
static int append(const char *line, int sync) {
  if (writeAll("/log", O_WRONLY | O_APPEND, line, sync) != 0) return 1;
  printf("%s", line);
  fflush(stdout);
  return 0;
}

static int show(const char *path) {
  FILE *file = fopen(path, "r");
  if (file == NULL) return 1;
  for (int c; (c = getc(file)) != EOF;) putchar(c);
  return fclose(file);
}

int main(int argc, char **argv) {
  const char *word = argc > 1 ? argv[1] : "";
  if (strcmp(word, "exit") == 0) return argc > 2 ? atoi(argv[2]) : 0;
  if (strcmp(word, "trap") == 0) __builtin_trap();
  if (strcmp(word, "loop") == 0) for (volatile int i = 0;; i++) {}
  if (strcmp(word, "calls") == 0) for (;;) lseek(0, 0, SEEK_CUR);
  if (strcmp(word, "bang") == 0) {
    size_t size = readInput();
    if (memchr(input, '!', size) != NULL) abort();
    return 0;
  }
  if (strcmp(word, "cat") == 0) {
    fwrite(input, 1, readInput(), stdout);
    return 0;
  }
  if (strcmp(word, "upper") == 0) {
    size_t size = readInput();
    for (size_t i = 0; i < size; i++)
      if (input[i] >= 'a' && input[i] <= 'y') input[i] -= 32; /* z is forgotten */
    fwrite(input, 1, size, stdout);
    return 0;
  }
  if (strcmp(word, "address") == 0) {
    char byte;
    getentropy(&byte, 1);
    printf("%d\n", byte);
    return 0;
  }
  if (strcmp(word, "list") == 0) {
    DIR *dir = opendir("/");
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) puts(entry->d_name);
    return 0;
  }
  if (strcmp(word, "set") == 0) return writeAll("/out/value", O_WRONLY | O_CREAT | O_TRUNC, "1", 0) != 0;
  if (strcmp(word, "add") == 0) return writeAll("/out/value", O_WRONLY | O_CREAT | O_APPEND, "1", 0) != 0;
  if (strcmp(word, "stray") == 0) return writeAll("/stray", O_WRONLY | O_CREAT, "1", 0) != 0;
  if (strcmp(word, "save") == 0 || strcmp(word, "litter") == 0) {
    if (writeAll("/out/doc.tmp", O_WRONLY | O_CREAT | O_TRUNC, "new", 1) != 0) {
      if (word[0] == 's') unlink("/out/doc.tmp");
      return 1;
    }
    if (rename("/out/doc.tmp", "/out/doc") == 0) return 0;
    unlink("/out/doc.tmp");
    return 1;
  }
  if (strcmp(word, "append") == 0) return append("one\n", 1) || append("two\n", 1);
  if (strcmp(word, "promise") == 0) return append("one\n", 0) || append("two\n", 0);
  if (strcmp(word, "show") == 0) return show("/log");
  if (strcmp(word, "records") == 0) {
    int fd = open("/log", O_WRONLY | O_CREAT, 0644);
    for (int i = atoi(argv[2]); i > 0; i--)
      if (write(fd, "record", 6) != 6) return 1;
    return 0;
  }
  return 64;
}
