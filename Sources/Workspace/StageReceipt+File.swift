import Digests
import Files
import StrictJSON
import SystemPackage

extension StageReceipt {
  /// Writes the receipt into the folder of its stage. Every output must be durable before.
  public func write(to folder: FilePath) throws {
    try AtomicFile.write(JSONWriter.pretty(json, sorted: true), to: folder.appending(Self.fileName))
  }

  /// The receipt in a folder, or nil when there is none. Throws `E_RECEIPT_DAMAGED` for one that cannot be trusted;
  /// the caller says so and does the stage again.
  public static func load(_ folder: FilePath) throws -> StageReceipt? {
    let path = folder.appending(fileName)
    guard let bytes = try readSmallFile(path, limit: 256 << 20) else { return nil }
    let json: JSONValue
    do {
      json = try JSONValue.parse(bytes, file: path.string)
    } catch {
      throw WorkspaceError.receiptDamaged(path: path, reason: error.diagnostic.summary)
    }
    guard json["cambium_receipt"]?.intValue == 1 else {
      throw WorkspaceError.receiptDamaged(path: path, reason: "not a receipt of version 1")
    }
    guard let receipt = try? StageReceipt(json: json) else {
      throw WorkspaceError.receiptDamaged(path: path, reason: "a field is missing or wrong")
    }
    guard json["key"]?.stringValue == receipt.key.hex else {
      throw WorkspaceError.receiptDamaged(path: path, reason: "the key does not follow from the other fields")
    }
    return receipt
  }

  var json: JSONValue {
    .object([
      ("cambium_receipt", 1), ("stage", .string(stage)), ("stage_version", .int(version)),
      ("tool", .string(tool)), ("key", .string(key.hex)), ("parameters_sha256", .string(parametersSHA256.hex)),
      ("inputs", .array(inputs.map(\.json))), ("outputs", .array(outputs.map(\.json))),
    ])
  }

  private init?(json: JSONValue) throws {
    guard let stage = json["stage"]?.stringValue, let version = json["stage_version"]?.intValue,
      let tool = json["tool"]?.stringValue, let parameters = json["parameters_sha256"]?.stringValue,
      let parametersSHA256 = SHA256Digest(hex: parameters),
      let inputs = Self.records(json["inputs"]), let outputs = Self.records(json["outputs"])
    else { return nil }
    try self.init(
      stage: stage, version: version, tool: tool, parametersSHA256: parametersSHA256, inputs: inputs,
      outputs: outputs)
  }

  private static func records(_ json: JSONValue?) -> [FileRecord]? {
    guard let items = json?.arrayValue else { return nil }
    let records = items.compactMap(FileRecord.init(json:))
    return records.count == items.count ? records : nil
  }
}
