import Crypto
import Digests
import Files
import Foundation
import StrictJSON
import SystemPackage

/// Signs a folder in the format of OpenSSF Model Signing v1.0, and verifies such signatures. Keys are ECDSA on P-256.
///
///     try ModelSignature.sign(folder: "PACKAGE", key: "key.pem", to: "PACKAGE/model.sig")
///     try ModelSignature.verify(folder: "PACKAGE", publicKey: "key.pub", signature: "PACKAGE/model.sig")
public enum ModelSignature {
  /// The name that a signature inside the folder has.
  public static let fileName = "model.sig"

  /// Writes the signature of a folder's files, and returns what was signed. Two signatures of one folder differ, since
  /// ECDSA draws a random number; what is signed is the same.
  /// - Throws: ``SignatureError/key(path:expected:found:)``, `FileError`, `StorageError`; of these
  ///   `StorageError.resultExists(path:kind:found:)` for a signature by another key, unless `force` says that it may go.
  @discardableResult
  public static func sign(
    folder: FilePath, key path: FilePath, to signature: FilePath, force: Bool = false
  ) throws -> SigningStatement {
    try sign(folder: folder, to: signature, force: force, inputs: [path]) { try SigningKey(path) }
  }

  /// The same as ``sign(folder:key:to:force:)``, with a key that was read before, which need not be in a file.
  @discardableResult
  public static func sign(
    folder: FilePath, with key: SigningKey, to signature: FilePath, force: Bool = false
  ) throws -> SigningStatement {
    try sign(folder: folder, to: signature, force: force, inputs: []) { key }
  }

  /// The place is looked at before the key.
  private static func sign(
    folder: FilePath, to signature: FilePath, force: Bool, inputs: [FilePath], key signing: () throws -> SigningKey
  ) throws -> SigningStatement {
    let target = ResultFile(
      signature, kind, force: force, inputs: inputs + [folder], asPart: folder.appending(fileName))
    try target.check()
    let key = try signing().key
    if !force { try refuseForeign(signature, key.publicKey) }
    let statement = try statement(of: folder, ignoring: [fileName])
    let payload = statement.bytes
    let signed = try key.signature(for: Data(Envelope.signed(payload)))
    let envelope = Envelope(
      payload: payload, signature: Array(signed.derRepresentation), hint: hint(key.publicKey))
    try target.write(envelope.bytes)
    return statement
  }

  /// What another key signed, nobody signs again without that key: it is not replaced by mistake.
  private static func refuseForeign(_ file: FilePath, _ key: P256.Signing.PublicKey) throws {
    guard try linkStatus(file)?.isRegularFile == true else { return }
    if let envelope = try? read(file).0, isSigned(envelope, key) { return }
    throw StorageError.resultExists(
      path: file, kind: "a signature by this key", found: "a signature that is not by this key")
  }

  /// Whether a key made the signature, whatever it is of.
  private static func isSigned(_ envelope: Envelope, _ key: P256.Signing.PublicKey) -> Bool {
    guard let signature = try? P256.Signing.ECDSASignature(derRepresentation: Data(envelope.signature)) else {
      return false
    }
    return key.isValidSignature(signature, for: Data(Envelope.signed(envelope.payload)))
  }

  private static let kind = ResultFile.Kind("a signature") { beginning in
    // This is how `Envelope` writes it: its members are in the order of their names.
    beginning.starts(with: Array("{\"dsseEnvelope\":{\"payload\":\"".utf8))
  }

  /// Verifies that the signature is of this key and of just these files with these bytes. A hint that the signature contains
  /// must be of this key too.
  /// - Throws: ``SignatureError``, `JSONError`, `StorageError`, `FileError`.
  @discardableResult
  public static func verify(folder: FilePath, publicKey path: FilePath, signature file: FilePath) throws
    -> SigningStatement
  {
    try verify(folder: folder, key: VerifyingKey(path), signature: file)
  }

  /// The same as ``verify(folder:publicKey:signature:)``, with a key that was read before: what is wrong with a key says
  /// nothing of a package.
  @discardableResult
  public static func verify(folder: FilePath, key verifying: VerifyingKey, signature file: FilePath) throws
    -> SigningStatement
  {
    let (key, path) = (verifying.key, verifying.path)
    let (envelope, stated) = try read(file)
    guard envelope.hint.isEmpty || envelope.hint == hint(key) else {
      throw SignatureError.wrong(
        path: file, expected: "the hint of the key of \(path), \(hint(key))", found: envelope.hint)
    }
    guard isSigned(envelope, key) else {
      throw SignatureError.wrong(path: file, expected: "a signature made with the key of \(path)", found: "another")
    }
    // Among what the signer left out, only the signature itself is let through.
    let found = try statement(of: folder, ignoring: [fileName])
    try stated.requireSame(found.resources, folder: folder)
    return stated
  }

  /// What a signature states, without a key: whose it is nobody knows then. Its form is looked at, and that of the
  /// number which is to be the signature.
  /// - Throws: ``SignatureError/form(path:expected:found:)``, `JSONError`, `FileError`.
  public static func stated(in file: FilePath) throws -> SigningStatement {
    let (envelope, statement) = try read(file)
    guard (try? P256.Signing.ECDSASignature(derRepresentation: Data(envelope.signature))) != nil else {
      throw SignatureError.form(path: file, expected: "an ECDSA signature on P-256", found: "another number")
    }
    return statement
  }

  private static func read(_ file: FilePath) throws -> (Envelope, SigningStatement) {
    let envelope = try Envelope(ReadOnlyFile(path: file).readAll(limit: Envelope.limit), file: file)
    return (envelope, try SigningStatement(envelope.payload, file: file))
  }

  /// Every file below a folder with its digest.
  /// - Throws: `SignatureError.form` for a link.
  static func statement(of folder: FilePath, ignoring ignored: [String]) throws -> SigningStatement {
    var resources: [SigningStatement.Resource] = []
    try walk(folder, "") { name in
      guard !ignored.contains(name) else { return }
      resources.append(.init(name: name, sha256: try digestOfFile(atPath: folder.appending(name)).digest))
    }
    return SigningStatement(
      subject: folder.absolute.lastComponent?.string ?? "/", resources: resources,
      ignored: ignored)
  }

  private static func walk(_ folder: FilePath, _ prefix: String, _ visit: (String) throws -> Void) throws {
    for name in try Folder.entries(folder.appending(prefix)) {
      let path = prefix + name
      let status = try linkStatus(folder.appending(path))
      if status?.isRegularFile == true {
        try visit(path)
      } else if status?.isFolder == true {
        try walk(folder, path + "/", visit)
      } else {
        throw SignatureError.form(path: folder.appending(path), expected: "files and folders only", found: "a link")
      }
    }
  }

  static func text(_ path: FilePath) throws -> String {
    String(decoding: try ReadOnlyFile(path: path).readAll(limit: 1 << 16), as: UTF8.self)
  }

  /// SHA-256 of the PEM text as OpenSSL writes it, with a line end.
  private static func hint(_ key: P256.Signing.PublicKey) -> String {
    let pem = key.pemRepresentation
    return SHA256Digest.of(Array((pem.hasSuffix("\n") ? pem : pem + "\n").utf8)).hex
  }
}
