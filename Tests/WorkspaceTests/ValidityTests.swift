import TestSupport
import SystemPackage
import Digests
import Files
import Foundation
import Testing
import Workspace

@Suite struct ValidityTests {
  /// A finished stage with two outputs.
  func stage() throws -> (scratch: ScratchFolder, receipt: StageReceipt) {
    let scratch = try ScratchFolder.lasting()
    try Folder.create(scratch.at("out"))
    try scratch.put("first", at: "out/1")
    try scratch.put("second", at: "out/2")
    let outputs = ["out/1", "out/2"].map { ReceiptTests.record($0, Array(($0 == "out/1" ? "first" : "second").utf8)) }
    return (scratch, try ReceiptTests.receipt(outputs: outputs))
  }

  @Test func `whole outputs are valid and another key is not`() throws {
    let (scratch, receipt) = try stage()
    let digests = DigestCache(folder: scratch.folder)
    #expect(try receipt.validity(in: scratch.folder, digests: digests, wantedKey: receipt.key) == .valid)
    let other = SHA256Digest.of([])
    #expect(try receipt.validity(in: scratch.folder, digests: digests, wantedKey: other) == .otherKey)
  }

  @Test func `missing and replaced outputs are named`() throws {
    let (scratch, receipt) = try stage()
    let digests = DigestCache(folder: scratch.folder)
    func look() throws -> Validity {
      try receipt.validity(in: scratch.folder, digests: digests, wantedKey: receipt.key)
    }
    try FileManager.default.removeItem(atPath: scratch["out/2"])
    #expect(try look() == .outputMissing("out/2"))
    // A link to the right bytes is not what was written; it has the right size even as a link.
    try scratch.put("second", at: "abc")
    try scratch.link("out/2", to: "../abc")
    #expect(try look() == .outputDamaged("out/2"))
    try FileManager.default.removeItem(atPath: scratch["out/2"])
    try Folder.create(scratch.at("out/2"))
    #expect(try look() == .outputDamaged("out/2"))
    try FileManager.default.removeItem(atPath: scratch["out"])
    #expect(try look() == .outputMissing("out/1"))
  }

  @Test func `cut and grown outputs are damaged`() throws {
    for text in ["secon", "second.", "", "seconD"] {
      let (scratch, receipt) = try stage()
      try scratch.put(text, at: "out/2")
      let digests = DigestCache(folder: scratch.folder)
      #expect(
        try receipt.validity(in: scratch.folder, digests: digests, wantedKey: receipt.key) == .outputDamaged("out/2"))
    }
  }

  @Test func `one changed byte with its mtime put back is damage`() throws {
    let (scratch, receipt) = try stage()
    let digests = DigestCache(folder: scratch.folder)
    #expect(try receipt.validity(in: scratch.folder, digests: digests, wantedKey: receipt.key) == .valid)
    let before = try scratch.status("out/2")
    try damageSecretly(scratch["out/2"], at: 3)
    #expect(try scratch.status("out/2").st_size == before.st_size)
    #expect(
      try receipt.validity(in: scratch.folder, digests: digests, wantedKey: receipt.key) == .outputDamaged("out/2"))
    let error = #expect(throws: WorkspaceError.self) {
      try receipt.checkOutputs(in: scratch.folder, digests: digests)
    }
    #expect(error?.diagnostic.code == "E_OUTPUT_MISMATCH")
    #expect(error?.diagnostic.file == "out/2")
  }
}
