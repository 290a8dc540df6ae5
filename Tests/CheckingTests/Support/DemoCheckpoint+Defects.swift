import Foundation
import StrictJSON

extension DemoCheckpoint {
  /// Width of the demo.
  private static let width = 256

  /// The demo with the two halves of `fc`'s columns exchanged.
  static func halvesExchanged() throws -> DemoCheckpoint {
    let demo = try DemoCheckpoint()
    try demo.editHead { name, bytes in
      guard name == "mtp.fc.weight" else { return }
      bytes = rows(bytes, columns: 2 * width).flatMap { $0.suffix(width) + $0.prefix(width) }
    }
    return demo
  }

  /// The demo with the two norms before `fc` exchanged.
  static func inputNormsExchanged() throws -> DemoCheckpoint {
    let demo = try DemoCheckpoint()
    var norms: [String: [UInt16]] = [:]
    let other = [
      "mtp.pre_fc_norm_embedding.weight": "mtp.pre_fc_norm_hidden.weight",
      "mtp.pre_fc_norm_hidden.weight": "mtp.pre_fc_norm_embedding.weight",
    ]
    try demo.editHead { name, elements in norms[name] = elements }
    try demo.editHead { name, elements in
      if let source = other[name].flatMap({ norms[$0] }) { elements = source }
    }
    return demo
  }

  /// The demo with a head as a model trained from another seed would have it: as good as its own, but its directions
  /// are others. Every axis of the width is permuted.
  static func foreignHead() throws -> DemoCheckpoint {
    let demo = try DemoCheckpoint()
    let order = (0..<width).map { ($0 * 97 + 31) % width }
    func permuted<T>(_ list: [T]) -> [T] { order.map { list[$0] } }
    try demo.editHead { name, elements in
      let part = name.split(separator: ".").dropLast().last ?? ""
      switch part {
      case "q_norm", "k_norm": break
      case "o_proj", "down_proj":
        let columns = elements.count / width
        elements = permuted(rows(elements, columns: columns)).flatMap { $0 }
      case "fc":
        elements = permuted(rows(elements, columns: 2 * width)).flatMap {
          permuted(Array($0.prefix(width))) + permuted(Array($0.suffix(width)))
        }
      default: elements = rows(elements, columns: width).flatMap(permuted)
      }
    }
    return demo
  }

  private static func rows(_ elements: [UInt16], columns: Int) -> [[UInt16]] {
    stride(from: 0, to: elements.count, by: columns).map { Array(elements[$0..<$0 + columns]) }
  }

  /// Gives every BF16 tensor of the head's shard, by name, and writes it back.
  private func editHead(_ change: (String, inout [UInt16]) -> Void) throws {
    let url = URL(fileURLWithPath: path + "/model-00002-of-00002.safetensors")
    var bytes = [UInt8](try Data(contentsOf: url))
    let length = bytes.withUnsafeBytes { Int($0.loadUnaligned(as: UInt64.self)) }
    let header = try JSONValue.parse(Array(bytes[8..<8 + length]), file: "shard")
    for member in header.members ?? [] where member.key.hasPrefix("mtp.") {
      let offsets = (member.value["data_offsets"]?.arrayValue ?? []).compactMap(\.intValue)
      let range = 8 + length + offsets[0]..<8 + length + offsets[1]
      var elements = stride(from: range.lowerBound, to: range.upperBound, by: 2).map {
        UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8
      }
      change(member.key, &elements)
      bytes.replaceSubrange(range, with: elements.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] })
    }
    try Data(bytes).write(to: url)
  }
}
