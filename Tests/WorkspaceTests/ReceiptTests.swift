import TestSupport
import SystemPackage
import Digests
import Files
import Foundation
import StrictJSON
import Testing
import Workspace

@Suite struct ReceiptTests {
  static let parameters = JSONValue.object([("bits", .int(4)), ("mode", .string("affine"))])
  static let inputs = [record("b.safetensors", [2]), record("a.json", [1])]

  static func record(_ path: String, _ bytes: [UInt8]) -> FileRecord {
    FileRecord(path: path, bytes: bytes.count, sha256: SHA256Digest.of(bytes))
  }

  static func receipt(outputs: [FileRecord] = []) throws -> StageReceipt {
    try StageReceipt(
      stage: "quantize", version: 3, tool: "cambium 1.0.0", parameters: parameters, inputs: inputs, outputs: outputs)
  }

  @Test func `a receipt comes back as it was written`() throws {
    let scratch = try ScratchFolder.lasting()
    #expect(try StageReceipt.load(scratch.folder) == nil)
    let receipt = try Self.receipt(outputs: [Self.record("z", [9]), Self.record("out/y", [])])
    try receipt.write(to: scratch.folder)
    #expect(try StageReceipt.load(scratch.folder) == receipt)
    #expect(receipt.inputs.map(\.path) == ["a.json", "b.safetensors"])
    #expect(receipt.outputs.map(\.path) == ["out/y", "z"])
    let first = try scratch.bytes("receipt.json")
    #expect(first.last == UInt8(ascii: "\n"))
    try receipt.write(to: scratch.folder)
    #expect(try scratch.bytes("receipt.json") == first)
  }

  @Test func `the key is known before the run and ignores the order of inputs`() throws {
    let receipt = try Self.receipt()
    for inputs in [Self.inputs, Self.inputs.reversed()] {
      let key = StageReceipt.key(
        stage: "quantize", version: 3, tool: "cambium 1.0.0", parameters: Self.parameters, inputs: inputs)
      #expect(key == receipt.key)
    }
  }

  @Test func `every part changes the key`() throws {
    let json = Self.parameters
    let other = JSONValue.object([("bits", .int(8)), ("mode", .string("affine"))])
    var resized = Self.inputs
    resized[0].bytes = 2
    let keys = [
      try Self.receipt().key,
      StageReceipt.key(stage: "graft", version: 3, tool: "cambium 1.0.0", parameters: json, inputs: Self.inputs),
      StageReceipt.key(stage: "quantize", version: 4, tool: "cambium 1.0.0", parameters: json, inputs: Self.inputs),
      StageReceipt.key(stage: "quantize", version: 3, tool: "cambium 1.0.1", parameters: json, inputs: Self.inputs),
      StageReceipt.key(stage: "quantize", version: 3, tool: "cambium 1.0.0", parameters: other, inputs: Self.inputs),
      StageReceipt.key(stage: "quantize", version: 3, tool: "cambium 1.0.0", parameters: json, inputs: []),
      StageReceipt.key(stage: "quantize", version: 3, tool: "cambium 1.0.0", parameters: json, inputs: resized),
      StageReceipt.key(
        stage: "quantize", version: 3, tool: "cambium 1.0.0", parameters: json,
        inputs: [Self.inputs[0], Self.record("a.json", [3])]),
    ]
    #expect(Set(keys).count == keys.count)
  }

  @Test func `every cut is damaged`() throws {
    let scratch = try ScratchFolder.lasting()
    try Self.receipt(outputs: [Self.record("y", [1])]).write(to: scratch.folder)
    let whole = try scratch.bytes("receipt.json")
    // Without its last newline it is still whole.
    for cut in 0..<(whole.count - 1) {
      try scratch.put(whole[..<cut], at: "receipt.json")
      expectDamaged(scratch)
    }
  }

  @Test(arguments: ["\"bits\"", "\"a.json\"", "quantize", "cambium 1.0.0", "\"stage_version\": 3", "_receipt\": 1"])
  func `an edited field is damaged`(_ field: String) throws {
    let scratch = try ScratchFolder.lasting()
    try Self.receipt().write(to: scratch.folder)
    let text = try scratch.content("receipt.json")
    let edited = text.replacingOccurrences(of: field, with: field.replacingOccurrences(of: "1", with: "2") + "0")
    try scratch.put(edited, at: "receipt.json")
    if edited == text {
      #expect(field == "\"bits\"", "parameters stand in a receipt as a digest only")
    } else {
      expectDamaged(scratch)
    }
  }

  @Test(arguments: ["/etc/passwd", "../x", "a/../../x", "a//b", "", ".", "a/", "a\0b"])
  func `paths that leave the folder are refused`(_ path: String) throws {
    #expect(throws: StorageError.unsafePath(path: path)) {
      try Self.receipt(outputs: [Self.record(path, [])])
    }
  }

  @Test func `a path that leaves the folder in a file is damage`() throws {
    let scratch = try ScratchFolder.lasting()
    try Self.receipt(outputs: [Self.record("aa/secret", [1])]).write(to: scratch.folder)
    let text = try scratch.content("receipt.json")
    let edited = text.replacingOccurrences(of: "aa/secret", with: "../secret")
    #expect(edited != text)
    try scratch.put(edited, at: "receipt.json")
    expectDamaged(scratch)
  }

  @Test func `a path may be named once`() throws {
    #expect(throws: StorageError.unsafePath(path: "a")) {
      try Self.receipt(outputs: [Self.record("a", [1]), Self.record("a", [2])])
    }
    // Two spellings of one accent are two files on Linux.
    #expect(try Self.receipt(outputs: [Self.record("\u{e9}", [1]), Self.record("e\u{301}", [2])]).outputs.count == 2)
  }

  func expectDamaged(_ scratch: ScratchFolder, _ location: SourceLocation = #_sourceLocation) {
    do {
      let receipt = try StageReceipt.load(scratch.folder)
      Issue.record("loaded \(String(describing: receipt))", sourceLocation: location)
    } catch {
      #expect((error as? WorkspaceError)?.diagnostic.code == "E_RECEIPT_DAMAGED", sourceLocation: location)
    }
  }
}
