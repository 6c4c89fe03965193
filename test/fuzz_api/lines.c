#include <stdio.h>

static int sign(int number) {
  if (number < 0)
    return -1;
  if (number > 0) {
    return 1;
  }
  return 0;
}

static int never(int number) {
  return number + 1;
}

static const char *word(int number) {
  switch (number) {
    case 0:
      return "none";
    case 1:
      return "one";
    case 2:
      return "two";
    default:
      return "many";
  }
}

int main(int argc, char **argv) {
  int sum = 0;
  for (int at = 0; at < argc - 1; at++)
    sum += sign(argv[at + 1][0] - 'm');
  if (argc > 100)
    sum = never(sum);
  while (sum > 2)
    sum--;
  puts(word(argc - 1));
  return sum < 0 ? 3 : sum;
}
