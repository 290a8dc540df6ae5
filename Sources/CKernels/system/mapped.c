#include "../include/CKernelsMapped.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// A mapping. Never freed, so that the handler may walk the list at any moment; a forgotten one has no bytes and is used
// again.
struct mapping {
  struct mapping *next;
  _Atomic(uintptr_t) start;
  // Stored last when a mapping is remembered and first when it is forgotten.
  _Atomic(size_t) count;
  char *text;
  size_t length;
  int status;
};

static _Atomic(struct mapping *) first;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int installed;
// The document for standard output; NULL when nobody asked for one. Stored when it is whole.
static _Atomic(const char *) document;

// Async-signal-safe.
static void say(int descriptor, const char *text, size_t length) {
  for (size_t done = 0; done < length;) {
    ssize_t written = write(descriptor, text + done, length - done);
    if (written <= 0) break;
    done += (size_t)written;
  }
}

// Async-signal-safe: reads words, writes and ends.
static void ended_early(int number, siginfo_t *info, void *context) {
  (void)context;
  uintptr_t address = (uintptr_t)info->si_addr;
  for (struct mapping *m = atomic_load(&first); m; m = m->next) {
    size_t count = atomic_load(&m->count);
    uintptr_t start = atomic_load(&m->start);
    if (address < start || address - start >= count) continue;
    const char *whole = atomic_load(&document);
    if (whole) say(STDOUT_FILENO, whole, strlen(whole));
    say(STDERR_FILENO, m->text, m->length);
    _exit(m->status);
  }
  // None of ours: the instruction runs again and ends the process as it would have.
  signal(number, SIG_DFL);
}

static void install(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = ended_early;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, &action, NULL);
  installed = 1;
}

int cambium_remember_mapping(const void *start, size_t count, const char *text, int status) {
  char *copy = strdup(text);
  if (!copy) return -1;
  pthread_mutex_lock(&lock);
  if (!installed) install();
  struct mapping *free_one = atomic_load(&first);
  while (free_one && atomic_load(&free_one->count) != 0) free_one = free_one->next;
  struct mapping *m = free_one ? free_one : calloc(1, sizeof *m);
  if (m) {
    // The old text stays: a handler may be writing it, and these are few.
    m->text = copy;
    m->length = strlen(copy);
    m->status = status;
    atomic_store(&m->start, (uintptr_t)start);
    atomic_store(&m->count, count);
    if (!free_one) {
      m->next = atomic_load(&first);
      atomic_store(&first, m);
    }
  } else {
    free(copy);
  }
  pthread_mutex_unlock(&lock);
  return m ? 0 : -1;
}

int cambium_document_lost_mapping(const char *text) {
  char *copy = strdup(text);
  if (!copy) return -1;
  atomic_store(&document, copy);
  return 0;
}

void cambium_forget_mapping(const void *start) {
  pthread_mutex_lock(&lock);
  for (struct mapping *m = atomic_load(&first); m; m = m->next) {
    if (atomic_load(&m->count) != 0 && atomic_load(&m->start) == (uintptr_t)start) atomic_store(&m->count, 0);
  }
  pthread_mutex_unlock(&lock);
}
