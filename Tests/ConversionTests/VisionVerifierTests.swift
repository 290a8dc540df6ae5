import Digests
import SystemPackage
import Foundation
import Safetensors
import StrictJSON
import Testing

/// "Vision kept" is compared, not believed.
@Suite struct VisionVerifierTests {
  private let patchEmbedding = "vision_tower.patch_embed.proj.weight"

  @Test func `a kept tower is counted and identical to the source's`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.writeManifest()
      try shop.run()
      let tower = try Package(shop.package).audit.tensors.filter { $0.role == "vision" }
      let bytes = tower.reduce(0) { $0 + $1.sourceBytes }
      let check = try #require(try verification(of: shop.package).checks.first { $0.name == "vision tower" })
      #expect(check.scope == "\(tower.count) tensors, \(bytes) bytes, identical" && check.problems.isEmpty)
    }
  }

  /// A patch embedding left in the source's order, under the package's shape: all digests of the package were made anew.
  @Test func `a patch embedding whose axes were not moved is found`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.writeManifest()
      try shop.run()
      let path = shop.path + "/copy"
      try FileManager.default.copyItem(atPath: shop.package, toPath: path)
      let package = Package(path)
      let record = try #require(try package.audit.tensors.first { $0.name == patchEmbedding })
      let part = try #require(record.written.first)
      let shard = try SafetensorsFile(path: FilePath(path + "/" + part.file))
      let entry = try #require(shard.header[part.name])
      // The reversed elements, of two bytes each, stand for any other order.
      let right = try shard.readData(of: entry)
      let wrong = stride(from: right.count - 2, through: 0, by: -2).flatMap { [right[$0], right[$0 + 1]] }
      var bytes = try readBytes(path + "/" + part.file)
      let start = shard.header.dataStart + entry.begin
      bytes.replaceSubrange(start..<start + wrong.count, with: wrong)
      try writeBytes(bytes, path + "/" + part.file)
      try editJSON(path + "/audit.json") { audit in
        let digest = TreeDigest.of([wrong.withUnsafeBytes { TreeDigest.leaf($0) }]).hex
        let tensors = (audit["tensors"]?.arrayValue ?? []).map { tensor in
          guard tensor["name"]?.stringValue == patchEmbedding else { return tensor }
          var tensor = tensor
          var written = tensor["written"]?.arrayValue ?? []
          written[0].set("tree_sha256", to: .string(digest))
          tensor.set("written", to: .array(written))
          return tensor
        }
        audit.set("tensors", to: .array(tensors))
      }
      #expect(try package.problems(of: "tensors").isEmpty)
      #expect(try package.problems(of: "vision tower").first?.hasPrefix(patchEmbedding) == true)
    }
  }
}
