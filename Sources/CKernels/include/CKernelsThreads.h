// Where threads run.
#ifndef CAMBIUM_CKERNELS_THREADS_H
#define CAMBIUM_CKERNELS_THREADS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

// The number of the processor that runs the calling thread; -1 where the system does not say.
int cambium_processor(void);

// Keeps the calling thread from a processor, of those that it began with, until the next call. 0 where that
// cannot be.
int cambium_avoid_processor(int processor);

// Starts a thread that calls body with context and ends; nobody joins it. 0, or the error number of the system: then body
// is not called. The stack has stack_bytes.
int cambium_start_thread(const char *name, size_t stack_bytes, void (*body)(void *), void *context);

// Tells the thread sanitizer that what others did before they released a tag is seen by the calling thread, and that what
// it did is seen by those that acquire the tag from now on. Nothing without the sanitizer.
void cambium_tsan_acquire(void *tag);
void cambium_tsan_release(void *tag);

#ifdef __cplusplus
}
#endif

#endif
