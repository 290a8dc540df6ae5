import Audit
import Foundation
import StrictJSON
import Testing

/// What a package says twice is held against each other: whoever changes one place, and makes the sums and the provenance
/// anew, contradicts the others.
@Suite struct DocumentCheckTests {
  private func withPackage(_ body: (Package) throws -> Void) throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try writeBytes(Array("{\"temperature\": 0.6}".utf8), shop.source + "/generation_config.json")
      try shop.run()
      #expect(try verification(of: shop.package).isGood)
      try body(Package(shop.package))
    }
  }

  /// Puts another text into a file, the last before a mark if there is one, makes provenance and sums match, and returns what
  /// is found all the same.
  private func problems(
    _ package: Package, _ file: String, _ old: String, _ new: String, before mark: String? = nil,
    of check: String = "documents"
  ) throws -> [String] {
    let path = package.path + "/" + file
    let text = try readText(path)
    let end = try mark.map { try #require(text.range(of: $0)).lowerBound } ?? text.endIndex
    let range = text.range(of: old, options: mark == nil ? [] : .backwards, range: text.startIndex..<end)
    let place = try #require(range, "\(file) has no \(old)")
    try writeBytes(Array(text.replacingCharacters(in: place, with: new).utf8), path)
    try package.stateAgain()
    let report = try verification(of: package.path)
    let quiet = report.checks.filter { ["files", "provenance"].contains($0.name) && $0.name != check }
    let isHidden = quiet.allSatisfy(\.problems.isEmpty)
    #expect(isHidden, "\(quiet)")
    try writeBytes(Array(text.utf8), path)
    try package.stateAgain()
    #expect(try verification(of: package.path).isGood)
    return report.checks.first { $0.name == check }?.problems ?? []
  }

  private let up = "language_model.model.layers.1.mlp.up_proj.weight"

  @Test func `B7 a card whose figures are not the audit's is found`() throws {
    try withPackage { package in
      let card = try readText(package.path + "/README.md")
      let row = try #require(card.split(separator: "\n").first { $0.hasPrefix("| mlp | quantized") }.map(String.init))
      let cells = row.components(separatedBy: " | ")
      for column in [2, 3, 4, 5] {
        var other = cells
        other[column] = column == 5 ? "0.99999999 |" : "1"
        let line = other.joined(separator: " | ")
        #expect(
          try problems(package, "README.md", row, line) == ["README.md: not what the audit adds up to: \(line)"])
      }
      let fewer = try problems(package, "README.md", row + "\n", "")
      #expect(fewer.count == 1 && fewer.first?.hasPrefix("README.md: not what the audit adds up to: ") == true)
      let none = "README.md: not what the audit adds up to: no table of treatments"
      #expect(try problems(package, "README.md", "| role | treatment |", "| part | treatment |") == [none])
    }
  }

  @Test func `B7 a card of another manifest or pipeline, or that is wrong about the head, is found`() throws {
    try withPackage { package in
      let audit = try package.auditJSON
      for (name, key) in [("manifest", "manifest_sha256"), ("pipeline", "pipeline_sha256")] {
        let digest = try #require(audit[key]?.stringValue)
        #expect(
          try problems(package, "README.md", digest, String(digest.reversed()))
            == ["README.md: another \(name) than in the audit"])
        #expect(
          try problems(package, "audit.html", digest, String(digest.reversed()))
            == ["audit.html: another \(name) than in the audit"])
      }
      #expect(
        try problems(
          package, "README.md", "Multi-token-prediction head: ", "The package has no multi-token-prediction head. ")
          == ["README.md: says of the head what the audit contradicts"])
    }
  }

  @Test func `B7 a page that says something else of a tensor, or leaves one out, is found`() throws {
    try withPackage { package in
      let page = try readText(package.path + "/audit.html")
      let start = "<tr><td class=\"name\">\(up)<td>mlp<td>quantized"
      let row = try #require(page.split(separator: "\n").first { $0.hasPrefix(start) }.map(String.init))
      let wrong = "audit.html: \(up): not what the audit says of it"
      #expect(try problems(package, "audit.html", row, row.replacing("<td>quantized", with: "<td>kept")) == [wrong])
      #expect(
        try problems(package, "audit.html", row, row.replacing("<td class=\"n\">0.9", with: "<td class=\"n\">1.0")) == [
          wrong
        ])
      let count = try package.audit.tensors.count
      #expect(
        try problems(package, "audit.html", row + "\n", "").first
          == "audit.html: \(count - 1) tensors, and \(count) in the audit")
    }
  }

  @Test func `B7 an audit whose figures are not those of card and page is found`() throws {
    try withPackage { package in
      let tensor = try #require(try package.audit.tensors.first { $0.name == up })
      let cosine = try #require(tensor.cosine.map { AuditPageFigures.eight($0) })
      let found = try problems(package, "audit.json", "\"cosine\": \(cosine)", "\"cosine\": 0.99999999")
      #expect(found.contains { $0.hasPrefix("audit.html: ") } && found.contains { $0.hasPrefix("README.md: ") })
      // What is written must be what is stated of it, too.
      let part = try #require(tensor.written.first)
      let bytes = try problems(
        package, "audit.json", "\"bytes\": \(part.bytes)", "\"bytes\": 1", before: part.treeSHA256, of: "tensors")
      #expect(bytes.count == 1 && bytes.first?.hasSuffix("bytes, the audit says 1") == true, "\(bytes)")
    }
  }

  @Test func `B7 a package without its card or its page is found, whatever the sums say`() throws {
    try withPackage { package in
      for name in ["README.md", "audit.html"] {
        let whole = try readBytes(package.path + "/" + name)
        try FileManager.default.removeItem(atPath: package.path + "/" + name)
        try package.stateAgain()
        #expect(try verification(of: package.path).checks.flatMap(\.problems) == ["\(name): missing"])
        try writeBytes(whole, package.path + "/" + name)
      }
    }
  }

  @Test func `B7 a copied file that is not the source's is found, and one that the source never had`() throws {
    try withPackage { package in
      let name = "generation_config.json"
      let digest = try #require(
        try package.auditJSON["inputs"]?.arrayValue?.first { $0["path"]?.stringValue == "source/" + name }?["sha256"]?
          .stringValue)
      #expect(
        try problems(package, name, "0.6", "1.9") == ["\(name): not the source's, whose sha256 was \(digest)"])
      try writeBytes(Array("{}".utf8), package.path + "/special_tokens_map.json")
      try package.stateAgain()
      let report = try verification(of: package.path)
      let found = report.checks.flatMap(\.problems)
      #expect(found == ["special_tokens_map.json: no input of the audit"])
    }
  }

  @Test(arguments: ["\n", " "]) func `B7 a provenance that says the same in other bytes is found`(_ more: String) throws
  {
    try withPackage { package in
      let statement = package.path + "/provenance.json"
      try writeBytes(readBytes(statement) + Array(more.utf8), statement)
      try package.sumAgain()
      let found = try verification(of: package.path).checks.flatMap(\.problems)
      #expect(found == ["provenance.json: not written as cambium writes it"])
    }
  }

  @Test
  func `a copied file that the audit has as an input is missed, whatever the sums say, in a drafter's folder too`()
    throws
  {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      for name in ["generation_config.json", "LICENSE"] {
        try writeBytes(Array("{\"temperature\": 0.6}".utf8), shop.source + "/" + name)
      }
      try shop.writeManifest([("layouts", ["sidecar", "drafter"])])
      try shop.run()
      var beside = shop.options
      beside.target = .drafter
      try shop.run(beside)
      // A head alone has no use for settings of generation: that it has none is as it should be.
      for (path, names) in [
        (shop.package, ["generation_config.json", "LICENSE"]), (shop.package + "-mtp", ["LICENSE"]),
      ] {
        #expect(try verification(of: path).isGood)
        for name in names {
          try FileManager.default.removeItem(atPath: path + "/" + name)
          try Package(path).stateAgain()
          let report = try verification(of: path)
          let documents = report.checks.first { $0.name == "documents" }
          let found = documents?.problems ?? []
          #expect(found == ["\(name): an input of the audit that is copied, and not in the package"])
          let quiet = report.checks.filter { ["files", "provenance"].contains($0.name) }
          let isHidden = quiet.allSatisfy { $0.problems.isEmpty }
          #expect(isHidden)
          try writeBytes(Array("{\"temperature\": 0.6}".utf8), path + "/" + name)
          try Package(path).stateAgain()
        }
      }
    }
  }
}

/// Numbers as a report spells them, made without the code under test.
private enum AuditPageFigures {
  static func eight(_ value: Double) -> String { String(format: "%.8f", value) }
}

extension Package {
  /// Makes the subjects of the provenance, and then the sums, anew, as somebody would who wants to hide a change.
  func stateAgain() throws {
    let names = filesBelow(path).filter { $0 != "SHA256SUMS" && $0 != "provenance.json" }
    try editJSON(path + "/provenance.json") { statement in
      statement.set(
        "subject",
        to: .array(
          try names.map {
            .object([
              ("name", .string($0)),
              ("digest", .object([("sha256", .string(digest(try readBytes(path + "/" + $0))?.hex ?? ""))])),
            ])
          }))
    }
    try sumAgain()
  }
}
