/* Compares a word byte by byte, as strcmp does, and a number that it reads as digits; both right end it by a trap. */
#include <stdlib.h>
#include <unistd.h>

static int same(const volatile char *one, const char *other) {
  while (*other != 0) {
    if (*one++ != *other++) return 0;
  }
  return 1;
}

int main(void) {
  static char input[256];
  ssize_t size = read(0, input, sizeof input - 1);
  if (size < 16) return 1;
  if (!same(input, "open sesame:")) return 2;
  if (strtol(input + 12, 0, 10) != 7315) return 3;
  __builtin_trap();
}
