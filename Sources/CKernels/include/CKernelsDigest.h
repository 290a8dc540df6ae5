// SHA-256 over whole blocks. Padding and lengths are the caller's.
// Pointers may be unaligned; a state is the eight words H0 … H7 of FIPS 180-4 in the machine's byte order.
#ifndef CAMBIUM_CKERNELS_DIGEST_H
#define CAMBIUM_CKERNELS_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Adds `blocks` blocks of 64 bytes. Uses the SHA instructions of the machine if it has them and the tier in use
// (cambium_simd_tier) is not the portable one.
void cambium_sha256_blocks(uint32_t state[8], const uint8_t *data, size_t blocks);

// The same number of blocks to two independent states. The instructions of one stream wait for each other most of the
// time; two streams fill the gaps, and together take little longer than one.
void cambium_sha256_blocks_pair(
    uint32_t a_state[8], const uint8_t *a, uint32_t b_state[8], const uint8_t *b, size_t blocks);

// SHA-256 of each of `pages` pages, which follow one another: H0 … H7 of each. `page_bytes` is a multiple of 64. As many
// pages at a time as the tier in use has lanes for.
void cambium_sha256_pages(uint32_t digests[][8], const uint8_t *data, size_t page_bytes, size_t pages);

// The form that every machine runs.
void cambium_sha256_blocks_portable(uint32_t state[8], const uint8_t *data, size_t blocks);

// 1 if cambium_sha256_blocks uses SHA instructions, else 0.
int cambium_sha256_accelerated(void);

#ifdef __cplusplus
}
#endif

#endif
