import Diagnostics
import Digests
import Foundation
import Manifests
import StrictJSON
import SystemPackage
import TestSupport
import Testing

/// Manifests that say what they share once.
@Suite struct ManifestExtendsTests {
  private func manifest(_ shop: Workshop, _ name: String, _ members: [(String, JSONValue)]) throws {
    try writeBytes(JSONWriter.pretty(.object([("cambium", 1)] + members)), shop.path + "/" + name)
  }

  private func read(_ shop: Workshop, _ name: String = "own.json") throws -> Manifest {
    try Manifest(path: FilePath(shop.path + "/" + name))
  }

  @Test func `what a manifest says replaces what the one under it says`() throws {
    try withWorkshop { shop in
      try manifest(shop, "ground.json", [("pipeline", "stock"), ("base_model", "org/ground"), ("strict", true)])
      try manifest(
        shop, "family.json",
        [("extends", "ground.json"), ("pipeline", "mxfp4"), ("rules", [["role": "mlp", "treatment": "keep"]])])
      try manifest(
        shop, "own.json", [("extends", "family.json"), ("source", "models/a"), ("output", "a"), ("strict", false)])
      let found = try read(shop)
      #expect(found.pipeline == "mxfp4")
      #expect(found.baseModel == "org/ground")
      #expect(!found.strict)
      #expect(found.rules.count == 1)
      #expect(found.output == FilePath(shop.path + "/a"))
      // Of one that extends nothing it is that of its bytes; else that of the lines of all of them.
      let digests = try ["own", "family", "ground"].map {
        SHA256Digest.of(try readBytes(shop.path + "/\($0).json")).hex
      }
      #expect(found.digest == SHA256Digest.of(Array((digests.joined(separator: "\n") + "\n").utf8)))
      let before = found.digest
      try manifest(shop, "ground.json", [("pipeline", "stock"), ("base_model", "org/other"), ("strict", true)])
      #expect(try read(shop).digest != before, "a change under it is a change")
    }
  }

  @Test(arguments: [
    ("../own.json", "E_MANIFEST_VALUE"), ("own.json", "E_MANIFEST_VALUE"), ("circle.json", "E_MANIFEST_VALUE"),
    ("/etc/passwd", "E_MANIFEST_VALUE"), ("unknown.json", "E_JSON_UNKNOWN_FIELD"),
    ("absent.json", "E_EXTENDS_MISSING"),
  ])
  func `what cannot be extended is refused`(name: String, code: String) throws {
    try withWorkshop { shop in
      try manifest(shop, "circle.json", [("extends", "own.json")])
      try manifest(shop, "unknown.json", [("pipelin", "mxfp4")])
      try manifest(
        shop, "own.json", [("extends", .string(name)), ("source", "a"), ("pipeline", "mxfp4"), ("output", "b")])
      #expect(try diagnostic { _ = try read(shop) }.code == code)
    }
  }

  @Test func `a field that is in none of them is missed`() throws {
    try withWorkshop { shop in
      try manifest(shop, "ground.json", [("pipeline", "stock")])
      try manifest(shop, "own.json", [("extends", "ground.json"), ("source", "a")])
      #expect(try diagnostic { _ = try read(shop) }.code == "E_JSON_MISSING_FIELD")
    }
  }
}
