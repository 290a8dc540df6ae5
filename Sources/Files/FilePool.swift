import Threads

/// Files of which a few are open at a time: those that were read last. A model may have more shards than a process may
/// have open files.
package final class FilePool<File: Sendable>: Sendable {
  private let limit: Int
  /// The last one used comes last.
  private let open = Guarded<[(key: Int, file: File)]>([])

  /// - Parameter limit: Files that stay open; those that are being read come on top.
  package init(limit: Int) { self.limit = max(1, limit) }

  /// The file of a key: as it is open, or opened now. One that must make room is closed when its last reader is done.
  package func file(_ key: Int, open make: () throws(FileError) -> File) throws(FileError) -> File {
    if let file = opened(key) { return file }
    return try keep(key, open: make)
  }

  /// Opens the file of a key and keeps it. When the process may open no more, those that are kept give way.
  @discardableResult func keep(_ key: Int, open make: () throws(FileError) -> File) throws(FileError) -> File {
    let file: File
    do throws(FileError) {
      file = try make()
    } catch {
      guard case .tooManyOpen = error, closeAll() else { throw error }
      file = try make()
    }
    keep(key, file)
    return file
  }

  /// - Returns: Whether any was kept. One that is being read is closed when its last reader is done.
  private func closeAll() -> Bool {
    let kept = open.withLock { open in
      defer { open.removeAll() }
      return open
    }
    return !kept.isEmpty
  }

  /// The file of a key if it is open.
  func opened(_ key: Int) -> File? {
    open.withLock { open in
      guard let at = open.lastIndex(where: { $0.key == key }) else { return nil }
      let entry = open.remove(at: at)
      open.append(entry)
      return entry.file
    }
  }

  private func keep(_ key: Int, _ file: File) {
    open.withLock { open in
      open.removeAll { $0.key == key }
      if open.count >= limit { open.removeFirst() }
      open.append((key, file))
    }
  }

  func close(_ key: Int) { open.withLock { open in open.removeAll { $0.key == key } } }
}
