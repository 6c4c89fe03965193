// Loops that press on the file system; argv[1] is the case.

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MUST(e) ((e) ? (void)0 : (fprintf(stderr, "line %d: %s: %s\n", __LINE__, #e, strerror(errno)), exit(1)))

/* Overwrites 64 bytes at `count` places all over the file, and reads each back; a digest of where and what. */
static void overwrite(const char *path, int count) {
  int fd = open(path, O_RDWR);
  struct stat status;
  MUST(fd >= 0 && fstat(fd, &status) == 0);
  uint32_t state = 1, digest = 0;
  for (int i = 0; i < count; i++) {
    unsigned char bytes[64], back[64];
    state = state * 1664525 + 1013904223;
    off_t offset = (off_t)((double)state / 4294967296.0 * (double)(status.st_size - 64));
    memset(bytes, i, sizeof bytes);
    MUST(pwrite(fd, bytes, 64, offset) == 64 && pread(fd, back, 64, offset) == 64 && memcmp(bytes, back, 64) == 0);
    digest = digest * 31 + back[63];
  }
  MUST(fstat(fd, &status) == 0 && close(fd) == 0);
  printf("%u\n", digest);
}

/* Writes 8 KiB after 8 KiB until that is refused. */
static void fill(const char *path, int start) {
  static char bytes[8192];
  int fd = open(path, O_CREAT | O_RDWR, 0666);
  MUST(fd >= 0 && lseek(fd, start, SEEK_SET) == start);
  memset(bytes, 'x', sizeof bytes);
  long long total = 0;
  int in_part = 0;
  for (;;) {
    ssize_t written = write(fd, bytes, sizeof bytes);
    if (written < 0) break;
    if (written < (ssize_t)sizeof bytes) in_part++;
    total += written;
    MUST(lseek(fd, 0, SEEK_CUR) == start + total);
  }
  struct stat status;
  int reason = errno;
  MUST(fstat(fd, &status) == 0 && status.st_size == start + total);
  printf("%lld bytes, %d in part, then %s\n", total, in_part, strerror(reason));
  /* What is there can be written over. */
  MUST(pwrite(fd, bytes, sizeof bytes, start) == sizeof bytes);
  MUST(write(fd, bytes, 1) == -1 && errno == reason);
  MUST(close(fd) == 0);
}

/* Makes files, directories or links until that is refused. */
static void make(const char *what, const char *directory) {
  int count = 0;
  for (;; count++) {
    char path[256];
    snprintf(path, sizeof path, "%s/%d", directory, count);
    int result = strcmp(what, "file") == 0 ? close(open(path, O_CREAT | O_EXCL | O_WRONLY, 0666))
               : strcmp(what, "dir") == 0 ? mkdir(path, 0777)
               : strcmp(what, "symlink") == 0 ? symlink("target", path)
                                              : link("/one", path);
    if (result != 0) {
      struct stat status;
      int reason = strcmp(what, "file") == 0 ? (open(path, O_CREAT | O_EXCL | O_WRONLY, 0666), errno) : errno;
      MUST(lstat(path, &status) == -1 && errno == ENOENT);
      printf("%d, then %s\n", count, strerror(reason));
      return;
    }
  }
}

static void long_link(int size) {
  char *target = malloc(size + 1);
  memset(target, 'x', size);
  target[size] = 0;
  printf("%d: %s\n", size, symlink(target, "/link") == 0 ? "ok" : strerror(errno));
  unlink("/link");
}

static void space(const char *path, long long size) {
  int fd = open(path, O_CREAT | O_RDWR, 0666);
  MUST(fd >= 0);
  int reason = posix_fallocate(fd, 0, size);
  struct stat status;
  MUST(fstat(fd, &status) == 0);
  printf("%s, size %lld\n", reason == 0 ? "ok" : strerror(reason), (long long)status.st_size);
}

int main(int argc, char **argv) {
  const char *what = argv[1];
  if (strcmp(what, "overwrite") == 0) overwrite(argv[2], atoi(argv[3]));
  else if (strcmp(what, "fill") == 0) fill(argv[2], atoi(argv[3]));
  else if (strcmp(what, "make") == 0) make(argv[2], argv[3]);
  else if (strcmp(what, "symlink") == 0) long_link(atoi(argv[2]));
  else if (strcmp(what, "allocate") == 0) space(argv[2], atoll(argv[3]));
  else return 2;
  return 0;
}
