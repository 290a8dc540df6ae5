import Crypto
import SystemPackage

/// A private key that a signature is made with, and where it came from.
public struct SigningKey: Sendable {
  let key: P256.Signing.PrivateKey
  /// The file, or a name for standard input.
  public let path: FilePath

  /// - Parameter path: A private EC key on P-256, as PEM.
  /// - Throws: ``SignatureError/key(path:expected:found:)``, `FileError`.
  public init(_ path: FilePath) throws { try self.init(pem: ModelSignature.text(path), from: path) }

  /// A key that came by another way than a file, such as a pipe from a program that knows its password.
  /// - Throws: ``SignatureError/key(path:expected:found:)``.
  public init(pem text: String, from path: FilePath) throws {
    self.path = path
    let found = KeyText(text)
    let error = SignatureError.key(
      path: path, expected: "a private EC key on P-256, as PEM", found: found == .privateKey ? .other : found)
    do {
      key = try P256.Signing.PrivateKey(pemRepresentation: text)
    } catch is CryptoKitError {
      throw error
    } catch is CryptoKitASN1Error {
      throw error
    }
  }
}
