/* A little of everything that a guest can be in the middle of. "checked": it traps where a call fails. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int checked;

static void check(int ok) {
  if (checked && !ok) __builtin_trap();
}

static int log_fd = -1;

static void note(const char *text) {
  check(write(log_fd, text, strlen(text)) >= 0);
}

/* The guest is stopped below a callback of the library. */
static int by_length(const void *a, const void *b) {
  const char *x = *(const char **)a, *y = *(const char **)b;
  note(".");
  return (int)strlen(x) - (int)strlen(y);
}

/* And with many frames, each of which keeps something. */
static double deep(int n, double sum, long long product, float last) {
  char text[32];
  if (n == 0) return sum + (double)product + last;
  snprintf(text, sizeof text, "%d %g\n", n, sum);
  note(text);
  double below = deep(n - 1, sum + n / 3.0, product * 7 + n, last / 2);
  snprintf(text, sizeof text, "back %d\n", n);
  note(text);
  return below - last;
}

int main(int argc, char **argv) {
  checked = argc > 1 && strcmp(argv[1], "checked") == 0;
  static char *words[] = {"pear", "fig", "banana", "kiwi", "apple"};
  char line[64], *kept[8];
  struct stat status;
  struct timespec now, pause = {0, 1000000};

  check(mkdir("/work", 0755) == 0);
  log_fd = open("/work/log", O_RDWR | O_CREAT | O_APPEND, 0644);
  check(log_fd >= 0);
  qsort(words, 5, sizeof *words, by_length);
  for (int i = 0; i < 5; i++) note(words[i]);
  printf("%g\n", deep(4, 0.1, 1, 1.5f));
  while (fgets(line, sizeof line, stdin) != NULL) printf("line %s", line);

  /* The memory grows on the way. */
  for (int i = 0; i < 8; i++) {
    kept[i] = malloc(50000);
    if (kept[i] == NULL) return 3;
    memset(kept[i], 'a' + i, 50000);
    check(pwrite(log_fd, kept[i], 3, 100 * i) == 3);
  }
  for (int i = 0; i < 8; i++) printf("%c", kept[i][49999]);
  printf("\n");

  DIR *directory = opendir("/work");
  check(directory != NULL);
  if (directory != NULL) {
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) printf("%s\n", entry->d_name);
    closedir(directory);
  }
  check(clock_gettime(CLOCK_REALTIME, &now) == 0);
  nanosleep(&pause, NULL);
  unsigned char bytes[8] = {0};
  check(getentropy(bytes, sizeof bytes) == 0);
  printf("%lld %02x%02x\n", (long long)now.tv_nsec, bytes[0], bytes[7]);

  check(stat("/input", &status) == 0);
  FILE *input = fopen("/input", "r");
  check(input != NULL);
  if (input != NULL) {
    int c, count = 0;
    while ((c = fgetc(input)) != EOF) count += c;
    printf("%d %d\n", count, (int)status.st_size);
    fclose(input);
  }
  check(rename("/work/log", "/work/old") == 0);
  check(unlink("/work/old") == 0);
  note("without a name");
  check(lseek(log_fd, 0, SEEK_SET) == 0);
  ssize_t got = read(log_fd, line, sizeof line);
  printf("%d %.*s\n", (int)got, got > 0 ? (int)got : 0, line);
  return close(log_fd) == 0 ? 0 : 2;
}
