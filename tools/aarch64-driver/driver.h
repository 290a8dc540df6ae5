// Runs the kernels over made-up numbers and prints a digest of each result: the same lines on every machine and tier.
#ifndef CAMBIUM_DRIVER_H
#define CAMBIUM_DRIVER_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../Sources/CKernels/include/CKernels.h"

// What a run of stored numbers is like. All but the last are finite.
enum { USUAL, SMALL, WIDE, FLAT, WITH_NAN, KINDS };
extern const char *const kind_names[KINDS];
extern const char *const type_names[3];

size_t width_of(int type);

// The next of a fixed sequence of numbers, which start_random begins anew.
uint64_t next_random(void);
void start_random(uint64_t seed);

// Memory that is 1 byte off every alignment, so that no kernel can count on one; never given back.
void *loose(size_t bytes);

// `count` elements of a type; the sequence of random numbers goes on.
void *numbers(int type, int kind, size_t count);
// `count` f32 numbers, aligned.
float *floats(int kind, size_t count);
// `count` random bytes.
uint8_t *octets(size_t count);

// One line: a name as printf makes it, and the digest of what was added since the last line.
void add_bytes(const void *bytes, size_t count);
// The same for results whose NaN may have any sign and payload (page "Canonical arithmetic"): all count as one.
void add_floats(const float *x, size_t count);
void add_number(uint64_t n);
void result(const char *format, ...) __attribute__((format(printf, 1, 2)));

void run_encoders(void);
void run_decoders(void);
void run_products(void);
void run_vectors(void);
void run_digests(void);

#endif
