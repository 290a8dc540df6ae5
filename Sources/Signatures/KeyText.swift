/// What a text is that is not the key which was asked for, as far as its first line says.
public enum KeyText: Sendable {
  /// A private key under a password.
  case encrypted
  /// A private key.
  case privateKey
  /// A public key.
  case publicKey
  /// Anything else, such as a key of another kind.
  case other

  init(_ text: String) {
    if text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") || text.contains("Proc-Type: 4,ENCRYPTED") {
      self = .encrypted
    } else if text.contains("-----BEGIN PRIVATE KEY-----") || text.contains("-----BEGIN EC PRIVATE KEY-----") {
      self = .privateKey
    } else if text.contains("-----BEGIN PUBLIC KEY-----") {
      self = .publicKey
    } else {
      self = .other
    }
  }

  var words: String {
    switch self {
    case .encrypted: "a private key under a password"
    case .privateKey: "a private key"
    case .publicKey: "a public key"
    case .other: "something else"
    }
  }
}
