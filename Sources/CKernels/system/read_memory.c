// Reading memory at the machine's speed.
#include "../include/CKernelsMeasure.h"

#include <string.h>

typedef uint64_t wide __attribute__((vector_size(64)));

// 256 bytes a step in four independent sums; vectors of 64 bytes become whatever the target has.
#define READ_BODY                                                        \
  const char *at = memory;                                               \
  wide sum[4] = {0};                                                     \
  for (size_t offset = 0; offset < bytes; offset += 256) {               \
    for (int part = 0; part < 4; part++) {                               \
      if (ahead != 0) __builtin_prefetch(at + offset + ahead + 64 * part); \
      wide words;                                                        \
      memcpy(&words, at + offset + 64 * part, sizeof words);             \
      sum[part] ^= words;                                                \
    }                                                                    \
  }                                                                      \
  const wide all = sum[0] ^ sum[1] ^ sum[2] ^ sum[3];                    \
  uint64_t result = 0;                                                   \
  for (int word = 0; word < 8; word++) result ^= all[word];              \
  return result;

static uint64_t read_portable(const void *memory, size_t bytes, size_t ahead) { READ_BODY }

#if defined(__x86_64__)
__attribute__((target("avx512f"))) static uint64_t read_avx512(const void *memory, size_t bytes, size_t ahead) {
  READ_BODY
}

__attribute__((target("avx2"))) static uint64_t read_avx2(const void *memory, size_t bytes, size_t ahead) { READ_BODY }
#endif

uint64_t cambium_read_memory(const void *memory, size_t bytes, size_t ahead) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return read_avx512(memory, bytes, ahead);
  if (__builtin_cpu_supports("avx2")) return read_avx2(memory, bytes, ahead);
#endif
  return read_portable(memory, bytes, ahead);
}
