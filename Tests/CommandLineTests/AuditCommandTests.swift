import TestSupport
import Foundation
import Testing

/// `audit` shows the report as a table, JSON or CSV; filters and orders agree between them.
@Suite struct AuditCommandTests {
  private func audit(_ options: [String]) throws -> String {
    let outcome = try CambiumProcess.run(["audit", Demo.reference.get().path] + options)
    #expect(outcome.isSuccess, "\(outcome.summary)")
    #expect(outcome.err.isEmpty)
    return outcome.out
  }

  @Test func `every tensor has a verdict and a rule`() throws {
    let rows = try document(audit(["--json"]))["tensors"]?.arrayValue ?? []
    #expect(rows.count == 180)
    for row in rows {
      #expect(["quantized", "converted", "kept"].contains(row["verdict"]?.stringValue), "\(row)")
      #expect(row["rule"]?.stringValue?.isEmpty == false)
    }
  }

  @Test(arguments: [("mlp", 24), ("mtp", 15), ("vision", 57), ("norm", 21), ("router", 0)])
  func `a role selects`(role: String, count: Int) throws {
    #expect(try document(audit(["--json", "--role", role]))["tensors"]?.arrayValue?.count == count)
    #expect(try audit(["--csv", "--role", role]).split(separator: "\n").count == count + 1)
    #expect(try audit(["--role", role]).contains("\(count) of 180 tensors"))
  }

  @Test(arguments: [("quantized", 51), ("converted", 29), ("kept", 100)])
  func `a verdict selects`(verdict: String, count: Int) throws {
    #expect(try document(audit(["--json", "--verdict", verdict]))["tensors"]?.arrayValue?.count == count)
    #expect(try audit(["--verdict", verdict]).contains("\(count) of 180 tensors"))
  }

  @Test func `the CSV has one row a tensor and equal columns`() throws {
    let lines = try audit(["--csv"]).split(separator: "\n")
    #expect(lines.count == 181)
    #expect(lines.first?.hasPrefix("name,role,origin,verdict,format,rule,bytes_before,bytes_after,cosine,") == true)
    #expect(Set(lines.map { columns($0).count }) == [16])
  }

  @Test func `the worst cosine comes first`() throws {
    let rows = try document(audit(["--json", "--verdict", "quantized", "--sort", "cosine"]))["tensors"]?.arrayValue
    #expect(rows?.first?["name"]?.stringValue == "language_model.model.layers.3.mlp.down_proj.weight")
  }

  @Test func `F11 sums take the filters and are CSV too`() throws {
    let kept = try document(audit(["--by", "role", "--verdict", "kept", "--json"]))["groups"]?.arrayValue ?? []
    #expect(kept.compactMap { $0["tensors"]?.intValue }.reduce(0, +) == 100)
    let lines = try audit(["--by", "role", "--csv"]).split(separator: "\n")
    #expect(lines.first?.hasPrefix("role,tensors,weights,bytes,bits_per_weight,") == true)
    #expect(Set(lines.map { columns($0).count }) == [11])
    #expect(lines.contains { $0.hasPrefix("attention,8,") && $0.contains(",278528,4.2500,") }, "\(lines)")
  }

  @Test func `F11 columns are those that are named, in that order, and an unknown one is answered with all`() throws {
    let lines = try audit(["--columns", "cosine,tensor", "--role", "embedding"]).split(separator: "\n")
    #expect(lines.first.map { $0.split(separator: " ") } == ["cosine", "tensor"])
    #expect(lines.dropFirst().first?.split(separator: " ").count == 2, "\(lines)")
    for bad in ["nose", "cosine,cosine", "cosine,,rule", ""] {
      let outcome = try CambiumProcess.run(["audit", Demo.reference.get().path, "--columns", bad])
      #expect(outcome.end == .exit(64) && outcome.err.contains("before, after, cosine"), "\(outcome.summary)")
    }
  }

  @Test func `B12 CSV and JSON at once are refused`() throws {
    let outcome = try CambiumProcess.run(["audit", Demo.reference.get().path, "--csv", "--json"])
    #expect(outcome.end == .exit(64) && outcome.err.contains("either --csv or --json"), "\(outcome.summary)")
  }

  private func columns(_ line: Substring) -> [String] {
    var columns = [""]
    var quoted = false
    for character in line {
      switch character {
      case "\"": quoted.toggle()
      case "," where !quoted: columns.append("")
      default: columns[columns.count - 1].append(character)
      }
    }
    return columns
  }
}
