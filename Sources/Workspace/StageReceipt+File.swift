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
    do {
      let json = try JSONValue.parse(bytes, file: path.string)
      return try StageReceipt(JSONFields(json, file: path.string, what: "the receipt"))
    } catch let error as JSONError {
      throw WorkspaceError.receiptDamaged(path: path, reason: error.words.found)
    } catch StorageError.unsafePath(let name) {
      // The bytes are here: what is thrown is about a path in them, and no reading.
      throw WorkspaceError.receiptDamaged(path: path, reason: "\"path\" is no relative path, or stands twice: \(name)")
    }
  }

  var json: JSONValue {
    .object([
      ("cambium_receipt", 1), ("stage", .string(stage)), ("stage_version", .int(version)),
      ("tool", .string(tool)), ("key", .string(key.hex)), ("parameters_sha256", .string(parametersSHA256.hex)),
      ("inputs", .array(inputs.map(\.json))), ("outputs", .array(outputs.map(\.json))),
    ])
  }

  /// Reads ``json`` back.
  private init(_ fields: JSONFields) throws {
    try fields.require("cambium_receipt", 1)
    try fields.refuseUnknown([
      "cambium_receipt", "stage", "stage_version", "tool", "key", "parameters_sha256", "inputs", "outputs",
    ])
    try self.init(
      stage: fields.string("stage"), version: fields.int("stage_version"), tool: fields.string("tool"),
      parametersSHA256: fields.sha256("parameters_sha256"),
      inputs: fields.objects("inputs").map { try FileRecord($0) },
      outputs: fields.objects("outputs").map { try FileRecord($0) })
    try fields.require("key", key.hex)
  }
}
