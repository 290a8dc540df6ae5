import TestSupport
import Foundation
import StrictJSON
import Testing

/// A source whose template is in `chat_template.json` alone: tokenizers do not read it, and mlx-lm would chat without.
@Suite struct MadeTemplateTests {
  @Test func `chat_template.json alone gives a package with chat_template.jinja, and says so`() throws {
    let folder = try ScratchFolder()
    _ = try Demo.copyTrunk(to: folder)
    let template = folder.text("trunk/chat_template.jinja")
    #expect(!template.isEmpty)
    try FileManager.default.removeItem(atPath: folder["trunk/chat_template.jinja"])
    let legacy = JSONValue.object([("chat_template", .string(template))])
    try folder.write(String(decoding: JSONWriter.pretty(legacy), as: UTF8.self), to: "trunk/chat_template.json")
    var config = try document(folder.text("trunk/tokenizer_config.json"))
    config.removeKey("chat_template")
    try folder.write(String(decoding: JSONWriter.pretty(config), as: UTF8.self), to: "trunk/tokenizer_config.json")
    try Demo.writeManifest(in: folder, source: "trunk", check: false)
    let outcome = try CambiumProcess.run(["run", "m.json"], in: folder.path)
    #expect(outcome.isSuccess, "\(outcome.summary)")
    #expect(folder.text("out/chat_template.jinja") == template)
    let notes = try document(folder.text("out/audit.json"))["notes"]?.arrayValue ?? []
    #expect(notes.contains { $0.stringValue?.hasPrefix("chat_template.json alone has the template") == true })
    let verified = try CambiumProcess.run(["verify", "out"], in: folder.path)
    #expect(verified.isSuccess, "\(verified.summary)")

    // A template in the tokenizer's configuration is one that readers find: nothing is made.
    config.set("chat_template", to: .string(template))
    try folder.write(String(decoding: JSONWriter.pretty(config), as: UTF8.self), to: "trunk/tokenizer_config.json")
    let plan = try CambiumProcess.run(["plan", "m.json"], in: folder.path)
    #expect(!(plan.out + plan.err).contains("cambium makes chat_template.jinja"), "\(plan.summary)")
  }
}
