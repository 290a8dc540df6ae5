import Crypto
import SystemPackage
import Diagnostics
import Files
import Foundation
import Signatures
import StrictJSON
import Testing

/// A signature holds for one key and for exactly the files that were signed.
@Suite struct ModelSignatureTests {
  /// A folder with three files, one of them below; signed.
  private func withSigned(_ body: (Signed) throws -> Void) throws {
    let files = FileManager.default
    let path = files.temporaryDirectory.resolvingSymlinksInPath().path + "/cambium-signatures-\(UUID().uuidString)"
    try files.createDirectory(atPath: path + "/sub", withIntermediateDirectories: true)
    defer { try? files.removeItem(atPath: path) }
    for (name, text) in [("config.json", "{}"), ("sub-1.txt", "one"), ("sub/x.txt", "two")] {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path + "/" + name))
    }
    let keys = try Keys()
    try ModelSignature.sign(
      folder: FilePath(path), key: FilePath(keys.path + "/key.pem"), to: FilePath(path + "/model.sig"))
    try body(Signed(path: path, keys: keys))
  }

  private struct Signed {
    let path: String
    let keys: Keys

    @discardableResult
    func verify(key: String = "key.pub", at moved: String? = nil) throws -> SigningStatement {
      let folder = moved ?? path
      return try ModelSignature.verify(
        folder: FilePath(folder), publicKey: FilePath(keys.path + "/" + key), signature: FilePath(folder + "/model.sig")
      )
    }

    func write(_ bytes: [UInt8], to name: String) throws {
      try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
    }
  }

  private func code(_ body: () throws -> SigningStatement) -> String? {
    do {
      _ = try body()
      return nil
    } catch { return (error as? any CambiumError)?.diagnostic.code ?? "\(error)" }
  }

  @Test func `what was signed verifies, wherever it lies`() throws {
    try withSigned { signed in
      let statement = try signed.verify()
      #expect(statement.resources.map(\.name) == ["config.json", "sub-1.txt", "sub/x.txt"])
      let moved = signed.path + "-moved"
      try FileManager.default.copyItem(atPath: signed.path, toPath: moved)
      defer { try? FileManager.default.removeItem(atPath: moved) }
      #expect(try signed.verify(at: moved) == statement)
    }
  }

  @Test func `a changed, an extra and a missing file are named`() throws {
    try withSigned { signed in
      try signed.write(Array("twO".utf8), to: "sub/x.txt")
      let changed = #expect(throws: SignatureError.self) { try signed.verify() }
      #expect(changed?.diagnostic.file?.hasSuffix("/sub/x.txt") == true)
      #expect(changed?.diagnostic.code == "E_SIGNATURE" && changed?.diagnostic.exitStatus == .verificationFailed)
    }
    try withSigned { signed in
      try signed.write([1], to: ".gitignore")
      let extra = #expect(throws: SignatureError.self) { try signed.verify() }
      #expect(extra?.diagnostic.expected == "no such file: it was not signed")
    }
    try withSigned { signed in
      try FileManager.default.removeItem(atPath: signed.path + "/config.json")
      let missing = #expect(throws: SignatureError.self) { try signed.verify() }
      #expect(missing?.diagnostic.file?.hasSuffix("/config.json") == true)
    }
  }

  @Test func `a signature by another key is replaced only when a person says so`() throws {
    try withSigned { signed in
      let (folder, target) = (FilePath(signed.path), FilePath(signed.path + "/model.sig"))
      let other = FilePath(signed.keys.path + "/other.pem")
      let before = try Data(contentsOf: URL(fileURLWithPath: target.string))
      let refused = #expect(throws: StorageError.self) {
        try ModelSignature.sign(folder: folder, key: other, to: target)
      }
      #expect(
        refused?.diagnostic.code == "E_RESULT_EXISTS" && refused?.diagnostic.found?.contains("by this key") == true)
      #expect(try Data(contentsOf: URL(fileURLWithPath: target.string)) == before)
      // By its own key, also of files that are others by now.
      try signed.write([1], to: "new.txt")
      try ModelSignature.sign(folder: folder, key: FilePath(signed.keys.path + "/key.pem"), to: target)
      try signed.verify()
      try ModelSignature.sign(folder: folder, key: other, to: target, force: true)
      #expect(code { try signed.verify() } == "E_SIGNATURE")
      try signed.verify(key: "other.pub")
    }
  }

  @Test func `another key, a changed statement and a link are refused`() throws {
    try withSigned { signed in
      #expect(code { try signed.verify(key: "other.pub") } == "E_SIGNATURE")
      let file = signed.path + "/model.sig"
      let envelope = try Envelope([UInt8](Data(contentsOf: URL(fileURLWithPath: file))), file: FilePath(file))
      var payload = envelope.payload
      payload[payload.count - 10] ^= 1
      let forged = Envelope(payload: payload, signature: envelope.signature, hint: envelope.hint)
      try signed.write(forged.bytes, to: "model.sig")
      #expect(code { try signed.verify() } == "E_SIGNATURE")
    }
    try withSigned { signed in
      try FileManager.default.createSymbolicLink(atPath: signed.path + "/link", withDestinationPath: "config.json")
      #expect(code { try signed.verify() } == "E_SIGNATURE_FORM")
    }
  }

  @Test func `what is no key and what is no bundle is refused`() throws {
    try withSigned { signed in
      #expect(code { try signed.verify(key: "key.pem") } == "E_SIGNATURE_KEY")
      #expect(code { try signed.verify(key: "p384.pub") } == "E_SIGNATURE_KEY")
      #expect(code { try signed.verify(key: "text") } == "E_SIGNATURE_KEY")
      try signed.write(Array("{\"mediaType\":\"x\"}".utf8), to: "model.sig")
      #expect(code { try signed.verify() } == "E_SIGNATURE_FORM")
    }
  }

  @Test func `a signature says what it says in one way`() throws {
    try withSigned { signed in
      let path = signed.path + "/model.sig"
      let text = try String(contentsOfFile: path, encoding: .utf8)
      let hint = try #require(text.range(of: "\"hint\":\""))
      let digit = text[hint.upperBound] == "0" ? "1" : "0"
      let others = [
        text + "\n", text + " ", " " + text, String(text.dropLast()),
        text.replacingOccurrences(of: ":", with: ": "),
        text.replacingOccurrences(of: "\"keyid\":\"\"", with: "\"keyid\":\"a\""),
        text.replacingOccurrences(of: "\"keyid\"", with: "\"keyie\""),
        text.replacingOccurrences(of: "\"tlogEntries\":[]", with: "\"tlogEntries\":[1]"),
        text.replacingOccurrences(of: "{\"dsse", with: "{\"more\":1,\"dsse"),
        text[..<hint.upperBound] + digit + text[hint.upperBound...].dropFirst(),
      ]
      for other in others where other != text {
        try signed.write(Array(other.utf8), to: "model.sig")
        #expect(throws: SignatureError.self, "\(other.prefix(60))") { try signed.verify() }
      }
      try signed.write(Array(text.utf8), to: "model.sig")
      #expect(throws: Never.self) { try signed.verify() }
    }
  }

  @Test func `names are bytes: a file whose name only looks like a signed one was not signed`() throws {
    try withSigned { signed in
      let (one, two) = ("\u{E9}.txt", "e\u{301}.txt")
      try signed.write([1], to: one)
      try ModelSignature.sign(
        folder: FilePath(signed.path), key: FilePath(signed.keys.path + "/key.pem"),
        to: FilePath(signed.path + "/model.sig"))
      try signed.verify()
      try FileManager.default.moveItem(atPath: signed.path + "/" + one, toPath: signed.path + "/" + two)
      #expect(code { try signed.verify() } == "E_SIGNATURE")
      try signed.write([1], to: one)
      #expect(code { try signed.verify() } == "E_SIGNATURE")
      // Both may be signed, as they are two files.
      try ModelSignature.sign(
        folder: FilePath(signed.path), key: FilePath(signed.keys.path + "/key.pem"),
        to: FilePath(signed.path + "/model.sig"))
      #expect(try signed.verify().resources.count == 5)
    }
  }

  /// A signed statement with hostile names, from whoever has a key, reaches no file outside.
  @Test(arguments: ["../x", "/etc/passwd", "a//b", "./a", ""])
  func `names that leave the folder are refused`(name: String) throws {
    let empty = SigningStatement(subject: "a", resources: [], ignored: [])
    let resource = SigningStatement.Resource(name: name, sha256: empty.root)
    let statement = SigningStatement(subject: "a", resources: [resource], ignored: [])
    #expect(throws: SignatureError.self) { try SigningStatement(statement.bytes, file: "x") }
  }

  @Test func `a statement reads back as it was written, and a wrong root does not`() throws {
    try withSigned { signed in
      let statement = try signed.verify()
      #expect(try SigningStatement(statement.bytes, file: "x") == statement)
      let text = String(decoding: statement.bytes, as: UTF8.self)
      let other = text.replacingOccurrences(of: statement.root.hex, with: String(repeating: "0", count: 64))
      #expect(throws: SignatureError.self) { try SigningStatement(Array(other.utf8), file: "x") }
    }
  }

  /// Signed by OpenSSL over bytes laid out by other tools: what others write verifies here.
  @Test func `a bundle that was made with other tools verifies`() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Fixtures/signed-by-openssl"
    let statement = try ModelSignature.verify(
      folder: FilePath(folder), publicKey: FilePath(folder + ".pub"), signature: FilePath(folder + "/model.sig"))
    #expect(statement.resources.map(\.name) == ["weights.bin"])
  }
}

/// Keys made for one test, in a folder that goes with the object.
private final class Keys {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/cambium-keys-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let (key, other) = (P256.Signing.PrivateKey(), P256.Signing.PrivateKey())
    for (name, text) in [
      ("key.pem", key.pemRepresentation), ("key.pub", key.publicKey.pemRepresentation),
      ("other.pem", other.pemRepresentation), ("other.pub", other.publicKey.pemRepresentation),
      ("p384.pub", P384.Signing.PrivateKey().publicKey.pemRepresentation), ("text", "no key"),
    ] {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path + "/" + name))
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
