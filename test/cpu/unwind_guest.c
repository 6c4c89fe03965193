/* Calls of the host from everywhere: printf with all kinds of numbers, allocation, sorting with a callback that writes,
   recursion, pointers to functions, vectors of the compiler's making. */

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct node {
  struct node *left, *right;
  long long key;
  double weight;
};

static int compared;

static int by_weight(const void *a, const void *b) {
  const struct node *x = *(struct node *const *)a, *y = *(struct node *const *)b;
  if (compared++ % 7 == 0) {
    fprintf(stderr, "compare %lld %lld\n", x->key, y->key);
    fflush(stderr);
  }
  return (x->weight > y->weight) - (x->weight < y->weight);
}

static struct node *insert(struct node *tree, long long key) {
  if (tree == NULL) {
    tree = calloc(1, sizeof *tree);
    tree->key = key;
    tree->weight = sqrt((double)key) / 3 + (key % 2 ? -1.0 : 1.0) * 0.25;
    printf("new %lld %g\n", key, tree->weight);
  } else if (key < tree->key) {
    tree->left = insert(tree->left, key);
  } else if (key > tree->key) {
    tree->right = insert(tree->right, key);
  }
  return tree;
}

static size_t collect(struct node *tree, struct node **into, size_t count) {
  if (tree == NULL) return count;
  count = collect(tree->left, into, count);
  into[count++] = tree;
  return collect(tree->right, into, count);
}

static double total(int count, ...) {
  va_list list;
  double sum = 0;
  va_start(list, count);
  for (int i = 0; i < count; i++) {
    switch (i % 4) {
      case 0: sum += va_arg(list, int); break;
      case 1: sum += va_arg(list, double); break;
      case 2: sum -= (double)va_arg(list, long long); break;
      default: printf("at %d: %s\n", i, va_arg(list, const char *));
    }
  }
  va_end(list);
  return sum;
}

typedef int (*step)(int, int);
static int add(int a, int b) { return a + b; }
static int tell(int a, int b) { return printf("tell %d %d\n", a, b) + b; }
static int nest(int a, int b) { return b <= 0 ? a : nest(tell(a, b), b - 1) + add(a, b); }

static int interpret(const char *code, int value) {
  static const step steps[] = {add, tell, nest};
  for (int at = 0; code[at]; at++) {
    switch (code[at]) {
      case 'a': case 't': case 'n':
        value = steps[code[at] == 'a' ? 0 : code[at] == 't' ? 1 : 2](value & 7, at);
        break;
      case '*': value *= 3; break;
      case '?': if (value % 2) { puts("odd"); break; } /* fall through */
      case '!': if (putchar('!') < 0 || fflush(stdout) != 0) return -1; continue;
      default: fputs("unknown\n", stderr);
    }
    value ^= at;
  }
  return value;
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 64);
  struct node *tree = NULL;
  unsigned state = 12345;
  for (int i = 0; i < 24; i++) {
    state = state * 1103515245u + 12345u;
    tree = insert(tree, (long long)(state >> 16) << (i % 3 * 8));
  }
  struct node *nodes[32];
  size_t count = collect(tree, nodes, 0);
  qsort(nodes, count, sizeof *nodes, by_weight);
  for (size_t i = 0; i < count; i++) printf("%zu: %016llx %.17g %+8.3f %a\n", i, nodes[i]->key, nodes[i]->weight, (float)nodes[i]->weight / 7, nodes[i]->weight);
  printf("%.3f\n", total(8, 1, 2.5, 3LL, "three", 5, 0.125, 1LL << 40, "seven"));
  char *text = NULL;
  size_t length = 0;
  for (int i = 0; i < 40; i++) {
    text = realloc(text, length + 100);
    length += (size_t)sprintf(text + length, "%d,", i * i * i);
  }
  printf("%zu %s\n", length, text);
  float numbers[64], sum = 0;
  for (int i = 0; i < 64; i++) numbers[i] = (float)i / 3;
  for (int i = 0; i < 64; i++) sum += numbers[i] * numbers[63 - i];
  printf("sum %f, %d\n", sum, interpret("tna*?!x?nt!", 5));
  free(text);
  return compared % 100;
}
