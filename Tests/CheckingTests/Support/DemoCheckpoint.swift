import TestSupport
import Foundation
import StrictJSON

/// The demo's trunk and its donor's head as one checkpoint, in a folder that goes with the object. A small trained
/// model: text, chats and accepted drafts are real.
final class DemoCheckpoint: Sendable {
  let path: String

  /// The one that tests share.
  static let shared = Result { try DemoCheckpoint() }

  /// - Parameter normShift: Added to every weight of the head's norms. Norms are stored as offsets from 1, so +1 is a
  ///   head whose norms were shifted twice, −1 one whose norms never were.
  init(normShift: Float = 0) throws {
    let files = FileManager.default
    let folder = files.temporaryDirectory.resolvingSymlinksInPath()
      .appendingPathComponent("cambium-checking-\(UUID().uuidString)").path
    path = folder
    try files.copyItem(atPath: Repository.root + "/manifests/demo/trunk", toPath: folder)
    let donor = Repository.root + "/manifests/demo/donor"
    let shard = "model-00002-of-00002.safetensors"
    try DemoCheckpoint.shifted([UInt8](Data(contentsOf: URL(fileURLWithPath: "\(donor)/\(shard)"))), by: normShift)
      .write(to: URL(fileURLWithPath: "\(folder)/\(shard)"))
    let name = "model.safetensors.index.json"
    var index = try DemoCheckpoint.json("\(folder)/\(name)")
    var map = index["weight_map"] ?? .object([])
    for member in try DemoCheckpoint.json("\(donor)/\(name)")["weight_map"]?.members ?? [] {
      map.set(member.key, to: member.value)
    }
    index = .object([("metadata", .object([])), ("weight_map", map)])
    try Data(JSONWriter.pretty(index)).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  private static func json(_ path: String) throws -> JSONValue {
    try JSONValue.parse([UInt8](Data(contentsOf: URL(fileURLWithPath: path))), file: path)
  }

  /// A shard with `shift` added to its BF16 norm weights.
  private static func shifted(_ bytes: [UInt8], by shift: Float) throws -> Data {
    var bytes = bytes
    let length = bytes.withUnsafeBytes { Int($0.loadUnaligned(as: UInt64.self)) }
    let header = try JSONValue.parse(Array(bytes[8..<8 + length]), file: "shard")
    for member in header.members ?? [] where member.key.contains("norm") && shift != 0 {
      let offsets = (member.value["data_offsets"]?.arrayValue ?? []).compactMap(\.intValue)
      for at in stride(from: 8 + length + offsets[0], to: 8 + length + offsets[1], by: 2) {
        let stored = Float(bitPattern: UInt32(bytes[at + 1]) << 24 | UInt32(bytes[at]) << 16)
        let word = ((stored + shift).bitPattern + 0x8000) >> 16
        bytes[at] = UInt8(truncatingIfNeeded: word)
        bytes[at + 1] = UInt8(truncatingIfNeeded: word >> 8)
      }
    }
    return Data(bytes)
  }
}
