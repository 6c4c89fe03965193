// A little of all that a machine has: files, directories, links, listings, clocks, randomness, polling, streams.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void list(const char *path) {
  DIR *dir = opendir(path);
  for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
    struct stat status;
    fstatat(dirfd(dir), entry->d_name, &status, AT_SYMLINK_NOFOLLOW);
    printf("%s/%s %llu %d %llu %lld.%09ld\n", path, entry->d_name, (unsigned long long)status.st_ino, entry->d_type,
           (unsigned long long)status.st_size, (long long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
  }
  closedir(dir);
}

static void tell(const char *what, clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  printf("%s %lld.%09ld\n", what, (long long)time.tv_sec, time.tv_nsec);
}

int main(int argc, char **argv) {
  char line[256];
  unsigned char random[24];

  for (int i = 0; i < argc; i++) printf("argument %s\n", argv[i]);
  printf("LANG %s\n", getenv("LANG"));
  while (fgets(line, sizeof line, stdin) != NULL) printf("read %s", line);

  mkdir("/made", 0777);
  for (int i = 0; i < 50; i++) {
    snprintf(line, sizeof line, "/made/file-%02d-\xc3\xbc", (i * 37) % 50);
    FILE *file = fopen(line, "w");
    for (int k = 0; k <= i * 20; k++) fprintf(file, "%d ", k * k);
    fclose(file);
    if (i % 5 == 0) unlink(line);
  }
  symlink("file-01-\xc3\xbc", "/made/link");
  link("/made/file-02-\xc3\xbc", "/made/twice");
  rename("/made/file-03-\xc3\xbc", "/made/renamed");
  int fd = open("/made/sparse", O_CREAT | O_RDWR, 0666);
  pwrite(fd, "end", 3, 100000);
  ftruncate(fd, 100002);
  printf("missing %d\n", open("/missing", O_RDONLY) < 0 ? errno : 0);
  list("/made");
  list("/given");

  tell("realtime", CLOCK_REALTIME);
  tell("monotonic", CLOCK_MONOTONIC);
  usleep(1500000);
  tell("after a sleep", CLOCK_MONOTONIC);
  struct pollfd fds[] = {{.fd = fd, .events = POLLRDNORM | POLLWRNORM}, {.fd = 1, .events = POLLWRNORM}};
  printf("ready %d", poll(fds, 2, 1000));
  printf(" %d %d\n", fds[0].revents, fds[1].revents);

  getentropy(random, sizeof random);
  for (size_t i = 0; i < sizeof random; i++) printf("%02x", random[i]);
  srand(1);
  printf("\n%d %.17g\n", rand(), 0.1 + 0.2);
  fprintf(stderr, "done\n");
  return 42;
}
