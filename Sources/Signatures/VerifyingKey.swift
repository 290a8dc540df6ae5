import Crypto
import SystemPackage

/// A public key that signatures are held against, and the file that it is in.
public struct VerifyingKey: Sendable {
  let key: P256.Signing.PublicKey
  let path: FilePath

  /// - Parameter path: A public EC key on P-256, as PEM.
  /// - Throws: ``SignatureError/key(path:expected:)``, `FileError`.
  public init(_ path: FilePath) throws {
    self.path = path
    do {
      key = try P256.Signing.PublicKey(pemRepresentation: ModelSignature.text(path))
    } catch is CryptoKitError {
      throw SignatureError.key(path: path, expected: "a public EC key on P-256, as PEM")
    } catch is CryptoKitASN1Error {
      throw SignatureError.key(path: path, expected: "a public EC key on P-256, as PEM")
    }
  }
}
