import Foundation
import StrictJSON
import Testing

/// The card copies base model and licence with its links; what a source does not state is unknown, never made up.
@Suite struct LicenceTests {
  private func card(_ front: String?, donor donorFront: String? = nil, _ members: [(String, JSONValue)] = []) throws
    -> String
  {
    let donor = TinyCheckpoint(.next) { $0.seed = 2 }.headOnly
    return try withWorkshop(source: TinyCheckpoint(.next) { $0.hasHead = false }, donor: donor) { shop in
      try writeBytes(
        Array((front.map { "---\n\($0)\n---\nText.\n" } ?? "No front matter.\n").utf8), shop.source + "/README.md")
      if let donorFront { try writeBytes(Array("---\n\(donorFront)\n---\n".utf8), shop.donor + "/README.md") }
      try shop.writeManifest([("donor", "donor")] + members)
      try shop.run()
      return try readText(shop.package + "/README.md")
    }
  }

  /// What YAML would take for something else than the text that it is.
  @Test(arguments: [
    "a: b # c", "- x", "yes", "null", "1.5", "{a}", "*a", "&a", "!a", "a\"b", "a'b", "%a", "@a", "`a", "x: |", "~",
    " a",
  ]) func `D a base model that YAML would read as more than a text is quoted in the card`(_ name: String) throws {
    let text = try card("license: mit", [("base_model", .string(name))])
    let quoted = String(decoding: JSONWriter.canonical(.string(name)), as: UTF8.self)
    #expect(text.contains("\nbase_model: \(quoted)\n"), "\(text.prefix(200))")
  }

  @Test func `a licence is copied with its name and link`() throws {
    let text = try card("license: other\nlicense_name: qwen-research\nlicense_link: https://example.org/LICENSE")
    #expect(text.contains("\nlicense: other\n"))
    #expect(text.contains("\nlicense_name: qwen-research\n"))
    #expect(text.contains("\nlicense_link: https://example.org/LICENSE\n"))
    #expect(text.contains("holds for this package too: other (qwen-research, https://example.org/LICENSE)."))
  }

  @Test func `what a card says of its licence is read as it is written, and makes no link and no page of its own`()
    throws
  {
    let text = try card(
      "license: other\nlicense_name: <img src=x> `a`\nlicense_link: \"![b](https://evil.test) | *c*\"")
    let words = #"<img src=x> `a`, ![b](https://evil.test) | *c*"#
    let escaped = #"\<img src=x\> \`a\`, !\[b\](https://evil.test) \| \*c\*"#
    #expect(text.contains("holds for this package too: other (\(escaped))."), "\(text.prefix(900))")
    let body = text.components(separatedBy: "\n---\n").dropFirst().joined()
    #expect(!body.contains(words) && !body.contains("[b]("))
  }

  @Test func `a base model's name does not leave its quotes`() throws {
    let text = try card("license: mit", [("base_model", "a` [b](https://evil.test) `c")])
    #expect(text.contains(#"made by cambium"#) && text.contains(#" from a\` \[b\](https://evil.test) \`c ("#))
  }

  @Test(arguments: [
    nil, "tags: [x]", "license:", "license: null", "license: ~", "license: \"\"", "license: []", "  license: mit",
  ])
  func `one that is not stated is unknown`(_ front: String?) throws {
    let text = try card(front)
    #expect(text.contains("\nlicense: unknown\n"))
    #expect(text.contains("The source does not state a licence: it is unknown."))
    #expect(!text.contains("holds for this package too"))
  }

  @Test(arguments: ["license:\n- mit\n- apache-2.0", "license: [mit, apache-2.0]"])
  func `several are all named`(_ front: String) throws {
    let text = try card(front)
    #expect(text.contains("\n" + front + "\n"))
    #expect(text.contains("holds for this package too: mit, apache-2.0."))
  }

  @Test func `the head's own licence is named`() throws {
    let unknown = "The checkpoint that the head was taken from does not state a licence: it is unknown."
    #expect(try card("license: mit", donor: "tags: [x]").contains(unknown))
    let text = try card("license: mit", donor: "license: other\nlicense_link: LICENSE")
    #expect(text.contains("Licence of the checkpoint that the head was taken from: other (LICENSE)."))
    #expect(text.contains("\nlicense: mit\n"))
  }

  @Test(arguments: [
    ("base_model: org/a", "base_model: org/a\nbase_model_relation: quantized\n"),
    ("base_model:\n- org/a", "base_model: org/a\nbase_model_relation: quantized\n"),
    ("base_model:\n  - org/a\n  - org/b", "base_model:\n- org/a\n- org/b\nbase_model_relation: quantized\n"),
    ("base_model: [\"org/a\", org/b]", "base_model:\n- org/a\n- org/b\nbase_model_relation: quantized\n"),
  ]) func `base models are copied`(_ front: String, _ wanted: String) throws {
    #expect(try card(front).hasPrefix("---\n" + wanted))
  }

  @Test func `without one there is none`() throws {
    let text = try card("license: mit")
    #expect(!text.contains("base_model"))
    #expect(text.contains("a local checkpoint whose base model is not stated"))
    #expect(try card("base_model: org/a", [("base_model", "org/mine")]).hasPrefix("---\nbase_model: org/mine\n"))
  }
}
