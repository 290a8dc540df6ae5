import Planning
import Terminal
import Threads

/// Passes over a text whose results are kept beside the file that they make, so that the same command continues them.
struct KeptPasses {
  let total: Int
  let quiet: Bool

  /// Shows the progress of `body`, which is told whether a stop was asked for, and tells how many passes are done, and of what.
  /// - Throws: ``ConversionError/stopped(resume:)`` when it was stopped; what `body` throws.
  func run<Result>(
    _ body: (_ isStopped: () -> Bool, _ onProgress: (Int, String) -> Void) throws -> Result
  ) throws -> Result {
    let line = ProgressLine(quiet: quiet)
    defer { line.clear() }
    line.began("pass", total: total, .steps)
    var told = 0
    do {
      return try body(
        { StopSignal.shared.isRequested },
        { done, what in
          line.advanced(by: done - told, item: what)
          told = done
        })
    } catch is CancellationError {
      throw ConversionError.stopped(resume: Cambium.typedCommand)
    }
  }
}
