import TestSupport
import SystemPackage
import Audit
import StrictJSON
import Testing

/// `audit`: tables, CSV and JSON of a package's verdicts, filtered and ordered.
@Suite struct AuditQueryTests {
  private func withAudit(_ body: (AuditDocument) throws -> Void) throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      // A name that CSV must quote.
      let text = try readText(Repository.pipelines + "/mxfp4.json")
        .replacing("\"name\": \"mxfp4\"", with: "\"name\": \"my \\\"own\\\", tuned\"")
      try writeBytes(Array(text.utf8), shop.path + "/own.json")
      try shop.writeManifest([("pipeline", "own.json")])
      try shop.run()
      try body(try Package(shop.package).audit)
    }
  }

  private func rows(_ query: AuditQuery) -> [String] {
    query.csv.split(separator: "\n").dropFirst().compactMap { $0.split(separator: ",").first.map(String.init) }
  }

  @Test func `every tensor has a verdict`() throws {
    try withAudit { audit in
      #expect(Set(audit.tensors.map(\.verdict)) == ["quantized", "kept", "converted"])
      let query = AuditQuery(audit, role: nil, verdict: nil, order: .name)
      #expect(rows(query) == audit.tensors.map(\.name))
      #expect(query.table().contains("\(audit.tensors.count) of \(audit.tensors.count) tensors"))
    }
  }

  @Test func `filters select by role and verdict`() throws {
    try withAudit { audit in
      let vision = AuditQuery(audit, role: "vision", verdict: nil, order: .name)
      #expect(rows(vision) == audit.tensors.filter { $0.role == "vision" }.map(\.name))
      #expect(!rows(vision).isEmpty)
      let both = AuditQuery(audit, role: "vision", verdict: "converted", order: .name)
      #expect(rows(both) == ["vision_tower.patch_embed.proj.weight"])
      #expect(both.json["tensors"]?.arrayValue?.count == 1)
      #expect(both.json["tensors"]?.arrayValue?.first?["transforms"] == ["patch_embed_to_mlx"])
      #expect(both.table().contains("1 of \(audit.tensors.count) tensors"))
      #expect(rows(AuditQuery(audit, role: "vision", verdict: "quantized", order: .name)).isEmpty)
    }
  }

  @Test func `F11 a narrow terminal gets the columns that it has room for, and the names of the others`() throws {
    try withAudit { audit in
      let query = AuditQuery(audit, role: nil, verdict: nil, order: .name)
      let whole = query.table().split(separator: "\n")
      let widest = whole.prefix(audit.tensors.count + 1).map(\.count).max() ?? 0
      #expect(query.table(width: widest) == query.table())
      #expect(query.table(width: widest - 1).contains("no room for zeroed: choose with --columns"))
      for width in [80, 100, 120, 200] {
        let lines = query.table(width: width).split(separator: "\n")
        #expect(lines.prefix(audit.tensors.count + 1).allSatisfy { $0.count <= width }, "\(width)")
        #expect(lines[0].hasPrefix("tensor"))
      }
      // What the rows are sorted by comes before anything but the names.
      let longest = audit.tensors.map(\.name.count).max() ?? 0
      let bySQNR = AuditQuery(audit, role: nil, verdict: nil, order: .sqnr).table(width: longest + 2 + "sqnr dB".count)
      #expect(bySQNR.hasPrefix("tensor") && bySQNR.split(separator: "\n")[0].hasSuffix("  sqnr dB"))
      // What was asked for is shown, whatever room there is.
      let asked = query.table(columns: [.tensor, .rule, .zeroed], width: 20).split(separator: "\n")
      #expect(asked[0].contains("rule") && asked[0].contains("zeroed groups"))
    }
  }

  @Test func `the worst come first`() throws {
    try withAudit { audit in
      let quantized = audit.tensors.filter { $0.cosine != nil }
      let worst = try #require(quantized.min { ($0.cosine ?? 1) < ($1.cosine ?? 1) })
      #expect(rows(AuditQuery(audit, role: nil, verdict: nil, order: .cosine)).first == worst.name)
      let loud = try #require(quantized.max { ($0.relativeRMS ?? 0) < ($1.relativeRMS ?? 0) })
      #expect(rows(AuditQuery(audit, role: nil, verdict: "quantized", order: .rms)).first == loud.name)
      let big = try #require(audit.tensors.max { $0.writtenBytes < $1.writtenBytes })
      let first = rows(AuditQuery(audit, role: nil, verdict: nil, order: .bytes)).first
      #expect(audit.tensors.first { $0.name == first }?.writtenBytes == big.writtenBytes)
    }
  }

  @Test func `commas and quotes are quoted in CSV`() throws {
    try withAudit { audit in
      let csv = AuditQuery(audit, role: "embedding", verdict: nil, order: .name).csv
      let lines = csv.split(separator: "\n")
      #expect(lines.count == 2)
      #expect(lines.first?.hasPrefix("name,role,origin,verdict,format,rule,bytes_before,bytes_after,cosine") == true)
      #expect(lines.last?.contains("\"pipeline my \"\"own\"\", tuned rule 7 (match **)\"") == true)
      let start = "language_model.model.embed_tokens.weight,embedding,trunk,quantized,mxfp4 4/32,"
      #expect(lines.last?.hasPrefix(start) == true)
    }
  }

  @Test func `another document is refused`() throws {
    try withWorkshop { shop in
      try writeBytes(Array("{\"cambium_audit\": 2}".utf8), shop.path + "/audit.json")
      #expect(
        try diagnostic { _ = try AuditDocument(path: FilePath(shop.path + "/audit.json")) }.code == "E_AUDIT_FORM")
      try writeBytes(Array("{\"cambium_audit\": 1, \"tensors\": [{\"name\": \"x\"}]}".utf8), shop.path + "/audit.json")
      #expect(
        try diagnostic { _ = try AuditDocument(path: FilePath(shop.path + "/audit.json")) }.found
          == "the audit has no \"tool\"")
    }
  }
}
