import Conversion
import SystemPackage
import Foundation
import PackageCheck
import StrictJSON
import Testing

/// Receipts: what is done is not done again, and what changed redoes exactly what depends on it.
@Suite struct ReceiptTests {
  private static let source = TinyCheckpoint(.dense).stripped
  private static let donor = TinyCheckpoint(.dense) { $0.seed = 2 }.headOnly

  /// A finished run, then a change, then a second run.
  private func rerun(
    _ change: (Workshop) throws -> Void, _ check: (Workshop, RunSummary, SilentObserver) throws -> Void
  ) throws {
    try withWorkshop(source: Self.source, donor: Self.donor) { shop in
      #expect(try shop.run().done == StageName.allCases)
      try change(shop)
      let observer = SilentObserver()
      let summary = try shop.run(nil, observer)
      try check(shop, summary, observer)
      #expect(try PackageVerifier(path: FilePath(shop.package), threads: 2).verify().isGood)
    }
  }

  @Test func `a second run reuses everything and touches no file`() throws {
    try withWorkshop(source: Self.source, donor: Self.donor) { shop in
      try shop.run()
      let package = try identities(shop.package)
      let stages = try StageName.allCases.map { try identities(shop.work + "/" + $0.rawValue) }
      let inputs = try identities(shop.source)
      let summary = try shop.run()
      #expect(summary.reused == StageName.allCases)
      #expect(summary.done.isEmpty)
      #expect(try identities(shop.package) == package)
      #expect(try StageName.allCases.map { try identities(shop.work + "/" + $0.rawValue) } == stages)
      #expect(try identities(shop.source) == inputs)
      #expect(package.count > 8)
    }
  }

  @Test func `a changed threshold redoes verification and package`() throws {
    try rerun {
      try $0.writeManifest([("donor", "donor"), ("thresholds", .object([("min_cosine", JSONValue(.number("0.5")))]))])
    } _: { _, summary, _ in
      #expect(summary.done == [.verify, .package])
      #expect(summary.reused == [.inspect, .graft, .quantize, .check])
    }
  }

  @Test func `a changed rule redoes quantization and what follows`() throws {
    try rerun {
      try $0.writeManifest([("donor", "donor"), ("rules", [["role": "mlp", "treatment": "keep"]])])
    } _: { shop, summary, _ throws in
      #expect(summary.done == [.quantize, .verify, .check, .package])
      #expect(try Package(shop.package).config["quantization"]?["language_model.model.layers.0.mlp.up_proj"] == false)
    }
  }

  @Test func `a changed rule for the head redoes the graft`() throws {
    try rerun {
      try $0.writeManifest([("donor", "donor"), ("rules", [["role": "mtp", "treatment": ["cast": "f32"]]])])
    } _: { shop, summary, _ throws in
      #expect(summary.done == [.graft, .quantize, .verify, .check, .package])
      #expect(try readText(shop.work + "/graft/graft.json").contains("cast_f32"))
      #expect(try Package(shop.package).tensor("mtp.fc.weight").dtype == .f32)
    }
  }

  @Test func `a changed donor redoes the graft and what follows`() throws {
    var other = Self.donor
    other.tensors["mtp.fc.weight"]?.bytes[10] ^= 1
    try rerun {
      try other.write(to: $0.donor)
    } _: { shop, summary, _ throws in
      // Its header is as it was: where the head lies, and what is done to it, does not change.
      #expect(summary.done == [.quantize, .verify, .check, .package])
      let written = try Package(shop.package).tensor("mtp.fc.weight").bytes
      #expect(digest(written) == digest(other.tensors["mtp.fc.weight"]?.bytes))
    }
  }

  @Test func `a changed sidecar redoes inspection and package`() throws {
    try rerun {
      try writeBytes(Array("{{ other }}".utf8), $0.source + "/chat_template.jinja")
    } _: { shop, summary, _ throws in
      #expect(summary.done == [.inspect, .check, .package])
      #expect(try readText(shop.package + "/chat_template.jinja") == "{{ other }}")
    }
  }

  @Test func `a changed sidecar of a source with its own head redoes inspection and package`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.run()
      try writeBytes(Array("{{ other }}".utf8), shop.source + "/chat_template.jinja")
      #expect(try shop.run().done == [.inspect, .check, .package])
    }
  }

  @Test func `a source rewritten with equal bytes redoes nothing`() throws {
    try rerun {
      try Self.source.write(to: $0.source)
    } _: { _, summary, _ in
      #expect(summary.done.isEmpty)
    }
  }

  @Test func `a damaged result is found and made again`() throws {
    try withWorkshop(source: Self.source, donor: Self.donor) { shop in
      try shop.run()
      let before = try digests(shop.package)
      // The weights were in it.
      try FileManager.default.removeItem(atPath: shop.package)
      var options = shop.options
      options.until = .quantize
      try shop.run(options)
      try flipByte(shop.work + "/quantize/model.safetensors")
      let observer = SilentObserver()
      let summary = try shop.run(nil, observer)
      #expect(summary.done.contains(.quantize))
      #expect(observer.notes.contains { $0.hasPrefix("quantize: ") && $0.contains("model.safetensors") })
      #expect(try digests(shop.package) == before)
      #expect(try shop.run().reused == StageName.allCases)
    }
  }

  @Test func `a missing result is made again`() throws {
    try rerun {
      try FileManager.default.removeItem(atPath: $0.work + "/verify/verify.json")
    } _: { _, summary, _ in
      #expect(summary.done.contains(.verify))
      #expect(summary.reused.contains(.quantize))
    }
  }

  @Test func `a damaged receipt counts as none`() throws {
    try rerun {
      try writeBytes(Array("{".utf8), $0.work + "/graft/receipt.json")
    } _: { _, summary, observer in
      #expect(summary.done == [.graft])
      #expect(observer.notes.contains { $0.contains("graft/receipt.json") })
    }
  }

  @Test func `a damaged package is published anew`() throws {
    try rerun {
      try FileManager.default.removeItem(atPath: $0.package + "/tokenizer.json")
    } _: { shop, summary, _ throws in
      #expect(summary.done == [.package])
      #expect(exists(shop.package + "/tokenizer.json"))
    }
  }

  @Test func `stages go on where a run was told to stop`() throws {
    try withWorkshop(source: Self.source, donor: Self.donor) { shop throws in
      var options = shop.options
      options.until = .quantize
      #expect(try shop.run(options).done == [.inspect, .graft, .quantize])
      #expect(!exists(shop.package))
      #expect(try shop.run().done == [.verify, .check, .package])
    }
  }
}
