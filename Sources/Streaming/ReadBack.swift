import Planning
import Threads

/// Reads the weight files back while they are written, as far as they are from their beginnings on: what is on the
/// disk is compared with what was encoded, and digested, on separate threads.
final class ReadBack: Sendable {
  private struct State {
    var results: [WeightReader.Result] = []
    var failure: (any Error)?
    var isAbandoned = false
    var hasEnded = false
  }

  private let plan: Plan
  private let work: WorkList
  private let files: WeightFiles
  private let written: WrittenFiles
  private let isResumed: Bool
  private let advanced: @Sendable (_ bytes: Int, _ item: String) -> Void
  private let state = Monitor(State())

  /// - Parameters:
  ///   - isResumed: whether an earlier run wrote units. Blocks that they share with others are whole only once they are
  ///     settled, so that a file is then read when all of it is written.
  ///   - record: what is known of a unit that is written.
  /// - Throws: `FileError`; `ThreadError`.
  init(
    _ plan: Plan, _ work: WorkList, _ spans: WeightSpans, _ files: WeightFiles, blockBytes: Int, isResumed: Bool,
    advanced: @escaping @Sendable (_ bytes: Int, _ item: String) -> Void,
    _ record: @escaping @Sendable (Int) -> UnitRecord?
  ) throws {
    self.plan = plan
    self.work = work
    self.files = files
    self.isResumed = isResumed
    self.advanced = advanced
    written = WrittenFiles(spans, units: work.units.count)
    let readers = try plan.weights.indices.map {
      try WeightReader($0, of: plan, spans, at: files.path($0), blockBytes: blockBytes, record)
    }
    _ = try SpawnedThread("read-back-all") { [self] in
      do {
        for (number, reader) in readers.enumerated() {
          guard try read(reader, number) else { break }
        }
      } catch {
        state.change { $0.failure = error }
      }
      state.change { $0.hasEnded = true }
    }
  }

  private func read(_ reader: WeightReader, _ number: Int) throws -> Bool {
    let item = plan.weights[number].path
    guard
      let result = try reader.read(
        await: { [self] in try isReadable(number, upTo: $0) },
        advanced: { advanced($0, "reading back \(item)") })
    else { return false }
    guard result.hasPlannedHeader else { throw damagedHeader(file: item) }
    if let span = result.firstDamaged { throw damaged(span, file: item) }
    state.change { $0.results.append(result) }
    return true
  }

  /// Waits until a file is written up to `end`; false when it need not be read.
  private func isReadable(_ file: Int, upTo end: Int) throws -> Bool {
    if state.look({ $0.isAbandoned }) || StopSignal.shared.isRequested { return false }
    switch written.wait(for: file, upTo: isResumed ? .max : end) {
    case .partly: return true
    case .wholly:
      try files.settle(file)
      return true
    case .never: return false
    }
  }

  /// Records that everything a unit produces is in the files.
  func follow(_ unit: Int) { written.completed(unit) }

  var hasFailed: Bool { state.look { $0.failure != nil } }

  /// Waits until everything is read.
  /// - Returns: what was read of each weight file; nil when a person stopped it.
  /// - Throws: `FileError`; ``VerificationError`` for a span that is not what was encoded.
  func finish() throws -> [WeightReader.Result]? {
    try state.wait { [plan] state -> [WeightReader.Result]?? in
      guard state.hasEnded else { return nil }
      if let failure = state.failure { throw failure }
      return .some(state.results.count == plan.weights.count ? state.results : nil)
    }
  }

  /// Abandons the reading, unless everything is read.
  func abandon() {
    state.change { $0.isAbandoned = true }
    written.abandon()
    state.wait { $0.hasEnded ? true : nil }
  }

  /// A header of a weight file that is not the planned one.
  private func damagedHeader(file: String) -> VerificationError { .writtenHeader(file: file) }

  /// A span of a weight file that is not what was encoded.
  private func damaged(_ span: WeightSpan, file: String) -> VerificationError {
    let piece = work.units[span.unit].pieces[span.piece]
    let tensor = plan.tensors[piece.tensor]
    return .writtenTensor(
      file: file, tensor: tensor.name, part: tensor.parts[span.part].name,
      range: span.offset..<span.offset + span.length)
  }
}
