// filter DIVISOR: passes on the lines of stdin whose second number is a multiple of DIVISOR.
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: filter DIVISOR\n");
    return 2;
  }
  unsigned long divisor = strtoul(argv[1], NULL, 10);
  char line[64];
  long seen = 0, passed = 0;
  while (fgets(line, sizeof line, stdin) != NULL) {
    unsigned long value;
    if (sscanf(line, "%*d %lu", &value) != 1) {
      fprintf(stderr, "filter: line %ld is torn: %s\n", seen + 1, line);
      return 1;
    }
    seen++;
    if (value % divisor == 0) {
      fputs(line, stdout);
      passed++;
    }
  }
  fflush(stdout);
  fprintf(stderr, "filter: %ld of %ld lines\n", passed, seen);
  return ferror(stdin) ? 1 : 0;
}
