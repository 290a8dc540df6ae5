import Audit
import Foundation
import PackageCheck
import SystemPackage
import Testing

/// The card: how the package is used, and what a person wrote for it.
@Suite struct CardTextTests {
  private func card(_ shop: Workshop) throws -> String {
    String(decoding: try readBytes(shop.package + "/README.md"), as: UTF8.self)
  }

  private func write(_ text: String, _ shop: Workshop) throws {
    try writeBytes(Array(text.utf8), shop.path + "/own.md")
  }

  @Test func `a person's own text stands on the card, and a change of it is noticed without converting again`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      // A text that would be a lie of the program's own part of the card.
      try write("Tuned on *letters*.\nThe package has no multi-token-prediction head.", shop)
      try shop.writeManifest([("card", "own.md")])
      try shop.run()
      #expect(
        try card(shop).contains(
          "\n## About this model\n\nTuned on *letters*.\nThe package has no multi-token-prediction head.\n"))
      #expect(try verification(of: shop.package).isGood)
      let lock = String(decoding: try readBytes(shop.path + "/manifest.lock.json"), as: UTF8.self)
      #expect(lock.contains("\"card/text.md\"") && !lock.contains("own.md"))
      try write("Tuned on numbers.\n", shop)
      var locked = shop.options
      locked.locked = true
      #expect(try diagnostic { try shop.run(locked) }.code == "E_LOCK_DIFFERS")
      let summary = try shop.run()
      #expect(summary.reused.contains(.quantize) && summary.reused.contains(.check), "\(summary.reused)")
      #expect(summary.done.contains(.package))
      let card = try card(shop)
      #expect(card.contains("\n## About this model\n\nTuned on numbers.\n") && !card.contains("letters"))
      #expect(try verification(of: shop.package).isGood)
    }
  }

  @Test(
    arguments: [
      ("absent.md", [], "E_CARD_MISSING"), ("own.md", [0xFF, 0xFE], "E_MANIFEST_VALUE"),
      ("own.md", [0x41, 0x1B, 0x5B], "E_MANIFEST_VALUE"),
      ("own.md", [UInt8](repeating: 0x41, count: (1 << 20) + 1), "E_FILE_LIMIT"),
    ] as [(String, [UInt8], String)])
  func `what is no text for a card is refused before anything is made`(
    _ name: String, _ bytes: [UInt8], _ code: String
  ) throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try writeBytes(bytes, shop.path + "/own.md")
      try shop.writeManifest([("card", .string(name))])
      #expect(try diagnostic { try shop.run() }.code == code)
      #expect(!exists(shop.work) && !exists(shop.package))
    }
  }

  @Test func `the card says how the package is used, by its name and as a shell takes it`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.writeManifest([("output", "my package")])
      try shop.run()
      let card = String(decoding: try readBytes(shop.path + "/my package/README.md"), as: UTF8.self)
      let section = try #require(card.range(of: "\n## How to use\n"))
      let commands = card[section.upperBound...]
      #expect(commands.contains("hf upload USER/'my package' 'my package'"))
      #expect(commands.contains("mlx_lm.generate --model 'my package' --prompt"))
      #expect(!card.contains(shop.path))
    }
  }

  @Test(arguments: [
    ("Model-4.2_x", "Model-4.2_x"), ("/a b/c", "'/a b/c'"), ("it's", "'it'\\''s'"), ("-x", "'-x'"), ("", "''"),
    ("a$b", "'a$b'"), ("ä", "'ä'"),
  ]) func `names are quoted for a shell`(_ name: String, _ quoted: String) {
    #expect(UseCard.quoted(name) == quoted)
  }
}
