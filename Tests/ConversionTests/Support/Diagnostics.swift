import Diagnostics
import Testing

/// What the user is told of the error that `body` throws.
func diagnostic(
  sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) throws -> Diagnostic {
  do {
    try body()
  } catch let error as any CambiumError {
    return error.diagnostic
  }
  Issue.record("nothing was refused", sourceLocation: sourceLocation)
  throw Workshop.NotRefused()
}
