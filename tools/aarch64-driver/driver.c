#include "driver.h"

#include <stdarg.h>

const char *const kind_names[KINDS] = {"usual", "small", "wide", "flat", "nan"};
const char *const type_names[3] = {"bf16", "f16", "f32"};

size_t width_of(int type) { return type == CAMBIUM_F32 ? 4 : 2; }

static uint64_t state;

void start_random(uint64_t seed) { state = seed; }

// SplitMix64.
uint64_t next_random(void) {
  uint64_t z = state += 0x9E3779B97F4A7C15;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
  z = (z ^ z >> 27) * 0x94D049BB133111EB;
  return z ^ z >> 31;
}

void *loose(size_t bytes) {
  uint8_t *p = calloc(bytes + 65, 1);
  if (!p) exit(4);
  return p + 1;
}

// The bits of one element: sign, an exponent by kind, random fraction.
static uint32_t element(int type, int kind) {
  const int fraction = type == CAMBIUM_F16 ? 10 : type == CAMBIUM_BF16 ? 7 : 23;
  const uint32_t top = type == CAMBIUM_F16 ? 31 : 255, bias = top / 2;
  const uint64_t r = next_random();
  uint32_t exponent;
  switch (kind) {
    case SMALL:
      exponent = (uint32_t)(r >> 40) % 3;
      break;
    case WIDE:
      exponent = (uint32_t)(r >> 40) % top;
      break;
    default:
      exponent = bias - 1 - (uint32_t)__builtin_ctz((uint32_t)(r >> 40) | 0x400);
      break;
  }
  if (kind == WITH_NAN && (r >> 30 & 63) == 0) exponent = top;
  const uint32_t sign = (uint32_t)(r >> 63) << (type == CAMBIUM_F32 ? 31 : 15);
  return sign | exponent << fraction | ((uint32_t)r & ((1u << fraction) - 1));
}

void *numbers(int type, int kind, size_t count) {
  const size_t width = width_of(type);
  uint8_t *p = loose(count * width);
  uint32_t bits = 0;
  for (size_t i = 0; i < count; i++) {
    // Runs of equal elements, every other one of zeros.
    if (kind != FLAT) bits = element(type, kind);
    if (kind == FLAT && i % 48 == 0) bits = i / 48 % 2 ? 0 : element(type, USUAL);
    memcpy(p + i * width, &bits, width);
  }
  return p;
}

float *floats(int kind, size_t count) {
  float *x = aligned_alloc(64, (count * 4 + 127) / 64 * 64);
  if (!x) exit(4);
  memcpy(x, numbers(CAMBIUM_F32, kind, count), count * 4);
  return x;
}

uint8_t *octets(size_t count) {
  uint8_t *p = loose(count);
  for (size_t i = 0; i < count; i++) p[i] = (uint8_t)(next_random() >> 32);
  return p;
}

// FNV-1a of 64 bits.
static uint64_t digest = 0xCBF29CE484222325;

void add_bytes(const void *bytes, size_t count) {
  const uint8_t *p = bytes;
  for (size_t i = 0; i < count; i++) digest = (digest ^ p[i]) * 0x100000001B3;
}

void add_number(uint64_t n) { add_bytes(&n, sizeof n); }

void add_floats(const float *x, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, x + i, 4);
    if ((bits & 0x7FFFFFFF) > 0x7F800000) bits = 0x7FC00000;
    add_bytes(&bits, 4);
  }
}

void result(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vprintf(format, arguments);
  va_end(arguments);
  printf(" %016llx\n", (unsigned long long)digest);
  digest = 0xCBF29CE484222325;
}

static const struct {
  const char *name;
  void (*run)(void);
} families[] = {
    {"encoders", run_encoders}, {"decoders", run_decoders}, {"products", run_products},
    {"vectors", run_vectors},   {"digests", run_digests},
};

// driver TIER [FAMILY]: ends with status 3 if the kernels do not run in this tier (CAMBIUM_SIMD chooses).
int main(int count, char **arguments) {
  static const char *const tiers[] = {"portable", "avx2", "avx512", "neon"};
  if (count < 2) return 2;
  if (strcmp(arguments[1], tiers[cambium_simd_tier()]) != 0) return 3;
  for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
    if (count < 3 || strcmp(arguments[2], families[i].name) == 0) families[i].run();
  }
  return ferror(stdout) || fflush(stdout) ? 4 : 0;
}
