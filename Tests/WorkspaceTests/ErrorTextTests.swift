import Diagnostics
import Files
import Testing
import Workspace

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite struct ErrorTextTests {
  static let all: [(any CambiumError, String, Diagnostics.ExitStatus)] = [
    (WorkspaceError.locked(folder: "w", pid: 7), "E_WORK_LOCKED", .resumable),
    (StorageError.io(operation: "write", path: "p", errno: EIO), "E_IO", .io),
    (StorageError.diskFull(path: "p", needed: 5), "E_DISK_FULL", .io),
    (StorageError.readOnly(operation: "write", path: "p", errno: EROFS), "E_READ_ONLY", .io),
    (StorageError.fileTooLarge(path: "p", needed: nil), "E_FILE_TOO_LARGE", .io),
    (StorageError.targetIsLink(path: "p"), "E_TARGET_IS_LINK", .io),
    (StorageError.targetExists(path: "p"), "E_TARGET_EXISTS", .io),
    (StorageError.unsafePath(path: "../p"), "E_PATH_UNSAFE", .badInput),
    (WorkspaceError.receiptDamaged(path: "p", reason: "r"), "E_RECEIPT_DAMAGED", .verificationFailed),
    (WorkspaceError.outputMismatch(path: "p", expected: "a", found: "b"), "E_OUTPUT_MISMATCH", .verificationFailed),
    (StorageError.fileChanged(path: "p"), "E_FILE_CHANGED", .badInput),
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

  @Test(arguments: [
    (ENOSPC, "E_DISK_FULL"), (EDQUOT, "E_DISK_FULL"), (EROFS, "E_READ_ONLY"), (EACCES, "E_READ_ONLY"),
    (EPERM, "E_READ_ONLY"), (EFBIG, "E_FILE_TOO_LARGE"), (EIO, "E_IO"), (ENOENT, "E_IO"),
  ])
  func `error numbers find their case`(_ number: Int32, _ code: String) {
    #expect(StorageError.system("write", "p", errno: number).diagnostic.code == code)
  }
}
