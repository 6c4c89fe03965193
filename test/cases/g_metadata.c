// Status, times, terminals and devices through the C library; argv[1] is the case.

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MUST(e) ((e) ? (void)0 : (fprintf(stderr, "line %d: %s: %s\n", __LINE__, #e, strerror(errno)), exit(1)))

static long long nanoseconds(struct timespec time) { return time.tv_sec * 1000000000LL + time.tv_nsec; }

static long long now(void) {
  struct timespec time;
  MUST(clock_gettime(CLOCK_REALTIME, &time) == 0);
  return nanoseconds(time);
}

static struct stat status_of(const char *path) {
  struct stat status;
  MUST(lstat(path, &status) == 0);
  return status;
}

static void identify(const char *label, struct stat status) {
  printf("%s %llu:%llu\n", label, (unsigned long long)status.st_dev, (unsigned long long)status.st_ino);
}

/* The numbers of two files by every way to ask for them. */
static void inodes(void) {
  struct stat status;
  int fd;
  MUST((fd = open("A", O_CREAT | O_RDWR, 0666)) >= 0 && close(open("B", O_CREAT | O_RDWR, 0666)) == 0);
  identify("A", status_of("A"));
  identify("B", status_of("B"));
  MUST(link("A", "link") == 0 && symlink("A", "symlink") == 0);
  identify("A", status_of("link"));
  MUST(stat("symlink", &status) == 0);
  identify("A", status);
  MUST(rename("A", "moved") == 0);
  identify("A", status_of("moved"));
  MUST(fstat(fd, &status) == 0);
  identify("A", status);
  MUST(unlink("moved") == 0 && unlink("link") == 0);
  for (int i = 0; i < 100; i++) {
    char path[16];
    snprintf(path, sizeof path, "n%d", i);
    MUST(close(open(path, O_CREAT | O_RDWR, 0666)) == 0);
    identify("other", status_of(path));
  }
  MUST(fstat(fd, &status) == 0);
  identify("A", status);
}

/* Where the modification time lies, of before and after the call that set it. */
static void told(const char *call, int result, long long before, long long time, long long after) {
  MUST(result == 0);
  printf("%s: %s\n", call, before < time && time < after ? "now" : "another time");
}

#define NOW(call) \
  do { \
    long long before = now(); \
    int result = call; \
    long long time = nanoseconds(status_of("t").st_mtim); \
    told(#call, result, before, time, now()); \
  } while (0)

static void set_now(void) {
  const struct timespec both[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};
  const struct timespec first[2] = {{0, UTIME_NOW}, {0, UTIME_OMIT}}, second[2] = {{0, UTIME_OMIT}, {0, UTIME_NOW}};
  const struct timespec neither[2] = {{0, UTIME_OMIT}, {0, UTIME_OMIT}}, past[2] = {{1, 2}, {3, 4}};
  int fd = open("t", O_CREAT | O_RDWR, 0666);
  MUST(fd >= 0);
  NOW(utimensat(AT_FDCWD, "t", both, 0));
  NOW(utimensat(AT_FDCWD, "t", NULL, 0));
  NOW(futimens(fd, both));
  NOW(futimens(fd, NULL));
  MUST(utimensat(AT_FDCWD, "t", past, 0) == 0);
  MUST(utimensat(AT_FDCWD, "t", neither, 0) == 0);
  struct stat status = status_of("t");
  printf("%lld %lld\n", nanoseconds(status.st_atim), nanoseconds(status.st_mtim));
  NOW(futimens(fd, second));
  printf("%lld\n", nanoseconds(status_of("t").st_atim));
  MUST(futimens(fd, past) == 0 && utimensat(AT_FDCWD, "t", first, 0) == 0);
  status = status_of("t");
  printf("%d %lld\n", nanoseconds(status.st_atim) > 1000000000LL * 1000000, nanoseconds(status.st_mtim));
}

/* What moved since the last time, as Python's importlib would look for it. */
static struct stat last;

static void moved(const char *what, const char *path) {
  struct stat status = status_of(path);
  printf("%s:%s%s%s\n", what, nanoseconds(status.st_atim) != nanoseconds(last.st_atim) ? " atime" : "",
         nanoseconds(status.st_mtim) != nanoseconds(last.st_mtim) ? " mtime" : "",
         nanoseconds(status.st_ctim) != nanoseconds(last.st_ctim) ? " ctime" : "");
  MUST(nanoseconds(status.st_ctim) >= nanoseconds(last.st_ctim));
  last = status;
}

static void changes(void) {
  char byte;
  const struct timespec past[2] = {{1, 2}, {3, 4}};
  int fd = open("f", O_CREAT | O_RDWR, 0666);
  MUST(fd >= 0 && mkdir("d", 0777) == 0);
  last = status_of("f");
  moved("nothing", "f");
  MUST(write(fd, "abc", 3) == 3);
  moved("write", "f");
  MUST(pwrite(fd, "x", 1, 0) == 1);
  moved("pwrite", "f");
  MUST(write(fd, "", 0) == 0);
  moved("write of nothing", "f");
  MUST(lseek(fd, 0, SEEK_SET) == 0 && read(fd, &byte, 1) == 1 && pread(fd, &byte, 1, 0) == 1);
  moved("read", "f");
  MUST(ftruncate(fd, 1) == 0);
  moved("ftruncate", "f");
  MUST(posix_fallocate(fd, 0, 100) == 0);
  moved("fallocate", "f");
  MUST(close(open("f", O_RDWR)) == 0 && close(open("f", O_RDWR | O_CREAT, 0666)) == 0);
  moved("open", "f");
  MUST(close(open("f", O_RDWR | O_TRUNC)) == 0);
  moved("open to truncate", "f");
  MUST(link("f", "l") == 0);
  moved("link", "f");
  MUST(unlink("l") == 0);
  moved("unlink", "f");
  MUST(rename("f", "g") == 0);
  moved("rename", "g");
  MUST(futimens(fd, past) == 0);
  moved("utimes", "g");
  MUST(write(fd, "later", 5) == 5);
  moved("write", "g");
  MUST(nanoseconds(last.st_mtim) > 1000000000LL * 1000000);
  last = status_of("d");
  MUST(close(open("d/x", O_CREAT | O_RDWR, 0666)) == 0);
  moved("create", "d");
  MUST(close(open("d/x", O_CREAT | O_RDWR, 0666)) == 0);
  moved("open", "d");
  MUST((fd = open("d/x", O_RDWR)) >= 0 && write(fd, "x", 1) == 1 && close(fd) == 0);
  moved("write in it", "d");
  MUST(mkdir("d/sub", 0777) == 0);
  moved("mkdir", "d");
  MUST(mkdir("d/sub/sub", 0777) == 0);
  moved("mkdir below", "d");
  MUST(symlink("x", "d/s") == 0);
  moved("symlink", "d");
  MUST(link("d/x", "d/y") == 0);
  moved("link", "d");
  MUST(rename("d/x", "d/z") == 0);
  moved("rename in it", "d");
  MUST(rename("d/y", "y") == 0);
  moved("rename out of it", "d");
  MUST(rename("y", "d/y") == 0);
  moved("rename into it", "d");
  MUST(unlink("d/y") == 0);
  moved("unlink", "d");
  MUST(rmdir("d/sub/sub") == 0 && (last = status_of("d"), 1) && rmdir("d/sub") == 0);
  moved("rmdir", "d");
  DIR *dir = opendir("d");
  MUST(dir != NULL && readdir(dir) != NULL && closedir(dir) == 0);
  moved("readdir", "d");
  MUST(unlink("d/no") != 0 && rename("d/no", "d/on") != 0 && mkdir("d/z", 0777) != 0);
  moved("failures", "d");
}

static void terminals(int count, char **paths) {
  for (int fd = 0; fd < 3; fd++) printf("%d", isatty(fd));
  for (int i = 0; i < count; i++) {
    int fd = open(paths[i], O_RDONLY);
    if (fd < 0) printf(" %s", strerror(errno));
    else printf(" %d", isatty(fd));
    if (fd >= 0) MUST(close(fd) == 0);
  }
  printf("\n");
}

static void devices(void) {
  char bytes[64];
  struct stat status;
  MUST(stat("/dev/null", &status) == 0 && S_ISCHR(status.st_mode));
  FILE *null = fopen("/dev/null", "w");
  MUST(null != NULL && fputs("gone", null) >= 0 && fclose(null) == 0);
  int fd = open("/dev/null", O_RDWR);
  MUST(fd >= 0 && write(fd, "gone", 4) == 4 && read(fd, bytes, 4) == 0 && lseek(fd, 0, SEEK_END) == 0 && close(fd) == 0);
  MUST(stat("/dev/null", &status) == 0 && S_ISCHR(status.st_mode) && status.st_size == 0);
  fd = open("/dev/zero", O_RDWR);
  memset(bytes, 1, sizeof bytes);
  MUST(fd >= 0 && read(fd, bytes, 64) == 64 && bytes[0] == 0 && memcmp(bytes, bytes + 1, 63) == 0 && close(fd) == 0);
  fd = open("/dev/full", O_RDWR);
  MUST(fd >= 0 && read(fd, bytes, 64) == 64 && bytes[63] == 0);
  MUST(write(fd, "x", 1) == -1 && errno == ENOSPC && close(fd) == 0);
  fd = open("/dev/urandom", O_RDONLY);
  char more[64];
  MUST(fd >= 0 && read(fd, bytes, 64) == 64 && read(fd, more, 64) == 64 && memcmp(bytes, more, 64) != 0);
  MUST(close(fd) == 0);
  fd = open("/dev/stdin", O_RDONLY);
  MUST(fd >= 0 && read(fd, bytes, 64) == 5 && memcmp(bytes, "input", 5) == 0 && close(fd) == 0);
  fd = open("/dev/stdout", O_WRONLY);
  MUST(fd >= 0 && write(fd, "out\n", 4) == 4 && close(fd) == 0);
  MUST(unlink("/dev/null") == 0);
  int made = open("/dev/null", O_WRONLY);
  printf("%s\n", made < 0 ? strerror(errno) : "still there");
}

static void real_paths(int count, char **paths) {
  for (int i = 0; i < count; i++) {
    char *path = realpath(paths[i], NULL);
    printf("%s: %s\n", paths[i], path == NULL ? strerror(errno) : path);
    free(path);
  }
}

int main(int argc, char **argv) {
  const char *what = argv[1];
  if (strcmp(what, "inodes") == 0) inodes();
  else if (strcmp(what, "now") == 0) set_now();
  else if (strcmp(what, "changes") == 0) changes();
  else if (strcmp(what, "terminals") == 0) terminals(argc - 2, argv + 2);
  else if (strcmp(what, "devices") == 0) devices();
  else if (strcmp(what, "realpath") == 0) real_paths(argc - 2, argv + 2);
  else return 2;
  return 0;
}
