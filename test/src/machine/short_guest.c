/* Ends in the way that its first argument says, with frames of several kinds on the stack. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wasi/api.h>

__attribute__((import_module("wasi_snapshot_preview1"), import_name("proc_raise"))) int proc_raise(int);

static const char *how;
static int left;

static void end(void) {
  if (strcmp(how, "exit") == 0) exit(41);
  if (strcmp(how, "at once") == 0) _Exit(42);
  if (strcmp(how, "abort") == 0) abort();
  if (strcmp(how, "trap") == 0) __builtin_trap();
  if (strcmp(how, "signal") == 0) proc_raise(9);
  if (strcmp(how, "writes") == 0) for (;;) printf("and more, and more, and more, and more\n");
  if (strcmp(how, "calls") == 0) for (;;) write(1, "x", 1);
  if (strcmp(how, "waits") == 0) {
    /* For a line that nobody can write. */
    __wasi_subscription_t wait = {0};
    __wasi_event_t event;
    __wasi_size_t count;
    wait.u.tag = __WASI_EVENTTYPE_FD_READ;
    wait.u.u.fd_read.file_descriptor = 3;
    if (__wasi_poll_oneoff(&wait, &event, 1, &count) != 0) exit(7);
  }
  if (strcmp(how, "loops") == 0) for (volatile int i = 0;; i++) {}
}

static int compare(const void *a, const void *b) {
  if (--left == 0) end();
  return *(const int *)a - *(const int *)b;
}

static double deep(int n, float f, long long l) {
  if (n == 0) {
    int numbers[] = {5, 3, 9, 1, 7};
    left = 3;
    qsort(numbers, 5, sizeof *numbers, compare);
    return numbers[2];
  }
  double below = deep(n - 1, f / 3, l * 5 + n);
  return below + f + (double)l;
}

static void last(void) {
  write(2, "atexit\n", 7);
}

int main(int argc, char **argv) {
  how = argc > 1 ? argv[1] : "";
  atexit(last);
  printf("%d arguments, ", argc);
  printf("%g\n", deep(5, 1.5f, argc));
  return argc > 2 ? atoi(argv[2]) : 0;
}
