/* Adds up the 32-bit numbers, least byte first, that are its input; prints the sum. */
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

/* The next `size` bytes; 0 at the end, 1 where there are all, and -1 else. */
static int next(unsigned char *bytes, size_t size) {
#ifdef FIXED
  size_t have = 0;
  while (have < size) {
    ssize_t got = read(0, bytes + have, size - have);
    if (got < 0) return -1;
    if (got == 0) return have == 0 ? 0 : -1;
    have += got;
  }
  return 1;
#else
  /* A read may give less than it was asked for, though more is to come: from a pipe, a terminal, a network. */
  ssize_t got = read(0, bytes, size);
  if (got == 0) return 0;
  return got == (ssize_t)size ? 1 : -1;
#endif
}

int main(void) {
  uint64_t sum = 0;
  unsigned char bytes[4];
  int got;
  while ((got = next(bytes, sizeof bytes)) > 0) {
    sum += bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
  }
  if (got < 0) {
    fputs("the last number has no four bytes\n", stderr);
    return 1;
  }
  printf("%llu\n", (unsigned long long)sum);
  return 0;
}
