import Checkpoint
import Manifests
import Planning
import Quantization
import StrictJSON
import Threads

/// The factors of error feedback that are in memory: made when the first unit needs one, kept while there is room, and
/// shared by all workers.
final class FeedbackFactors: Sendable {
  private struct Held {
    let factor: FeedbackFactor
    /// Workers that use it now.
    var users: Int
  }

  private struct State {
    var held: [UTF8Name: Held] = [:]
    /// The factors that a worker makes at this moment.
    var making: Set<UTF8Name> = []
    /// Bytes of both.
    var bytes = 0
  }

  private let calibration: Calibration?
  private let capacity: Int
  private let state = Monitor(State())

  /// - Parameter capacity: bytes for all factors together: at least what making the largest takes.
  init(_ calibration: Calibration?, capacity: Int) {
    self.calibration = calibration
    self.capacity = capacity
  }

  /// Bytes of a factor.
  private static func bytes(columns: Int) -> Int { 8 * FeedbackFactor.count(columns: columns) }

  /// Bytes while it is made: what is read is beside it.
  static func making(columns: Int) -> Int { 12 * FeedbackFactor.count(columns: columns) }

  /// What a plan's factors need: at least, and at most.
  static func room(_ plan: Plan) -> (least: Int, most: Int) {
    var names: [UTF8Name: Int] = [:]
    for tensor in plan.tensors where tensor.format?.scales == .feedback {
      for name in Calibration.inputNames(of: tensor.name, shape: tensor.tensor.shape) {
        names[UTF8Name(name)] = tensor.rowElements
      }
    }
    let widest = names.values.max() ?? 0
    return (making(columns: widest), names.values.reduce(making(columns: widest)) { $0 + bytes(columns: $1) })
  }

  /// Calls `body` with the factor of an input; with nil where too few tokens came in.
  /// - Throws: `CalibrationError`, `FileError`; what `body` throws.
  func with(_ name: String, _ body: (FeedbackFactor?) throws -> Void) throws {
    guard let calibration, let input = calibration[name], input.digest != nil else { return try body(nil) }
    let key = UTF8Name(name)
    let factor = try take(key, columns: input.columns) { try calibration.factor(of: input) }
    defer { state.change { $0.held[key]?.users -= 1 } }
    try body(factor)
  }

  /// The factor, of which this worker is a user from now on.
  private func take(
    _ key: UTF8Name, columns: Int, _ make: () throws -> FeedbackFactor?
  ) throws -> FeedbackFactor? {
    let there = state.wait { [capacity] state -> FeedbackFactor?? in
      if let own = state.held[key] {
        state.held[key]?.users += 1
        return .some(own.factor)
      }
      guard !state.making.contains(key) else { return nil }
      FeedbackFactors.makeRoom(for: FeedbackFactors.making(columns: columns), capacity, &state)
      guard state.bytes + FeedbackFactors.making(columns: columns) <= capacity || state.bytes == 0 else { return nil }
      state.making.insert(key)
      state.bytes += FeedbackFactors.making(columns: columns)
      return .some(nil)
    }
    if let there { return there }
    let made: FeedbackFactor?
    do {
      made = try make()
    } catch {
      state.change { self.made(nil, key, columns, &$0) }
      throw error
    }
    state.change { self.made(made, key, columns, &$0) }
    return made
  }

  private func made(_ factor: FeedbackFactor?, _ key: UTF8Name, _ columns: Int, _ state: inout State) {
    state.making.remove(key)
    state.bytes -= FeedbackFactors.making(columns: columns)
    guard let factor else { return }
    state.held[key] = Held(factor: factor, users: 1)
    state.bytes += FeedbackFactors.bytes(columns: columns)
  }

  /// Lets go of factors that nobody uses until there is room, in the order of their names.
  private static func makeRoom(for bytes: Int, _ capacity: Int, _ state: inout State) {
    for key in state.held.filter({ $0.value.users == 0 }).keys.sorted() where state.bytes + bytes > capacity {
      guard let old = state.held.removeValue(forKey: key) else { continue }
      state.bytes -= FeedbackFactors.bytes(columns: old.factor.columns)
    }
  }
}

/// The rows of a tensor that a unit has, with what encodes them.
struct FeedbackRows {
  let factors: FeedbackFactors
  /// Number of the first element, in the planned tensor: the beginning of a row.
  let first: Int

  /// Encodes rows of one tensor after the other, each stretch by the factor of its matrix.
  func encode(
    _ tensor: PlannedTensor, _ format: QuantizationFormat, _ type: FloatType, _ input: UnsafeRawBufferPointer,
    _ outputs: [UnsafeMutableRawBufferPointer]
  ) throws -> EncodeReport {
    let columns = tensor.rowElements
    let names = Calibration.inputNames(of: tensor.name, shape: tensor.tensor.shape)
    let rowsOfEach = max(1, tensor.rows / max(1, names.count))
    let count = input.count / type.byteWidth / columns
    let begin = first / columns
    var report = EncodeReport()
    var row = 0
    while row < count {
      let number = (begin + row) / rowsOfEach
      let rows = row..<min(count, (number + 1) * rowsOfEach - begin)
      let source = UnsafeRawBufferPointer(
        rebasing: input[rows.lowerBound * columns * type.byteWidth..<rows.upperBound * columns * type.byteWidth])
      let parts = outputs.map { output in
        let bytes = output.count / count
        return UnsafeMutableRawBufferPointer(rebasing: output[rows.lowerBound * bytes..<rows.upperBound * bytes])
      }
      let biases = parts.count > 2 ? parts[2] : nil
      do {
        try factors.with(number < names.count ? names[number] : "") { factor in
          let one =
            try factor.map {
              try FeedbackQuantizer(format: format, input: type, factor: $0).encode(
                rows: rows.count, columns: columns, input: source, weight: parts[0], scales: parts[1], biases: biases)
            }
            ?? Quantizer(format: format, input: type).encode(
              rows: rows.count, columns: columns, input: source, weight: parts[0], scales: parts[1], biases: biases)
          report.clampedScales += one.clampedScales
        }
      } catch QuantizationError.nonFinite(let index, let kind) {
        throw QuantizationError.nonFinite(index: rows.lowerBound * columns + index, kind: kind)
      }
      row = rows.upperBound
    }
    return report
  }
}
