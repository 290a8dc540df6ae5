import Diagnostics

/// What can go wrong with the lock and the receipts of a work folder.
public enum WorkspaceError: CambiumError, Equatable {
  /// `E_WORK_LOCKED`: another run holds the work folder.
  case locked(folder: String, pid: Int32?)
  /// `E_RECEIPT_DAMAGED`: a receipt cannot be read as one; its stage counts as not done.
  case receiptDamaged(path: String, reason: String)
  /// `E_OUTPUT_MISMATCH`: a finished file differs from its receipt.
  case outputMismatch(path: String, expected: String, found: String)
}
