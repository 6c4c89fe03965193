// Sleeping, spinning, polling and randomness through the C library; argv[1] is the case.

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>
#include <wasi/api.h>

#define MUST(e) ((e) ? (void)0 : (fprintf(stderr, "line %d: %s: %s\n", __LINE__, #e, strerror(errno)), exit(1)))

static long long now(clockid_t clock) {
  struct timespec time;
  MUST(clock_gettime(clock, &time) == 0);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

/* libc has no clock() without its emulation library. */
static long long cpu_time(void) {
  __wasi_timestamp_t time;
  MUST(__wasi_clock_time_get(__WASI_CLOCKID_PROCESS_CPUTIME_ID, 0, &time) == 0);
  return time;
}

/* How far each clock moved over a call. */
#define SLEPT(call) \
  do { \
    long long realtime = now(CLOCK_REALTIME), monotonic = now(CLOCK_MONOTONIC); \
    int result = call; \
    monotonic = now(CLOCK_MONOTONIC) - monotonic; \
    realtime = now(CLOCK_REALTIME) - realtime; \
    printf("%s: %d %lld %lld\n", #call, result, monotonic, realtime); \
  } while (0)

static void sleeps(void) {
  const struct timespec year = {365 * 86400, 1}, none = {0, 0};
  struct timeval select_time = {2, 5000};
  SLEPT(usleep(1500000));
  SLEPT(usleep(0));
  SLEPT(sleep(0));
  SLEPT(sleep(3));
  SLEPT(nanosleep(&none, NULL));
  SLEPT(nanosleep(&year, NULL));
  SLEPT(poll(NULL, 0, 250));
  SLEPT(select(0, NULL, NULL, NULL, &select_time));
  struct timespec later = {now(CLOCK_REALTIME) / 1000000000 + 10, 0};
  MUST(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &later, NULL) == 0);
  long long late = now(CLOCK_REALTIME) - later.tv_sec * 1000000000LL;
  printf("%s\n", late >= 0 && late < 1000000 ? "at the time" : "at another time");
  const struct timespec past = {1, 0};
  SLEPT(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &past, NULL));
}

/* Loops that wait for the clock: how often they look. */
static void spin(void) {
  int yields = 0, looks = 0, seconds = 0, cpu = 0;
  for (long long start = now(CLOCK_MONOTONIC); now(CLOCK_MONOTONIC) - start < 10000000; yields++) sched_yield();
  for (long long start = now(CLOCK_REALTIME); now(CLOCK_REALTIME) - start < 10000000;) looks++;
  for (time_t start = time(NULL); time(NULL) == start;) seconds++;
  for (long long start = cpu_time(); cpu_time() - start < 10000000;) cpu++;
  printf("%d %d %d\n", yields, looks, cpu);
  MUST(seconds > 0);
}

/* Spins with nothing but yields, to be ended by a limit. */
static void yield_for_ever(void) {
  for (long long start = now(CLOCK_MONOTONIC); now(CLOCK_MONOTONIC) == start;) sched_yield();
}

static unsigned char bytes[(1 << 20) + 2];

/* Fills 1 MiB in pieces of `size` bytes; a digest of it. */
static void random_bytes(int size) {
  memset(bytes, 0xa5, sizeof bytes);
  for (int at = 0; at < 1 << 20; at += size) {
    int length = (1 << 20) - at < size ? (1 << 20) - at : size;
    MUST(__wasi_random_get(bytes + 1 + at, length) == 0);
  }
  MUST(bytes[0] == 0xa5 && bytes[sizeof bytes - 1] == 0xa5);
  unsigned long long digest = 0xcbf29ce484222325;
  int zeros = 0;
  for (int i = 1; i <= 1 << 20; i++) {
    digest = (digest ^ bytes[i]) * 0x100000001b3;
    zeros += bytes[i] == 0;
  }
  /* 4,096 of 2^20 are to be expected, give or take 64. */
  MUST(zeros > 4096 - 640 && zeros < 4096 + 640);
  printf("%llx\n", digest);
}

static void entropy(void) {
  unsigned char a[16] = {0}, b[16] = {0};
  MUST(getentropy(a, sizeof a) == 0 && getentropy(b, sizeof b) == 0);
  MUST(memcmp(a, b, sizeof a) != 0);
  MUST(getentropy(a, 0) == 0);
  for (int i = 0; i < 16; i++) printf("%02x", a[i]);
  printf("\n");
}

/* Which of stdin, and where `asked` is 2 stdout, are ready, before and after reading. */
static void ready(int asked) {
  struct pollfd fds[2] = {{0, POLLIN, 0}, {1, POLLOUT, 0}};
  int count = poll(fds, asked, 1000);
  fprintf(stderr, "%d: %d %d\n", count, fds[0].revents, fds[1].revents);
  char text[64];
  ssize_t size = read(0, text, sizeof text);
  fds[0].revents = 0;
  count = poll(fds, 1, 1000);
  fprintf(stderr, "read %d; %d: %d\n", (int)size, count, fds[0].revents);
}

int main(int argc, char **argv) {
  const char *what = argv[1];
  if (strcmp(what, "sleeps") == 0) sleeps();
  else if (strcmp(what, "spin") == 0) spin();
  else if (strcmp(what, "yield") == 0) yield_for_ever();
  else if (strcmp(what, "random") == 0) random_bytes(atoi(argv[2]));
  else if (strcmp(what, "entropy") == 0) entropy();
  else if (strcmp(what, "ready") == 0) ready(atoi(argv[2]));
  else return 2;
  return 0;
}
