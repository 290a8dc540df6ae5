import Digests
import StrictJSON

/// The proof that a stage is done: what went in, by what it was made, and what came out.
///
/// Written last, after every output is durable. It holds no time, host or absolute path, so the same work yields the
/// same receipt everywhere.
public struct StageReceipt: Sendable, Equatable {
  /// The name of the receipt in the folder of its stage.
  public static let fileName = "receipt.json"

  /// Name of the stage.
  public let stage: String
  /// Number of the stage's schema: raised when the same input would yield other output.
  public let version: Int
  /// Program and version, `cambium X.Y.Z`.
  public let tool: String
  /// Digest of the canonical JSON of the parameters.
  public let parametersSHA256: SHA256Digest
  /// The files read, sorted by path.
  public let inputs: [FileRecord]
  /// The files made, sorted by path.
  public let outputs: [FileRecord]
  /// Digest of everything that decides the outputs; see `key(stage:version:tool:parameters:inputs:)`.
  public let key: SHA256Digest

  /// The receipt of a finished stage. Throws `E_PATH_UNSAFE` for a path that is not relative or appears twice.
  public init(
    stage: String, version: Int, tool: String, parameters: JSONValue, inputs: [FileRecord], outputs: [FileRecord]
  ) throws {
    try self.init(
      stage: stage, version: version, tool: tool,
      parametersSHA256: SHA256Digest.of(JSONWriter.canonical(parameters)), inputs: inputs, outputs: outputs)
  }

  init(
    stage: String, version: Int, tool: String, parametersSHA256: SHA256Digest, inputs: [FileRecord],
    outputs: [FileRecord]
  ) throws {
    self.stage = stage
    self.version = version
    self.tool = tool
    self.parametersSHA256 = parametersSHA256
    self.inputs = try FileRecord.ordered(inputs)
    self.outputs = try FileRecord.ordered(outputs)
    key = Self.key(
      stage: stage, version: version, tool: tool, parametersSHA256: parametersSHA256, inputs: self.inputs)
  }

  /// The key a stage will have, known before it runs: the digest of the canonical JSON of stage, stage version, tool,
  /// digest of the parameters, and inputs. Two runs with the same key make the same outputs.
  public static func key(
    stage: String, version: Int, tool: String, parameters: JSONValue, inputs: [FileRecord]
  ) -> SHA256Digest {
    key(
      stage: stage, version: version, tool: tool,
      parametersSHA256: SHA256Digest.of(JSONWriter.canonical(parameters)), inputs: inputs)
  }

  private static func key(
    stage: String, version: Int, tool: String, parametersSHA256: SHA256Digest, inputs: [FileRecord]
  ) -> SHA256Digest {
    let json = JSONValue.object([
      ("stage", .string(stage)), ("stage_version", .int(version)), ("tool", .string(tool)),
      ("parameters_sha256", .string(parametersSHA256.hex)),
      ("inputs", .array(FileRecord.sortedByPath(inputs).map(\.json))),
    ])
    return SHA256Digest.of(JSONWriter.canonical(json))
  }
}
