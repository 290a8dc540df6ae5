import Digests
import Foundation
import PackageCheck
import StrictJSON
import SystemPackage
import Testing
import Workspace

/// What we write ourselves is read as strictly as it was written: whatever is damaged is an error with file and field,
/// and never a shorter list.
@Suite struct DocumentDamageTests {
  private func withFinishedRun(_ body: (Workshop) throws -> Void) throws {
    try withWorkshop(source: TinyCheckpoint(.dense).stripped, donor: TinyCheckpoint(.dense)) { shop in
      try shop.writeManifest([
        ("donor", "donor"), ("thresholds", .object([("min_cosine", JSONValue(.number("0.5")))])),
      ])
      try shop.run()
      try body(shop)
    }
  }

  @Test func `every document of a run is refused with each of its fields damaged`() throws {
    try withFinishedRun { shop in
      var counts: [String: Int] = [:]
      for document in try shop.documents() + [shop.decodedCheck()] {
        counts[document.name, default: 0] += try document.requireRefusals()
      }
      #expect(counts.count == 13, "\(counts)")
      #expect(counts.values.allSatisfy { $0 >= 10 }, "\(counts)")
      #expect(counts["audit.json", default: 0] > 500, "\(counts)")
    }
  }

  @Test func `every document of a merged adapter's run is refused with each of its fields damaged`() throws {
    try withWorkshop { shop in
      try shop.writeAdapterManifest("dense-peft-plain", pipeline: "mxfp4")
      try shop.run()
      for document in try shop.documents() { _ = try document.requireRefusals() }
    }
  }

  /// A receipt says what was put out, and nothing in it says how much that is.
  @Test func `a receipt with fewer outputs than its stage has is none`() throws {
    try withFinishedRun { shop in
      for stage in ["inspect", "graft", "quantize", "verify", "check", "package"] {
        let path = "\(shop.work)/\(stage)/receipt.json"
        let written = try readBytes(path)
        try editJSON(path) { $0.set("outputs", to: .array(Array(($0["outputs"]?.arrayValue ?? []).dropLast()))) }
        let observer = SilentObserver()
        let summary = try shop.run(nil, observer)
        #expect(summary.done.map(\.rawValue) == [stage])
        #expect(observer.notes.contains { $0.contains("\(stage)/receipt.json") && $0.contains("\"outputs\"") })
        #expect(try readBytes(path) == written)
      }
    }
  }

  /// Nothing in the audit, or in the provenance, says how long these lists are; the package's files do, and each other.
  @Test(arguments: [
    ("audit.json", ["tensors"], "name"), ("audit.json", ["inputs"], "path"), ("provenance.json", ["subject"], "name"),
    ("provenance.json", ["predicate", "buildDefinition", "resolvedDependencies"], "name"),
  ])
  func `verify names what a list of the package lacks`(file: String, keys: [String], name: String) throws {
    try withFinishedRun { shop in
      try FileManager.default.copyItem(atPath: shop.package, toPath: shop.path + "/copy")
      let package = Package(shop.path + "/copy")
      let path = package.path + "/" + file
      let written = try readBytes(path)
      let count = try Self.list(readJSON(path), keys)?.count ?? 0
      #expect(count > 3)
      for number in [0, count / 2, count - 1] {
        try writeBytes(written, path)
        var lost = ""
        try editJSON(path) { document in
          let element = Self.list(document, keys)?[number]
          lost = element?["written"]?.arrayValue?.first?["name"]?.stringValue ?? element?[name]?.stringValue ?? ""
          Self.remove(number, from: &document, keys)
        }
        try package.sumAgain()
        let problems = try verification(of: package.path).checks.flatMap(\.problems)
        #expect(!lost.isEmpty && problems.contains { $0.contains(lost) }, "\(lost): \(problems)")
      }
    }
  }

  private static func list(_ value: JSONValue, _ keys: [String]) -> [JSONValue]? {
    keys.reduce(value) { $0[$1] ?? .null }.arrayValue
  }

  private static func remove(_ number: Int, from value: inout JSONValue, _ keys: [String]) {
    guard let key = keys.first else {
      var elements = value.arrayValue ?? []
      elements.remove(at: number)
      value = .array(elements)
      return
    }
    var inner = value[key] ?? .null
    remove(number, from: &inner, Array(keys.dropFirst()))
    value.set(key, to: inner)
  }

  @Test func `the index of a package is refused with each of its fields damaged`() throws {
    try withFinishedRun { shop in
      try FileManager.default.copyItem(atPath: shop.package, toPath: shop.path + "/copy")
      let path = shop.path + "/copy/model.safetensors.index.json"
      // Of a hundred names one is enough: each costs a verification.
      let damages = Damage.all(of: try readJSON(path)).filter {
        $0.kind != .surplus && (!$0.place.hasPrefix("weight_map.") || $0.place.hasSuffix(".model.norm.weight"))
      }
      #expect(damages.count >= 12)
      for damage in damages {
        try writeBytes(JSONWriter.pretty(damage.document), path)
        let report = try? PackageVerifier(unpublished: FilePath(shop.path + "/copy"), drafter: nil).verify()
        #expect(report?.isGood != true, "\(damage)")
      }
    }
  }

  /// A cache may be dropped, but not in part.
  @Test func `the digest cache is whole or empty`() throws {
    try withFinishedRun { shop in
      let path = shop.work + "/digests.json"
      let written = try readJSON(path)
      let rows = written["files"]?.arrayValue ?? []
      let kinds: [DigestCache.Kind] = [.content, .tree, .units]
      func known() throws -> Int {
        let cache = DigestCache(folder: FilePath(shop.work))
        return try rows.count { row in
          let kind = try #require(kinds.first { row[$0.rawValue] != nil })
          return try cache.known(kind, ofFileAt: FilePath(row["path"]?.stringValue ?? "")) != nil
        }
      }
      let all = try known()
      #expect(all > 5)
      for damage in Damage.all(of: written) {
        try writeBytes(JSONWriter.canonical(damage.document), path)
        let left = try known()
        #expect(left == 0 || (left == all && damage.pattern == "surplus"), "\(damage): \(left) of \(all)")
      }
    }
  }

  /// The journal goes on behind the last line that is whole.
  @Test func `a damaged line of the journal ends it`() throws {
    try withFinishedRun { shop in
      let key = SHA256Digest.of([1])
      let folder = FilePath(shop.path)
      let units = try readJSON(shop.work + "/quantize/units.json")["units"]?.arrayValue ?? []
      let records = units.prefix(4).enumerated().map { JSONValue.object([("record", $1), ("unit", .int($0))]) }
      let journal = try Journal.open(folder: folder, key: key).journal
      try journal.append(records)
      try journal.close()
      let path = shop.path + "/journal.jsonl"
      let lines = try readText(path).split(separator: "\n").map(String.init)
      let sumLength = #""crc":"0123456789abcdef"}"#.utf8.count
      func line(_ record: JSONValue, sum: Substring) -> String {
        String(decoding: JSONWriter.canonical(record).dropLast(), as: UTF8.self) + "," + sum
      }
      for (number, original) in lines.enumerated() {
        let record = number == 0 ? ["cambium_journal": 1, "key": .string(key.hex)] : records[number - 1]
        let sum = original.suffix(sumLength)
        #expect(line(record, sum: sum) == original)
        for damage in Damage.all(of: record) {
          var changed = lines
          changed[number] = line(damage.document, sum: sum)
          try writeBytes(Array((changed.joined(separator: "\n") + "\n").utf8), path)
          let found = try Journal.open(folder: folder, key: key)
          try found.journal.close()
          #expect(found.records == Array(records.prefix(max(0, number - 1))), "line \(number): \(damage)")
        }
      }
    }
  }

  /// Parts of the text of a unit's record, none of which may be missing or another.
  @Test func `a unit's record is refused without any of its parts`() throws {
    try withFinishedRun { shop in
      let documents = try shop.documents()
      let document = try #require(documents.first { $0.name == "quantize/units.json" })
      let units = document.value["units"]?.arrayValue ?? []
      // The one with the most to say.
      let longest = try #require(
        units.indices.max { units[$0].stringValue?.utf8.count ?? 0 < units[$1].stringValue?.utf8.count ?? 0 })
      let parts = (units[longest].stringValue ?? "").split(
        omittingEmptySubsequences: false, whereSeparator: { ",;:".contains($0) })
      for part in parts.map(String.init) where !part.isEmpty {
        for other in ["", part + "g", "+" + part] {
          var changed = units
          let text = (units[longest].stringValue ?? "").replacingOccurrences(of: part, with: other)
          changed[longest] = .string(text)
          var value = document.value
          value.set("units", to: .array(changed))
          #expect(try diagnostic { try document.read(value) }.code == "E_WORK_FILE", "\(part), \(other)")
        }
      }
    }
  }

  /// What no stage reads is made again where it is not as it was.
  @Test(arguments: ["plan.json", "inspect/inspect.json", "graft/graft.json"])
  func `a damaged report of the work folder is written anew`(name: String) throws {
    try withFinishedRun { shop in
      let path = shop.work + "/" + name
      let written = try readBytes(path)
      for damage in Damage.all(of: try readJSON(path)).filter({ $0.kind == .removed || $0.kind == .shortened }).prefix(
        6)
      {
        try writeBytes(JSONWriter.pretty(damage.document), path)
        try shop.run()
        #expect(try readBytes(path) == written, "\(damage)")
      }
    }
  }
}
