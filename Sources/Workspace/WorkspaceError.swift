import Diagnostics
import SystemPackage

/// What can go wrong with the lock and the receipts of a work folder.
public enum WorkspaceError: CambiumError, Equatable {
  /// Another run holds the work folder.
  case locked(folder: FilePath, pid: Int32?)
  /// A receipt cannot be read as one; its stage counts as not done.
  case receiptDamaged(path: FilePath, reason: String)
  /// A finished file differs from its receipt.
  case outputMismatch(path: String, expected: String, found: String)
}
