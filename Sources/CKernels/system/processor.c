// Which processor a thread runs on. Linux only; elsewhere the system places threads alone.
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif

#include "../include/CKernelsThreads.h"

#if defined(__linux__)
#include <sched.h>

int cambium_processor(void) { return sched_getcpu(); }

int cambium_avoid_processor(int processor) {
  // The processors that the thread began with.
  static _Thread_local cpu_set_t allowed;
  static _Thread_local int is_known;
  if (!is_known) {
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 0;
    is_known = 1;
  }
  if (processor < 0 || processor >= CPU_SETSIZE) return 0;
  cpu_set_t others = allowed;
  CPU_CLR(processor, &others);
  return CPU_COUNT(&others) > 0 && sched_setaffinity(0, sizeof others, &others) == 0;
}
#else
int cambium_processor(void) { return -1; }

int cambium_avoid_processor(int processor) {
  (void)processor;
  return 0;
}
#endif
