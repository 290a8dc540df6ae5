import Crypto
import SystemPackage

/// A public key that signatures are checked with, and the file that it is in.
public struct VerifyingKey: Sendable {
  let key: P256.Signing.PublicKey
  let path: FilePath

  /// - Parameter path: A public EC key on P-256, as PEM.
  /// - Throws: ``SignatureError/key(path:expected:found:)``, `FileError`.
  public init(_ path: FilePath) throws {
    self.path = path
    let text = try ModelSignature.text(path)
    let found = KeyText(text)
    let error = SignatureError.key(
      path: path, expected: "a public EC key on P-256, as PEM",
      found: found == .publicKey ? .other : found == .encrypted ? .privateKey : found)
    do {
      key = try P256.Signing.PublicKey(pemRepresentation: text)
    } catch is CryptoKitError {
      throw error
    } catch is CryptoKitASN1Error {
      throw error
    }
  }
}
