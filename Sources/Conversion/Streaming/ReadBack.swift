import Foundation
import Synchronization
import Threads

/// Reads the weight files back while they are written, as far as they are from their beginnings on: what lies on the
/// disk is compared with what was encoded, and digested, on threads of its own.
final class ReadBack: Sendable {
  private struct State {
    var results: [WeightReader.Result] = []
    var failure: (any Error)?
    var isAbandoned = false
  }

  private let context: RunContext
  private let files: WeightFiles
  private let written: WrittenFiles
  private let isResumed: Bool
  private let state = Mutex(State())
  private let ended = DispatchGroup()

  /// - Parameters:
  ///   - isResumed: whether an earlier run wrote units. Blocks that they share with others are whole only once they are
  ///     settled, so that a file is then read when all of it is written.
  ///   - record: what is known of a unit that is written.
  init(
    _ context: RunContext, _ files: WeightFiles, isResumed: Bool, _ record: @escaping @Sendable (Int) -> UnitRecord?
  ) throws {
    self.isResumed = isResumed
    self.context = context
    self.files = files
    let planned = context.contents.weights
    written = WrittenFiles(context.spans, units: context.work.units.count)
    let readers = try planned.indices.map { try context.weightReader($0, at: files.path($0), record) }
    ended.enter()
    let thread = Thread { [self] in
      do {
        for (number, reader) in readers.enumerated() {
          guard try read(reader, number) else { break }
        }
      } catch {
        state.withLock { $0.failure = error }
      }
      ended.leave()
    }
    thread.start()
  }

  private func read(_ reader: WeightReader, _ number: Int) throws -> Bool {
    let item = context.contents.weights[number].path
    guard
      let result = try reader.read(
        await: { [self] in try isReadable(number, upTo: $0) },
        advanced: { context.observer.advanced(.quantize, bytes: $0, item: "reading back \(item)") })
    else { return false }
    guard result.hasPlannedHeader else { throw context.damagedHeader(file: item) }
    if let span = result.firstDamaged { throw context.damaged(span, file: item) }
    state.withLock { $0.results.append(result) }
    return true
  }

  /// Waits until a file is written up to `end`; false when it need not be read.
  private func isReadable(_ file: Int, upTo end: Int) throws -> Bool {
    if state.withLock({ $0.isAbandoned }) || StopSignal.shared.isRequested { return false }
    switch written.wait(for: file, upTo: isResumed ? .max : end) {
    case .partly: return true
    case .wholly:
      try files.settle(file)
      return true
    case .never: return false
    }
  }

  /// Everything that a unit gives is in the files.
  func follow(_ unit: Int) { written.completed(unit) }

  var hasFailed: Bool { state.withLock { $0.failure != nil } }

  /// Waits until everything is read.
  /// - Returns: of each weight file.
  /// - Throws: `FileError`; ``ConversionError`` for a span that is not what was encoded, or when a person stopped it.
  func finish() throws -> [WeightReader.Result] {
    ended.wait()
    return try state.withLock { state in
      if let failure = state.failure { throw failure }
      guard state.results.count == context.contents.weights.count else { throw context.stopped }
      return state.results
    }
  }

  /// Gives up, unless everything is read.
  func abandon() {
    state.withLock { $0.isAbandoned = true }
    written.abandon()
    ended.wait()
  }
}
