#include "COpenBLAS.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

// The values of the CBLAS standard's enumerations.
enum { ROW_MAJOR = 101, NO_TRANSPOSE = 111, TRANSPOSE = 112 };

typedef void (*product_function)(int order, int transpose_a, int transpose_b, int rows, int columns, int inner,
                                 float factor, const float *a, int stride_a, const float *b, int stride_b, float kept,
                                 float *c, int stride_c);
typedef void (*threads_function)(int count);

static const char *const names[] = {
#ifdef __APPLE__
    "/opt/homebrew/opt/openblas/lib/libopenblas.dylib",
    "/usr/local/opt/openblas/lib/libopenblas.dylib",
    "libopenblas.dylib",
#else
    "libopenblas.so.0",
    "libopenblas.so",
#endif
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static product_function product;

#ifdef __GLIBC__
// Of the Swift runtime: the arguments that CommandLine has, instead of those that it finds beside the environment.
extern void _swift_stdlib_overrideUnsafeArgvArgc(char **argv, int argc) __attribute__((weak));
#endif

// Before main(), while there is one thread: others may read the environment later. Without threads of its own, OpenBLAS
// gives the same bytes for the same product.
__attribute__((constructor)) static void want_one_thread(int argc, char **argv) {
#ifdef __GLIBC__
  // A variable more moves the environment off the stack. The runtime looks for the arguments there, before this in a
  // shared library, but after it where it is linked statically: the program would have none.
  if (_swift_stdlib_overrideUnsafeArgvArgc) _swift_stdlib_overrideUnsafeArgvArgc(argv, argc);
#else
  (void)argc, (void)argv;
#endif
  setenv("OPENBLAS_NUM_THREADS", "1", 1);
}

static void load(void) {
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    void *library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (!library) continue;
    threads_function set_threads = (threads_function)dlsym(library, "openblas_set_num_threads");
    product_function found = (product_function)dlsym(library, "cblas_sgemm");
    if (set_threads && found) {
      set_threads(1);
      product = found;
      return;
    }
    dlclose(library);
  }
}

int cambium_openblas_load(void) {
  pthread_once(&once, load);
  return product != NULL;
}

void cambium_openblas_product(int rows, int columns, int inner, float factor, const float *a, int stride_a,
                              const float *b, int stride_b, int transposed, float *c, int stride_c) {
  if (!cambium_openblas_load()) return;
  product(ROW_MAJOR, NO_TRANSPOSE, transposed ? TRANSPOSE : NO_TRANSPOSE, rows, columns, inner, factor, a, stride_a, b,
          stride_b, 0, c, stride_c);
}
