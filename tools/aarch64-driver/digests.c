#include "driver.h"

static void blocks(size_t count) {
  uint32_t one[8], a[8], b[8];
  memcpy(one, octets(32), 32);
  memcpy(a, octets(32), 32);
  memcpy(b, octets(32), 32);
  cambium_sha256_blocks(one, octets(64 * count), count);
  cambium_sha256_blocks_pair(a, octets(64 * count), b, octets(64 * count), count);
  add_bytes(one, 32);
  add_bytes(a, 32);
  add_bytes(b, 32);
  result("sha256-blocks-%zu", count);
}

// The pages of a leaf of a tree of digests.
static void pages(size_t bytes, size_t count) {
  uint32_t(*digests)[8] = calloc(count, 32);
  if (!digests) exit(4);
  cambium_sha256_pages(digests, octets(bytes * count), bytes, count);
  add_bytes(digests, 32 * count);
  result("sha256-pages-%zu-%zu", bytes, count);
  free(digests);
}

void run_digests(void) {
  start_random(5);
  for (size_t count = 0; count < 40; count = 2 * count + 1) blocks(count);
  for (size_t count = 1; count < 50; count += 4) {
    pages(64, count);
    pages(4096, count);
  }
}
