import TestSupport
import Checkpoint
import Foundation
import Testing

/// The pipeline `classic` sorts the 1,199 tensors of the released 27B model as the first quantizer that kept heads did;
/// its headers are enough for that, so the shards here have no data: files of full size with nothing in them.
@Suite struct ClassicPlanTests {
  private static let folder = Repository.root + "/Tests/ConversionTests/Fixtures/27b"

  /// Name, dtype and shape of each tensor; a line of the list stands for those of all layers it names.
  private func tensors() throws -> [(name: String, dtype: String, shape: [Int])] {
    try readText(Self.folder + "/tensors.txt").split(separator: "\n").flatMap { line in
      let fields = line.split(separator: " ").map(String.init)
      let shape = fields[3].split(separator: "x").compactMap { Int($0) }
      let numbers: [Int] =
        switch fields[1] {
        case "layers": Array(0..<64)
        case "delta": (0..<64).filter { $0 % 4 != 3 }
        case "attention": (0..<64).filter { $0 % 4 == 3 }
        case "blocks": Array(0..<27)
        default: [0]
        }
      return numbers.map { (fields[0].replacingOccurrences(of: "*", with: "\($0)"), fields[2], shape) }
    }
  }

  /// One shard whose data are a hole.
  private func writeHeaders(_ path: String) throws {
    var offset = 0
    let entries = try tensors().map { tensor in
      let begin = offset
      offset += tensor.shape.reduce(tensor.dtype == "F32" ? 4 : 2, *)
      return
        "\"\(tensor.name)\":{\"dtype\":\"\(tensor.dtype)\",\"shape\":\(tensor.shape),\"data_offsets\":[\(begin),\(offset)]}"
    }
    let header = Array("{\(entries.joined(separator: ","))}".utf8)
    try writeBytes((0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) } + header, path)
    let file = try #require(FileHandle(forWritingAtPath: path))
    try file.truncate(atOffset: UInt64(8 + header.count + offset))
    try file.close()
  }

  @Test func `the large dense model is sorted as the first quantizer did`() throws {
    try withWorkshop { shop in
      try FileManager.default.createDirectory(atPath: shop.source, withIntermediateDirectories: true)
      try FileManager.default.copyItem(atPath: Self.folder + "/config.json", toPath: shop.source + "/config.json")
      try writeHeaders(shop.source + "/model.safetensors")
      try shop.writeManifest([("pipeline", "classic")])
      let plan = try shop.open().plan
      var counts: [String: Int] = [:]
      for tensor in plan.tensors {
        let ssm = ["A_log", "dt_bias", "conv1d.weight"].contains { tensor.name.hasSuffix($0) }
        let kind =
          tensor.verdictWord == "quantized"
          ? "quantized"
          : tensor.tensor.role == .vision ? "vision" : tensor.tensor.role == .mtp ? "mtp" : ssm ? "ssm" : "other"
        counts[kind, default: 0] += 1
      }
      #expect(counts == ["quantized": 498, "vision": 333, "mtp": 15, "ssm": 144, "other": 209])
      #expect(plan.tensors.count == 1199)
    }
  }
}
