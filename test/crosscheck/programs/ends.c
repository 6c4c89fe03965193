/* Guests that end in every way there is, and those that go deep or large; the first argument picks one. */

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof *(a)))
#define NOINLINE __attribute__((noinline, disable_tail_calls))

static volatile int zero = 0;
static volatile long long wide = 0;
/** How deep a case has got, in memory for all to see. */
static volatile int depth;

static void exit0(void) { puts("bye"); exit(0); }
static void exit1(void) { exit(1); }
static void exit126(void) { exit(126); }
static void exit300(void) { exit(300); }
static void exitNegative(void) { exit(-1); }
static void atexited(void) { puts("at exit"); }
static void exitHandlers(void) { atexit(atexited); puts("main"); exit(7); }
static void aborts(void) { puts("before"); abort(); }
static void asserts(void) { assert(zero == 1); }
static void unreachable(void) { puts("before"); fflush(stdout); __builtin_trap(); }
static void divides(void) { printf("%d\n", 7 / zero); }
static void remainders(void) { printf("%lld\n", 7 % wide); }
static void overflows(void) { int low = (int)0x80000000u + zero; printf("%d\n", low / (zero - 1)); }
static void loads(void) { printf("%d\n", *(volatile int *)(uintptr_t)(0xfffff000u + (unsigned)zero)); }
static void stores(void) { *(volatile long long *)(uintptr_t)(0x7ffffffcu + (unsigned)zero) = 1; }
static void truncates(void) { volatile double nan = NAN; printf("%d\n", __builtin_wasm_trunc_s_i32_f64(nan)); }
static void truncatesLarge(void) { volatile float large = 1e20f; printf("%lld\n", (long long)__builtin_wasm_trunc_u_i64_f32(large)); }
static void copiesOut(void) { memset((void *)(uintptr_t)(0x60000000u + (unsigned)zero), 1, 100000); }

typedef int (*function)(int);
static int twice(int x) { return 2 * x; }
static void callsNull(void) { volatile function f = NULL; printf("%d\n", f(3)); }
static void callsWrong(void) { volatile uintptr_t f = (uintptr_t)twice; printf("%f\n", ((double (*)(double))f)(3)); }
static void callsFar(void) { volatile uintptr_t f = 100000; printf("%d\n", ((function)f)(3)); }

static NOINLINE int down(int n) { depth = n; return n & 0x40000000 ? n : down(n + 1) + depth; }
static void overflow(void) { printf("%d\n", down(1)); }

static NOINLINE double downFloats(double a, double b, double c, double d, int n) {
  depth = n;
  double x = a * b + c, y = b * c - d, z = c / (d + 1), w = sqrt(a) + n;
  double r = downFloats(x, y, z, w, n + 1);
  return r + x * y + z * w + a + depth;
}
static void overflowFloats(void) { printf("%a\n", downFloats(1, 2, 3, 4, 1)); }

static NOINLINE int odd(int n);
static NOINLINE int even(int n) { depth = n; return n == 0x7fffffff ? 1 : odd(n + 1) ^ depth; }
static NOINLINE int odd(int n) { depth = n; return n == 0x7fffffff ? 0 : even(n + 1) + depth; }
static void overflowTwo(void) { printf("%d\n", even(0)); }

static volatile function through;
static NOINLINE int indirect(int n) { depth = n; return through(n + 1) + depth; }
static void overflowIndirect(void) { through = indirect; printf("%d\n", indirect(1)); }

static NOINLINE int shadow(int n) { volatile char frame[20000]; frame[n % 20000] = (char)n; depth = n; return shadow(n + 1) + frame[(n + 1) % 20000]; }
static void overflowShadow(void) { printf("%d\n", shadow(1)); } /* the stack in memory ends before that of calls */

static NOINLINE int writing(int n) { depth = n; write(1, ".", 1); return writing(n + 1) + depth; }
static void overflowWriting(void) { printf("%d\n", writing(1)); }

static NOINLINE int variadic(int n) { depth = n; char text[64]; snprintf(text, sizeof text, "%d %g", n, n / 3.0); if (n % 50 == 0) { puts(text); fflush(stdout); } return variadic(n + 1) + text[0]; }
static void overflowPrinting(void) { printf("%d\n", variadic(1)); }

static NOINLINE int deepCompare(const void *a, const void *b) { static int xs[2]; depth++; xs[0] = *(const int *)a; xs[1] = *(const int *)b; qsort(xs, 2, sizeof *xs, deepCompare); return 0; }
static void overflowSorting(void) { int xs[] = { 3, 1, 2 }; qsort(xs, 3, sizeof *xs, deepCompare); printf("%d\n", depth); }

static NOINLINE int deep(int n) { depth++; return n == 0 ? 0 : deep(n - 1) + 1; }
static void below(void) { for (int i = 0; i < 40; i++) printf("%d ", deep(500 + i)); printf("%d\n", depth); }
static int ackermann(int m, int n) { depth++; return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1)); }
static void ackermanns(void) { printf("%d %d %d\n", ackermann(2, 9), ackermann(3, 5), depth); }
static NOINLINE int fibonacci(int n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }
static void fibonaccis(void) { printf("%d\n", fibonacci(27)); }

static void grows(void) {
  int last = 0;
  for (int i = 0; i < 40; i++) { int was = (int)__builtin_wasm_memory_grow(0, 7); printf("%d %zu\n", was, __builtin_wasm_memory_size(0)); if (was < 0 && last < 0) break; last = was; }
}
static void allocates(void) {
  long total = 0; int n = 0;
  for (size_t size = 1 << 20; size > 16;) { char *volatile p = malloc(size); if (p == NULL) size /= 2; else { memset(p, n, 1); total += (long)size; n++; } }
  printf("%ld %d %zu\n", total, n, __builtin_wasm_memory_size(0));
}
static void output(void) { for (;;) if (write(1, "0123456789abcdef", 16) < 0) return; }

static const struct { const char *name; void (*run)(void); } CASES[] = {
  { "exit0", exit0 }, { "exit1", exit1 }, { "exit126", exit126 }, { "exit300", exit300 }, { "exitNegative", exitNegative }, { "exitHandlers", exitHandlers },
  { "aborts", aborts }, { "asserts", asserts }, { "unreachable", unreachable }, { "divides", divides }, { "remainders", remainders },
  { "overflows", overflows }, { "loads", loads }, { "stores", stores }, { "truncates", truncates }, { "truncatesLarge", truncatesLarge }, { "copiesOut", copiesOut },
  { "callsNull", callsNull }, { "callsWrong", callsWrong }, { "callsFar", callsFar }, { "overflow", overflow }, { "overflowFloats", overflowFloats },
  { "overflowTwo", overflowTwo }, { "overflowIndirect", overflowIndirect }, { "overflowShadow", overflowShadow }, { "overflowWriting", overflowWriting },
  { "overflowPrinting", overflowPrinting }, { "overflowSorting", overflowSorting }, { "below", below }, { "ackermanns", ackermanns }, { "fibonaccis", fibonaccis },
  { "grows", grows }, { "allocates", allocates }, { "output", output },
};

int main(int argc, char **argv) {
  for (int i = 0; i < COUNT(CASES); i++) if (argc > 1 && strcmp(argv[1], CASES[i].name) == 0) { CASES[i].run(); return 0; }
  return 99;
}
