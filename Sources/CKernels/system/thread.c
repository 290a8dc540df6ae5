// Starts threads, and tells the thread sanitizer of hand-overs that it does not see.
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif

#include "../include/CKernelsThreads.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

// A thread's name and work, until it has begun.
struct start {
  char name[16];
  void (*body)(void *);
  void *context;
};

static void *begin(void *argument) {
  struct start start = *(struct start *)argument;
  free(argument);
#if defined(__APPLE__)
  pthread_setname_np(start.name);
#elif defined(__linux__)
  pthread_setname_np(pthread_self(), start.name);
#endif
  start.body(start.context);
  return NULL;
}

int cambium_start_thread(const char *name, size_t stack_bytes, void (*body)(void *), void *context) {
  struct start *start = calloc(1, sizeof *start);
  if (start == NULL) return ENOMEM;
  strncpy(start->name, name, sizeof start->name - 1);
  start->body = body;
  start->context = context;

  pthread_attr_t attributes;
  int code = pthread_attr_init(&attributes);
  if (code == 0) {
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, stack_bytes);
#if defined(__APPLE__)
    pthread_attr_set_qos_class_np(&attributes, QOS_CLASS_USER_INITIATED, 0);
#endif
    pthread_t thread;
    code = pthread_create(&thread, &attributes, begin, start);
    pthread_attr_destroy(&attributes);
  }
  if (code != 0) free(start);
  return code;
}

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CAMBIUM_HAS_TSAN 1
#endif
#endif

#if defined(CAMBIUM_HAS_TSAN)
void __tsan_acquire(void *);
void __tsan_release(void *);
void cambium_tsan_acquire(void *tag) { __tsan_acquire(tag); }
void cambium_tsan_release(void *tag) { __tsan_release(tag); }
#else
void cambium_tsan_acquire(void *tag) { (void)tag; }
void cambium_tsan_release(void *tag) { (void)tag; }
#endif
