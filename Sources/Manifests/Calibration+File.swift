import Digests
import Files
import Quantization
import Safetensors
import StrictJSON
import SystemPackage

extension Calibration {
  /// The key of the document in the file's metadata, and of the version in the document.
  public static let key = "cambium_calibration"
  /// The key of the document's digest in the file's metadata.
  static let digestKey = "cambium_calibration_sha256"

  /// The document: everything but the second moments, and their digests.
  public var json: JSONValue {
    .object([
      (Self.key, .int(1)), ("tool", .string(tool)),
      ("model", .object([("name", .string(model)), ("fingerprint_sha256", .string(fingerprint.hex))])),
      (
        "text",
        .object([
          ("sha256", .string(text.digest.hex)), ("tokens", .int(text.tokens)), ("positions", .int(text.positions)),
          ("window", .int(text.window)),
        ])
      ),
      ("inputs", .array(inputs.map(\.json))),
    ])
  }

  /// The digest of the document, and so of all that is in the file.
  public var digest: SHA256Digest { SHA256Digest.of(JSONWriter.canonical(json)) }

  /// Opens a file. The second moments are read, and compared with their digests, when they are asked for.
  /// - Throws: ``CalibrationError/missing(path:)``, ``CalibrationError/damaged(file:expected:found:)``, `SafetensorsError`,
  ///   `JSONError`.
  public init(path: FilePath) throws {
    guard try path.exists else { throw CalibrationError.missing(path: path) }
    let name = path.string
    let file = try SafetensorsFile(path: path)
    guard let text = file.header.metadataValue(Self.key) else {
      throw CalibrationError.damaged(
        file: name, expected: "\(Self.key) among the metadata", found: "a safetensors file of another kind")
    }
    let own = SHA256Digest.of(Array(text.utf8)).hex
    guard let stated = file.header.metadataValue(Self.digestKey), stated == own else {
      throw CalibrationError.damaged(
        file: name, expected: "a document of the SHA-256 that stands beside it",
        found: file.header.metadataValue(Self.digestKey).map { "\(own), not \($0)" } ?? "none beside it")
    }
    let value = try JSONValue.parse(Array(text.utf8), file: name, maxValues: JSONValue.modestCount)
    let fields = try JSONFields(value, file: name, what: "calibration file")
    try fields.refuseUnknown([Self.key, "tool", "model", "text", "inputs"])
    let parser = RuleParser(file: name)
    try parser.requireVersion(fields, Self.key)
    try parser.refuseControls(value)
    let model = try fields.object("model")
    try model.refuseUnknown(["name", "fingerprint_sha256"])
    self.init(
      tool: try fields.string("tool"), model: try model.string("name"),
      fingerprint: try model.sha256("fingerprint_sha256"), text: try Sensitivity.Text(fields.object("text")),
      inputs: try fields.objects("inputs").map(Input.init), file: file)
    try check(file)
  }

  /// Refuses a file whose tensors are not those that its document names.
  private func check(_ file: SafetensorsFile) throws {
    func damaged(_ expected: String, _ found: String) -> CalibrationError {
      .damaged(file: file.path.string, expected: expected, found: found)
    }
    for (one, next) in zip(inputs, inputs.dropFirst()) where one.name == next.name {
      throw damaged("every input once", "\(one.name) twice")
    }
    for input in inputs {
      let isEnough = Self.Input.isEnough(tokens: input.tokens, columns: input.columns)
      guard isEnough == (input.digest != nil) else {
        throw damaged(
          "second moments where as many tokens came as there are columns, and nowhere else",
          "\(input.name): \(input.tokens) tokens, \(input.columns) columns")
      }
    }
    let stored = inputs.filter { $0.digest != nil }
    for input in stored {
      let shape = [FeedbackFactor.count(columns: input.columns)]
      let entry = file.header[input.name]
      guard let entry, entry.dtype == .f32, entry.shape == shape else {
        throw damaged(
          "\(input.name): F32 \(shape)", entry.map { "\($0.dtype.rawValue) \($0.shape)" } ?? "no such tensor")
      }
    }
    guard file.header.tensors.count == stored.count else {
      throw damaged("\(stored.count) tensors", "\(file.header.tensors.count)")
    }
  }

  /// The second moments of an input: the lower triangle, row after row, little-endian f32. Nil where too few tokens came.
  /// - Throws: ``CalibrationError/damaged(file:expected:found:)``, `FileError`.
  public func moments(of input: Input) throws -> [UInt8]? {
    guard let file, let digest = input.digest, let entry = file.header[input.name] else { return nil }
    let bytes = try file.readData(of: entry)
    let own = SHA256Digest.of(bytes)
    guard own == digest else {
      throw CalibrationError.damaged(
        file: file.path.string, expected: "\(input.name) of SHA-256 \(digest.hex)", found: own.hex)
    }
    return bytes
  }

  /// What error feedback needs of an input; nil where too few tokens came.
  /// - Throws: as ``moments(of:)``; ``CalibrationError/damaged(file:expected:found:)`` for what are no second moments.
  public func factor(of input: Input) throws -> FeedbackFactor? {
    guard let bytes = try moments(of: input) else { return nil }
    guard let factor = bytes.withUnsafeBytes({ FeedbackFactor(moments: $0, columns: input.columns) }) else {
      throw CalibrationError.damaged(
        file: file?.path.string ?? "", expected: "second moments of \(input.name)", found: "numbers that are none")
    }
    return factor
  }
}

extension Calibration.Input {
  package var json: JSONValue {
    .object([
      ("name", .string(name)), ("columns", .int(columns)), ("tokens", .int(tokens)),
      ("sha256", digest.map { .string($0.hex) } ?? .null),
    ])
  }

  /// Reads ``json`` back.
  package init(_ fields: JSONFields) throws {
    try fields.refuseUnknown(["name", "columns", "tokens", "sha256"])
    self.init(
      name: try fields.string("name"), columns: try fields.int("columns", in: 1...1 << 20),
      tokens: try fields.int("tokens", in: 0...1 << 40),
      digest: try fields.unlessNull("sha256") { key throws(JSONError) in try fields.sha256(key) })
  }
}
