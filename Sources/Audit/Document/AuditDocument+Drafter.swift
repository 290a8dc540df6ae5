import Checkpoint
import Diagnostics
import Digests
import Planning
import StrictJSON

extension AuditDocument {
  /// What the audit says of a drafter with its own weights in the package.
  public struct Drafter: Sendable {
    /// The class that its configuration names.
    public let architecture: String
    /// The way of decoding with it, as the runner spells it.
    public let decoder: String
    /// The file of its weights, in the package.
    public let file: String
    /// Places of a block; nil for a drafter that drafts token by token.
    public let block: Int?
    /// Layers of the trunk after which it reads the residual stream.
    public let taps: [Int]
    /// Nil for one from a plain folder.
    public let commit: String?
    /// Its tensors, each unchanged.
    public let tensors: [Part]

    /// Bytes of its tensors, which were counted when they were read.
    public var bytes: Int { CheckedSum.clamped(tensors.map(\.bytes)) }
  }
}

extension AuditDocument.Drafter {
  init(_ fields: JSONFields) throws(JSONError) {
    try fields.refuseUnknown(["architecture", "decoder", "file", "block", "taps", "commit", "tensors"])
    architecture = try fields.string("architecture")
    decoder = try fields.string("decoder")
    file = try fields.text("file", as: "a file of the folder \(DraftCheckpoint.folder)") {
      $0.hasBytes(atStart: DraftCheckpoint.prefix) && $0.hasBytes(atEnd: ".safetensors") ? $0 : nil
    }
    block = try fields.unlessNull("block") { key throws(JSONError) in try fields.int(key, in: 2...64) }
    taps = try fields.ints("taps", in: 0...Int.max)
    commit = try fields.unlessNull("commit") { key throws(JSONError) in try fields.string(key) }
    var tensors: [AuditDocument.Part] = []
    for row in try fields.objects("tensors") { tensors.append(try AuditDocument.Part(row, drafterFile: file)) }
    self.tensors = tensors
    guard CheckedSum(tensors.map(\.bytes)).value != nil else {
      throw .value(
        fields.place(of: "tensors"), key: "tensors", expected: "sizes of tensors that exist",
        found: "more bytes than can be counted")
    }
  }
}

extension AuditDocument.Part {
  /// A tensor of a drafter, all of whose tensors are in one file.
  fileprivate init(_ fields: JSONFields, drafterFile: String) throws(JSONError) {
    try fields.refuseUnknown(["name", "dtype", "shape", "bytes", "tree_sha256"])
    self.init(
      name: try fields.string("name"), file: drafterFile, dtype: try fields.string("dtype"),
      shape: try fields.ints("shape", in: 0...Int.max), bytes: try fields.int("bytes", in: 0...Int.max),
      treeSHA256: try fields.sha256("tree_sha256").hex)
  }
}

extension AuditReport {
  /// What the audit says of a drafter.
  /// - Parameter digests: One for each tensor, in the order of their names.
  static func drafter(_ drafter: DraftCheckpoint, _ digests: [SHA256Digest]) -> JSONValue {
    .object([
      ("architecture", .string(drafter.architecture)), ("decoder", .string(drafter.decoder)),
      ("file", .string(drafter.weightsFile)), ("block", drafter.block.map { .int($0) } ?? .null),
      ("taps", .array(drafter.taps.map { .int($0) })), ("commit", drafter.commit.map { .string($0) } ?? .null),
      (
        "tensors",
        .array(
          zip(drafter.tensors, digests).map { tensor, digest in
            .object([
              ("name", .string(tensor.name)), ("dtype", .string(tensor.dtype)),
              ("shape", .array(tensor.shape.map { .int($0) })), ("bytes", .int(tensor.bytes)),
              ("tree_sha256", .string(digest.hex)),
            ])
          })
      ),
    ])
  }
}
