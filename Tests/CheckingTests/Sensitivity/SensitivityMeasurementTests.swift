import Checking
import Checkpoint
import Diagnostics
import Files
import Foundation
import Inference
import Manifests
import Quantization
import StrictJSON
import SystemPackage
import TestSupport
import Testing

/// What quantizing each tensor alone costs, on the demo.
@Suite struct SensitivityMeasurementTests {
  private static let text = Array(
    String(
      repeating:
        "<|im_start|>user\nWhat is a tree?<|im_end|>\n<|im_start|>assistant\nA plant with a trunk.<|im_end|>\n",
      count: 6
    ).utf8)

  private static func folder() throws -> CheckpointFolder {
    try CheckpointFolder(.folder(FilePath(DemoCheckpoint.shared.get().path)))
  }

  /// Two matrices and the embedding.
  private static func tensors(_ folder: CheckpointFolder) throws -> [ResolvedTensor] {
    let all = try folder.trunk().tensors
    return all.filter { $0.role == .embedding } + all.filter { $0.role == .mlp || $0.role == .expert }.prefix(2)
  }

  private static func formats() throws -> [QuantizationFormat] {
    [
      try QuantizationFormat(mode: .affine, bits: 3), try QuantizationFormat(mode: .affine, bits: 8),
      try QuantizationFormat(mode: .mxfp4, scales: .search),
    ]
  }

  private static func measurement(
    _ text: [UInt8] = Self.text, window: Int = 64, threads: Int = 2, formats: [QuantizationFormat]? = nil
  ) throws -> SensitivityMeasurement {
    let folder = try folder()
    let tensors = try tensors(folder)
    return try SensitivityMeasurement(
      folder, sets: tensors.map { [$0.name] },
      columns: { name in tensors.first { $0.name == name }?.shape.last ?? 0 },
      candidates: formats ?? Self.formats(), text: text, file: "text", window: window, threads: threads)
  }

  private func withPlace<T>(_ body: (FilePath) throws -> T) throws -> T {
    let folder = FileManager.default.temporaryDirectory.path + "/cambium-measure-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try body(FilePath(folder + "/partial"))
  }

  private func result(_ measurement: SensitivityMeasurement) throws -> Sensitivity {
    try withPlace { try measurement.run(keeping: $0, tool: "test", isStopped: { false }, onProgress: { _, _ in }) }
  }

  @Test func `fewer bits cost more, and the file is the same for any number of threads`() throws {
    let one = try result(Self.measurement(threads: 1))
    for set in one.sets {
      let costs = set.costs.compactMap { $0 }
      #expect(costs.count == 3)
      #expect(costs[0].kl > costs[1].kl * 4 && costs[1].kl >= 0)
      #expect(costs.allSatisfy { (0...1).contains($0.topAgreement) })
    }
    let two = try result(Self.measurement(threads: 2))
    #expect(JSONWriter.pretty(one.json) == JSONWriter.pretty(two.json))
    #expect(try Sensitivity(JSONWriter.pretty(one.json), file: "s.json") == one)
    DocumentForms.expect(one.json)
  }

  @Test func `a measurement that is stopped after every pass and goes on gives the same file`() throws {
    let whole = try result(Self.measurement())
    let measurement = try Self.measurement()
    let stepwise = try withPlace { place in
      var found: Sensitivity?
      var steps = 0
      while found == nil, steps < 10 * measurement.passes {
        steps += 1
        var asked = 0
        do {
          found = try measurement.run(
            keeping: place, tool: "test",
            isStopped: {
              asked += 1
              // Before the window, before the first cell that is left, and then no further.
              return asked > 2
            }, onProgress: { _, _ in })
        } catch is CancellationError {}
      }
      #expect(steps > measurement.passes / 2)
      return found
    }
    #expect(stepwise == whole)
  }

  @Test func `what was kept of another text, of other candidates, or what is damaged is refused`() throws {
    try withPlace { place in
      var asked = 0
      let measurement = try Self.measurement()
      #expect(throws: CancellationError.self) {
        try measurement.run(
          keeping: place, tool: "test",
          isStopped: {
            asked += 1
            return asked > 3
          }, onProgress: { _, _ in })
      }
      func code(_ other: SensitivityMeasurement) -> String? {
        do {
          _ = try other.run(keeping: place, tool: "test", isStopped: { true }, onProgress: { _, _ in })
        } catch {
          return (error as? any CambiumError)?.diagnostic.code
        }
        return nil
      }
      #expect(try code(Self.measurement(Self.text + Self.text)) == "E_SENSITIVITY_TEXT")
      #expect(try code(Self.measurement(window: 32)) == "E_SENSITIVITY_CANDIDATE")
      #expect(
        try code(Self.measurement(formats: [QuantizationFormat(mode: .affine, bits: 3)])) == "E_SENSITIVITY_CANDIDATE")
      let text = String(decoding: try ReadOnlyFile(path: place).readAll(limit: 1 << 20), as: UTF8.self)
      let beyond = text.replacing("\"windows\":0", with: "\"windows\":300")
      #expect(beyond != text)
      try AtomicFile.write(Array(beyond.utf8), to: place)
      #expect(try code(Self.measurement()) == "E_JSON_NUMBER", "more windows than the text has")
      try AtomicFile.write(Array("{}".utf8), to: place)
      #expect(try code(Self.measurement()) == "E_JSON_MISSING_FIELD")
    }
  }

  @Test func `a text shorter than a window is refused with both numbers`() throws {
    let error = #expect(throws: CheckingError.self) { try Self.measurement(Array("a b c".utf8)) }
    #expect(error?.diagnostic.code == "E_CHECK_TEXT")
    #expect(error?.diagnostic.expected == "at least a window of 64 tokens")
  }

  @Test func `a model with one tensor quantized is not the model, and nothing quantized is`() throws {
    let folder = try Self.folder()
    let variants = try ModelVariants(folder)
    let name = try #require(try Self.tensors(folder).first).name
    let text = [Array(5..<40)]
    let plain = try LoadedModel(folder)
    let same = try SourceComparison(package: variants.model(), source: plain, texts: text, file: "text", threads: 2)
    #expect(same.klMaximum == 0)
    let other = try variants.model(quantizing: [name], QuantizationFormat(mode: .affine, bits: 3))
    #expect(try SourceComparison(package: other, source: plain, texts: text, file: "text", threads: 2).klMean > 0)
    #expect(throws: CheckpointError.self) {
      _ = try variants.model(quantizing: ["no.such"], QuantizationFormat(mode: .mxfp8))
    }
  }
}
