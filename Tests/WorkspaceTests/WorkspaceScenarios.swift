import SystemPackage
#if os(Linux)
  import Diagnostics
  import Digests
  import Files
  import Foundation
  import Glibc
  import StrictJSON
  import TestSupport
  import Testing
  import Workspace

  /// The scenarios of this target.
  let child = ChildProcess(suite: "WorkspaceScenarios")

  @Suite(.enabled(if: child.order != nil)) struct WorkspaceScenarios {
    /// Exits with 0 when the scenario goes as it should.
    @Test func `a scenario is played in a child process`() throws {
      let order = try #require(child.order)
      _exit(try perform(order.scenario, in: order.folder) ? 0 : 1)
    }

    func perform(_ scenario: String, in folder: String) throws -> Bool {
      switch scenario {
      case "journal":
        let (journal, done) = try Journal.open(folder: FilePath(folder), key: SHA256Digest.of([1]))
        for unit in done.count..<5 {
          try journal.append([.object([("unit", .int(unit))])])
          try journal.sync()
        }
        return true
      case "lock":
        do { _ = try WorkLock(folder: FilePath(folder)) } catch let error as any CambiumError {
          _exit(error.diagnostic.exitStatus.rawValue)
        }
        return true
      case "hold":
        let lock = try WorkLock(folder: FilePath(folder))
        defer { lock.release() }
        kill(getpid(), SIGKILL)
        return false
      default: return false
      }
    }
  }

  /// Holds what a death left of the scenario `journal` against what it had done: records in order, and the next run goes
  /// on after the last.
  func expectJournalGoesOn(_ scratch: ScratchFolder) throws {
    let key = SHA256Digest.of([1])
    try AtomicFile.removeLeftovers(in: scratch.folder)
    let (journal, records) = try Journal.open(folder: scratch.folder, key: key)
    try journal.close()
    #expect(records.map { $0["unit"]?.intValue } == (0..<records.count).map { $0 })
    #expect(try child.run("journal", in: scratch.path) == .exit(0))
    #expect(try Journal.open(folder: scratch.folder, key: key).records.count == 5)
  }
#endif
