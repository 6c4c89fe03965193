// tool COMMAND [ARGS...]: does one thing that a test of the command line wants to see done.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

__attribute__((import_module("wasi_snapshot_preview1"), import_name("proc_raise"))) int proc_raise(int signal);

static int failed(const char *what) {
  perror(what);
  return 1;
}

static int copy(FILE *from, FILE *to) {
  char buffer[4096];
  size_t count;
  while ((count = fread(buffer, 1, sizeof buffer, from)) > 0) fwrite(buffer, 1, count, to);
  return ferror(from) || ferror(to);
}

int main(int argc, char **argv) {
  const char *command = argc > 1 ? argv[1] : "";
  if (strcmp(command, "args") == 0) {
    for (int i = 0; i < argc; i++) printf("[%s]\n", argv[i]);
  } else if (strcmp(command, "env") == 0) {
    for (char **name = environ; *name != NULL; name++) puts(*name);
  } else if (strcmp(command, "cat") == 0) {
    if (argc == 2) return copy(stdin, stdout);
    for (int i = 2; i < argc; i++) {
      FILE *file = fopen(argv[i], "r");
      if (file == NULL) return failed(argv[i]);
      copy(file, stdout);
      fclose(file);
    }
  } else if (strcmp(command, "write") == 0) {
    // write FILE TEXT [FILE TEXT]...
    for (int i = 2; i + 1 < argc; i += 2) {
      FILE *file = fopen(argv[i], "w");
      if (file == NULL || fputs(argv[i + 1], file) < 0 || fclose(file) != 0) return failed(argv[i]);
    }
  } else if (strcmp(command, "mkdir") == 0) {
    for (int i = 2; i < argc; i++) if (mkdir(argv[i], 0777) != 0) return failed(argv[i]);
  } else if (strcmp(command, "link") == 0) {
    if (symlink(argv[2], argv[3]) != 0) return failed(argv[3]);
  } else if (strcmp(command, "exit") == 0) {
    // write-exit in one: exit CODE [FILE TEXT]
    if (argc > 4) {
      FILE *file = fopen(argv[3], "w");
      fputs(argv[4], file);
      fclose(file);
    }
    puts("out");
    fputs("err\n", stderr);
    _Exit(strtoul(argv[2], NULL, 10));
  } else if (strcmp(command, "trap") == 0) {
    __builtin_trap();
  } else if (strcmp(command, "raise") == 0) {
    proc_raise(atoi(argv[2]));
  } else if (strcmp(command, "spin") == 0) {
    for (;;) time(NULL);
  } else if (strcmp(command, "fill") == 0) {
    // fill LINES: as many lines of 64 bytes.
    for (long i = atol(argv[2]); i > 0; i--) printf("%063ld\n", i);
  } else if (strcmp(command, "bytes") == 0) {
    fwrite("\xff\x00\xfe", 1, 3, stdout);
  } else if (strcmp(command, "now") == 0) {
    unsigned char random[8];
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    getentropy(random, sizeof random);
    printf("%lld ", (long long)now.tv_sec);
    for (int i = 0; i < 8; i++) printf("%02x", random[i]);
    putchar('\n');
  } else if (strcmp(command, "tty") == 0) {
    printf("%d %d %d\n", isatty(0), isatty(1), isatty(2));
  } else {
    fprintf(stderr, "tool: unknown command %s\n", command);
    return 1;
  }
  return 0;
}
