#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#if defined(__linux__)
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#endif
#include <unistd.h>

#include "../include/CKernelsFiles.h"

static int opened(const char *path, int flags, mode_t mode) {
  int descriptor;
  do {
    descriptor = open(path, flags, mode);
  } while (descriptor < 0 && errno == EINTR);
  return descriptor;
}

#if defined(__APPLE__)

int cambium_open_direct(const char *path, int flags, mode_t mode) {
  int descriptor = opened(path, flags, mode);
  // Where F_NOCACHE is refused the file still works.
  if (descriptor >= 0) (void)fcntl(descriptor, F_NOCACHE, 1);
  return descriptor;
}

#elif defined(__linux__)

int cambium_open_direct(const char *path, int flags, mode_t mode) { return opened(path, flags | O_DIRECT, mode); }

#else
#error "direct transfers are known for Linux and macOS only"
#endif

int cambium_is_cached(int descriptor, int64_t offset, size_t count) {
#if defined(__linux__)
  // As linux/mman.h declares them since 6.5; the number is the same on every architecture.
  struct {
    uint64_t offset, length;
  } range = {(uint64_t)offset, count};
  struct {
    uint64_t cached, dirty, writeback, evicted, recently_evicted;
  } pages = {0, 0, 0, 0, 0};
  if (count == 0 || syscall(451, descriptor, &range, &pages, 0) != 0) return 0;
  uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
  uint64_t last = (uint64_t)offset + count - 1;
  return pages.cached >= last / page - (uint64_t)offset / page + 1;
#else
  (void)descriptor;
  (void)offset;
  (void)count;
  return 0;
#endif
}

#if defined(__linux__)

// As linux/fs.h declares them; that header and sys/mount.h do not go together everywhere. musl has no renameat2.
enum { CAMBIUM_NOREPLACE = 1, CAMBIUM_EXCHANGE = 2 };
#define CAMBIUM_FICLONE _IOW(0x94, 9, int)

static int renamed(const char *from, const char *to, unsigned int flags) {
  return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags);
}

int cambium_exchange(const char *one, const char *other) { return renamed(one, other, CAMBIUM_EXCHANGE); }

int cambium_rename_exclusive(const char *from, const char *to) { return renamed(from, to, CAMBIUM_NOREPLACE); }

int cambium_clone(int from, int to) { return ioctl(to, CAMBIUM_FICLONE, from); }

#else

int cambium_exchange(const char *one, const char *other) { return renamex_np(one, other, RENAME_SWAP); }

int cambium_rename_exclusive(const char *from, const char *to) { return renamex_np(from, to, RENAME_EXCL); }

int cambium_clone(int from, int to) {
  (void)from;
  (void)to;
  errno = ENOTSUP;
  return -1;
}

#endif

int cambium_is_immutable(const char *path) {
#if defined(__APPLE__)
  struct stat status;
  if (lstat(path, &status) != 0) return 0;
  return (status.st_flags & (UF_IMMUTABLE | UF_APPEND | SF_IMMUTABLE | SF_APPEND)) != 0;
#elif defined(STATX_ATTR_IMMUTABLE)
  struct statx status;
  if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &status) != 0) return 0;
  return (status.stx_attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND)) != 0;
#else
  (void)path;
  return 0;
#endif
}

int cambium_is_kernels_own(const char *path) {
#if defined(__linux__)
  // proc, sysfs, cgroup, cgroup2, debugfs, tracefs, securityfs and bpf, as linux/magic.h names them.
  static const uint32_t kinds[] = {0x9FA0,     0x62656572, 0x27E0EB,   0x63677270,
                                   0x64626720, 0x74726163, 0x73636673, 0xCAFE4A11};
  struct statfs status;
  if (statfs(path, &status) != 0) return 0;
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    if ((uint32_t)status.f_type == kinds[i]) return 1;
  }
#else
  (void)path;
#endif
  return 0;
}
