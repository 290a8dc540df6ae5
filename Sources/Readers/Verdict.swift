import Diagnostics

extension Diagnostic {
  /// What `body` finds wrong with what it reads, in words; nil when it finds nothing.
  ///
  /// Storage that failed and work that was stopped say nothing of a file: a verdict made of them would be false.
  /// - Throws: such an error, and any fault that is not one of the program's own.
  package static func verdict(_ body: () throws -> Void) throws -> String? {
    do {
      try body()
      return nil
    } catch let error as any CambiumError {
      guard ![.io, .resumable, .interrupted].contains(error.diagnostic.exitStatus) else { throw error }
      return Diagnostic.words(error)
    }
  }
}
