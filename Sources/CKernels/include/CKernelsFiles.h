// File calls that Swift cannot make: their flags are macros that it does not see or that differ between systems.
#ifndef CAMBIUM_CKERNELS_FILES_H
#define CAMBIUM_CKERNELS_FILES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

// open(2) with `flags` for transfers that pass by the page cache: O_DIRECT on Linux, where buffer, offset and length
// must then be multiples of 4096, F_NOCACHE on macOS, which demands nothing. Repeats after EINTR. Returns the
// descriptor, or -1 with errno; EINVAL on Linux means that the file system has no such transfers (open without, then).
// On Linux a file that O_CREAT made remains even so.
int cambium_open_direct(const char *path, int flags, mode_t mode);

// Whether the page cache holds every byte of a range (cachestat, Linux 6.5): 1 or 0; 0, too, where nobody can tell.
// RWF_NOWAIT is no such question: it starts to fill the cache.
int cambium_is_cached(int descriptor, int64_t offset, size_t count);

// Exchanges two names of one file system at one instant: renameat2 with RENAME_EXCHANGE on Linux, renamex_np with
// RENAME_SWAP on macOS. Returns 0, or -1 with errno; EINVAL, ENOSYS and ENOTSUP mean that the file system cannot.
int cambium_exchange(const char *one, const char *other);

// rename(2) that fails with EEXIST when the new name is taken, by an empty folder too: RENAME_NOREPLACE, RENAME_EXCL.
// Returns 0, or -1 with errno; EINVAL, ENOSYS and ENOTSUP mean that the file system cannot.
int cambium_rename_exclusive(const char *from, const char *to);

// Makes the content of an open, empty file that of another without copying: the two share their blocks until one of them
// is written (FICLONE). Returns 0, or -1 with errno where the file system, or the system, cannot.
int cambium_clone(int from, int to);

// Whether the system keeps a file or a folder from being changed and removed, whoever asks: the attributes "immutable" and
// "append only" of Linux (chattr), the flags of these names of macOS. A link is not followed. 1 or 0; 0, too, where nobody
// can tell.
int cambium_is_immutable(const char *path);

// Whether a path is on a file system in which the kernel shows its own state, such as proc, wherever that is mounted:
// access(2) says yes to the superuser there, and nothing is taken. 1 or 0; 0, too, where nobody can tell.
int cambium_is_kernels_own(const char *path);

#ifdef __cplusplus
}
#endif

#endif
