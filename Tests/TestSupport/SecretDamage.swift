import Foundation

#if canImport(Glibc)
  import Glibc
#endif

/// Writes over one byte in place and sets mtime back, as a program that hides its edit does.
package func damageSecretly(_ path: String, at offset: Int) throws {
  var before = stat()
  guard stat(path, &before) == 0 else { throw CocoaError(.fileNoSuchFile) }
  try awaitNextTick(of: path)
  let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
  try handle.seek(toOffset: UInt64(offset))
  let byte = try handle.read(upToCount: 1)?.first ?? 0
  try handle.seek(toOffset: UInt64(offset))
  try handle.write(contentsOf: Data([byte ^ 1]))
  try handle.close()
  #if canImport(Darwin)
    let times = [before.st_atimespec, before.st_mtimespec]
  #else
    let times = [before.st_atim, before.st_mtim]
  #endif
  guard utimensat(AT_FDCWD, path, times, 0) == 0 else { throw CocoaError(.fileWriteUnknown) }
}

/// Returns once a change of the file will have another ctime: file systems count it in ticks of some milliseconds, so a
/// file beside it is touched until its own ctime differs.
private func awaitNextTick(of path: String) throws {
  var (file, probe) = (stat(), stat())
  guard lstat(path, &file) == 0 else { throw CocoaError(.fileNoSuchFile) }
  let beside = path + ".tick"
  guard FileManager.default.createFile(atPath: beside, contents: nil) else { throw CocoaError(.fileWriteUnknown) }
  defer { unlink(beside) }
  repeat {
    guard chmod(beside, 0o600) == 0, lstat(beside, &probe) == 0 else { throw CocoaError(.fileWriteUnknown) }
  } while changeTime(probe) == changeTime(file)
}

private func changeTime(_ status: stat) -> [Int] {
  #if canImport(Darwin)
    [status.st_ctimespec.tv_sec, status.st_ctimespec.tv_nsec]
  #else
    [status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
  #endif
}
