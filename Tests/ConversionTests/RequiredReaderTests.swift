import Foundation
import Readers
import StrictJSON
import Testing

/// `verify` asks every known reader of the folder as it is, and fails when one that the manifest requires cannot use it.
@Suite struct RequiredReaderTests {
  private func withPackage(_ body: (Package) throws -> Void) throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.writeManifest([("readers", ["mlx-lm>=0.32", "mlx-vlm>=0.7.8"])])
      try shop.run()
      try FileManager.default.copyItem(atPath: shop.package, toPath: shop.path + "/copy")
      try body(Package(shop.path + "/copy"))
    }
  }

  static let ranges: [(text: String, names: [String])] = [
    ("mlx-lm>=0.30", ["mlx-lm<=0.31.3", "mlx-lm>=0.32"]), ("mlx-lm", ["mlx-lm<=0.31.3", "mlx-lm>=0.32"]),
    ("mlx-lm==0.31.2", ["mlx-lm<=0.31.3"]), ("mlx-lm>0.31.3", ["mlx-lm>=0.32"]), ("mlx-lm<0.32", ["mlx-lm<=0.31.3"]),
    ("mlx-vlm>=0.7", ["mlx-vlm>=0.6.12,<0.7.8", "mlx-vlm>=0.7.8"]), ("mlx-vlm>=0.8", ["mlx-vlm>=0.7.8"]),
    ("mlx-lm>=0.32", ["mlx-lm>=0.32"]),
  ]

  @Test(arguments: ranges)
  func `a range of a reader's releases requires each that is told apart in it`(text: String, names: [String]) {
    #expect(Reader.meant(by: text).map(\.name) == names)
  }

  @Test(arguments: ["mlx-lm>0.31.3,<0.32", "mlx-lm>=new", "mlx-lm>=0.33,<0.32", "llama.cpp>=1"])
  func `a range without a known release is refused with those that are known`(text: String) throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.writeManifest([("readers", [.string(text)])])
      let error = try diagnostic { _ = try shop.open() }
      #expect(error.code == "E_READER_UNKNOWN" && error.expected?.contains("mlx-lm>=0.32") == true)
    }
  }

  @Test func `every reader is asked and the audit foretold it`() throws {
    try withPackage { package in
      let report = try verification(of: package.path)
      #expect(report.isGood, "\(report.text)")
      let matrix = try #require(report.readers)
      #expect(matrix.rows.count == Reader.all.count)
      #expect(matrix.json == (try package.auditJSON["readers"]))
      #expect(matrix.rows.filter(\.isRequired).map(\.reader.name) == ["mlx-lm>=0.32", "mlx-vlm>=0.7.8"])
      #expect(report.text.contains("mlx-vlm>=0.7.8 *"))
      #expect(report.text.contains("* required by the manifest"))
      #expect(report.json["readers"] == matrix.json)
    }
  }

  @Test func `a required reader that no longer finds the head fails`() throws {
    try withPackage { package in
      try FileManager.default.removeItem(atPath: package.path + "/mtp.safetensors")
      let problems = try package.problems(of: "readers")
      #expect(problems.contains { $0.hasPrefix("mlx-vlm>=0.7.8: required, and loads without head") }, "\(problems)")
      #expect(!(try verification(of: package.path).isGood))
    }
  }

  @Test func `a reader that would now corrupt the model fails though it is not required`() throws {
    try withPackage { package in
      try editJSON(package.path + "/model.safetensors.index.json") { index in
        var map = index["weight_map"] ?? .object([])
        for name in try package.names where name.hasPrefix("mtp.") { map.set(name, to: "mtp.safetensors") }
        index.set("weight_map", to: map)
      }
      let problems = try package.problems(of: "readers")
      #expect(problems.contains { $0.hasPrefix("mlx-vlm<0.6.9: would corrupt") }, "\(problems)")
    }
  }
}
