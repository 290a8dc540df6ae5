import Files
import Threads

/// How far the weight files are written from their beginnings on, so that a reader can follow the writers.
final class WrittenFiles: Sendable {
  private struct State {
    /// Which spans of each file are written.
    var isWritten: [[Bool]]
    /// Spans at the front of each file that are written, without a gap.
    var leading: [Int]
    var isAbandoned = false
  }

  private let spans: WeightSpans
  /// The spans of each unit, by file and number.
  private let places: [[(file: Int, span: Int)]]
  private let state: Monitor<State>

  init(_ spans: WeightSpans, units: Int) {
    self.spans = spans
    var places: [[(file: Int, span: Int)]] = Array(repeating: [], count: units)
    for (file, list) in spans.files.enumerated() {
      for (number, span) in list.enumerated() { places[span.unit].append((file, number)) }
    }
    self.places = places
    state = Monitor(
      State(
        isWritten: spans.files.map { Array(repeating: false, count: $0.count) },
        leading: Array(repeating: 0, count: spans.files.count)))
  }

  /// Records that everything a unit produces is in the files, except bytes in blocks that it shares with others which are not.
  func completed(_ unit: Int) {
    state.change { state in
      for (file, span) in places[unit] { state.isWritten[file][span] = true }
      for file in Set(places[unit].map(\.file)) {
        while state.leading[file] < spans.files[file].count, state.isWritten[file][state.leading[file]] {
          state.leading[file] += 1
        }
      }
    }
  }

  /// Records that nothing more will be written.
  func abandon() { state.change { $0.isAbandoned = true } }

  /// Bytes at the front of a file that are written and that no write touches any more; nil when it is written wholly.
  private func front(_ file: Int, _ state: State) -> Int? {
    let (number, list) = (state.leading[file], spans.files[file])
    return number < list.count ? list[number].offset / PosixFile.block * PosixFile.block : nil
  }

  /// Waits until a file is written up to `end`, or wholly.
  func wait(for file: Int, upTo end: Int) -> Progress {
    state.wait { state in
      guard let front = front(file, state) else { return .wholly }
      if front >= end { return .partly }
      return state.isAbandoned ? .never : nil
    }
  }

  /// What came of waiting for a part of a file.
  enum Progress {
    /// The part is there; others are missing.
    case partly
    /// All is written, except for what waits to be settled.
    case wholly
    /// The part will never be written.
    case never
  }
}

extension WeightSpans {
  /// All units, so that the weight files grow from their beginnings on, and that what is only copied comes evenly among
  /// what is quantized: the one keeps the disk busy and the other the processor.
  /// - Parameter isCopied: whether nothing of a unit is quantized.
  func unitsInOrder(_ units: [Unit], isCopied: (Unit) -> Bool) -> [Int] {
    var seen = Array(repeating: false, count: units.count)
    var order: [Int] = []
    for span in files.joined() where !seen[span.unit] {
      seen[span.unit] = true
      order.append(span.unit)
    }
    order += seen.indices.filter { !seen[$0] }
    let kinds = [order.filter { isCopied(units[$0]) }, order.filter { !isCopied(units[$0]) }]
    let place = kinds.flatMap { kind in
      let total = Double(max(1, kind.reduce(0) { $0 + units[$1].length }))
      var before = 0
      return kind.map { unit in
        defer { before += units[unit].length }
        return (unit: unit, share: Double(before) / total)
      }
    }
    return place.sorted { ($0.share, $0.unit) < ($1.share, $1.unit) }.map(\.unit)
  }
}
