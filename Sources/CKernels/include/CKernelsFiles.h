// File calls that Swift cannot make: their flags are macros that it does not see or that differ between systems.
#ifndef CAMBIUM_CKERNELS_FILES_H
#define CAMBIUM_CKERNELS_FILES_H

#include <stddef.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

// open(2) with `flags` for transfers that pass by the page cache: O_DIRECT on Linux, F_NOCACHE on macOS. Repeats after
// EINTR. Returns the descriptor, or -1 with errno; EINVAL on Linux means that the file system has no such transfers
// (open without, then). On Linux a file that O_CREAT made stays behind even so.
int cambium_open_direct(const char *path, int flags, mode_t mode);

// Turns such transfers on (1) or off (0) for an open file: the unaligned end of a file is written without them.
// Returns 0, or -1 with errno.
int cambium_set_direct(int descriptor, int on);

// What a direct transfer must be a multiple of, bytes: the address of the buffer; offset and length in the file.
// As the system says (statx), or 4096, which every file system of today accepts; never 0.
void cambium_direct_alignment(int descriptor, size_t *memory, size_t *offset);

#ifdef __cplusplus
}
#endif

#endif
