import Diagnostics

/// The diagnostic of the error that `body` throws; nil when it throws none, or one without a diagnostic.
package func refusal(_ body: () throws -> Void) -> Diagnostic? {
  do {
    try body()
    return nil
  } catch {
    return (error as? any CambiumError)?.diagnostic
  }
}
