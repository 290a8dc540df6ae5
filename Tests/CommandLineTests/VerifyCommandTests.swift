import TestSupport
import Foundation
import Testing

/// `verify` believes the bytes: any that changed is found and the status is 2.
@Suite struct VerifyCommandTests {
  private func package() throws -> ScratchFolder {
    let folder = try ScratchFolder()
    try FileManager.default.copyItem(atPath: Demo.reference.get().path, toPath: folder["out"])
    return folder
  }

  private func verify(_ folder: ScratchFolder, _ more: [String] = []) throws -> CambiumProcess.Outcome {
    try CambiumProcess.run(["verify", "out"] + more, in: folder.path)
  }

  @Test func `a whole package is good wherever it is`() throws {
    let outcome = try verify(package())
    #expect(outcome.isSuccess, "\(outcome.summary)")
    let parts = outcome.out.components(separatedBy: "\n\n")
    #expect(parts.count == 2 && parts[1].hasPrefix("reader "), "the checks, then the readers: \(outcome.out)")
    let lines = parts[0].split(separator: "\n")
    #expect(lines.dropLast().allSatisfy { $0.hasPrefix("ok ") }, "\(outcome.out)")
    #expect(lines.last?.hasPrefix("note: held against nothing but the package's own sums") == true, "\(outcome.out)")
    #expect(outcome.err.isEmpty)
  }

  @Test(arguments: [
    "README.md", "audit.json", "chat_template.jinja", "config.json", "generation_config.json", "merges.txt",
    "model.safetensors", "model.safetensors.index.json", "mtp.safetensors", "provenance.json", "tokenizer.json",
    "vocab.json",
  ]) func `one flipped bit in the middle of a file is found`(name: String) throws {
    let folder = try package()
    let size = try FileManager.default.attributesOfItem(atPath: folder["out/" + name])[.size] as? Int ?? 0
    try flip(folder["out/" + name], at: size / 2)
    let outcome = try verify(folder)
    // A report that is no longer JSON is not a package.
    #expect(outcome.end == .exit(2) || outcome.end == .exit(65), "\(outcome.summary)")
    if name.hasSuffix(".safetensors") || name == "README.md" { #expect(outcome.end == .exit(2)) }
    #expect((outcome.out + outcome.err).contains(name), "\(outcome.summary)")
  }

  @Test func `a flipped byte of a tensor names file and tensor`() throws {
    let folder = try package()
    try flip(folder["out/mtp.safetensors"], at: 1_000_000)
    let text = try verify(folder)
    #expect(text.end == .exit(2))
    #expect(text.out.contains("mtp.safetensors: sha256 "), "\(text.out)")
    #expect(text.out.contains("mtp.layers.0."), "\(text.out)")
    let json = try verify(folder, ["--json"])
    #expect(json.end == .exit(2))
    #expect(try document(json.out)["good"]?.boolValue == false)
    #expect(json.err == text.err)
  }

  @Test func `a missing or an extra file is found`() throws {
    let folder = try package()
    try folder.write("x", to: "out/extra")
    let extra = try verify(folder)
    #expect(extra.end == .exit(2))
    #expect(extra.out.contains("extra: not listed"), "\(extra.out)")
    try FileManager.default.removeItem(atPath: folder["out/extra"])
    try FileManager.default.removeItem(atPath: folder["out/merges.txt"])
    let missing = try verify(folder)
    #expect(missing.end == .exit(2))
    #expect(missing.out.contains("merges.txt: missing"), "\(missing.out)")
  }

  @Test func `sums that were made to fit do not hide a changed tensor`() throws {
    let folder = try package()
    try flip(folder["out/model.safetensors"], at: 5_000_000)
    // What an attacker, or a careless script, does.
    let digest = try sha256(folder["out/model.safetensors"])
    let lines = folder.text("out/SHA256SUMS").split(separator: "\n").map { line in
      line.hasSuffix("  model.safetensors") ? "\(digest)  model.safetensors" : String(line)
    }
    try folder.write(lines.joined(separator: "\n") + "\n", to: "out/SHA256SUMS")
    let outcome = try verify(folder)
    #expect(outcome.end == .exit(2))
    #expect(outcome.out.contains("ok   files"), "\(outcome.out)")
    #expect(!outcome.out.contains("ok   tensors"), "\(outcome.out)")
  }

  @Test func `the sums are those of the files`() throws {
    let path = try Demo.reference.get().path
    let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: path + "/SHA256SUMS")), as: UTF8.self)
    let lines = text.split(separator: "\n")
    let names = try FileManager.default.contentsOfDirectory(atPath: path).filter { $0 != "SHA256SUMS" }.sorted()
    #expect(lines.map { String($0.dropFirst(66)) } == names)
    for line in lines { #expect(try sha256(path + "/" + line.dropFirst(66)) == line.prefix(64)) }
  }

  @Test func `a folder that is no package is 65 and none is 66`() throws {
    let folder = try ScratchFolder()
    try folder.makeFolder("out")
    #expect(try verify(folder).end == .exit(65))
    #expect(try CambiumProcess.run(["verify", "nowhere"], in: folder.path).end == .exit(66))
  }
}
