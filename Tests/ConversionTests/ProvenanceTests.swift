import Conversion
import Digests
import Foundation
import StrictJSON
import Testing

/// `provenance.json` says what a package was made of, the same on any machine, and nothing else.
@Suite struct ProvenanceTests {
  private func withPackage(
    _ options: (Workshop) -> RunOptions = { $0.options }, _ body: (Workshop, JSONValue) throws -> Void
  ) throws {
    try withWorkshop(source: TinyCheckpoint(.dense).stripped, donor: TinyCheckpoint(.dense)) { shop in
      try shop.run(options(shop))
      try body(shop, readJSON(shop.package + "/provenance.json"))
    }
  }

  private func names(_ value: JSONValue?) -> [String] {
    (value?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
  }

  @Test func `subjects are the files of the package`() throws {
    try withPackage { shop, statement in
      #expect(statement["_type"]?.stringValue == "https://in-toto.io/Statement/v1")
      #expect(statement["predicateType"]?.stringValue == "https://slsa.dev/provenance/v1")
      let files = filesBelow(shop.package).filter { $0 != "SHA256SUMS" && $0 != "provenance.json" }
      #expect(names(statement["subject"]) == files)
      for subject in statement["subject"]?.arrayValue ?? [] {
        let bytes = try readBytes(shop.package + "/" + (subject["name"]?.stringValue ?? ""))
        #expect(subject["digest"]?["sha256"]?.stringValue == SHA256Digest.of(bytes).hex)
      }
      #expect(try readText(shop.package + "/SHA256SUMS").contains("  provenance.json\n"))
    }
  }

  @Test func `dependencies are the inputs and the lock is named`() throws {
    try withPackage { shop, statement in
      let lock = try readJSON(shop.path + "/manifest.lock.json")
      let definition = statement["predicate"]?["buildDefinition"]
      let files = lock["files"]?.arrayValue ?? []
      #expect(names(definition?["resolvedDependencies"]) == files.compactMap { $0["path"]?.stringValue })
      #expect(names(definition?["resolvedDependencies"]).contains { $0.hasPrefix("donor/") })
      let digest = SHA256Digest.of(try readBytes(shop.path + "/manifest.lock.json"))
      #expect(
        statement["predicate"]?["runDetails"]?["metadata"]?["invocationId"]?.stringValue == "sha256:" + digest.hex)
      #expect(
        definition?["externalParameters"]?["manifest"]?["sha256"]?.stringValue
          == SHA256Digest.of(try readBytes(shop.manifest)).hex)
    }
  }

  /// Two folders, so two absolute paths; and no date, host or program's digest.
  @Test func `nothing in it depends on the place or the machine`() throws {
    var texts: [String] = []
    for _ in 0..<2 {
      try withPackage { shop, _ in
        let text = try readText(shop.package + "/provenance.json")
        #expect(!text.contains(shop.path) && !text.contains(ProcessInfo.processInfo.hostName))
        texts.append(text)
      }
    }
    #expect(texts[0] == texts[1])
    #expect(!texts[0].contains("builderDependencies"))
  }

  @Test func `the program is named only when asked`() throws {
    let digest = SHA256Digest.of([1, 2, 3])
    try withPackage { shop in
      var options = shop.options
      options.builder = digest
      return options
    } _: { shop, statement throws in
      let builder = statement["predicate"]?["runDetails"]?["builder"]?["builderDependencies"]?.arrayValue?.first
      #expect(builder?["digest"]?["sha256"]?.stringValue == digest.hex)
      let report = try verification(of: shop.package)
      #expect(report.isGood)
    }
  }

  @Test func `verify finds a statement about other files or inputs`() throws {
    try withPackage { shop, _ in
      try FileManager.default.copyItem(atPath: shop.package, toPath: shop.path + "/copy")
      let package = Package(shop.path + "/copy")
      let path = package.path + "/provenance.json"
      let original = try readBytes(path)
      func problems(_ old: String, _ new: String) throws -> [String] {
        let text = String(decoding: original, as: UTF8.self)
        let other = text.replacingOccurrences(of: old, with: new)
        #expect(other != text)
        try writeBytes(Array(other.utf8), path)
        return try package.problems(of: "provenance")
      }
      #expect(try problems("\"mtp.safetensors\"", "\"mtp.other\"").contains("mtp.safetensors: not among the subjects"))
      let manifest = SHA256Digest.of(try readBytes(shop.manifest)).hex
      #expect(try problems(manifest, String(repeating: "0", count: 64)).first?.hasPrefix("manifest is 000") == true)
      #expect(
        try problems("\"source/config.json\"", "\"source/other.json\"")
          == ["source/config.json: another digest than in the audit", "source/other.json: no input of the audit"])
      #expect(
        try problems("\"name\": \"mxfp4\"", "\"name\": \"affine4\"").contains {
          $0.hasPrefix("the pipeline's name is affine4")
        })
      try FileManager.default.removeItem(atPath: path)
      #expect(try package.problems(of: "provenance") == ["provenance.json: missing, or no file of its kind"])
    }
  }
}
