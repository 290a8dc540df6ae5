import Diagnostics
import SystemPackage

/// What can go wrong with a signature.
public enum SignatureError: CambiumError, Equatable {
  /// The key is not an EC key on P-256 as PEM.
  case key(path: FilePath, expected: String, found: KeyText = .other)
  /// The signature's file is no OpenSSF Model Signing bundle of this kind, has names that leave the folder, or the
  /// folder has a link.
  case form(path: FilePath, expected: String, found: String)
  /// The signature is not of this key and these files.
  case wrong(path: FilePath, expected: String, found: String)

  public var diagnostic: Diagnostic {
    switch self {
    case .key(let path, let expected, let found):
      Diagnostic(
        "E_SIGNATURE_KEY", "the key cannot be used", file: path, expected: expected, found: found.words,
        next: found == .encrypted
          ? "let openssl ask for the password: openssl ec -in KEY.pem | cambium sign PACKAGE --key -"
          : found == .privateKey
            ? "make the public key of it: openssl ec -in KEY.pem -pubout -out KEY.pub"
            : found == .publicKey
              ? "name the private key, KEY.pem, that this one was made of"
              : "make one with: openssl ecparam -name prime256v1 -genkey -noout, and: openssl ec -pubout",
        exit: .badInput)
    case .form(let path, let expected, let found):
      Diagnostic(
        "E_SIGNATURE_FORM", "this is not a signature of a model", file: path, expected: expected, found: found,
        next: "sign the folder with: cambium sign PACKAGE --key KEY.pem", exit: .badInput)
    case .wrong(let path, let expected, let found):
      Diagnostic(
        "E_SIGNATURE", "the signature does not hold", file: path, expected: expected, found: found,
        next: "do not use the folder: get it from its maker again", exit: .verificationFailed)
    }
  }
}
