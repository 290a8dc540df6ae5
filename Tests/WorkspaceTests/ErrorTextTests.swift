import Diagnostics
import Testing
import Workspace

@Suite struct ErrorTextTests {
  static let all: [(any CambiumError, String, Diagnostics.ExitStatus)] = [
    (WorkspaceError.locked(folder: "w", pid: 7), "E_WORK_LOCKED", .resumable),
    (WorkspaceError.receiptDamaged(path: "p", reason: "r"), "E_RECEIPT_DAMAGED", .verificationFailed),
    (WorkspaceError.outputMismatch(path: "p", expected: "a", found: "b"), "E_OUTPUT_MISMATCH", .verificationFailed),
  ]

  @Test func `every error has a code, file, next step and status`() {
    for (error, code, status) in Self.all {
      #expect(error.diagnostic.code == code)
      #expect(error.diagnostic.exitStatus == status)
      #expect(error.diagnostic.file?.isEmpty == false)
      #expect(error.diagnostic.next?.isEmpty == false)
    }
  }

  @Test func `the holder of the lock is named`() {
    #expect(WorkspaceError.locked(folder: "w", pid: 4711).description.contains("4711"))
  }
}
