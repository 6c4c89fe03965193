/* A tool for the tests of builds: `toy MODE OUTPUT [INPUT…]`. Most modes write something that an honest tool would not. */

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static void copy(FILE *out, const char *path) {
  FILE *in = fopen(path, "r");
  if (in == NULL) {
    fprintf(stderr, "toy: cannot open %s\n", path);
    exit(3);
  }
  for (int c; (c = fgetc(in)) != EOF;) fputc(c, out);
  fclose(in);
}

int main(int argc, char **argv) {
  if (argc < 3) return 64;
  const char *mode = argv[1];
  const char *input = argc > 3 ? argv[3] : "/";
  if (strcmp(mode, "fail") == 0) {
    fprintf(stderr, "toy: as asked\n");
    return 7;
  }
  if (strcmp(mode, "nothing") == 0) return 0;
  if (strcmp(mode, "trap") == 0) __builtin_trap();
  if (strcmp(mode, "spin") == 0) for (;;) sched_yield();
  if (strcmp(mode, "compute") == 0) for (volatile long at = 0;; at++) {}
  char text[4096] = "";
  if (strcmp(mode, "time") == 0) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(text, sizeof text, "%lld", (long long)now.tv_sec);
  } else if (strcmp(mode, "listing") == 0) {
    DIR *directory = opendir(input);
    for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
      strncat(text, entry->d_name, sizeof text - strlen(text) - 1);
      strncat(text, "\n", sizeof text - strlen(text) - 1);
    }
  } else if (strcmp(mode, "inode") == 0) {
    struct stat status;
    stat(input, &status);
    snprintf(text, sizeof text, "%llu", (unsigned long long)status.st_ino);
  } else if (strcmp(mode, "path") == 0) {
    snprintf(text, sizeof text, "made of %s", input);
  } else if (strcmp(mode, "random") == 0) {
    unsigned char bytes[8];
    getentropy(bytes, sizeof bytes);
    for (int at = 0; at < 8; at++) snprintf(text + 2 * at, 3, "%02x", bytes[at]);
  } else if (strcmp(mode, "locale") == 0) {
    const char *locale = getenv("LC_ALL");
    snprintf(text, sizeof text, "%s", locale == NULL ? "C" : locale);
  } else if (strcmp(mode, "first") == 0) {
    snprintf(text, sizeof text, "%s", environ[0]);
  }
  FILE *out = fopen(argv[2], "w");
  if (out == NULL) return 4;
  fputs(text, out);
  if (strcmp(mode, "join") == 0) for (int at = 3; at < argc; at++) copy(out, argv[at]);
  return fclose(out) == 0 ? 0 : 5;
}
