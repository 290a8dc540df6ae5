import Digests
import Foundation
import PackageCheck
import Planning
import Safetensors
import StrictJSON
import SystemPackage
import Testing

/// A scale stands for every number of its block, and MLX reads an element that is none as ±480: what is no number is refused
/// wherever it is met.
@Suite struct ByteCodeTests {
  struct Damage: Sendable, CustomTestStringConvertible {
    let pipeline: String
    let part: String
    /// The first bytes of the part.
    let bytes: [UInt8]
    /// Of the tensor as it is stored.
    var element = 0
    var testDescription: String { "\(pipeline) \(part) \(bytes)" }
  }

  static let damages = [
    Damage(pipeline: "mxfp4", part: ".scales", bytes: [0xFF]),
    Damage(pipeline: "mxfp8", part: ".scales", bytes: [0xFF]),
    Damage(pipeline: "nvfp4", part: ".scales", bytes: [0x7F]),
    Damage(pipeline: "nvfp4", part: ".scales", bytes: [0xFF]),
    Damage(pipeline: "mxfp8", part: ".weight", bytes: [0x7F]),
    Damage(pipeline: "mxfp8", part: ".weight", bytes: [1, 2, 3, 4, 5, 0xFF], element: 1),
    Damage(pipeline: "affine4", part: ".scales", bytes: [0xC0, 0x7F]),
    Damage(pipeline: "affine4", part: ".biases", bytes: [0x80, 0xFF]),
  ]
  private static let module = "language_model.model.layers.1.mlp.up_proj"

  /// Puts the bytes there, and makes audit and sums match, as somebody would who wants to hide it.
  private func forge(_ package: Package, _ damage: Damage) throws {
    let name = Self.module + damage.part
    let part = try #require(try package.audit.tensors.flatMap(\.written).first { $0.name == name })
    let path = package.path + "/" + part.file
    let file = try SafetensorsFile(path: FilePath(path))
    let place = file.header.dataStart + (try #require(file.header[name]).begin)
    var bytes = try readBytes(path)
    bytes.replaceSubrange(place..<place + damage.bytes.count, with: damage.bytes)
    try writeBytes(bytes, path)
    let told = try package.problems(of: "tensors").compactMap { $0.components(separatedBy: "tree_sha256 ").last }
    let digest = try #require(told.first?.prefix(64))
    let audit = package.path + "/audit.json"
    let text = String(decoding: try readBytes(audit), as: UTF8.self)
    try writeBytes(Array(text.replacingOccurrences(of: part.treeSHA256, with: digest).utf8), audit)
    try package.sumAgain()
  }

  @Test(arguments: damages)
  func
    `05 a packed scale or element that is no number is named by verify though audit and sums are forged, and no run takes it`(
      _ damage: Damage
    ) throws
  {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.writeManifest([("pipeline", .string(damage.pipeline))])
      try shop.run()
      #expect(try verification(of: shop.package).isGood)
      let forged = Package(shop.path + "/forged")
      try FileManager.default.moveItem(atPath: shop.package, toPath: forged.path)
      try forge(forged, damage)
      let name = Self.module + damage.part
      #expect(try forged.problems(of: "tensors").contains("\(name): element \(damage.element) is not a finite number"))
      try shop.writeManifest([("pipeline", "graft-only"), ("source", "forged")])
      let error = #expect(throws: ConversionError.self) { try shop.run() }
      #expect(error?.diagnostic.code == "E_NONFINITE" && error?.diagnostic.tensor == name)
      #expect(error?.diagnostic.found == "element \(damage.element) is not finite")
      #expect(!exists(shop.package))
    }
  }
}
