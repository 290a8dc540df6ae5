import Foundation
import PackageCheck
import Planning
import StrictJSON
import Testing

/// What `run` publishes, `verify` accepts: a configuration of a source that was converted before is settled or refused.
@Suite struct ConvertedConfigurationTests {
  private let names = ["quantization", "quantization_config"]

  /// A package as the source of another one, with its configuration changed.
  private func again(
    first pipeline: JSONValue = "mxfp4", _ change: (inout JSONValue) -> Void, _ body: (Workshop) throws -> Void
  ) throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.writeManifest([("pipeline", pipeline), ("output", "first")])
      try shop.run()
      try editJSON(shop.path + "/first/config.json", change)
      try shop.writeManifest([("source", "first"), ("pipeline", "graft-only")])
      try body(shop)
    }
  }

  @Test(arguments: [0, 1])
  func `D2 a block under one of its names is written under both`(missing: Int) throws {
    try again({ $0.removeKey(names[missing]) }) { shop in
      try shop.run()
      let config = try Package(shop.package).config
      #expect(config[names[0]] != nil && config[names[0]] == config[names[1]])
      #expect(try verification(of: shop.package).isGood)
    }
  }

  @Test func `D2 a stray block is left out of a package in which nothing is packed`() throws {
    for stray in [[names[0]], [names[1]], names] {
      let change = { (config: inout JSONValue) in
        for name in stray { config.set(name, to: ["bits": 4, "group_size": 64]) }
      }
      try again(first: "graft-only", change) { shop in
        try shop.run()
        let config = try Package(shop.package).config
        #expect(names.allSatisfy { config[$0] == nil })
        #expect(try verification(of: shop.package).isGood)
      }
    }
  }

  @Test(arguments: [("bits", 8), ("group_size", 64), ("bits", 1 << 60)])
  func `D2 a block that contradicts the tensors is refused before anything is written`(key: String, value: Int) throws {
    let change = { (config: inout JSONValue) in
      for name in names {
        var block = config[name] ?? .object([])
        block.set(key, to: .int(value))
        config.set(name, to: block)
      }
    }
    try again(change) { shop in
      for check in [[], [("check", JSONValue.bool(false))]] {
        try shop.writeManifest([("source", "first"), ("pipeline", "graft-only")] + check)
        let error = #expect(throws: ConversionError.self) { _ = try shop.open() }
        #expect(error?.diagnostic.code == "E_PACKAGE_CONFIG" && error?.diagnostic.exitStatus == .badInput)
        #expect(!FileManager.default.fileExists(atPath: shop.package))
      }
    }
  }

  @Test func `D auto_map names code, which is not copied, and is left out with a note`() throws {
    var source = TinyCheckpoint(.dense)
    source.config.set("auto_map", to: ["AutoModel": "evil.Model"])
    source.configure("auto_map", ["AutoModel": "evil.Model"])
    try withWorkshop(source: source) { shop in
      let run = try shop.open()
      #expect(run.plan.notes.contains { $0.hasPrefix("auto_map ") })
      try shop.run()
      let config = try Package(shop.package).config
      #expect(config["auto_map"] == nil && config["text_config"] != nil && config["text_config"]?["auto_map"] == nil)
    }
  }
}
