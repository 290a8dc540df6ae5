// The one product of OpenBLAS that is used, from the library as it is loaded with the first use.
//
// Not linked: the library starts threads before main(), and raises SIGINT in a process that may not start any. Loaded here
// it starts none, and a command that multiplies nothing does not load it.
#ifndef CAMBIUM_COPENBLAS_H
#define CAMBIUM_COPENBLAS_H

#ifdef __cplusplus
extern "C" {
#endif

// Loads the library: 1, or 0 where there is none. Any number of times, from any thread.
int cambium_openblas_load(void);

// C [rows, columns] = factor * A [rows, inner] * B, row by row, on the calling thread; B is [inner, columns], or
// [columns, inner] when `transposed` is not 0. Strides are in elements. Does nothing where the library is missing.
void cambium_openblas_product(int rows, int columns, int inner, float factor, const float *a, int stride_a,
                              const float *b, int stride_b, int transposed, float *c, int stride_c);

#ifdef __cplusplus
}
#endif

#endif
