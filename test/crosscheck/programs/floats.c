/* Guests that compute with floating-point numbers; the first argument picks one. Bits are shown wherever they can be. */

#include <fenv.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t bits64(double x) { uint64_t u; memcpy(&u, &x, 8); return u; }
static uint32_t bits32(float x) { uint32_t u; memcpy(&u, &x, 4); return u; }
static double of64(uint64_t u) { double x; memcpy(&x, &u, 8); return x; }
static float of32(uint32_t u) { float x; memcpy(&x, &u, 4); return x; }

static uint64_t hash = 14695981039346656037u;
static void mix(const void *data, size_t size) {
  for (size_t i = 0; i < size; i++) hash = (hash ^ ((const unsigned char *)data)[i]) * 1099511628211u;
}
static void mix64(double x) { mix(&x, 8); }
static void mix32(float x) { mix(&x, 4); }
static void said(const char *what) { printf("%s %016llx\n", what, (unsigned long long)hash); }

static const uint64_t ODD64[] = {
  0x0000000000000000u, 0x8000000000000000u, 0x3ff0000000000000u, 0xbff8000000000000u, 0x7ff0000000000000u,
  0xfff0000000000000u, 0x7ff8000000000000u, 0xfff8000000000000u, 0x7ff8000000000001u, 0x7ff0000000000001u,
  0xffffffffffffffffu, 0xfff0123456789abcu, 0x7fffffff00000000u, 0x0000000000000001u, 0x800fffffffffffffu,
  0x7fefffffffffffffu, 0x0010000000000000u, 0x433fffffffffffffu, 0xc1e0000000000000u, 0x400921fb54442d18u,
};
static const uint32_t ODD32[] = {
  0x00000000u, 0x80000000u, 0x3f800000u, 0xbfc00000u, 0x7f800000u, 0xff800000u, 0x7fc00000u, 0xffc00000u, 0x7fc00001u,
  0x7f800001u, 0xffffffffu, 0xff812345u, 0x7fa55aa5u, 0x00000001u, 0x807fffffu, 0x7f7fffffu, 0x00800000u, 0x4b7fffffu,
  0xcf000000u, 0x40490fdbu,
};
#define COUNT(a) ((int)(sizeof(a) / sizeof *(a)))

static void pairs64(void) {
  for (int i = 0; i < COUNT(ODD64); i++) for (int j = 0; j < COUNT(ODD64); j++) {
    volatile double a = of64(ODD64[i]), b = of64(ODD64[j]);
    double r[] = { a + b, a - b, a * b, a / b };
    for (int k = 0; k < 4; k++) { mix64(r[k]); if (i == j) printf("%a %016llx\n", r[k], (unsigned long long)bits64(r[k])); }
  }
  said("pairs64");
}

static void pairs32(void) {
  for (int i = 0; i < COUNT(ODD32); i++) for (int j = 0; j < COUNT(ODD32); j++) {
    volatile float a = of32(ODD32[i]), b = of32(ODD32[j]);
    float r[] = { a + b, a - b, a * b, a / b };
    for (int k = 0; k < 4; k++) { mix32(r[k]); if (i == j) printf("%a %08x\n", r[k], bits32(r[k])); }
  }
  said("pairs32");
}

static void singles(void) {
  for (int i = 0; i < COUNT(ODD64); i++) {
    volatile double a = of64(ODD64[i]);
    double r[] = { sqrt(a), ceil(a), floor(a), trunc(a), rint(a), fabs(a), -a, copysign(a, -1.0), (double)(float)a };
    for (int k = 0; k < COUNT(r); k++) { mix64(r[k]); printf("%016llx ", (unsigned long long)bits64(r[k])); }
    volatile float f = of32(ODD32[i]);
    float s[] = { sqrtf(f), ceilf(f), floorf(f), truncf(f), rintf(f), fabsf(f), -f, copysignf(f, -1.0f), (float)(double)f };
    for (int k = 0; k < COUNT(s); k++) { mix32(s[k]); printf("%08x ", bits32(s[k])); }
    puts("");
  }
  said("singles");
}

static void minmax(void) {
  for (int i = 0; i < COUNT(ODD64); i++) for (int j = 0; j < COUNT(ODD64); j++) {
    volatile double a = of64(ODD64[i]), b = of64(ODD64[j]);
    mix64(fmin(a, b)); mix64(fmax(a, b)); mix64(a < b ? a : b); mix64(a > b ? a : b); mix64(fdim(a, b));
    mix64(__builtin_wasm_min_f64(a, b)); mix64(__builtin_wasm_max_f64(a, b));
    volatile float c = of32(ODD32[i]), d = of32(ODD32[j]);
    mix32(__builtin_wasm_min_f32(c, d)); mix32(__builtin_wasm_max_f32(c, d));
    int compared = (a < b) | (a <= b) << 1 | (a == b) << 2 | (a != b) << 3 | isunordered(a, b) << 4;
    mix(&compared, 4);
  }
  said("minmax");
}

static void mathlib(void) {
  double (*const f[])(double) = { sin, cos, tan, asin, acos, atan, exp, exp2, expm1, log, log2, log10, log1p, sinh, cosh,
                                  tanh, asinh, acosh, atanh, cbrt, erf, erfc, tgamma, lgamma, j0, y0 };
  for (int k = 0; k < COUNT(f); k++) {
    for (int i = 0; i < COUNT(ODD64); i++) mix64(f[k](of64(ODD64[i])));
    for (int i = -40; i <= 40; i++) mix64(f[k](i * 0.37));
    printf("%d %016llx %a\n", k, (unsigned long long)hash, f[k](0.5));
  }
  for (int i = 0; i < COUNT(ODD64); i++) for (int j = 0; j < COUNT(ODD64); j++) {
    double a = of64(ODD64[i]), b = of64(ODD64[j]);
    mix64(pow(a, b)); mix64(atan2(a, b)); mix64(fmod(a, b)); mix64(hypot(a, b)); mix64(remainder(a, b)); mix64(nextafter(a, b));
  }
  said("mathlib");
}

static void mathlib32(void) {
  float (*const f[])(float) = { sinf, cosf, tanf, expf, logf, sqrtf, cbrtf, tanhf, atanf, log2f, exp2f };
  for (int k = 0; k < COUNT(f); k++) {
    for (int i = 0; i < COUNT(ODD32); i++) mix32(f[k](of32(ODD32[i])));
    for (int i = -100; i <= 100; i++) mix32(f[k](i * 0.173f));
    printf("%d %016llx %a\n", k, (unsigned long long)hash, f[k](0.5f));
  }
  said("mathlib32");
}

static void fused(void) {
  for (int i = 0; i < COUNT(ODD64); i++) for (int j = 0; j < COUNT(ODD64); j++) for (int k = 0; k < COUNT(ODD64); k++) {
    mix64(fma(of64(ODD64[i]), of64(ODD64[j]), of64(ODD64[k])));
    mix32(fmaf(of32(ODD32[i]), of32(ODD32[j]), of32(ODD32[k])));
    volatile double a = of64(ODD64[i]), b = of64(ODD64[j]), c = of64(ODD64[k]);
    mix64(a * b + c);
  }
  said("fused");
}

static void conversions(void) {
  for (int i = 0; i < COUNT(ODD64); i++) {
    double a = of64(ODD64[i]);
    float f = of32(ODD32[i]);
    int32_t r[] = { __builtin_wasm_trunc_saturate_s_i32_f64(a), (int32_t)__builtin_wasm_trunc_saturate_u_i32_f64(a),
                    __builtin_wasm_trunc_saturate_s_i32_f32(f), (int32_t)__builtin_wasm_trunc_saturate_u_i32_f32(f) };
    int64_t w[] = { __builtin_wasm_trunc_saturate_s_i64_f64(a), (int64_t)__builtin_wasm_trunc_saturate_u_i64_f64(a) };
    mix(r, sizeof r); mix(w, sizeof w);
    mix64((double)ODD64[i]); mix64((double)(int64_t)ODD64[i]); mix32((float)ODD64[i]); mix32((float)(int64_t)ODD64[i]);
    mix64((double)ODD32[i]); mix32((float)ODD32[i]); mix32((float)(int32_t)ODD32[i]); mix32((float)a); mix64((double)f);
    printf("%d %d %lld %08x %016llx\n", r[0], r[2], (long long)w[0], bits32((float)a), (unsigned long long)bits64(f));
  }
  said("conversions");
}

static void texts(void) {
  char text[64];
  uint64_t state = 88172645463325252u;
  for (int i = 0; i < 400; i++) {
    state ^= state << 13; state ^= state >> 7; state ^= state << 17;
    double x = of64(state), y;
    snprintf(text, sizeof text, "%.17g", x);
    y = strtod(text, NULL);
    mix64(y); mix(text, strlen(text));
    snprintf(text, sizeof text, "%a", x);
    mix64(strtod(text, NULL)); mix(text, strlen(text));
    snprintf(text, sizeof text, "%.3e", x);
    mix(text, strlen(text));
    if (i < 20) printf("%s %.17g\n", text, y);
  }
  for (int i = 0; i < COUNT(ODD64); i++) printf("%a %g %f %e\n", of64(ODD64[i]), of64(ODD64[i]), of64(ODD64[i]), of64(ODD64[i]));
  printf("%016llx %016llx\n", (unsigned long long)bits64(strtod("nan", NULL)), (unsigned long long)bits64(strtod("-nan(7)", NULL)));
  said("texts");
}

static void sums(void) {
  static float xs[4096]; static double ys[4096];
  for (int i = 0; i < 4096; i++) { xs[i] = of32(0x3f800000u + (uint32_t)i * 7919u); ys[i] = (i % 97) * 0.1 - 3; }
  for (int round = 0; round < 200; round++) {
    float s = 0, c = 0; double t = 0, p = 1;
    for (int i = 0; i < 4096; i++) {
      float y = xs[i] - c, n = s + y; c = (n - s) - y; s = n;
      t += ys[i] * ys[4095 - i]; p *= 1 + ys[i] * 1e-3;
    }
    mix32(s); mix64(t); mix64(p);
    xs[round] += 1; ys[round] /= (round % 5) - 2; /* infinities, and later NaNs */
  }
  said("sums");
}

static void matrix(void) {
  enum { N = 72 };
  static double a[N][N], b[N][N], c[N][N];
  for (int i = 0; i < N; i++) for (int j = 0; j < N; j++) { a[i][j] = (i * 31 + j * 17) % 101 / 7.0; b[i][j] = (i - j) / 3.0; }
  a[3][5] = INFINITY; b[7][9] = -INFINITY; a[11][2] = of64(0x7ff0000000000123u);
  for (int round = 0; round < 6; round++) {
    for (int i = 0; i < N; i++) for (int j = 0; j < N; j++) {
      double s = 0;
      for (int k = 0; k < N; k++) s += a[i][k] * b[k][j];
      c[i][j] = s;
    }
    mix(c, sizeof c);
    for (int i = 0; i < N; i++) for (int j = 0; j < N; j++) b[i][j] = c[j][i] * 1e-3;
  }
  said("matrix");
}

static void mandelbrot(void) {
  for (int y = 0; y < 64; y++) {
    for (int x = 0; x < 96; x++) {
      double cr = x / 32.0 - 2, ci = y / 32.0 - 1, zr = 0, zi = 0;
      int n = 0;
      while (n < 200 && zr * zr + zi * zi < 4) { double t = zr * zr - zi * zi + cr; zi = 2 * zr * zi + ci; zr = t; n++; }
      mix64(zr); mix64(zi);
      putchar(" .:-=+*#%@"[n % 10]);
    }
    putchar('\n');
  }
  said("mandelbrot");
}

static void escaping(void) { /* without the test of size: every point outside ends as infinity, then as NaN */
  for (int y = 0; y < 40; y++) for (int x = 0; x < 40; x++) {
    float zr = 0, zi = 0;
    for (int n = 0; n < 60; n++) { float t = zr * zr - zi * zi + (x / 10.0f - 2); zi = 2 * zr * zi + (y / 10.0f - 2); zr = t; mix32(zr); mix32(zi); }
  }
  said("escaping");
}

static void fourier(void) {
  enum { N = 1024 };
  static double re[N], im[N];
  for (int i = 0; i < N; i++) { re[i] = (i * 37) % 64 - 32; im[i] = 0; }
  for (int round = 0; round < 8; round++) {
    for (int i = 1, j = 0; i < N; i++) {
      int bit = N >> 1;
      for (; j & bit; bit >>= 1) j ^= bit;
      j ^= bit;
      if (i < j) { double t = re[i]; re[i] = re[j]; re[j] = t; t = im[i]; im[i] = im[j]; im[j] = t; }
    }
    for (int len = 2; len <= N; len <<= 1) for (int i = 0; i < N; i += len) for (int k = 0; k < len / 2; k++) {
      double w = -2 * 3.14159265358979323846 * k / len, wr = cos(w), wi = sin(w);
      int p = i + k, q = p + len / 2;
      double tr = re[q] * wr - im[q] * wi, ti = re[q] * wi + im[q] * wr;
      re[q] = re[p] - tr; im[q] = im[p] - ti; re[p] += tr; im[p] += ti;
    }
    mix(re, sizeof re); mix(im, sizeof im);
  }
  said("fourier");
}

static void bodies(void) {
  double p[5][3], v[5][3], m[5];
  for (int i = 0; i < 5; i++) { m[i] = 1 + i * 0.7; for (int k = 0; k < 3; k++) { p[i][k] = (i * 7 + k * 3) % 11 - 5; v[i][k] = (i * 5 + k) % 7 * 0.1 - 0.3; } }
  for (int k = 0; k < 3; k++) p[4][k] = p[3][k]; /* the same place: forces are 0 / 0 */
  for (int step = 0; step < 300; step++) {
    for (int i = 0; i < 5; i++) for (int j = 0; j < 5; j++) if (i != j && (step > 200 || i + j != 7)) {
      double d[3], r2 = 0;
      for (int k = 0; k < 3; k++) { d[k] = p[j][k] - p[i][k]; r2 += d[k] * d[k]; }
      double f = m[j] / (r2 * sqrt(r2));
      for (int k = 0; k < 3; k++) v[i][k] += d[k] * f * 0.001;
    }
    for (int i = 0; i < 5; i++) for (int k = 0; k < 3; k++) p[i][k] += v[i][k] * 0.001;
    mix(p, sizeof p);
  }
  said("bodies");
}

static double spectralEntry(int i, int j) { return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1); }
static void spectral(void) {
  enum { N = 60 };
  double u[N], v[N], t[N];
  for (int i = 0; i < N; i++) u[i] = 1;
  for (int round = 0; round < 10; round++) {
    for (int i = 0; i < N; i++) { t[i] = 0; for (int j = 0; j < N; j++) t[i] += spectralEntry(i, j) * u[j]; }
    for (int i = 0; i < N; i++) { v[i] = 0; for (int j = 0; j < N; j++) v[i] += spectralEntry(j, i) * t[j]; }
    memcpy(u, v, sizeof u); mix(u, sizeof u);
  }
  printf("%a\n", u[0] / u[1]);
  said("spectral");
}

static void explode(void) { /* an integrator whose steps are too large: infinity minus infinity in the end */
  double x = 1, y = 0, z = 0.5;
  for (int i = 0; i < 2000; i++) {
    double dx = 10 * (y - x), dy = x * (28 - z) - y, dz = x * y - 8.0 / 3 * z, h = i < 1000 ? 0.01 : 0.5;
    x += h * dx; y += h * dy; z += h * dz;
    mix64(x); mix64(y); mix64(z);
    if (i % 100 == 0) printf("%d %a %a %a %016llx\n", i, x, y, z, (unsigned long long)bits64(x));
  }
  said("explode");
}

static void newton(void) {
  for (int i = -30; i <= 30; i++) {
    double x = i;
    for (int k = 0; k < 60; k++) { x -= (x * x * x - 2 * x + 2) / (3 * x * x - 2); mix64(x); }
    double w = i / 3.0;
    for (int k = 0; k < 40; k++) { w = 1 / (w - w * (k % 7 == 6)); mix64(w); }
    double s = sqrt((double)i) - log((double)i);
    mix64(s); printf("%a %016llx\n", x, (unsigned long long)bits64(s));
  }
  said("newton");
}

/* Values in NaNs, as interpreters keep them: a tag and a number in the payload. */
static void boxing(void) {
  union value { double number; uint64_t bits; };
  static union value stack[64], heap[256];
  int top = 0;
  for (int i = 0; i < 256; i++) heap[i].bits = 0x7ff4000000000000u | (uint64_t)(i % 7) << 48 | (uint64_t)i * 2654435761u;
  for (int i = 0; i < 20000; i++) {
    union value v = heap[i % 256];
    double moved = v.number; /* moved as a number, with its payload */
    v.number = i % 3 ? moved : -moved;
    stack[top & 63] = v; top++;
    if (top > 2 && i % 5 == 0) {
      union value r; r.number = stack[(top - 1) & 63].number + stack[(top - 2) & 63].number;
      heap[(i * 31) % 256] = r;
    }
    if (i % 11 == 0) heap[i % 256].bits = 0xfff1000000000000u | (uint64_t)i;
  }
  mix(stack, sizeof stack); mix(heap, sizeof heap);
  said("boxing");
}

static void denormals(void) {
  double x = 1; float f = 1;
  for (int i = 0; i < 1200; i++) { x *= 0.5; f *= 0.7f; mix64(x); mix32(f); mix64(x * 3 - x); mix64(1 / x); if (x == 0) x = 1e-300; if (f == 0) f = 3; }
  said("denormals");
}

static void *hidden(void *p) { __asm__ volatile("" : "+r"(p)); return p; }
static void moves(void) { /* signs and payloads through memory, arguments and unions; nothing is arithmetic */
  double *d = hidden(malloc(sizeof ODD64)); float *f = hidden(malloc(sizeof ODD32));
  for (int i = 0; i < COUNT(ODD64); i++) { d[i] = of64(ODD64[i]); f[i] = of32(ODD32[i]); }
  for (int i = 0; i < COUNT(ODD64); i++) {
    double a = d[i], b = d[(i + 7) % COUNT(ODD64)];
    double r[] = { a, -a, fabs(a), copysign(a, b), a != a ? b : a };
    mix(r, sizeof r);
    float s[] = { f[i], -f[i], fabsf(f[i]), copysignf(f[i], f[(i + 3) % COUNT(ODD32)]) };
    mix(s, sizeof s);
    printf("%d %d %d %016llx\n", signbit(a) != 0, fpclassify(a), ilogb(a), (unsigned long long)bits64(copysign(a, b)));
  }
  said("moves");
}

/* A NaN that a tier may flip: the same sum again and again, its bits counted. */
static __attribute__((noinline)) uint32_t sumBits(float a, float b) { return bits32(a + b); }
static void flips(void) {
  volatile float a = of32(0x7fa00001u), b = of32(0xffc00002u);
  uint32_t first = sumBits(a, b), changes = 0, last = first;
  for (int i = 0; i < 3000000; i++) { uint32_t now = sumBits(a, b); changes += now != last; last = now; }
  printf("%08x %08x %u\n", first, last, changes);
}

static void averages(void) { /* what a program does that forgot to look for an empty list */
  static double rows[300][8];
  for (int i = 0; i < 300; i++) {
    double sum = 0, count = i % 3 == 0 ? 0 : i % 7;
    for (int k = 0; k < (int)count; k++) sum += k * 1.5 + i;
    rows[i][0] = sum / count; rows[i][1] = rows[i][0] - rows[(i + 299) % 300][0]; rows[i][2] = sqrt(sum - i * 3);
    rows[i][3] = fmin(rows[i][0], 10); rows[i][4] = rows[i][2] > 0 ? rows[i][2] : rows[i][1]; rows[i][5] = -rows[i][1];
    rows[i][6] = rows[i][0] * 0; rows[i][7] = (float)rows[i][2];
  }
  fwrite(rows, sizeof rows, 1, stdout);
}

static int compareDoubles(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}
static void sorting(void) { /* with NaNs among them no order is right, but it is always the same one */
  static double xs[3000];
  for (int i = 0; i < 3000; i++) xs[i] = i % 13 == 5 ? sqrt(-1.0 - i) : i % 17 == 3 ? INFINITY - INFINITY : (i * 7919) % 3001;
  qsort(xs, 3000, sizeof *xs, compareDoubles);
  mix(xs, sizeof xs);
  for (int i = 0; i < 12; i++) printf("%016llx\n", (unsigned long long)bits64(xs[i * 250]));
  said("sorting");
}

static void rounding(void) {
  for (int i = -60; i <= 60; i++) {
    double x = i * 0.25; float f = i * 0.25f;
    printf("%g %g %g %g %g %ld %g %d\n", ceil(x), floor(x), trunc(x), rint(x), round(x), lrint(x), nearbyint(x), (int)f);
    int e; double whole; mix64(frexp(x, &e)); mix(&e, 4); mix64(modf(x, &whole)); mix64(ldexp(x, i)); mix64(scalbn(x, -i)); mix32(roundf(f));
  }
  said("rounding");
}

static void life(void) { /* a field of floats that diffuses, with a hole of NaN that grows */
  enum { N = 40 };
  static float g[N][N], h[N][N];
  for (int i = 0; i < N; i++) for (int j = 0; j < N; j++) g[i][j] = (i * 13 + j * 7) % 29;
  g[20][20] = g[20][20] / 0.0f - g[20][20] / 0.0f;
  for (int round = 0; round < 15; round++) {
    for (int i = 0; i < N; i++) for (int j = 0; j < N; j++)
      h[i][j] = 0.2f * (g[i][j] + g[(i + 1) % N][j] + g[(i + N - 1) % N][j] + g[i][(j + 1) % N] + g[i][(j + N - 1) % N]);
    memcpy(g, h, sizeof g); mix(g, sizeof g);
  }
  said("life");
}

static void series(void) {
  double s = 0, a = 1, pi = 0; float z = 0;
  for (int i = 1; i < 20000; i++) { s += sin(i) / i; a = a * 1.0001 - i * 1e-6; pi += (i & 1 ? 4.0 : -4.0) / (2 * i - 1); z += 1.0f / (float)i; mix64(s); mix64(a); mix64(pi); mix32(z); }
  printf("%a %a %a %a\n", s, a, pi, z);
  said("series");
}

static void complexes(void) {
  double _Complex z = 1.0 + 0.5 * (double _Complex)__extension__ 1.0i, w = z;
  for (int i = 0; i < 500; i++) {
    w = w * z + 0.3; if (i % 50 == 49) w = w / (z - z); if (i % 60 == 59) w = z;
    double re = __real__ w, im = __imag__ w; mix64(re); mix64(im);
  }
  said("complexes");
}

static const struct { const char *name; void (*run)(void); } CASES[] = {
  { "pairs64", pairs64 }, { "pairs32", pairs32 }, { "singles", singles }, { "minmax", minmax }, { "mathlib", mathlib },
  { "mathlib32", mathlib32 }, { "fused", fused }, { "conversions", conversions }, { "texts", texts }, { "sums", sums },
  { "matrix", matrix }, { "mandelbrot", mandelbrot }, { "escaping", escaping }, { "fourier", fourier },
  { "bodies", bodies }, { "spectral", spectral }, { "explode", explode }, { "newton", newton }, { "boxing", boxing },
  { "denormals", denormals }, { "moves", moves }, { "flips", flips }, { "averages", averages }, { "sorting", sorting },
  { "rounding", rounding }, { "life", life }, { "series", series }, { "complexes", complexes },
};

int main(int argc, char **argv) {
  for (int i = 0; i < COUNT(CASES); i++) if (argc > 1 && strcmp(argv[1], CASES[i].name) == 0) { CASES[i].run(); return 0; }
  return 99;
}
