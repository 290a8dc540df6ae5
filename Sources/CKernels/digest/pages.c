// SHA-256 of pages, two at a time.
#include <string.h>

#include "kernels.h"

// One page, or two that follow one another.
static void some_pages(uint32_t digests[][8], const uint8_t *data, size_t page_bytes, int pair) {
  // A one bit and the length in bits (FIPS 180-4, section 5.1.1).
  uint8_t end[64] = {0x80};
  for (int i = 0; i < 8; i++) end[56 + i] = (uint8_t)((uint64_t)page_bytes << 3 >> (56 - 8 * i));
  for (int i = 0; i <= pair; i++) memcpy(digests[i], cambium_sha256_initial, sizeof cambium_sha256_initial);
  if (pair) {
    cambium_sha256_blocks_pair(digests[0], data, digests[1], data + page_bytes, page_bytes / 64);
    cambium_sha256_blocks_pair(digests[0], end, digests[1], end, 1);
  } else {
    cambium_sha256_blocks(digests[0], data, page_bytes / 64);
    cambium_sha256_blocks(digests[0], end, 1);
  }
}

void cambium_sha256_pages_in_pairs(uint32_t digests[][8], const uint8_t *data, size_t page_bytes, size_t pages) {
  for (size_t done = 0; done < pages; done += 2) {
    some_pages(digests + done, data + done * page_bytes, page_bytes, done + 1 < pages);
  }
}
