/*
 * Answers each line of its input by "yes", as long as there are not too many: 5 at once, and 30 more each second. To the
 * others it says "later".
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#define MOST 5
#define PER_SECOND 30

static int64_t milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int main(void) {
  /* Thousandths of an answer. */
  int tokens = MOST * 1000;
  int64_t last = milliseconds();
  char line[64];
  while (fgets(line, sizeof line, stdin) != NULL) {
    int64_t now = milliseconds();
#ifdef FIXED
    int64_t earned = (now - last) * PER_SECOND;
    tokens = earned > MOST * 1000 - tokens ? MOST * 1000 : tokens + earned;
#else
    /* A day is 86,400,000 milliseconds: times 30 it is more than an int holds, so there is a day's worth less. */
    int earned = (int)(now - last) * PER_SECOND;
    tokens += earned;
    if (tokens > MOST * 1000) tokens = MOST * 1000;
#endif
    last = now;
    if (tokens >= 1000) {
      tokens -= 1000;
      puts("yes");
    } else puts("later");
  }
  return 0;
}
