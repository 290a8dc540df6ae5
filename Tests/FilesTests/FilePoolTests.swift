import Files
import Testing
import Threads

/// Files of which a few are open at a time.
@Suite struct FilePoolTests {
  /// A system that lets so many files be open.
  private final class System: Sendable {
    private let state = Guarded((open: 0, most: 0))
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    var most: Int { state.withLock(\.most) }

    func open() throws(FileError) -> OpenFile {
      let done = state.withLock { state in
        guard state.open < limit else { return false }
        state.open += 1
        state.most = max(state.most, state.open)
        return true
      }
      guard done else { throw .tooManyOpen(path: "f", limit: limit) }
      return OpenFile(system: self)
    }

    func close() { state.withLock { $0.open -= 1 } }
  }

  private final class OpenFile: Sendable {
    private let system: System
    init(system: System) { self.system = system }
    deinit { system.close() }
  }

  @Test func `a pool opens no more than its limit`() throws {
    let system = System(limit: 100)
    let pool = FilePool<OpenFile>(limit: 8)
    for key in 0..<50 { _ = try pool.file(key, open: system.open) }
    #expect(system.most == 9)
  }

  @Test func `when the process may open no more, the files that are kept give way`() throws {
    let system = System(limit: 3)
    let pool = FilePool<OpenFile>(limit: 8)
    for key in 0..<50 { _ = try pool.file(key, open: system.open) }
    #expect(system.most == 3)
  }

  @Test func `a file that cannot be opened though none is kept is an error`() throws {
    let system = System(limit: 0)
    let pool = FilePool<OpenFile>(limit: 8)
    #expect(throws: FileError.self) { try pool.file(1, open: system.open) }
  }
}
