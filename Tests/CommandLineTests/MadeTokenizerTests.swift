import TestSupport
import Foundation
import StrictJSON
import Testing

/// A source with `vocab.json` and `merges.txt` alone: `Qwen3_5Tokenizer` of transformers 5 takes no ids from them, and so the
/// package has a `tokenizer.json` made of them.
@Suite struct MadeTokenizerTests {
  /// A package of the demo's trunk without its `tokenizer.json`.
  private func package() throws -> ScratchFolder {
    let folder = try ScratchFolder()
    _ = try Demo.copyTrunk(to: folder)
    try FileManager.default.removeItem(atPath: folder["trunk/tokenizer.json"])
    try Demo.writeManifest(in: folder, source: "trunk", check: false)
    let outcome = try CambiumProcess.run(["run", "m.json"], in: folder.path)
    #expect(outcome.isSuccess, "\(outcome.summary)")
    return folder
  }

  @Test func `vocab.json and merges.txt alone give a package with the tokenizer.json that the library writes`() throws {
    let folder = try package()
    let made = folder.text("out/tokenizer.json")
    let own = try String(contentsOfFile: Demo.trunk + "/tokenizer.json", encoding: .utf8)
    #expect(try document(made) == document(own))
    for name in ["vocab.json", "merges.txt"] {
      #expect(folder.text("out/" + name) == folder.text("trunk/" + name))
    }
  }

  @Test func `audit and card say that it was made, and verify makes it anew`() throws {
    let folder = try package()
    let notes = try document(folder.text("out/audit.json"))["notes"]?.arrayValue ?? []
    let note = "there is no tokenizer.json: cambium makes one of vocab.json"
    #expect(notes.contains { $0.stringValue?.hasPrefix(note) == true }, "\(notes)")
    #expect(folder.text("out/README.md").contains("`tokenizer.json` was made by cambium of the source's"))
    let good = try CambiumProcess.run(["verify", "out"], in: folder.path)
    #expect(good.isSuccess, "\(good.summary)")
    let text = folder.text("out/tokenizer.json")
    let other = text.replacingOccurrences(of: "\"type\": \"NFC\"", with: "\"type\": \"NFD\"")
    try folder.write(other, to: "out/tokenizer.json")
    let changed = try CambiumProcess.run(["verify", "out"], in: folder.path)
    #expect(changed.end == .exit(2) && changed.out.contains("tokenizer.json"), "\(changed.summary)")
  }

  @Test func `a source with its own tokenizer.json keeps it byte for byte`() throws {
    let reference = try Demo.reference.get()
    let own = try String(contentsOfFile: Demo.trunk + "/tokenizer.json", encoding: .utf8)
    #expect(try String(contentsOfFile: reference.path + "/tokenizer.json", encoding: .utf8) == own)
    let card = try String(contentsOfFile: reference.path + "/README.md", encoding: .utf8)
    #expect(!card.contains("was made by cambium of"))
  }
}
