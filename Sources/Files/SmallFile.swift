import SystemPackage

/// The content of a file that is expected to be small, or nil when there is none. A link is refused.
package func readSmallFile(_ path: FilePath, limit: Int) throws(FileError) -> [UInt8]? {
  do throws(FileError) {
    return try ReadOnlyFile(path: path, followLinks: false).readAll(limit: limit)
  } catch {
    if case .missing = error { return nil }
    throw error
  }
}
