/* Guests that compute with whole numbers, text and memory; the first argument picks one. */

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof *(a)))

static uint64_t state = 0x9e3779b97f4a7c15u;
static uint64_t next(void) { state ^= state << 13; state ^= state >> 7; state ^= state << 17; return state; }

static uint32_t rotate(uint32_t x, int n) { return x >> n | x << (32 - n); }

static void sha256(const uint8_t *data, size_t size, uint8_t out[32]) {
  static uint32_t k[64];
  uint32_t h[8];
  if (k[0] == 0) { /* the first 32 bits of the fractions of cube roots of primes, in whole numbers */
    int n = 0;
    for (uint32_t p = 2; n < 64; p++) {
      int prime = 1;
      for (uint32_t d = 2; d * d <= p; d++) if (p % d == 0) prime = 0;
      if (!prime) continue;
      unsigned __int128 target = (unsigned __int128)p << 96, low = 0, high = (unsigned __int128)1 << 36;
      while (high - low > 1) { unsigned __int128 mid = (low + high) / 2; if (mid * mid * mid <= target) low = mid; else high = mid; }
      k[n++] = (uint32_t)low;
    }
  }
  const uint32_t first[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
  memcpy(h, first, sizeof h);
  size_t total = (size + 9 + 63) / 64 * 64;
  uint8_t *padded = calloc(total, 1);
  memcpy(padded, data, size);
  padded[size] = 0x80;
  for (int i = 0; i < 8; i++) padded[total - 1 - i] = (uint8_t)((uint64_t)size * 8 >> (8 * i));
  for (size_t at = 0; at < total; at += 64) {
    uint32_t w[64], v[8];
    for (int i = 0; i < 16; i++) w[i] = (uint32_t)padded[at + 4 * i] << 24 | padded[at + 4 * i + 1] << 16 | padded[at + 4 * i + 2] << 8 | padded[at + 4 * i + 3];
    for (int i = 16; i < 64; i++) w[i] = w[i - 16] + w[i - 7] + (rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3) + (rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10);
    memcpy(v, h, sizeof v);
    for (int i = 0; i < 64; i++) {
      uint32_t t1 = v[7] + (rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25)) + ((v[4] & v[5]) ^ (~v[4] & v[6])) + k[i] + w[i];
      uint32_t t2 = (rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22)) + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
      memmove(v + 1, v, 28); v[4] += t1; v[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++) h[i] += v[i];
  }
  free(padded);
  for (int i = 0; i < 32; i++) out[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i % 4)));
}
static void show(const void *data, size_t size) {
  uint8_t digest[32];
  sha256(data, size, digest);
  for (int i = 0; i < 32; i++) printf("%02x", digest[i]);
  puts("");
}

static void digests(void) {
  static uint8_t data[100000];
  for (int i = 0; i < COUNT(data); i++) data[i] = (uint8_t)(i * 31 >> 3);
  show("", 0); show("abc", 3);
  for (int n = 50; n < COUNT(data); n *= 3) show(data, (size_t)n);
}

static int compareInts(const void *a, const void *b) { int x = *(const int *)a, y = *(const int *)b; return (x > y) - (x < y); }
static int unstable(const void *a, const void *b) { return *(const int *)a % 100 - *(const int *)b % 100; }
static void sorts(void) {
  static int xs[20000];
  for (int i = 0; i < COUNT(xs); i++) xs[i] = (int)(next() % 1000003);
  qsort(xs, COUNT(xs), sizeof *xs, unstable); show(xs, sizeof xs);
  qsort(xs, COUNT(xs), sizeof *xs, compareInts); show(xs, sizeof xs);
  int key = xs[777]; int *found = bsearch(&key, xs, COUNT(xs), sizeof *xs, compareInts);
  printf("%d\n", found != NULL && *found == key);
}

static void checksums(void) {
  uint32_t table[256], a = 1, b = 0;
  for (uint32_t i = 0; i < 256; i++) { uint32_t c = i; for (int k = 0; k < 8; k++) c = c & 1 ? c >> 1 ^ 0xedb88320u : c >> 1; table[i] = c; }
  uint32_t crc = ~0u;
  for (int i = 0; i < 500000; i++) { uint8_t x = (uint8_t)next(); crc = crc >> 8 ^ table[(crc ^ x) & 255]; a = (a + x) % 65521; b = (b + a) % 65521; }
  printf("%08x %08x\n", ~crc, b << 16 | a);
}

/* A machine with a stack, jumps and memory of its own. */
static void interpreter(void) {
  enum { PUSH, ADD, SUB, MUL, LOAD, STORE, JNZ, DUP, PRINT, HALT, MOD, XOR };
  static const int64_t code[] = {
    PUSH, 20000, PUSH, 0, STORE, PUSH, 1, PUSH, 1, STORE,                      /* m[0] = 20000, m[1] = 1 */
    /* 10 */ PUSH, 1, LOAD, PUSH, 6364136223846793005, MUL, PUSH, 1442695040888963407, ADD, PUSH, 0, LOAD, XOR, PUSH, 1, STORE,
    /* 26 */ PUSH, 0, LOAD, PUSH, 1, SUB, DUP, PUSH, 0, STORE, JNZ, 10,
    PUSH, 1, LOAD, DUP, PRINT, PUSH, 1000, MOD, PRINT, HALT,
  };
  int64_t stack[32], memory[8] = { 0 };
  int top = 0, at = 0;
  long steps = 0;
  for (;; steps++) {
    switch (code[at++]) {
      case PUSH: stack[top++] = code[at++]; break;
      case ADD: top--; stack[top - 1] = (int64_t)((uint64_t)stack[top - 1] + (uint64_t)stack[top]); break;
      case SUB: top--; stack[top - 1] -= stack[top]; break;
      case MUL: top--; stack[top - 1] = (int64_t)((uint64_t)stack[top - 1] * (uint64_t)stack[top]); break;
      case XOR: top--; stack[top - 1] ^= stack[top]; break;
      case MOD: top--; stack[top - 1] %= stack[top]; break;
      case LOAD: stack[top - 1] = memory[stack[top - 1]]; break;
      case STORE: top -= 2; memory[stack[top + 1]] = stack[top]; break;
      case JNZ: if (stack[--top] != 0) at = (int)code[at]; else at++; break;
      case DUP: stack[top] = stack[top - 1]; top++; break;
      case PRINT: printf("%lld\n", (long long)stack[--top]); break;
      case HALT: printf("%ld steps\n", steps); return;
    }
  }
}

static void sieve(void) {
  static uint8_t composite[2000000];
  int count = 0;
  for (int i = 2; i < COUNT(composite); i++) if (!composite[i]) { count++; for (int64_t j = (int64_t)i * i; j < COUNT(composite); j += i) composite[j] = 1; }
  printf("%d\n", count); show(composite, sizeof composite);
}

static void compression(void) {
  static uint8_t in[40000], out[80000], back[40000];
  for (int i = 0; i < COUNT(in); i++) in[i] = i > 100 && next() % 9 ? in[i - 97] : (uint8_t)(next() % 5 + 'a');
  int size = 0;
  for (int i = 0; i < COUNT(in);) {
    int best = 0, where = 0;
    for (int j = i > 500 ? i - 500 : 0; j < i; j++) { int n = 0; while (n < 255 && i + n < COUNT(in) && in[j + n] == in[i + n]) n++; if (n > best) { best = n; where = i - j; } }
    if (best > 4) { out[size++] = 1; out[size++] = (uint8_t)best; out[size++] = (uint8_t)where; out[size++] = (uint8_t)(where >> 8); i += best; }
    else { out[size++] = 0; out[size++] = in[i++]; }
  }
  int made = 0;
  for (int i = 0; i < size;) { if (out[i]) { int n = out[i + 1], w = out[i + 2] | out[i + 3] << 8; while (n--) { back[made] = back[made - w]; made++; } i += 4; } else { back[made++] = out[i + 1]; i += 2; } }
  printf("%d %d %d\n", size, made, memcmp(in, back, sizeof in)); show(out, (size_t)size);
}

static int solutions;
static void place(int n, int row, unsigned columns, unsigned left, unsigned right) {
  if (row == n) { solutions++; return; }
  for (unsigned free = ~(columns | left | right) & ((1u << n) - 1); free; free &= free - 1) { unsigned bit = free & -free; place(n, row + 1, columns | bit, (left | bit) << 1, (right | bit) >> 1); }
}
static void queens(void) { for (int n = 4; n <= 9; n++) { solutions = 0; place(n, 0, 0, 0, 0); printf("%d %d\n", n, solutions); } }

static int solve(char *g) {
  char *empty = strchr(g, '.');
  if (empty == NULL) return 1;
  int at = (int)(empty - g);
  for (char d = '1'; d <= '9'; d++) {
    int fits = 1;
    for (int i = 0; i < 81; i++) if (g[i] == d && (i / 9 == at / 9 || i % 9 == at % 9 || (i / 27 == at / 27 && i % 9 / 3 == at % 9 / 3))) fits = 0;
    if (fits) { g[at] = d; if (solve(g)) return 1; g[at] = '.'; }
  }
  return 0;
}
static void sudoku(void) {
  char g[] = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";
  printf("%d %s\n", solve(g), g);
}

static void factorial(void) {
  static uint32_t n[400];
  int size = 1; n[0] = 1;
  for (uint32_t k = 2; k <= 600; k++) { uint64_t carry = 0; for (int i = 0; i < size || carry; i++) { carry += (uint64_t)n[i] * k; n[i] = (uint32_t)(carry % 1000000000); carry /= 1000000000; if (i >= size) size = i + 1; } }
  printf("%u", n[size - 1]); for (int i = size - 2; i >= 0; i--) printf("%09u", n[i]); puts("");
}

static void words(void) {
  char text[] = "The quick brown fox, jumps; over the lazy dog -- the END of  the story.";
  char copy[200], *rest = text;
  int n = 0;
  strcpy(copy, text);
  for (char *word = strtok_r(text, " ,;.-", &rest); word; word = strtok_r(NULL, " ,;.-", &rest)) { for (char *p = word; *p; p++) *p = (char)(n % 2 ? toupper(*p) : tolower(*p)); printf("%d %s %zu %d\n", n++, word, strlen(word), strcasecmp(word, "the")); }
  printf("%s %s %zu %zu\n", strstr(copy, "lazy"), strrchr(copy, 'o'), strcspn(copy, ","), strspn(copy, "The quick"));
  wchar_t wide[32]; size_t wrote = mbstowcs(wide, "plain", 32); printf("%zu %ls\n", wrote, wide);
  printf("%ld %lu %lld %d\n", strtol("-0x1f", NULL, 0), strtoul("777", NULL, 8), strtoll("9223372036854775808", NULL, 10), atoi("12abc"));
}

static int matchHere(const char *re, const char *s) {
  if (*re == 0) return 1;
  if (re[1] == '*') { for (const char *p = s;; p++) { if (matchHere(re + 2, p)) return 1; if (*p == 0 || (*re != '.' && *p != *re)) return 0; } }
  if (*re == '$' && re[1] == 0) return *s == 0;
  return *s && (*re == '.' || *re == *s) && matchHere(re + 1, s + 1);
}
static void patterns(void) {
  const char *re[] = { "a*b", "^", "x.*y$", ".*a.*a.*a.*a.*$", "ab*c*d" }, *s[] = { "aaab", "xzy", "aaaaaaaaaaaaaaaaaaaaaaaa", "abbbccd", "" };
  for (int i = 0; i < COUNT(re); i++) { for (int j = 0; j < COUNT(s); j++) printf("%d", matchHere(re[i], s[j])); puts(""); }
}

struct entry { struct entry *next; uint64_t key; int count; };
static void hashing(void) {
  static struct entry *table[512];
  for (int i = 0; i < 60000; i++) {
    uint64_t key = next() % 5000; struct entry **at = &table[key * 0x9e3779b97f4a7c15u >> 55];
    while (*at && (*at)->key != key) at = &(*at)->next;
    if (*at == NULL) { *at = calloc(1, sizeof **at); (*at)->key = key; }
    if (++(*at)->count == 9) { struct entry *old = *at; *at = old->next; free(old); }
  }
  uint64_t sum = 0; int longest = 0;
  for (int i = 0; i < 512; i++) { int n = 0; for (struct entry *e = table[i]; e; e = e->next, n++) sum = sum * 31 + e->key * (uint64_t)e->count; if (n > longest) longest = n; }
  printf("%016llx %d\n", (unsigned long long)sum, longest);
}

static void allocation(void) {
  static char *blocks[500]; static size_t sizes[500];
  uintptr_t sum = 0;
  for (int i = 0; i < 30000; i++) {
    int at = (int)(next() % 500);
    if (blocks[at] && next() % 3) { free(blocks[at]); blocks[at] = NULL; }
    else if (blocks[at]) { sizes[at] = next() % 5000 + 1; blocks[at] = realloc(blocks[at], sizes[at]); memset(blocks[at], at, sizes[at]); }
    else { sizes[at] = next() % (i % 100 ? 300 : 60000) + 1; blocks[at] = malloc(sizes[at]); memset(blocks[at], i, sizes[at]); }
    sum = sum * 31 + (uintptr_t)blocks[at]; /* where they are is part of what is compared */
  }
  void *aligned = aligned_alloc(4096, 8192);
  printf("%08lx %08lx\n", (unsigned long)sum, (unsigned long)(uintptr_t)aligned);
}

static void growing(void) {
  size_t size = 1; uint8_t *data = malloc(1);
  for (int i = 0; i < 22; i++) { uint8_t *more = realloc(data, size * 2); if (more == NULL) break; memset(more + size, i, size); data = more; size *= 2; }
  printf("%zu %lu\n", size, (unsigned long)__builtin_wasm_memory_size(0)); show(data, size);
}

struct node { struct node *left, *right; int key; };
static struct node *insert(struct node *t, int key) {
  if (t == NULL) { t = calloc(1, sizeof *t); t->key = key; } else if (key < t->key) t->left = insert(t->left, key); else if (key > t->key) t->right = insert(t->right, key);
  return t;
}
static int height(const struct node *t) { if (t == NULL) return 0; int l = height(t->left), r = height(t->right); return 1 + (l > r ? l : r); }
static uint64_t fold(const struct node *t, uint64_t h) { return t ? fold(t->right, (fold(t->left, h) * 31 + (uint64_t)t->key)) : h; }
static void trees(void) {
  struct node *t = NULL;
  for (int i = 0; i < 20000; i++) t = insert(t, (int)(next() % 1000000));
  for (int i = 0; i < 400; i++) t = insert(t, 2000000 + i); /* one long branch */
  printf("%d %016llx\n", height(t), (unsigned long long)fold(t, 7));
}

static int permutations;
static void permute(char *s, int from) { if (s[from] == 0) { permutations++; if (permutations % 700 == 0) puts(s); return; } for (int i = from; s[i]; i++) { char c = s[from]; s[from] = s[i]; s[i] = c; permute(s, from + 1); c = s[from]; s[from] = s[i]; s[i] = c; } }
static void orders(void) { char s[] = "abcdefg"; permute(s, 0); printf("%d\n", permutations); }

static void distance(void) {
  static int d[600][600]; static char a[600], b[600];
  for (int i = 0; i < 599; i++) { a[i] = (char)('a' + next() % 4); b[i] = (char)('a' + next() % 4); }
  for (int i = 0; i < 600; i++) for (int j = 0; j < 600; j++) { if (!i || !j) { d[i][j] = i + j; continue; } int m = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]); if (d[i - 1][j] + 1 < m) m = d[i - 1][j] + 1; if (d[i][j - 1] + 1 < m) m = d[i][j - 1] + 1; d[i][j] = m; }
  printf("%d\n", d[599][599]); show(d, sizeof d);
}

static void cells(void) {
  static uint8_t g[64][64], h[64][64];
  for (int i = 0; i < 64 * 64; i++) g[i / 64][i % 64] = next() % 3 == 0;
  for (int round = 0; round < 100; round++) { for (int i = 0; i < 64; i++) for (int j = 0; j < 64; j++) { int n = 0; for (int k = 0; k < 9; k++) if (k != 4) n += g[(i + k / 3 + 63) % 64][(j + k % 3 + 63) % 64]; h[i][j] = n == 3 || (n == 2 && g[i][j]); } memcpy(g, h, sizeof g); }
  show(g, sizeof g);
}

static void encodings(void) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (int n = 0; n < 20; n++) { uint8_t in[24]; for (int i = 0; i < 24; i++) in[i] = i < n ? (uint8_t)next() : 0; for (int i = 0; i < n; i += 3) { uint32_t v = (uint32_t)in[i] << 16 | in[i + 1] << 8 | in[i + 2]; for (int k = 0; k < 4; k++) putchar(i + k > n ? '=' : digits[v >> (18 - 6 * k) & 63]); } puts(""); }
  const unsigned char text[] = "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80 \xff";
  for (int i = 0; text[i];) { uint32_t c = text[i]; int n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf8 ? 4 : 1; if (n > 1) c &= 0x7fu >> n; for (int k = 1; k < n; k++) c = c << 6 | (text[i + k] & 63); printf("U+%04X ", c); i += n; }
  puts("");
}

static void bitwise(void) {
  uint64_t h = 0;
  for (int i = 0; i < 100000; i++) { uint64_t x = next(); uint32_t y = (uint32_t)x | 1; h = h * 31 + (uint64_t)(__builtin_clzll(x | 1) + __builtin_ctz(y) + __builtin_popcountll(x)); h ^= x >> (x & 63) ^ x << (i & 63); h += (uint64_t)((int64_t)x >> 7) + (uint64_t)(int8_t)x + (uint64_t)(int16_t)y + rotate(y, i % 31 + 1) + __builtin_bswap64(x); }
  printf("%016llx\n", (unsigned long long)h);
}

static void wide(void) {
  unsigned __int128 a = 1, h = 0;
  for (int i = 0; i < 5000; i++) { a = a * 6364136223846793005u + next(); unsigned __int128 d = (a >> 70) | 1; h = h * 31 + a / d + a % d; __int128 s = -(__int128)(a >> 1); h += (unsigned __int128)(s / 12345); }
  printf("%016llx%016llx\n", (unsigned long long)(h >> 64), (unsigned long long)h);
  int64_t q = 0; for (int i = 1; i < 20000; i++) { int64_t x = (int64_t)next(); q += x / i + x % i + (int64_t)((uint64_t)x / (uint64_t)i); } printf("%lld\n", (long long)q);
}

static void format(const char *f, ...) { va_list list; va_start(list, f); char text[200]; int n = vsnprintf(text, sizeof text, f, list); va_end(list); printf("[%s] %d\n", text, n); }
static void formats(void) {
  format("%d %5d %-5d| %05d %+d %x %X %#o %c %s %.2s %%", 1, -2, 3, 4, 5, 255, 255, 8, 'c', "text", "cut");
  format("%lld %llu %zu %hhd %hd %ld", -1LL, ~0ULL, (size_t)7, 300, 70000, 5L);
  format("%f %.0f %.10f %e %g %g %a %10.3f|%-10.2f|%+f", 1.5, 2.5, 1 / 3.0, 12345.678, 1e-5, 1e20, 0.1, 3.14159, 2.71828, 0.0);
  format("%*d|%-*d|%.*f %p", 6, 42, 6, 42, 2, 1.005, (void *)0x1234); format("%s %10s|%-10s|", "a", "b", "c");
  int a, b; char s[20]; double d; int n = sscanf("12 0x1f name 2.5e3", "%d %i %19s %lf", &a, &b, s, &d); printf("%d %d %d %s %a\n", n, a, b, s, d);
}

static uint64_t collatz(void) { uint64_t best = 0, at = 0; for (uint64_t i = 1; i < 60000; i++) { uint64_t n = i, k = 0; while (n != 1) { n = n & 1 ? 3 * n + 1 : n / 2; k++; } if (k > best) { best = k; at = i; } } return at << 32 | best; }
static void sequences(void) { printf("%016llx\n", (unsigned long long)collatz()); uint64_t f = 0, g = 1; for (int i = 0; i < 300; i++) { uint64_t t = f + g; f = g; g = t; } printf("%llu\n", (unsigned long long)f); }

static void pointers(void) { /* calls through a table, in an order that is mixed */
  void (*const fs[])(void) = { bitwise, queens, formats };
  int (*const by[])(const void *, const void *) = { compareInts, unstable };
  int x = 3, y = 204, h = 0;
  for (int i = 0; i < 100000; i++) h = h * 31 + by[next() % 2](&x, &y);
  printf("%d\n", h); fs[next() % 3]();
}

static void copies(void) {
  static uint8_t a[70000], b[70000];
  for (int i = 0; i < 4000; i++) { size_t n = next() % 3000, from = next() % 60000, to = next() % 60000; if (i % 3 == 0) memmove(a + to, a + from, n); else if (i % 3 == 1) memcpy(b + to, a + from, n); else memset(a + to, i, n); if (memcmp(a + from, b + from, 64) > 0) a[to]++; }
  show(a, sizeof a); show(b, sizeof b);
}

static const struct { const char *name; void (*run)(void); } CASES[] = {
  { "digests", digests }, { "sorts", sorts }, { "checksums", checksums }, { "interpreter", interpreter }, { "sieve", sieve },
  { "compression", compression }, { "queens", queens }, { "sudoku", sudoku }, { "factorial", factorial }, { "words", words },
  { "patterns", patterns }, { "hashing", hashing }, { "allocation", allocation }, { "growing", growing }, { "trees", trees },
  { "orders", orders }, { "distance", distance }, { "cells", cells }, { "encodings", encodings }, { "bitwise", bitwise },
  { "wide", wide }, { "formats", formats }, { "sequences", sequences }, { "pointers", pointers }, { "copies", copies },
};

int main(int argc, char **argv) {
  for (int i = 0; i < COUNT(CASES); i++) if (argc > 1 && strcmp(argv[1], CASES[i].name) == 0) { CASES[i].run(); return 0; }
  return 99;
}
