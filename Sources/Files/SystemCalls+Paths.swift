import CKernels
import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

// The calls of the system that take a path, for paths whose names are bytes of any kind.

/// `open(2)` of a path by its bytes.
package func open(_ path: FilePath, _ flags: Int32, _ mode: mode_t = 0) -> Int32 {
  path.withPlatformString { open($0, flags, mode) }
}

func openDirect(_ path: FilePath, _ flags: Int32) -> Int32 {
  path.withPlatformString { cambium_open_direct($0, flags, 0) }
}

func opendir(_ path: FilePath) -> OpaquePointer? { path.withPlatformString { opendir($0) } }

func stat(_ path: FilePath, _ status: inout stat) -> Int32 { path.withPlatformString { stat($0, &status) } }

func lstat(_ path: FilePath, _ status: inout stat) -> Int32 { path.withPlatformString { lstat($0, &status) } }

func statvfs(_ path: FilePath, _ status: inout statvfs) -> Int32 { path.withPlatformString { statvfs($0, &status) } }

@discardableResult
func mkdir(_ path: FilePath, _ mode: mode_t) -> Int32 { path.withPlatformString { mkdir($0, mode) } }

func access(_ path: FilePath, _ mode: Int32) -> Int32 { path.withPlatformString { access($0, mode) } }

func chmod(_ path: FilePath, _ mode: mode_t) -> Int32 { path.withPlatformString { chmod($0, mode) } }

@discardableResult
func unlink(_ path: FilePath) -> Int32 { path.withPlatformString { unlink($0) } }

@discardableResult
func rmdir(_ path: FilePath) -> Int32 { path.withPlatformString { rmdir($0) } }

func symlink(_ target: FilePath, _ path: FilePath) -> Int32 { both(target, path) { symlink($0, $1) } }

/// The target of a link, as it says it; empty for what is no link.
func linkTarget(_ path: FilePath) -> FilePath {
  let most = 4096
  var buffer = [CChar](repeating: 0, count: most)
  let count = path.withPlatformString { readlink($0, &buffer, most) }
  return FilePath(bytes: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) })
}

func link(_ from: FilePath, _ to: FilePath) -> Int32 { both(from, to) { linkat(AT_FDCWD, $0, AT_FDCWD, $1, 0) } }

func rename(_ from: FilePath, _ to: FilePath) -> Int32 { both(from, to) { rename($0, $1) } }

func renameExclusive(_ from: FilePath, _ to: FilePath) -> Int32 { both(from, to) { cambium_rename_exclusive($0, $1) } }

func exchangeNames(_ one: FilePath, _ other: FilePath) -> Int32 { both(one, other) { cambium_exchange($0, $1) } }

private func both(
  _ one: FilePath, _ other: FilePath, _ call: (UnsafePointer<CChar>, UnsafePointer<CChar>) -> Int32
) -> Int32 {
  one.withPlatformString { first in other.withPlatformString { second in call(first, second) } }
}
