import SystemPackage

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The names in a folder, without `.` and `..`, sorted by their UTF-8 bytes.
///
/// `FileManager` takes a read that fails for the end of the list: files would be missing, and nothing said.
/// - Throws: ``FileError``, also for a name that is not UTF-8.
public func namesInFolder(_ path: FilePath) throws(FileError) -> [String] {
  guard let stream = opendir(path) else { throw .opening(path, errno) }
  defer { closedir(stream) }
  var names: [String] = []
  while true {
    // The end of the list and a failure both return nil.
    errno = 0
    guard let entry = readdir(stream) else {
      let code = errno
      guard code == 0 else { throw .reading(path, code) }
      return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
    // The field is a tuple that may be declared shorter than the name is; its address is what counts.
    guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { continue }
    let start = UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self)
    guard let name = String(validatingCString: start) else {
      throw .name(path: path.appending(bytes: UnsafeRawBufferPointer(start: start, count: strlen(start)).map { $0 }))
    }
    if name != ".", name != ".." { names.append(name) }
  }
}
