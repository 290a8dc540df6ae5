// SHA-256 compression (FIPS 180-4, section 6.2.2), one stream, two interleaved or sixteen side by side, in the forms of
// portable.c, x86.c, arm.c and avx512.c.
#ifndef CAMBIUM_SHA256_KERNELS_H
#define CAMBIUM_SHA256_KERNELS_H

#include "../include/CKernelsDigest.h"

// K of FIPS 180-4, section 4.2.2.
extern const uint32_t cambium_sha256_constants[64];
// H0 … H7 of section 5.3.3.
extern const uint32_t cambium_sha256_initial[8];

// The pages two at a time, by cambium_sha256_blocks_pair of dispatch.c.
void cambium_sha256_pages_in_pairs(uint32_t digests[][8], const uint8_t *data, size_t page_bytes, size_t pages);

#if defined(__x86_64__)
void cambium_sha256_x86(uint32_t state[8], const uint8_t *data, size_t blocks);
void cambium_sha256_pair_x86(
    uint32_t a_state[8], const uint8_t *a, uint32_t b_state[8], const uint8_t *b, size_t blocks);
void cambium_sha256_pages_avx512(uint32_t digests[][8], const uint8_t *data, size_t page_bytes, size_t pages);
#elif defined(__aarch64__)
void cambium_sha256_arm(uint32_t state[8], const uint8_t *data, size_t blocks);
void cambium_sha256_pair_arm(
    uint32_t a_state[8], const uint8_t *a, uint32_t b_state[8], const uint8_t *b, size_t blocks);
#endif

#endif
