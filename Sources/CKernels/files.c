#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "include/CKernelsFiles.h"

static int opened(const char *path, int flags, mode_t mode) {
  int descriptor;
  do {
    descriptor = open(path, flags, mode);
  } while (descriptor < 0 && errno == EINTR);
  return descriptor;
}

#if defined(__APPLE__)

int cambium_set_direct(int descriptor, int on) { return fcntl(descriptor, F_NOCACHE, on) == -1 ? -1 : 0; }

int cambium_open_direct(const char *path, int flags, mode_t mode) {
  int descriptor = opened(path, flags, mode);
  // Where F_NOCACHE is refused the file still works.
  if (descriptor >= 0) (void)cambium_set_direct(descriptor, 1);
  return descriptor;
}

// Nothing is demanded; whole pages are what passes by the cache.
void cambium_direct_alignment(int descriptor, size_t *memory, size_t *offset) {
  (void)descriptor;
  long page = sysconf(_SC_PAGESIZE);
  *memory = *offset = page > 0 ? (size_t)page : 4096;
}

#elif defined(__linux__)

int cambium_set_direct(int descriptor, int on) {
  int flags = fcntl(descriptor, F_GETFL);
  if (flags < 0) return -1;
  int wanted = on ? flags | O_DIRECT : flags & ~O_DIRECT;
  return wanted == flags ? 0 : fcntl(descriptor, F_SETFL, wanted);
}

int cambium_open_direct(const char *path, int flags, mode_t mode) { return opened(path, flags | O_DIRECT, mode); }

void cambium_direct_alignment(int descriptor, size_t *memory, size_t *offset) {
  *memory = *offset = 4096;
#if defined(STATX_DIOALIGN)
  // The field is there since Linux 6.1; zeros mean that the file system does not say.
  struct statx status;
  if (statx(descriptor, "", AT_EMPTY_PATH, STATX_DIOALIGN, &status) == 0 && (status.stx_mask & STATX_DIOALIGN)) {
    if (status.stx_dio_mem_align > 0) *memory = status.stx_dio_mem_align;
    if (status.stx_dio_offset_align > 0) *offset = status.stx_dio_offset_align;
  }
#else
  (void)descriptor;
#endif
}

#else
#error "direct transfers are known for Linux and macOS only"
#endif
