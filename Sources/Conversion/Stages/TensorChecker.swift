import Checkpoint
import Digests
import Quantization
import Safetensors
import StrictJSON
import Workspace

/// Compares one tensor as written with its source.
final class TensorChecker: Sendable {
  private let context: RunContext
  private let files: [ReadOnlyFile]
  private let scratches: [CheckerScratch]
  /// Digests of units as they were encoded, and the number of each tensor's first.
  private let unitDigests: [String]
  private let firstUnit: [Int]

  init(_ context: RunContext, _ memory: MemoryPlan) throws {
    self.context = context
    let folder = context.folder(.quantize)
    files = try context.contents.weights.map { try ReadOnlyFile(path: folder + "/" + $0.path) }
    scratches = (0..<memory.workers).map { _ in CheckerScratch(memory) }
    let path = folder + "/units.json"
    let list = try JSONValue.parse(ReadOnlyFile(path: path).readAll(limit: 1 << 30), file: path)
    unitDigests = (list["sha256"]?.arrayValue ?? []).compactMap(\.stringValue)
    var first: [Int] = []
    var count = 0
    for (number, tensor) in context.plan.tensors.enumerated() {
      first.append(count)
      count += Unit.of(tensor, number).count
    }
    firstUnit = first
    guard unitDigests.count == count else {
      throw ConversionError.packageForm(file: path, expected: "\(count) digests", found: "\(unitDigests.count)")
    }
  }

  func check(_ number: Int, worker: Int) throws -> AuditReport.Measurement {
    let tensor = context.plan.tensors[number]
    let scratch = scratches[worker]
    let treatment = TensorTreatment(tensor)
    let reader = context.reader(tensor.origin)
    var source = SHA256Stream()
    var parts = tensor.parts.map { _ in SHA256Stream() }
    var errors = ErrorAccumulator()
    var largest: Float = 0
    for (offset, unit) in Unit.of(tensor, number).enumerated() {
      if StopSignal.shared.isRequested { throw context.stopped }
      let input = UnsafeMutableRawBufferPointer(
        rebasing: scratch.buffers.source[0..<unit.rows.count * tensor.sourceRowBytes])
      try reader.read(tensor.tensor, from: unit.rows.lowerBound * tensor.sourceRowBytes, into: input)
      source.update(UnsafeRawBufferPointer(input))
      let written = scratch.buffers.outputs(treatment.rowBytes.map { $0 * unit.rows.count })
      var digest = SHA256Stream()
      for (index, part) in tensor.parts.enumerated() {
        let rowBytes = part.bytes / max(1, tensor.rows)
        try files[part.file].read(into: written[index], at: part.offset + unit.rows.lowerBound * rowBytes)
        digest.update(UnsafeRawBufferPointer(written[index]))
        parts[index].update(UnsafeRawBufferPointer(written[index]))
      }
      guard digest.finish().hex == unitDigests[firstUnit[number] + offset] else {
        throw differs(tensor, unit, "the bytes that were encoded", "other bytes in the file")
      }
      switch tensor.verdict {
      case .keep, .cast: try requireEqual(treatment, unit, input, written, scratch)
      case .quantize(let format):
        largest = max(largest, try measure(tensor, format, unit, input, written, scratch, &errors))
      }
      context.observer.advanced(.verify, bytes: input.count, item: tensor.name)
    }
    let error = tensor.format.map { _ in
      AuditReport.TensorError(
        cosine: errors.cosine, relativeRMS: errors.relativeRMS,
        largest: largest > 0 ? Double(errors.largestDifference) / Double(largest) : Double(errors.largestDifference))
    }
    return AuditReport.Measurement(
      sourceDigest: source.finish(), partDigests: parts.map { $0.finish() }, error: error)
  }

  /// Kept and converted tensors: the transform of the source, byte for byte.
  private func requireEqual(
    _ treatment: TensorTreatment, _ unit: Unit, _ input: UnsafeMutableRawBufferPointer,
    _ written: [UnsafeMutableRawBufferPointer], _ scratch: CheckerScratch
  ) throws {
    let expected = UnsafeMutableRawBufferPointer(rebasing: scratch.floats[0..<written[0].count])
    _ = try treatment.apply(rows: unit.rows.count, input: input, outputs: [expected], scratch: scratch.spare)
    guard expected.elementsEqual(written[0]) else {
      throw differs(treatment.tensor, unit, "the source's bytes", "other bytes in the file")
    }
  }

  /// Adds a unit's error; returns the largest magnitude of the source.
  private func measure(
    _ tensor: PlannedTensor, _ format: QuantizationFormat, _ unit: Unit, _ input: UnsafeMutableRawBufferPointer,
    _ written: [UnsafeMutableRawBufferPointer], _ scratch: CheckerScratch, _ errors: inout ErrorAccumulator
  ) throws -> Float {
    guard let type = FloatType(tensor.tensor.dtype) else { return 0 }
    let count = unit.rows.count * tensor.rowElements
    let floats = scratch.floats.bindMemory(to: Float.self)
    let original = UnsafeMutableBufferPointer(rebasing: floats[0..<count])
    let decoded = UnsafeMutableBufferPointer(rebasing: floats[count..<2 * count])
    try widen(UnsafeRawBufferPointer(input), type, into: original)
    // The mx and nv modes come out of MLX in bf16 whatever the weight was.
    try Dequantizer(format: format, output: format.mode == .affine ? type : .bf16).decode(
      rows: unit.rows.count, columns: tensor.rowElements, weight: UnsafeRawBufferPointer(written[0]),
      scales: UnsafeRawBufferPointer(written[1]), biases: written.count > 2 ? UnsafeRawBufferPointer(written[2]) : nil,
      into: decoded)
    errors.add(original: UnsafeBufferPointer(original), decoded: UnsafeBufferPointer(decoded))
    var largest: Float = 0
    for value in original { largest = max(largest, abs(value)) }
    return largest
  }

  private func differs(_ tensor: PlannedTensor, _ unit: Unit, _ expected: String, _ found: String) -> ConversionError {
    .verification(
      summary: "a tensor was not written as planned", file: context.contents.weightFiles[tensor.parts[0].file],
      tensor: tensor.name, expected: expected,
      found: "\(found) (rows \(unit.rows.lowerBound) to \(unit.rows.upperBound - 1))",
      next: "check the disk; then remove the work folder's quantize/receipt.json and run again")
  }
}

/// The buffers of one worker. Each worker uses only its own.
final class CheckerScratch: @unchecked Sendable {
  let buffers: Scratch
  /// Two f32 images of a unit.
  let floats: UnsafeMutableRawBufferPointer
  var spare: UnsafeMutableRawBufferPointer { buffers.spare }

  init(_ memory: MemoryPlan) {
    buffers = Scratch(memory, spareBytes: memory.sourceBytes)
    floats = .allocate(byteCount: max(64, 4 * memory.sourceBytes, memory.outputBytes), alignment: 64)
  }

  deinit { floats.deallocate() }
}
