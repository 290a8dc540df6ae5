import Diagnostics

extension WorkspaceError {
  /// What the user is told.
  public var diagnostic: Diagnostic {
    switch self {
    case .locked(let folder, let pid):
      Diagnostic(
        "E_WORK_LOCKED", "another run holds the work folder", file: folder,
        found: pid.map { "held by process \($0)" } ?? "held by a process that has not written its number yet",
        next: "wait until that run ends, stop it, or give this run a work folder of its own", exit: .resumable)
    case .receiptDamaged(let path, let reason):
      Diagnostic(
        "E_RECEIPT_DAMAGED", "the receipt of a stage cannot be read", file: path, found: reason,
        next: "run the stage again; what has no valid receipt counts as not done", exit: .verificationFailed)
    case .outputMismatch(let path, let expected, let found):
      Diagnostic(
        "E_OUTPUT_MISMATCH", "a finished file differs from its receipt", file: path, expected: expected,
        found: found, next: "run the stage again to make the file anew; check the storage", exit: .verificationFailed)
    }
  }
}
