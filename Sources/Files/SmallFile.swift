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

/// What reading returns; nil when the file is not there, or is none of the kind that is read. An error of the disk, a
/// missing permission or a limit of the process says nothing of what is there, and is thrown: to take it for absence
/// would be a wrong statement.
package func contentIfThere<Content>(_ read: () throws(FileError) -> Content?) throws(FileError) -> Content? {
  do throws(FileError) {
    return try read()
  } catch {
    switch error {
    case .missing, .notRegular, .tooLarge, .name: return nil
    case .read, .unreadable, .short, .shrunk, .tooManyOpen, .changed, .linkBroken, .elsewhere: throw error
    }
  }
}
