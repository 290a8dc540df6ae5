import Files
import Serving
import SystemPackage
import TestSupport
import Testing

/// What a package says of itself.
@Suite struct PackageFactsTests {
  @Test func `a package's config and card say how it is quantized and what was decoded`() throws {
    let scratch = try ScratchFolder()
    try scratch.put(#"{"quantization": {"mode": "mxfp4", "bits": 4, "group_size": 32}}"#, at: "config.json")
    try scratch.put("# A model\nDecoding was not checked before it was published.\n", at: "README.md")
    let facts = try PackageFacts(scratch.at("")).members
    #expect(facts.map(\.0) == ["quantization", "proof"])
    #expect(
      facts.map(\.1.stringValue) == [
        "mxfp4, 4 bits, groups of 32", "Decoding was not checked before it was published.",
      ])
  }

  @Test func `a folder that says nothing has no facts, and one that cannot be read is an error by name`() throws {
    let scratch = try ScratchFolder()
    #expect(try PackageFacts(scratch.at("nowhere")).members.isEmpty)
    try scratch.makeFolder("config.json")
    #expect(try PackageFacts(scratch.at("")).members.isEmpty)
    // No file system takes such a name, and refuses to look, also for the superuser.
    let refused = #expect(throws: FileError.self) { try PackageFacts(scratch.at(String(repeating: "a", count: 300))) }
    #expect(refused?.diagnostic.code == "E_FILE_READ")
  }
}
