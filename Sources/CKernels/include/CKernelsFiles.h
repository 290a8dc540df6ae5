// File calls that Swift cannot make: their flags are macros that it does not see or that differ between systems.
#ifndef CAMBIUM_CKERNELS_FILES_H
#define CAMBIUM_CKERNELS_FILES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

// open(2) with `flags` for transfers that pass by the page cache: O_DIRECT on Linux, where buffer, offset and length must
// then be multiples of 4096, F_NOCACHE on macOS, which demands nothing. Repeats after EINTR. Returns the descriptor, or -1 with errno; EINVAL on Linux means that the file system has no such transfers
// (open without, then). On Linux a file that O_CREAT made stays behind even so.
int cambium_open_direct(const char *path, int flags, mode_t mode);

// Whether the page cache holds every byte of a range (cachestat, Linux 6.5): 1 or 0; 0, too, where nobody can tell.
// RWF_NOWAIT is no such question: it starts to fill the cache.
int cambium_is_cached(int descriptor, int64_t offset, size_t count);

#ifdef __cplusplus
}
#endif

#endif
