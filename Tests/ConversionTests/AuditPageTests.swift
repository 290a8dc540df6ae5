import Audit
import SystemPackage
import Checkpoint
import Foundation
import Planning
import Readers
import StrictJSON
import Testing

/// `audit.html`: complete without its script, harmless whatever names are in it, and of the planned length.
@Suite struct AuditPageTests {
  private func withPackage(_ body: (Workshop) throws -> Void) throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.writeManifest()
      try shop.run()
      try body(shop)
    }
  }

  /// The page of an audit report after a change.
  private func page(
    _ shop: Workshop, check: CheckOutcome? = nil, _ change: (inout JSONValue) -> Void = { _ in }
  ) throws -> String {
    let path = shop.path + "/changed.json"
    var value = try readJSON(shop.package + "/audit.json")
    change(&value)
    try writeBytes(JSONWriter.pretty(value, sorted: false), path)
    let page = AuditPage(
      title: "package", audit: try AuditDocument(path: FilePath(path)),
      readers: try ReaderMatrix.verdicts(of: CheckpointFolder(.folder(FilePath(shop.package)))), check: check)
    return String(decoding: page.render(), as: UTF8.self)
  }

  @Test func `every tensor is a row of the page itself`() throws {
    try withPackage { shop in
      let text = try readText(shop.package + "/audit.html")
      let list = try #require(text.components(separatedBy: "<table id=\"list\">").last)
      for tensor in try Package(shop.package).audit.tensors {
        #expect(list.contains("<td class=\"name\">\(tensor.name)<td>\(tensor.role)<td>\(tensor.verdict) <a"))
      }
    }
  }

  @Test func `the page made anew from the package is the published one`() throws {
    try withPackage { shop in
      let published = try readText(shop.package + "/audit.html")
      #expect(published.contains("Decoding was not checked: "))
      // The page of a run says why decoding was not checked.
      func rest(_ text: String) -> [String] {
        let parts = text.components(separatedBy: "<section id=\"check\">")
        return [
          parts[0].split(separator: "\n")
            .filter { !$0.hasPrefix("<dt>Decoding</dt>") && !$0.hasPrefix("<dt>From the source</dt>") }
            .joined(separator: "\n"),
          parts.last?.components(separatedBy: "</section>").dropFirst().joined() ?? "",
        ]
      }
      #expect(try rest(page(shop)) == rest(published))
    }
  }

  @Test func `F17 what a reader wants to know first stands above the sections`() throws {
    try withPackage { shop in
      let text = try page(shop) { audit in
        var tensors = audit["tensors"]?.arrayValue ?? []
        guard let number = tensors.firstIndex(where: { $0["error"] != nil }) else { return }
        var error = tensors[number]["error"] ?? .null
        error.set("cosine", to: JSONValue(.number("0.12345678")))
        tensors[number].set("error", to: error)
        audit.set("tensors", to: .array(tensors))
      }
      let top = try #require(text.components(separatedBy: "<nav ").first)
      let quantized = try Package(shop.package).audit.tensors.count { $0.cosine != nil }
      #expect(top.contains("<dt>Least cosine</dt><dd>0.12345678 of \(quantized) quantized tensors</dd>"))
      #expect(top.contains("<dt>Readers</dt><dd>") && top.contains("<dt>Decoding</dt><dd>not part of this page</dd>"))
      let published = try readText(shop.package + "/audit.html")
      #expect(published.contains("<dt>Decoding</dt><dd>not checked"))
    }
  }

  @Test func `F17 a section is called as the navigation calls it, and in words`() throws {
    try withPackage { shop in
      let text = try page(shop)
      let nav = try #require(text.components(separatedBy: "<nav ").last?.components(separatedBy: "</nav>").first)
      let links = nav.components(separatedBy: "<a href=\"#").dropFirst()
      #expect(links.count == 8)
      for link in links {
        let parts = link.components(separatedBy: "\">")
        let label = try #require(parts.last?.components(separatedBy: "</a>").first)
        let section = try #require(text.components(separatedBy: "<section id=\"\(parts[0])\">").last)
        #expect(section.components(separatedBy: "<h2>")[1].hasPrefix(label), "\(label)")
      }
      #expect(text.contains("<dd>plain factors (gamma)</dd>") && text.contains("after the trunk&#39;s last norm"))
    }
  }

  @Test func `its length does not depend on what was measured`() throws {
    try withPackage { shop in
      let plain = try page(shop)
      for (cosine, rms) in [("0.00000000", "9.99999999"), ("1.00000000", "0.00000000")] {
        let other = try page(shop) { audit in
          var tensors = audit["tensors"]?.arrayValue ?? []
          for number in tensors.indices where tensors[number]["error"] != nil {
            var error = tensors[number]["error"] ?? .null
            error.set("cosine", to: JSONValue(.number(cosine)))
            error.set("relative_rms", to: JSONValue(.number(rms)))
            tensors[number].set("error", to: error)
          }
          audit.set("tensors", to: .array(tensors))
        }
        #expect(other != plain)
        #expect(other.utf8.count == plain.utf8.count)
      }
    }
  }

  /// Each tries to leave the place a name is put in.
  @Test(arguments: [
    "</title><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\" onmouseover=\"alert(1)",
    "' onfocus='alert(1)", "&lt;b&gt;", "</svg><script>x</script>", "-->", "]]>", "javascript:alert(1)",
  ]) func `a hostile name stays text`(_ hostile: String) throws {
    try withPackage { shop in
      let text = try page(shop) { audit in
        for key in ["tool", "pipeline"] { audit.set(key, to: .string(hostile)) }
        audit.set("notes", to: [.string(hostile)])
        var tensors = audit["tensors"]?.arrayValue ?? []
        for key in ["name", "rule", "reason"] { tensors[0].set(key, to: .string(hostile)) }
        // Quantized, so that it gets into the map of errors too.
        if let quantized = tensors.firstIndex(where: { $0["error"] != nil }) {
          tensors[quantized].set("name", to: .string("layers.1." + hostile))
        }
        audit.set("tensors", to: .array(tensors))
        audit.set(
          "dropped",
          to: [
            [
              "name": .string(hostile), "origin": "head", "rule": .string(hostile), "reason": .string(hostile),
              "bytes": 1,
            ]
          ])
      }
      let plain = try page(shop)
      // No element is there that is not there without the name.
      for mark in ["<script", "<img", "</svg", "</title", "<b", "onmouseover=\"", "onfocus='", "href=\"javascript"] {
        let added = count(mark, text) - count(mark, plain)
        #expect(mark == "<b" ? added <= 2 : added <= 0, "\(mark)")
      }
      if hostile.contains(where: { "<>&\"'".contains($0) }) { #expect(!text.contains(hostile)) }
    }
  }

  private func count(_ part: String, _ text: String) -> Int { text.components(separatedBy: part).count - 1 }

  @Test func `what is invisible is shown`() throws {
    try withPackage { shop in
      let text = try page(shop) { $0.set("pipeline", to: "a\u{202E}b\u{0}c\u{200B}d") }
      #expect(text.contains("a\\u{202E}b\\u{0}c\\u{200B}d"))
      #expect(!text.unicodeScalars.contains("\u{202E}"))
    }
  }

  @Test func `nothing is loaded from elsewhere`() throws {
    try withPackage { shop in
      let text = try readText(shop.package + "/audit.html")
      for mark in ["http:", "https:", "src=", "@import", "url("] { #expect(!text.contains(mark), "\(mark)") }
      #expect(text.contains("default-src 'none'"))
    }
  }

  @Test func `a decode check is shown with its figures`() throws {
    try withPackage { shop in
      #expect(try page(shop).contains("No decode check"))
      let path = shop.path + "/report.json"
      try writeBytes(JSONWriter.pretty(CheckDocument.report(depths: [2])), path)
      let text = try page(shop, check: CheckOutcome.read(report: FilePath(path)))
      #expect(text.contains("2 prompts, 5 tokens decoded, 0 differences"))
      #expect(text.contains("0.8000, 0.5000"))
      #expect(!text.contains("No decode check"))
    }
  }

  /// Reports add sizes up: what no file can hold must not end the process.
  @Test(arguments: [Int.max, -1]) func `impossible sizes are refused`(_ size: Int) throws {
    try withPackage { shop in
      #expect(throws: ConversionError.self) {
        _ = try page(shop) { audit in
          var tensors = audit["tensors"]?.arrayValue ?? []
          for number in 0..<2 {
            var source = tensors[number]["source"] ?? .null
            source.set("bytes", to: .int(size))
            source.set("shape", to: [.int(size), .int(size)])
            tensors[number].set("source", to: source)
          }
          audit.set("tensors", to: .array(tensors))
        }
      }
    }
  }
}
