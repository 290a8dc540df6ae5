import Checkpoint
import Digests
import Files
import Inference
import Manifests
import SystemPackage
import Threads
import Workspace

/// Collects the second moments of the inputs of a model's matrices over a text, in the canonical arithmetic.
///
/// As many inputs at a time as memory allows; the text goes through the model once for each such group, window by window.
package struct CalibrationRun {
  private struct Place {
    let name: String
    let columns: Int
    /// The first tensor that takes the input, and the number of its matrix.
    let tensor: String
    let matrix: Int
  }

  private let folder: CheckpointFolder
  private let places: [Place]
  private let windows: [ArraySlice<Int>]
  private let identity: CalibrationIdentity
  private let threads: Int?
  private let memory: Int

  /// Rows of a pass of the model; without effect on the result.
  private static let rows = 64

  /// - Parameters:
  ///   - folder: The source, not quantized.
  ///   - tensors: The matrices, and stacks of matrices, whose inputs are collected.
  ///   - text: Bytes of the text; special tokens in it are special tokens.
  ///   - file: What messages call the text.
  ///   - window: Tokens of a window.
  ///   - threads: Threads that compute; nil for the number of processors.
  ///   - memory: Bytes for the sums.
  /// - Throws: ``CheckingError/text(file:expected:found:)`` for a text shorter than a window;
  ///   `E_CALIBRATION_MEMORY` for tensors whose sums do not fit; what reading the tokenizer and the tensors throws.
  package init(
    _ folder: CheckpointFolder, tensors: [(name: String, shape: [Int])], text: [UInt8], file: String, window: Int,
    threads: Int?, memory: Int
  ) throws {
    self.folder = folder
    self.threads = threads
    self.memory = memory
    var seen: Set<String> = []
    var places: [Place] = []
    for (tensor, shape) in tensors {
      for (number, name) in Calibration.inputNames(of: tensor, shape: shape).enumerated()
      where seen.insert(name).inserted {
        places.append(Place(name: name, columns: shape.last ?? 0, tensor: tensor, matrix: number))
      }
    }
    self.places = places
    for place in places where SecondMoments.bytes(columns: place.columns) > memory {
      throw CalibrationError.memory(
        tensor: place.name, needed: SecondMoments.bytes(columns: place.columns), budget: memory)
    }
    let tokens = try PromptEncoder(folder: folder.path).tokenizer().encode(text)
    guard window >= 2, tokens.count >= window else {
      throw CheckingError.text(file: file, expected: "at least a window of \(window) tokens", found: "\(tokens.count)")
    }
    windows = stride(from: 0, to: tokens.count, by: window).map { tokens[$0..<min($0 + window, tokens.count)] }
    identity = CalibrationIdentity(
      fingerprint: try folder.fingerprint(), text: SHA256Digest.of(text), tokens: tokens.count, window: window,
      windows: windows.count, inputs: places.map { ($0.name, $0.columns) })
  }

  /// How many inputs are collected.
  package var inputs: Int { places.count }

  /// Passes of a window through the model.
  package var passes: Int { passes(of: places.count) }

  /// Passes for the first inputs.
  private func passes(of count: Int) -> Int {
    var (groups, next) = (0, 0)
    while next < count {
      next = group(from: next)
      groups += 1
    }
    return groups * windows.count
  }

  /// The end of the group of inputs that begins with one.
  private func group(from first: Int) -> Int {
    var (next, bytes) = (first, 0)
    while next < places.count {
      bytes += SecondMoments.bytes(columns: places[next].columns)
      guard bytes <= memory || next == first else { break }
      next += 1
    }
    return next
  }

  /// The right to keep progress in a folder, which one process has at a time. The folder is made, where it is missing.
  /// - Throws: `WorkspaceError.locked`; `StorageError` for what is no folder, and for one that has something else in it;
  ///   `CalibrationError` for one of another calibration.
  package func lock(_ place: FilePath) throws -> WorkLock {
    let status = try linkStatus(place)
    if status?.isLink == true { throw StorageError.targetIsLink(path: place) }
    if let status, !status.isFolder { throw StorageError.targetExists(path: place) }
    try Folder.create(place)
    _ = try CalibrationProgress(place, identity)
    return try WorkLock(folder: place)
  }

  /// Does the work, or what is left of it.
  /// - Parameters:
  ///   - place: a folder for what is done, until all is.
  ///   - tool: name and version of the program.
  ///   - isStopped: asked before each pass; what is done is then kept.
  ///   - onProgress: told how many passes are done, and of what.
  /// - Returns: what ``write(_:from:to:)`` writes from the folder.
  /// - Throws: `CalibrationError` when the folder holds another calibration; `CancellationError` when stopped.
  package func run(
    keeping place: FilePath, tool: String, isStopped: () -> Bool, onProgress: (Int, String) -> Void
  ) throws -> Calibration {
    if try linkStatus(place)?.isLink == true { throw StorageError.targetIsLink(path: place) }
    try Folder.create(place)
    var progress = try CalibrationProgress(place, identity)
    if progress.done.isEmpty, progress.windows == 0 { try progress.write() }
    if progress.done.count < places.count {
      let variants = try ModelVariants(folder)
      let pool = WorkerPool(threads: threads)
      let scorer = TextScorer(try variants.model(), pool: pool)
      var before = passes(of: progress.done.count)
      while progress.done.count < places.count {
        let first = progress.done.count
        let end = progress.sums.isEmpty ? group(from: first) : first + progress.sums.count
        try collect(first..<end, &progress, variants, scorer, pool, isStopped: isStopped) { window in
          onProgress(
            min(before + window, passes),
            "window \(window + 1) of \(windows.count), inputs \(first + 1) to \(end) of \(places.count)")
        }
        before += windows.count
      }
    }
    return Calibration(
      tool: tool, model: folder.name, fingerprint: identity.fingerprint,
      text: .init(
        digest: identity.text, tokens: identity.tokens, positions: windows.reduce(0) { $0 + $1.count },
        window: identity.window), inputs: progress.done)
  }

  /// Removes what was kept in the folder, and nothing that somebody else put there.
  package func removeKept(in place: FilePath) throws { try CalibrationProgress(place, identity).remove() }

  /// Writes the file from what is in the folder.
  package func write(_ calibration: Calibration, from place: FilePath, to target: ResultFile) throws {
    let layout = try calibration.layout
    let progress = try CalibrationProgress(place, identity)
    var numbers: [String: Int] = [:]
    for (number, place) in places.enumerated() { numbers[place.name] = number }
    var failure: (any Error)?
    do {
      try target.write { file throws(StorageError) in
        try file.write(layout.headerBytes, at: 0)
        for entry in layout.entries {
          guard let number = numbers[entry.name], let digest = calibration[entry.name]?.digest else { continue }
          let bytes: [UInt8]
          do {
            bytes = try progress.numbers(of: number, .moments, digest)
          } catch {
            failure = error
            throw StorageError.fileChanged(path: progress.place(number, .moments))
          }
          try file.write(bytes, at: layout.headerBytes.count + entry.begin)
        }
      }
    } catch {
      throw failure ?? (error as any Error)
    }
  }

  /// Collects some inputs over the whole text.
  private func collect(
    _ range: Range<Int>, _ progress: inout CalibrationProgress, _ variants: ModelVariants, _ scorer: TextScorer,
    _ pool: WorkerPool, isStopped: () -> Bool, onWindow: (Int) -> Void
  ) throws {
    let moments = range.map { SecondMoments(columns: places[$0].columns) }
    for (number, sums) in progress.sums.enumerated() {
      let input = range.lowerBound + number
      guard
        moments[number].restore(
          try progress.numbers(of: input, .sums(windows: progress.windows), sums.digest), count: sums.tokens)
      else {
        throw CalibrationError.other(
          file: progress.place(input, .sums(windows: progress.windows)).string,
          expected: "sums of \(places[input].columns) numbers",
          found: "others")
      }
    }
    var byPlace: [UnsafeRawPointer: SecondMoments] = [:]
    for (number, sums) in zip(range, moments) {
      let place = places[number]
      let matrices = try variants.places(of: place.tensor)
      guard matrices.indices.contains(place.matrix) else {
        throw CalibrationError.incomplete(
          file: folder.path.string, tensor: place.tensor, expected: "matrix \(place.matrix)",
          found: "\(matrices.count) matrices")
      }
      byPlace[matrices[place.matrix]] = sums
    }
    let collected = byPlace
    scorer.onInput { place, x, rows in collected[place]?.add(x, count: rows, pool: pool) }
    for number in progress.windows..<windows.count {
      if isStopped() {
        try keep(moments, range, &progress)
        throw CancellationError()
      }
      onWindow(number)
      try run(windows[number], scorer)
      progress.windows = number + 1
    }
    for (input, sums) in zip(range, moments) {
      let isEnough = Calibration.Input.isEnough(tokens: sums.count, columns: sums.columns)
      let digest = isEnough ? try progress.keep(sums.rounded, of: input, .moments) : nil
      progress.done.append(
        Calibration.Input(name: places[input].name, columns: sums.columns, tokens: sums.count, digest: digest))
    }
    progress.windows = 0
    progress.sums = []
    try progress.write()
  }

  /// Keeps the sums of a group that is not done.
  private func keep(_ moments: [SecondMoments], _ range: Range<Int>, _ progress: inout CalibrationProgress) throws {
    guard progress.windows > 0 else { return }
    progress.sums = try zip(range, moments).map { input, sums in
      CalibrationProgress.Sums(
        tokens: sums.count, digest: try progress.keep(sums.exact, of: input, .sums(windows: progress.windows)))
    }
    try progress.write()
    try progress.removeEarlierSums()
  }

  private func run(_ window: ArraySlice<Int>, _ scorer: TextScorer) throws {
    scorer.restart()
    for first in stride(from: window.startIndex, to: window.endIndex, by: Self.rows) {
      _ = try scorer.logits(window[first..<min(first + Self.rows, window.endIndex)])
    }
  }
}
