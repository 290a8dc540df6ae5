// What the machine can do, for benchmarks.
#ifndef CAMBIUM_CKERNELS_MEASURE_H
#define CAMBIUM_CKERNELS_MEASURE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Reads every byte once with the widest loads of the processor, `ahead` bytes of software prefetch before them (0 for
// none), and returns the exclusive or of all 64-bit words, so that no read can be left out. `bytes` is a multiple of 4096.
uint64_t cambium_read_memory(const void *memory, size_t bytes, size_t ahead);

#ifdef __cplusplus
}
#endif

#endif
