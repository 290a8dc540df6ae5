import Diagnostics
import Files
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite struct StorageErrorTests {
  static let all: [(StorageError, String, Diagnostics.ExitStatus)] = [
    (.io(operation: "write", path: "p", errno: EIO), "E_IO", .io),
    (.diskFull(path: "p", needed: 5), "E_DISK_FULL", .io),
    (.readOnly(operation: "write", path: "p", errno: EROFS), "E_READ_ONLY", .io),
    (.unreadable(operation: "open", path: "p", errno: EACCES), "E_UNREADABLE", .io),
    (.fileTooLarge(path: "p", needed: nil), "E_FILE_TOO_LARGE", .io),
    (.targetIsLink(path: "p"), "E_TARGET_IS_LINK", .io),
    (.targetKind(path: "p"), "E_TARGET_KIND", .io),
    (.targetExists(path: "p"), "E_TARGET_EXISTS", .io),
    (.resultExists(path: "p", kind: "k", found: "f"), "E_RESULT_EXISTS", .io),
    (.resultPlace(path: "p", found: "f"), "E_RESULT_PLACE", .io),
    (.unsafePath(path: "../p"), "E_PATH_UNSAFE", .badInput),
    (.pipeUnread(path: "p"), "E_PIPE_UNREAD", .io),
    (.fileChanged(path: "p"), "E_FILE_CHANGED", .badInput),
  ]

  @Test func `every error has a code, file, next step and status`() {
    for (error, code, status) in Self.all {
      #expect(error.diagnostic.code == code)
      #expect(error.diagnostic.exitStatus == status)
      #expect(error.diagnostic.file?.isEmpty == false)
      #expect(error.diagnostic.next?.isEmpty == false)
    }
  }

  @Test(arguments: [
    (ENOSPC, "E_DISK_FULL"), (EDQUOT, "E_DISK_FULL"), (EROFS, "E_READ_ONLY"), (EACCES, "E_READ_ONLY"),
    (EPERM, "E_READ_ONLY"), (EFBIG, "E_FILE_TOO_LARGE"), (EIO, "E_IO"), (ENOENT, "E_IO"),
  ])
  func `error numbers find their case`(_ number: Int32, _ code: String) {
    #expect(StorageError.system("write", "p", errno: number).diagnostic.code == code)
  }
}
