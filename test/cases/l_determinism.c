// What could leak the host into a guest; argv[1] is the case.

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <wasi/api.h>

#define MUST(e) ((e) ? (void)0 : (fprintf(stderr, "line %d: %s: %s\n", __LINE__, #e, strerror(errno)), exit(1)))

static void status_of(const char *label, struct stat status) {
  printf("%s %llu %llu %llu %lld.%ld %lld.%ld %lld.%ld\n", label, (unsigned long long)status.st_dev,
         (unsigned long long)status.st_ino, (unsigned long long)status.st_nlink, (long long)status.st_atim.tv_sec,
         status.st_atim.tv_nsec, (long long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
         (long long)status.st_ctim.tv_sec, status.st_ctim.tv_nsec);
}

static void leaks(void) {
  struct stat status;
  struct timeval before, after;
  const char *paths[] = {"/", "/tmp", "/dev/null", "/f"};
  FILE *file = fopen("/f", "w");
  MUST(file != NULL && fputs("x", file) >= 0 && fclose(file) == 0);
  for (int i = 0; i < 4; i++) {
    MUST(stat(paths[i], &status) == 0);
    status_of(paths[i], status);
  }
  for (int fd = 0; fd < 4; fd++) {
    MUST(fstat(fd, &status) == 0);
    status_of("descriptor", status);
  }
  MUST(gettimeofday(&before, NULL) == 0 && usleep(123456) == 0 && gettimeofday(&after, NULL) == 0);
  printf("time %lld.%06ld %lld.%06ld\n", (long long)before.tv_sec, (long)before.tv_usec, (long long)after.tv_sec, (long)after.tv_usec);
  for (int clock = 0; clock < 4; clock++) {
    __wasi_timestamp_t time, resolution;
    MUST(__wasi_clock_time_get(clock, 0, &time) == 0 && __wasi_clock_res_get(clock, &resolution) == 0);
    printf("clock %d %llu %llu\n", clock, (unsigned long long)time, (unsigned long long)resolution);
  }
  time_t now = time(NULL);
  printf("local %s", ctime(&now));
  printf("pointers %p %p %p\n", (void *)&status, malloc(100), (void *)getenv);
  printf("C's own %d %d\n", rand(), rand());
  printf("environment %s %s %s\n", getenv("HOME") ? "yes" : "no", getenv("TZ") ? "yes" : "no", getenv("PATH") ? "yes" : "no");
  char directory[64];
  printf("in %s\n", getcwd(directory, sizeof directory));
  DIR *dir = opendir("/dev");
  MUST(dir != NULL);
  for (struct dirent *entry; (entry = readdir(dir)) != NULL;) printf("entry %s %llu\n", entry->d_name, (unsigned long long)entry->d_ino);
  unsigned char bytes[8];
  MUST(getentropy(bytes, sizeof bytes) == 0);
  printf("random");
  for (int i = 0; i < 8; i++) printf(" %02x", bytes[i]);
  FILE *device = fopen("/dev/urandom", "r");
  MUST(device != NULL);
  printf("\nrandom %02x\n", fgetc(device));
}

/* Where the host may take or put back all of this program's memory. */
__attribute__((import_module("env"), import_name("pause"))) void pause_here(void);

static void cat(const char *path) {
  char text[64];
  FILE *file = fopen(path, "r");
  if (file == NULL) {
    printf("%s: %s\n", path, strerror(errno));
    return;
  }
  size_t size = fread(text, 1, sizeof text, file);
  printf("%s: %.*s\n", path, (int)size, text);
  fclose(file);
}

/* libc learns its preopens when it first needs them, and keeps what it learned in memory. */
static void frozen(void) {
  MUST(fopen("/a/missing", "r") == NULL && errno == ENOENT);
  pause_here();
  cat("/a/file");
  cat("/a/../secret");
  cat("/b/file");
}

int main(int argc, char **argv) {
  const char *what = argv[1];
  if (strcmp(what, "leaks") == 0) leaks();
  else if (strcmp(what, "frozen") == 0) frozen();
  else return 2;
  return 0;
}
