// summarise: count, sum, least and greatest of the second number of each line of stdin, and the first and last index.
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

int main(void) {
  uint64_t count = 0, sum = 0, least = UINT64_MAX, greatest = 0, first = 0, last = 0, index, value;
  while (scanf("%" SCNu64 " %" SCNu64, &index, &value) == 2) {
    if (count++ == 0) first = index;
    last = index;
    sum += value;
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  printf("count %" PRIu64 "\nsum %" PRIu64 "\nleast %" PRIu64 "\ngreatest %" PRIu64 "\nfirst %" PRIu64 "\nlast %" PRIu64 "\n",
         count, sum, least, greatest, first, last);
  return feof(stdin) ? 0 : 1;
}
