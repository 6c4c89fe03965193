/* Guests that use the machine: files, directories, time, randomness, streams. The first argument picks one. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof *(a)))
extern char **environ;

static void say(const char *what, long result) { printf("%s %ld %s\n", what, result, result < 0 ? strerror(errno) : ""); }

static void showStat(const char *path) {
  struct stat s;
  if (lstat(path, &s) < 0) { say(path, -1); return; }
  printf("%s mode %o nlink %d size %lld ino %llu mtime %lld.%09ld ctime %lld.%09ld\n", path, (unsigned)s.st_mode, (int)s.st_nlink,
         (long long)s.st_size, (unsigned long long)s.st_ino, (long long)s.st_mtim.tv_sec, s.st_mtim.tv_nsec, (long long)s.st_ctim.tv_sec, s.st_ctim.tv_nsec);
}

static void files(void) {
  int fd = open("/made", O_CREAT | O_RDWR | O_EXCL, 0644);
  char data[3000], back[3000];
  for (int i = 0; i < COUNT(data); i++) data[i] = (char)(i * 7);
  for (int i = 0; i < 50; i++) say("write", write(fd, data + i, (size_t)(i * 53)));
  say("seek", lseek(fd, -1000, SEEK_END)); say("read", read(fd, back, 3000)); say("tell", lseek(fd, 0, SEEK_CUR));
  say("pread", pread(fd, back, 100, 500)); say("pwrite", pwrite(fd, "here", 4, 100000)); say("truncate", ftruncate(fd, 90000));
  say("sync", fsync(fd)); say("close", close(fd)); say("again", close(fd));
  fd = open("/made", O_WRONLY | O_APPEND); say("append", write(fd, "end", 3)); say("read it", read(fd, back, 1)); close(fd);
  say("exists", open("/made", O_CREAT | O_EXCL | O_WRONLY, 0600)); say("missing", open("/none/x", O_RDONLY)); say("slash", open("/made/", O_RDONLY));
  showStat("/made");
}

static void buffered(void) {
  FILE *f = fopen("/tmp/lines", "w+");
  for (int i = 0; i < 5000; i++) fprintf(f, "line %d of %s\n", i, "many");
  rewind(f);
  char line[100]; long sum = 0; int n = 0;
  while (fgets(line, sizeof line, f)) { sum += (long)strlen(line); n += line[5] - '0'; }
  printf("%ld %d %d %ld\n", sum, n, feof(f) != 0, ftell(f));
  fseek(f, 1000, SEEK_SET); ungetc(fgetc(f), f); printf("%d\n", fgetc(f)); fclose(f);
}

static void list(const char *path) {
  DIR *d = opendir(path);
  if (d == NULL) { say(path, -1); return; }
  for (struct dirent *e; (e = readdir(d)) != NULL;) printf("  %s %d %llu\n", e->d_name, e->d_type, (unsigned long long)e->d_ino);
  closedir(d);
}
static void directories(void) {
  char path[64];
  say("mkdir", mkdir("/d", 0755)); say("again", mkdir("/d", 0755));
  for (int i = 0; i < 60; i++) { snprintf(path, sizeof path, "/d/%d", i * 37 % 61); if (i % 4) close(open(path, O_CREAT | O_WRONLY, 0644)); else mkdir(path, 0755); }
  list("/d"); say("rmdir", rmdir("/d")); say("unlink a directory", unlink("/d/0"));
  for (int i = 0; i < 60; i += 3) { snprintf(path, sizeof path, "/d/%d", i * 37 % 61); if (i % 4) unlink(path); else rmdir(path); }
  say("rename", rename("/d", "/e")); list("/e"); list("/d"); list("/"); showStat("/e");
}

static void links(void) {
  char text[100];
  close(open("/one", O_CREAT | O_WRONLY, 0644));
  say("link", link("/one", "/two")); say("symlink", symlink("two", "/three")); say("loop", symlink("loop", "/loop"));
  long n = readlink("/three", text, sizeof text); say("readlink", n); fwrite(text, 1, n > 0 ? (size_t)n : 0, stdout); puts("");
  int fd = open("/three", O_WRONLY); say("through", write(fd, "through a link", 14)); close(fd);
  say("open loop", open("/loop", O_RDONLY)); say("rename over", rename("/one", "/three")); say("same file", rename("/two", "/three"));
  for (int i = 0; i < 4; i++) showStat((const char *[]){ "/one", "/two", "/three", "/loop" }[i]);
}

static void clocks(void) {
  struct timespec a, b, r;
  for (int i = 0; i < 5; i++) {
    clock_gettime(CLOCK_REALTIME, &a); clock_gettime(CLOCK_MONOTONIC, &b); clock_getres(CLOCK_REALTIME, &r);
    printf("%lld.%09ld %lld.%09ld %ld %lld\n", (long long)a.tv_sec, a.tv_nsec, (long long)b.tv_sec, b.tv_nsec, r.tv_nsec, (long long)time(NULL));
  }
  time_t now = time(NULL); struct tm *t = gmtime(&now); char text[64]; strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %j %a", t);
  struct timeval v; gettimeofday(&v, NULL); printf("%s %ld\n", text, (long)v.tv_usec);
}

static void sleeping(void) {
  struct timespec t = { 1, 500000000 };
  for (int i = 0; i < 4; i++) { nanosleep(&t, NULL); t.tv_sec *= 1000; struct timespec now; clock_gettime(CLOCK_MONOTONIC, &now); printf("%lld %ld\n", (long long)now.tv_sec, now.tv_nsec); }
  usleep(10); sched_yield(); say("yielded", 0);
}

static void randomness(void) {
  uint8_t bytes[256];
  say("getentropy", getentropy(bytes, sizeof bytes)); fwrite(bytes, 1, sizeof bytes, stdout);
  int fd = open("/dev/urandom", O_RDONLY); say("read", read(fd, bytes, 100)); fwrite(bytes, 1, 100, stdout); close(fd);
  fd = open("/key", O_CREAT | O_WRONLY, 0600); write(fd, bytes, 64); close(fd);
}

static void shuffled(void) { /* what a program does with it: a seed from time and entropy, and work that depends on it */
  uint32_t seed; getentropy(&seed, sizeof seed); srand(seed ^ (unsigned)time(NULL));
  static int xs[2000]; for (int i = 0; i < COUNT(xs); i++) xs[i] = i;
  for (int i = COUNT(xs) - 1; i > 0; i--) { int j = rand() % (i + 1), t = xs[i]; xs[i] = xs[j]; xs[j] = t; }
  double sum = 0; for (int i = 0; i < COUNT(xs); i++) sum += 1.0 / (xs[i] - rand() % 2000);
  printf("%a\n", sum); FILE *f = fopen("/order", "w"); for (int i = 0; i < 50; i++) fprintf(f, "%d\n", xs[i]); fclose(f);
  char name[] = "/tmp/XXXXXX"; struct timespec t; clock_gettime(CLOCK_REALTIME, &t); snprintf(name + 5, 7, "%06ld", t.tv_nsec % 1000000); close(open(name, O_CREAT, 0600));
}

static void surroundings(int argc, char **argv) {
  for (int i = 0; i < argc; i++) printf("%d %s\n", i, argv[i]);
  for (char **e = environ; *e; e++) puts(*e);
  printf("%s %s\n", getenv("LANG"), getenv("NONE") ? "set" : "not set"); setenv("LANG", "xx", 1); printf("%s\n", getenv("LANG"));
}

static void input(void) {
  char line[64]; int n = 0; long sum = 0;
  while (fgets(line, sizeof line, stdin)) { n++; sum += (long)strlen(line); if (n < 6) fputs(line, stdout); }
  printf("%d %ld %d\n", n, sum, feof(stdin) != 0); fprintf(stderr, "read %d lines\n", n); say("after", read(0, line, 1));
}

static void polling(void) {
  int fd = open("/polled", O_CREAT | O_RDWR, 0644); write(fd, "data", 4); lseek(fd, 0, SEEK_SET);
  struct pollfd fds[] = { { 0, POLLIN, 0 }, { 1, POLLOUT, 0 }, { fd, POLLIN | POLLOUT, 0 }, { 77, POLLIN, 0 } };
  say("poll", poll(fds, 3, 1000)); for (int i = 0; i < 3; i++) printf("%d %x\n", fds[i].fd, (unsigned)fds[i].revents);
  say("bad", poll(fds, 4, 10)); say("nothing", poll(NULL, 0, 250)); struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); printf("%ld\n", t.tv_nsec);
}

static void descriptors(void) {
  int fds[40]; for (int i = 0; i < 40; i++) { char name[20]; snprintf(name, sizeof name, "/tmp/%d", i % 7); fds[i] = open(name, O_CREAT | O_RDWR, 0644); write(fds[i], name, strlen(name)); }
  for (int i = 0; i < 40; i += 2) close(fds[i]);
  for (int i = 0; i < 10; i++) printf("%d ", open("/tmp/0", O_RDONLY));
  puts(""); say("flags", fcntl(fds[1], F_GETFL)); say("set", fcntl(fds[1], F_SETFL, O_APPEND)); say("tty", isatty(1)); say("bad", fcntl(999, F_GETFL)); say("many", write(2, "to stderr\n", 10));
}

static void sparse(void) {
  int fd = open("/sparse", O_CREAT | O_RDWR, 0644); say("far", pwrite(fd, "x", 1, 5000000)); say("size", lseek(fd, 0, SEEK_END)); char c[16]; say("hole", pread(fd, c, 16, 2000000)); printf("%d\n", c[3]);
  say("allocate", posix_fallocate(fd, 0, 6000000)); say("negative", lseek(fd, -1, SEEK_SET)); showStat("/sparse");
}

static void times(void) {
  close(open("/t", O_CREAT | O_WRONLY, 0644)); showStat("/t");
  struct timespec t[2] = { { 1000000000, 5 }, { 1234567890, 987654321 } }; say("utimens", utimensat(AT_FDCWD, "/t", t, 0)); showStat("/t");
  t[0].tv_nsec = UTIME_NOW; t[1].tv_nsec = UTIME_OMIT; say("now", utimensat(AT_FDCWD, "/t", t, 0)); showStat("/t"); showStat("/given/text"); mkdir("/t2", 0755); showStat("/t2"); showStat("/");
}

static void given(void) {
  list("/given"); char text[64]; int fd = open("/given/text", O_RDWR); long n = read(fd, text, sizeof text); say("read", n); write(fd, " and more", 9); close(fd);
  fd = open("/given/bytes", O_RDONLY); n = read(fd, text, sizeof text); fwrite(text, 1, n > 0 ? (size_t)n : 0, stdout); close(fd); showStat("/given/link"); say("remove", remove("/given/bytes"));
}

static void unflushed(void) { printf("first line\n"); printf("lost"); _exit(5); }

static void errors(void) {
  char name[400]; memset(name, 'n', sizeof name); name[0] = '/'; name[399] = 0;
  say("long name", open(name, O_CREAT | O_WRONLY, 0644)); say("no such", unlink("/nope")); say("not a directory", open("/given/text/x", O_RDONLY)); say("is a directory", open("/given", O_WRONLY));
  say("not empty", rmdir("/given")); say("bad fd", write(55, "x", 1)); say("into itself", rename("/given", "/given/in")); say("invalid", lseek(1, 0, 9)); say("full", write(open("/dev/full", O_WRONLY), "x", 1));
}

static void archive(void) { /* many small files, then all of them read back */
  char path[64]; uint64_t h = 7;
  for (int i = 0; i < 400; i++) { snprintf(path, sizeof path, "/tmp/%c", 'a' + i % 20); mkdir(path, 0755); snprintf(path, sizeof path, "/tmp/%c/%d.txt", 'a' + i % 20, i); FILE *f = fopen(path, "w"); for (int k = 0; k < i % 30; k++) fprintf(f, "%d %d\n", i, k * i); fclose(f); }
  for (int i = 0; i < 20; i++) { snprintf(path, sizeof path, "/tmp/%c", 'a' + i); DIR *d = opendir(path); for (struct dirent *e; (e = readdir(d)) != NULL;) { char full[400]; snprintf(full, sizeof full, "%s/%s", path, e->d_name); FILE *f = fopen(full, "r"); if (f == NULL) continue; for (int c; (c = fgetc(f)) != EOF;) h = h * 31 + (uint64_t)c; fclose(f); } closedir(d); }
  printf("%016llx\n", (unsigned long long)h);
}

int main(int argc, char **argv) {
  static const struct { const char *name; void (*run)(void); } CASES[] = {
    { "files", files }, { "buffered", buffered }, { "directories", directories }, { "links", links }, { "clocks", clocks }, { "sleeping", sleeping },
    { "randomness", randomness }, { "shuffled", shuffled }, { "input", input }, { "polling", polling }, { "descriptors", descriptors }, { "sparse", sparse },
    { "times", times }, { "given", given }, { "unflushed", unflushed }, { "errors", errors }, { "archive", archive },
  };
  if (argc > 1 && strcmp(argv[1], "surroundings") == 0) { surroundings(argc, argv); return 0; }
  for (int i = 0; i < COUNT(CASES); i++) if (argc > 1 && strcmp(argv[1], CASES[i].name) == 0) { CASES[i].run(); return 0; }
  return 99;
}
