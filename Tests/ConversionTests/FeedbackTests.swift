import Audit
import Conversion
import Diagnostics
import Digests
import Files
import Manifests
import Planning
import Quantization
import Safetensors
import StrictJSON
import SystemPackage
import TestSupport
import Testing

/// Error feedback in a manifest, by a calibration file.
@Suite struct FeedbackConversionTests {
  private static let members: [(String, JSONValue)] = [
    ("pipeline", "affine4"), ("quantization", ["scales": "feedback"]), ("calibration", "c.safetensors"),
    // What feedback takes from the error of the layer's outputs it adds to that of the weights.
    ("thresholds", ["mean_cosine": JSONValue(.number("0.5")), "min_cosine": JSONValue(.number("0.5"))]),
  ]

  /// Inputs, each of which resembles the one before it, that are others for each name.
  private static func moments(_ name: String, _ columns: Int) -> [UInt8] {
    var random = SplitMix(seed: name.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) })
    var sums = [Double](repeating: 0, count: FeedbackFactor.count(columns: columns))
    for _ in 0..<2 * columns {
      var last = 0.0
      let x = (0..<columns).map { _ in
        last = 0.8 * last + Double(random.next() >> 40) * 0x1p-24 - 0.5
        return last
      }
      for i in 0..<columns {
        for j in 0...i { sums[i * (i + 1) / 2 + j] += x[i] * x[j] }
      }
    }
    return sums.flatMap { sum in
      let bits = Float(sum).bitPattern
      return (0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * UInt32($0))) }
    }
  }

  /// The calibration that a workshop's manifest asks for; `tokens` came to an input of this name and width.
  private static func calibration(
    _ shop: Workshop, without left: String? = nil, fingerprint: SHA256Digest? = nil,
    tokens: (String, Int) -> Int = { _, columns in 2 * columns }
  ) throws -> (calibration: Calibration, file: [UInt8]) {
    let resolution = try Resolution(
      Manifest(path: FilePath(shop.manifest)), pipelineFolders: [FilePath(Repository.pipelines)], measuring: true)
    let planner = Planner(resolution)
    var columns: [String: Int] = [:]
    for tensor in try planner.calibratedTensors(planner.plan().tensors) {
      for name in Calibration.inputNames(of: tensor.name, shape: tensor.tensor.shape) where name != left {
        columns[name] = tensor.rowElements
      }
    }
    var data: [String: [UInt8]] = [:]
    let inputs = columns.map { name, columns in
      let count = tokens(name, columns)
      guard Calibration.Input.isEnough(tokens: count, columns: columns) else {
        return Calibration.Input(name: name, columns: columns, tokens: count, digest: nil)
      }
      let bytes = moments(name, columns)
      data[name] = bytes
      return Calibration.Input(name: name, columns: columns, tokens: count, digest: SHA256Digest.of(bytes))
    }
    let calibration = Calibration(
      tool: "test", model: "source", fingerprint: try fingerprint ?? resolution.source.fingerprint(),
      text: .init(digest: SHA256Digest.of(Array("a text".utf8)), tokens: 400, positions: 400, window: 100),
      inputs: inputs)
    return (calibration, try calibration.layout.assemble(data))
  }

  private func withCalibration(
    _ source: TinyCheckpoint, _ members: [(String, JSONValue)] = Self.members, without left: String? = nil,
    tokens: (String, Int) -> Int = { _, columns in 2 * columns }, _ body: (Workshop, Calibration) throws -> Void
  ) throws {
    try withWorkshop(source: source) { shop in
      try shop.writeManifest(members)
      let (calibration, file) = try Self.calibration(shop, without: left, tokens: tokens)
      try writeBytes(file, shop.path + "/c.safetensors")
      try body(shop, calibration)
    }
  }

  /// Codes, scales and biases of a matrix of bf16 numbers.
  private static func encode(
    _ bytes: [UInt8], columns: Int, _ format: QuantizationFormat, _ input: String?
  ) throws -> [[UInt8]] {
    let rows = bytes.count / 2 / columns
    var weight = [UInt8](repeating: 0, count: rows * format.packedWords(columns: columns) * 4)
    var scales = [UInt8](repeating: 0, count: rows * format.groups(columns: columns) * 2)
    var biases = scales
    let factor = try input.map { name in
      try #require(Self.moments(name, columns).withUnsafeBytes { FeedbackFactor(moments: $0, columns: columns) })
    }
    try bytes.withUnsafeBytes { bytes in
      try weight.withUnsafeMutableBytes { weight in
        try scales.withUnsafeMutableBytes { scales in
          try biases.withUnsafeMutableBytes { biases in
            if let factor {
              _ = try FeedbackQuantizer(format: format, input: .bf16, factor: factor).encode(
                rows: rows, columns: columns, input: bytes, weight: weight, scales: scales, biases: biases)
            } else {
              _ = try Quantizer(format: format, input: .bf16).encode(
                rows: rows, columns: columns, input: bytes, weight: weight, scales: scales, biases: biases)
            }
          }
        }
      }
    }
    return [weight, scales, biases]
  }

  private static func parts(_ package: Package, _ module: String) throws -> [[UInt8]] {
    try ["weight", "scales", "biases"].map { try package.tensor("\(module).\($0)").bytes }
  }

  @Test func `each matrix of the trunk has feedback, the embedding has the search, and the documents say so`() throws {
    try withCalibration(TinyCheckpoint(.dense)) { shop, calibration in
      let plan = try shop.open().plan
      let quantized = plan.tensors.filter { $0.format != nil }
      let searched = quantized.filter { $0.format?.scales == .search }
      #expect(quantized.count > 10)
      #expect(searched.map(\.tensor.role) == [.embedding])
      #expect(searched.first?.reason?.contains("no feedback: the rows of an embedding are looked up") == true)
      #expect(quantized.allSatisfy { $0.format?.scales != .mlx })
      let note = try #require(plan.notes.first { $0.hasPrefix("error feedback for ") })
      #expect(note.contains(calibration.digest.hex) && note.contains(calibration.text.digest.hex))
      #expect(note.contains("for \(quantized.count - 1) of \(quantized.count) tensors"))
      try shop.run()
      let package = Package(shop.package)
      #expect(try package.audit.tensors.contains { $0.format?.hasSuffix("feedback") == true })
      let provenance = try readJSON(shop.package + "/provenance.json")
      let own = provenance["predicate"]?["buildDefinition"]?["internalParameters"]?["calibration_sha256"]
      #expect(own?.stringValue == calibration.digest.hex)
    }
  }

  @Test func `codes are those of the whole matrix by its own inputs, for any number of threads`() throws {
    let source = TinyCheckpoint(.dense)
    try withCalibration(source) { shop, _ in
      var options = shop.options
      options.threads = 1
      try shop.run(options)
      let one = try digests(shop.package)
      let package = Package(shop.package)
      let format = try QuantizationFormat(mode: .affine, scales: .feedback)
      for (name, input) in [("gate_proj", "gate_proj"), ("up_proj", "gate_proj"), ("down_proj", "down_proj")] {
        let place = "language_model.model.layers.1.mlp."
        let tensor = try #require(source.tensors["model.language_model.layers.1.mlp.\(name).weight"])
        let expected = try Self.encode(tensor.bytes, columns: tensor.shape[1], format, place + input)
        #expect(try Self.parts(package, place + name) == expected, "\(name)")
        #expect(try expected != Self.encode(tensor.bytes, columns: tensor.shape[1], format, nil), "\(name)")
      }
      let embedding = try #require(source.tensors["model.language_model.embed_tokens.weight"])
      #expect(
        try Self.parts(package, "language_model.model.embed_tokens")
          == Self.encode(embedding.bytes, columns: 64, format, nil))
      for path in [shop.package, shop.work] { try Folder.removeTree(FilePath(path)) }
      options.threads = 3
      try shop.run(options)
      #expect(try digests(shop.package) == one)
    }
  }

  @Test func `rows that end within a leaf are encoded whole`() throws {
    let source = TinyCheckpoint(.text) {
      $0.hidden = 96
      $0.vocabulary = 40_000
      $0.layers = 4
      $0.hasHead = false
    }
    let format: JSONValue = ["mode": "affine", "bits": 4, "group_size": 32, "scales": "feedback"]
    let members =
      Self.members.filter { $0.0 != "quantization" } + [
        (
          "rules",
          [
            ["role": "lm_head", "treatment": ["quantize": format]], ["match": "**", "treatment": "keep"],
          ]
        )
      ]
    try withCalibration(source, members) { shop, _ in
      try shop.run()
      let head = try #require(source.tensors["lm_head.weight"])
      #expect(head.bytes.count > 6 << 20 && (1 << 20) % (2 * 96) != 0)
      let planned = try #require(try shop.open().plan.tensors.first { $0.tensor.role == .lmHead })
      let module = String(planned.name.dropLast(".weight".count))
      #expect(
        try Self.parts(Package(shop.package), module)
          == Self.encode(head.bytes, columns: 96, try #require(planned.format), module))
    }
  }

  @Test func `an expert to which few tokens came has the search, and the others have feedback`() throws {
    let source = TinyCheckpoint(.mixture)
    try withCalibration(
      source, tokens: { name, columns in name.hasSuffix("layers.0.mlp.switch_mlp.gate_proj.2") ? 5 : 2 * columns }
    ) { shop, _ in
      let place = "language_model.model.layers.0.mlp.switch_mlp.gate_proj"
      let planned = try #require(try shop.open().plan.tensors.first { $0.name == place + ".weight" })
      let format = try #require(planned.format)
      #expect(format.scales == .feedback)
      #expect(
        planned.reason?.contains(
          "no feedback for 1 of 4 experts: fewer tokens (at most 5) than numbers (64) came to them") == true)
      try shop.run()
      let stack = try #require(source.tensors["model.language_model.layers.0.mlp.experts.gate_up_proj"])
      let bytes = stack.bytes.count / 4
      var expected: [[UInt8]] = [[], [], []]
      for expert in 0..<4 {
        let gate = Array(stack.bytes[expert * bytes..<expert * bytes + bytes / 2])
        let parts = try Self.encode(gate, columns: 64, format, expert == 2 ? nil : "\(place).\(expert)")
        for (number, part) in parts.enumerated() { expected[number] += part }
      }
      #expect(try Self.parts(Package(shop.package), place) == expected)
    }
  }

  @Test func `a matrix to which few tokens came has the search, with both numbers`() throws {
    try withCalibration(TinyCheckpoint(.dense), tokens: { _, columns in columns - 1 }) { shop, _ in
      let plan = try shop.open().plan
      #expect(plan.tensors.allSatisfy { $0.format == nil || $0.format?.scales == .search })
      let down = try #require(plan.tensors.first { $0.name.hasSuffix("layers.0.mlp.down_proj.weight") })
      #expect(down.reason?.hasSuffix("no feedback: fewer tokens (at most 127) than numbers (128) came in") == true)
      #expect(!plan.notes.contains { $0.hasPrefix("error feedback") })
    }
  }

  private func code(_ body: () throws -> Void) -> String? {
    do { try body() } catch { return (error as? any CambiumError)?.diagnostic.code }
    return nil
  }

  @Test func `a file that is missing, that nothing asks for, or that nobody names is refused`() throws {
    try withCalibration(TinyCheckpoint(.dense)) { shop, _ in
      #expect(code { _ = try shop.open() } == nil)
      try shop.writeManifest(Self.members.filter { $0.0 != "calibration" })
      #expect(code { _ = try shop.open() } == "E_CALIBRATION_UNPAIRED")
      try shop.writeManifest(Self.members.filter { $0.0 != "quantization" })
      #expect(code { _ = try shop.open() } == "E_CALIBRATION_UNPAIRED")
      try shop.writeManifest(Self.members + [("calibration", "no.safetensors")])
      #expect(code { _ = try shop.open() } == "E_CALIBRATION_MISSING")
    }
  }

  @Test func `a file of another model, without an input, or damaged is refused by name`() throws {
    try withCalibration(TinyCheckpoint(.dense)) { shop, _ in
      let path = shop.path + "/c.safetensors"
      let whole = try readBytes(path)
      try flipByte(path)
      #expect(code { try shop.run() } == "E_CALIBRATION_DAMAGED")
      #expect(!exists(shop.package))
      let other = try Self.calibration(shop, fingerprint: SHA256Digest.of(Array("another".utf8)))
      try writeBytes(other.file, path)
      #expect(code { _ = try shop.open() } == "E_CALIBRATION_MODEL")
      let left = "language_model.model.layers.1.mlp.down_proj"
      try writeBytes(try Self.calibration(shop, without: left).file, path)
      #expect(code { _ = try shop.open() } == "E_CALIBRATION_INCOMPLETE")
      try writeBytes(try readBytes(shop.source + "/model-00001-of-00003.safetensors"), path)
      #expect(code { _ = try shop.open() } == "E_CALIBRATION_DAMAGED")
      try writeBytes(whole, path)
      #expect(code { try shop.run() } == nil)
    }
  }

  @Test func `the plan says what feedback computes`() throws {
    try withCalibration(TinyCheckpoint(.dense)) { shop, _ in
      let run = try shop.open()
      var report = PlanReport(run.plan, run.forecast, run.resolution)
      report.rates = TimeEstimate.Rates()
      let operations = try #require(report.json["estimate"]?["feedback_operations"]?.intValue)
      let rows = run.plan.tensors.filter { $0.format?.scales == .feedback }
        .reduce(0) { $0 + $1.rows * $1.rowElements * $1.rowElements / 2 }
      #expect(operations > rows && operations < 2 * rows)
      #expect(report.text(everyTensor: false).contains("\nfeedback      about "))
    }
  }
}
