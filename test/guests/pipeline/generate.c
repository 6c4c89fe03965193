// generate COUNT SEED: writes COUNT lines "index value" to stdout, the values from a fixed linear generator.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: generate COUNT SEED\n");
    return 2;
  }
  long count = strtol(argv[1], NULL, 10);
  uint32_t state = (uint32_t)strtoul(argv[2], NULL, 10);
  for (long index = 0; index < count; index++) {
    state = state * 1664525u + 1013904223u;
    printf("%ld %u\n", index, state >> 8);
  }
  if (fflush(stdout) != 0) {
    perror("generate");
    return 1;
  }
  fprintf(stderr, "generate: %ld lines\n", count);
  return 0;
}
