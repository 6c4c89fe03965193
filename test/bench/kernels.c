/*
 * Kernels for what the rewriter costs: each exported function does n units of one kind of work and returns a number
 * that depends on all of it.
 */
#include <stdint.h>

/* Without libc, whose library was compiled for a newer wasm than some of those who rewrite it know. */

#define KERNEL(name) __attribute__((export_name(#name))) double kernel_##name(int n)

static uint32_t rotr(uint32_t x, int by) { return x >> by | x << (32 - by); }

static uint32_t seed = 1;
static uint32_t next(void) {
  seed ^= seed << 13;
  seed ^= seed >> 17;
  return seed ^= seed << 5;
}

/* n blocks of the compression function, with round constants made up. */
KERNEL(sha256) {
  uint32_t h[8] = {1, 2, 3, 4, 5, 6, 7, 8}, w[64];
  for (int block = 0; block < n; block++) {
    for (int i = 0; i < 16; i++) w[i] = block * 16 + i;
    for (int i = 16; i < 64; i++) {
      uint32_t s0 = rotr(w[i - 15], 7) ^ rotr(w[i - 15], 18) ^ w[i - 15] >> 3;
      uint32_t s1 = rotr(w[i - 2], 17) ^ rotr(w[i - 2], 19) ^ w[i - 2] >> 10;
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f = h[5], g = h[6], k = h[7];
    for (int i = 0; i < 64; i++) {
      uint32_t t1 = k + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + ((e & f) ^ (~e & g)) + i * 0x9e3779b9u + w[i];
      uint32_t t2 = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      k = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
    }
    h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e, h[5] += f, h[6] += g, h[7] += k;
  }
  return h[0] ^ h[7];
}

/* An n by n picture. */
KERNEL(mandelbrot) {
  int inside = 0;
  for (int y = 0; y < n; y++) {
    for (int x = 0; x < n; x++) {
      double cr = 2.0 * x / n - 1.5, ci = 2.0 * y / n - 1, zr = 0, zi = 0;
      int i = 0;
      for (; i < 100 && zr * zr + zi * zi < 4; i++) {
        double next_zr = zr * zr - zi * zi + cr;
        zi = 2 * zr * zi + ci;
        zr = next_zr;
      }
      inside += i;
    }
  }
  return inside;
}

/* n products of matrices of 64 by 64. */
KERNEL(matmul) {
  enum { SIZE = 64 };
  static double a[SIZE][SIZE], b[SIZE][SIZE], c[SIZE][SIZE];
  for (int i = 0; i < SIZE; i++)
    for (int k = 0; k < SIZE; k++) a[i][k] = i - k, b[i][k] = i * k % 7;
  for (int times = 0; times < n; times++)
    for (int i = 0; i < SIZE; i++)
      for (int k = 0; k < SIZE; k++) {
        double sum = c[i][k] * 0.5;
        for (int j = 0; j < SIZE; j++) sum += a[i][j] * b[j][k];
        c[i][k] = sum;
      }
  return c[3][5];
}

__attribute__((noinline)) static int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
KERNEL(fib) { return fib(n); }

struct node {
  struct node *left, *right;
  int value;
};
static struct node *grow(int depth) {
  static struct node nodes[1 << 14];
  static int used;
  struct node *node = &nodes[used++];
  *node = (struct node){depth > 0 ? grow(depth - 1) : 0, depth > 0 ? grow(depth - 1) : 0, next() & 255};
  return node;
}
__attribute__((noinline)) static int walk(const struct node *node) { return node ? node->value + walk(node->left) - walk(node->right) : 0; }
/* n walks over a tree of 2^14 nodes. */
KERNEL(tree_walk) {
  static struct node *root;
  if (!root) root = grow(13);
  int sum = 0;
  for (int i = 0; i < n; i++) {
    root->value = i;
    sum += walk(root);
  }
  return sum;
}

static int compare(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}
static int (*volatile comparison)(const void *, const void *) = compare;
static void sort(uint32_t *from, uint32_t *to, int (*compare)(const void *, const void *)) {
  while (to - from > 1) {
    uint32_t pivot = from[(to - from) / 2], *low = from, *high = to - 1;
    while (low <= high) {
      while (compare(low, &pivot) < 0) low++;
      while (compare(high, &pivot) > 0) high--;
      if (low > high) break;
      uint32_t swapped = *low;
      *low++ = *high;
      *high-- = swapped;
    }
    sort(from, high + 1, compare);
    from = low;
  }
}
/* n numbers, at most 2^18, compared through a pointer. */
KERNEL(qsort) {
  static uint32_t numbers[1 << 18];
  for (int i = 0; i < n; i++) numbers[i] = next();
  sort(numbers, numbers + n, comparison);
  return numbers[n / 2];
}

/* n rounds of a program of a small machine with registers. */
KERNEL(bytecode) {
  static volatile uint8_t source[] = {0, 1, 2, 1, 3, 2, 2, 4, 1, 3, 1, 5, 4, 2, 3, 5, 0, 0};
  uint8_t program[sizeof source];
  for (unsigned i = 0; i < sizeof source; i++) program[i] = source[i];
  uint32_t r[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  for (int round = 0; round < n; round++)
    for (const uint8_t *at = program;; at += 3) {
      uint32_t *to = &r[at[1] & 7], from = r[at[2] & 7];
      switch (at[0]) {
        case 0: *to += from; continue;
        case 1: *to ^= from << 3; continue;
        case 2: *to *= from | 1; continue;
        case 3: *to -= from >> 2; continue;
        case 4: *to = rotr(*to, from & 31); continue;
      }
      break;
    }
  return r[0] ^ r[1] ^ r[2] ^ r[3];
}
