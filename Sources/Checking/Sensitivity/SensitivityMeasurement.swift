import Checkpoint
import Digests
import Files
import Inference
import Manifests
import Quantization
import SystemPackage
import Threads

/// Measures what quantizing each set alone costs a model on a text: a cell for each set and candidate.
///
/// A window of the text goes through the source, then through the source with each set in each candidate; the logits of
/// one window and one quantized set are in memory at a time. Sums are kept in f64 in the order of the text, so where the
/// work was interrupted, and by how many threads it was done, is not seen in the result.
package struct SensitivityMeasurement {
  private let folder: CheckpointFolder
  private let sets: [[String]]
  private let candidates: [QuantizationFormat]
  /// Whether the groups divide the columns, by set and candidate.
  private let fits: [[Bool]]
  private let windows: [ArraySlice<Int>]
  private let identity: MeasurementIdentity
  private let threads: Int?

  /// Rows of a pass: bounds the memory for logits, [rows, V].
  private static let rows = 16

  /// - Parameters:
  ///   - folder: The source, not quantized.
  ///   - sets: Tensors that get one format each, by canonical names.
  ///   - columns: The columns of a tensor.
  ///   - candidates: The formats.
  ///   - text: Bytes of the text; special tokens in it are special tokens, so that a chat may be written out.
  ///   - file: What messages call the text.
  ///   - window: Tokens of a window.
  ///   - threads: Threads that compute; nil for the number of processors.
  /// - Throws: ``CheckingError/text(file:expected:found:)`` for a text shorter than a window; what reading the tokenizer and
  ///   the tensors throws.
  package init(
    _ folder: CheckpointFolder, sets: [[String]], columns: (String) -> Int, candidates: [QuantizationFormat],
    text: [UInt8], file: String, window: Int, threads: Int?
  ) throws {
    self.folder = folder
    self.sets = sets
    self.candidates = candidates
    self.threads = threads
    fits = sets.map { set in candidates.map { format in set.allSatisfy { columns($0) % format.groupSize == 0 } } }
    let tokens = try PromptEncoder(folder: folder.path).tokenizer().encode(text)
    guard window >= 2, tokens.count >= window else {
      throw CheckingError.text(file: file, expected: "at least a window of \(window) tokens", found: "\(tokens.count)")
    }
    windows = stride(from: 0, to: tokens.count, by: window).map { tokens[$0..<min($0 + window, tokens.count)] }
      .filter { $0.count > 1 }
    identity = MeasurementIdentity(
      fingerprint: try folder.fingerprint(), text: SHA256Digest.of(text), tokens: tokens.count, window: window,
      windows: windows.count, candidates: candidates, sets: sets)
  }

  /// Passes of a window through a model, those of the source included.
  package var passes: Int { windows.count * (1 + fits.reduce(0) { $0 + $1.count { $0 } }) }

  /// Does the work, or what is left of it.
  /// - Parameters:
  ///   - place: where what is done is kept until all is.
  ///   - tool: name and version of the program.
  ///   - isStopped: asked before each pass; what is done is then kept.
  ///   - onProgress: told how many passes are done, and of what.
  /// - Throws: `SensitivityError` when the place holds another measurement; `CancellationError` when stopped.
  package func run(
    keeping place: FilePath, tool: String, isStopped: () -> Bool, onProgress: (Int, String) -> Void
  ) throws -> Sensitivity {
    var progress = try MeasurementProgress(path: place, identity) ?? MeasurementProgress(identity)
    let variants = try ModelVariants(folder)
    let pool = WorkerPool(threads: threads)
    let source = TextScorer(try variants.model(), pool: pool)
    let perWindow = passes / max(1, windows.count)
    for number in progress.windows..<windows.count {
      guard !isStopped() else { throw CancellationError() }
      let expected = try scores(source, windows[number])
      for (set, names) in sets.enumerated() {
        for (candidate, format) in candidates.enumerated() where fits[set][candidate] {
          let cell = set * candidates.count + candidate
          guard cell >= progress.cells else { continue }
          guard !isStopped() else { throw CancellationError() }
          onProgress(
            number * perWindow + 1 + cell, "window \(number + 1) of \(windows.count), \(format.words), \(names[0])")
          let scorer = TextScorer(try variants.model(quantizing: names, format), pool: pool)
          try compare(scorer, windows[number], expected, into: &progress.sums[cell])
          progress.cells = cell + 1
          try progress.write(to: place)
        }
      }
      progress.windows = number + 1
      progress.cells = 0
      try progress.write(to: place)
    }
    return result(progress, tool: tool)
  }

  private func result(_ progress: MeasurementProgress, tool: String) -> Sensitivity {
    // The last token of a window has none after it, but is a position all the same: distributions are compared.
    let positions = windows.reduce(0) { $0 + $1.count }
    let measured = sets.enumerated().map { set, names in
      Sensitivity.TensorSet(
        tensors: names,
        costs: candidates.indices.map { candidate in
          guard fits[set][candidate] else { return nil }
          let sums = progress.sums[set * candidates.count + candidate]
          return Sensitivity.Cost(
            kl: sums.kl / Double(positions), topAgreement: Double(sums.sameTop) / Double(positions))
        })
    }
    return Sensitivity(
      tool: tool, model: folder.name, fingerprint: identity.fingerprint,
      text: .init(digest: identity.text, tokens: identity.tokens, positions: positions, window: identity.window),
      candidates: candidates, sets: measured)
  }

  /// Logits of all positions of a window, [tokens, V].
  private func scores(_ scorer: TextScorer, _ window: ArraySlice<Int>) throws -> [Float] {
    var all: [Float] = []
    try score(scorer, window) { _, logits in all += logits }
    return all
  }

  private func compare(
    _ scorer: TextScorer, _ window: ArraySlice<Int>, _ expected: [Float], into sums: inout MeasurementProgress.Sums
  ) throws {
    try score(scorer, window) { first, logits in
      let rows = min(Self.rows, window.count - first)
      let vocabulary = logits.count / max(1, rows)
      expected.withUnsafeBufferPointer { expected in
        for row in 0..<rows {
          let p = expected[(first + row) * vocabulary..<(first + row + 1) * vocabulary]
          let q = logits[row * vocabulary..<(row + 1) * vocabulary]
          let distance = LogitDistance(UnsafeBufferPointer(rebasing: p), UnsafeBufferPointer(rebasing: q))
          sums.kl += distance.kl
          sums.sameTop += distance.sameTop ? 1 : 0
        }
      }
    }
  }

  private func score(
    _ scorer: TextScorer, _ window: ArraySlice<Int>, _ body: (Int, UnsafeBufferPointer<Float>) -> Void
  ) throws {
    scorer.restart()
    for first in stride(from: 0, to: window.count, by: Self.rows) {
      let begin = window.startIndex + first
      body(first, try scorer.logits(window[begin..<min(begin + Self.rows, window.endIndex)]))
    }
  }
}
