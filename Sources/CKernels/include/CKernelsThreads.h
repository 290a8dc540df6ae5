// Where threads run.
#ifndef CAMBIUM_CKERNELS_THREADS_H
#define CAMBIUM_CKERNELS_THREADS_H

#ifdef __cplusplus
extern "C" {
#endif

// The number of the processor that runs the calling thread; -1 where the system does not say.
int cambium_processor(void);

// Keeps the calling thread from a processor, of those that it was given to begin with, until the next call. 0 where that
// cannot be.
int cambium_avoid_processor(int processor);

#ifdef __cplusplus
}
#endif

#endif
