// Processes, their environment and their streams through the C library; argv[1] is the case.

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MUST(e) ((e) ? (void)0 : (fprintf(stderr, "line %d: %s: %s\n", __LINE__, #e, strerror(errno)), exit(1)))

extern char **environ;

static void tell_all(int argc, char **argv) {
  for (int i = 2; i < argc; i++) printf("arg <%s>\n", argv[i]);
  MUST(argv[argc] == NULL);
  for (char **env = environ; env != NULL && *env != NULL; env++) printf("env <%s>\n", *env);
  const char *names[] = {"A", "B", "C", "NO"};
  for (int i = 0; i < 4; i++) printf("%s <%s>\n", names[i], getenv(names[i]) == NULL ? "(none)" : getenv(names[i]));
}

/* Reads until the end in pieces; how each read went. */
static void read_all(void) {
  char bytes[64];
  struct pollfd poll_in = {0, POLLIN, 0};
  for (int rounds = 0; rounds < 8; rounds++) {
    int ready = poll(&poll_in, 1, 1000);
    ssize_t size = read(0, bytes, 4);
    printf("ready %d in %d hangup %d read %d\n", ready, (poll_in.revents & POLLIN) != 0,
           (poll_in.revents & POLLHUP) != 0, (int)size);
    if (size <= 0) break;
  }
}

static void write_and_tell(int size) {
  char bytes[64] = {0};
  ssize_t written = write(1, bytes, size);
  fprintf(stderr, "write %d: %s\n", size, written < 0 ? strerror(errno) : written == size ? "ok" : "in part");
}

int main(int argc, char **argv) {
  const char *what = argv[1];
  if (strcmp(what, "exit") == 0) exit((int)strtoul(argv[2], NULL, 0));
  else if (strcmp(what, "_exit") == 0) _exit((int)strtoul(argv[2], NULL, 0));
  else if (strcmp(what, "return") == 0) return (int)strtoul(argv[2], NULL, 0);
  else if (strcmp(what, "abort") == 0) abort();
  else if (strcmp(what, "tell") == 0) tell_all(argc, argv);
  else if (strcmp(what, "lines") == 0) {
    printf("first\n");
    printf("second\n");
    fprintf(stderr, "error\n");
    printf("third");
    if (strcmp(argv[2], "_exit") == 0) _exit(1);
    exit(1);
  } else if (strcmp(what, "ten") == 0) {
    MUST(write(1, "0123456789", 10) == 10);
    _exit(0);
  } else if (strcmp(what, "read") == 0) read_all();
  else if (strcmp(what, "write") == 0) {
    write_and_tell(10);
    write_and_tell(0);
    write_and_tell(1);
  } else if (strcmp(what, "nothing") == 0) return 0;
  else if (strcmp(what, "close") == 0) {
    MUST(close(0) == 0);
    fprintf(stderr, "closed\n");
  } else return 2;
  return 0;
}
