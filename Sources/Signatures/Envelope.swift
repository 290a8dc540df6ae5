import Foundation
import StrictJSON
import SystemPackage

/// A Sigstore bundle v0.3 with a DSSE envelope and a bare public key, as OpenSSF Model Signing has it. The key itself is
/// not in it: who verifies has it from somewhere else.
package struct Envelope: Equatable {
  static let mediaType = "application/vnd.dev.sigstore.bundle.v0.3+json"
  /// Bytes of a signature: those of a folder of 50,000 files.
  static let limit = 16 << 20
  static let payloadType = "application/vnd.in-toto+json"

  /// What is signed, as bytes.
  package let payload: [UInt8]
  /// ECDSA over SHA-256, DER.
  package let signature: [UInt8]
  /// SHA-256 of the public key's PEM text.
  package let hint: String

  /// What is signed: DSSE's pre-authentication encoding of the payload
  /// (<https://github.com/secure-systems-lab/dsse/blob/master/protocol.md>).
  static func signed(_ payload: [UInt8]) -> [UInt8] {
    Array("DSSEv1 \(payloadType.utf8.count) \(payloadType) \(payload.count) ".utf8) + payload
  }

  package init(payload: [UInt8], signature: [UInt8], hint: String) {
    self.payload = payload
    self.signature = signature
    self.hint = hint
  }

  /// - Throws: `JSONError`, ``SignatureError/form(path:expected:found:)``.
  package init(_ bytes: [UInt8], file: FilePath) throws {
    let value = try JSONValue.parse(bytes, file: file.string, maxValues: JSONValue.modestCount)
    guard value["mediaType"]?.stringValue == Envelope.mediaType else {
      throw SignatureError.form(
        path: file, expected: Envelope.mediaType, found: value["mediaType"]?.stringValue ?? "no mediaType")
    }
    let envelope = value["dsseEnvelope"]
    let signatures = envelope?["signatures"]?.arrayValue ?? []
    guard envelope?["payloadType"]?.stringValue == Envelope.payloadType, signatures.count == 1,
      let payload = Data(base64Encoded: envelope?["payload"]?.stringValue ?? ""),
      let signature = Data(base64Encoded: signatures[0]["sig"]?.stringValue ?? "")
    else {
      throw SignatureError.form(
        path: file, expected: "a DSSE envelope of \(Envelope.payloadType) with one signature", found: "another")
    }
    self.payload = Array(payload)
    self.signature = Array(signature)
    hint = value["verificationMaterial"]?["publicKey"]?["hint"]?.stringValue ?? ""
    let isOurs = self.bytes == bytes
    let isAnothers =
      Envelope.hasOnlyKnownMembers(value) && Envelope.isSpelledWell(bytes, value)
      && payload.base64EncodedString() == envelope?["payload"]?.stringValue
      && signature.base64EncodedString() == signatures[0]["sig"]?.stringValue
    guard isOurs || isAnothers else {
      throw SignatureError.form(
        path: file, expected: "a bundle as cambium sign or model_signing spells it",
        found: "other white space or members")
    }
  }

  package var bytes: [UInt8] {
    JSONWriter.canonical(
      .object([
        ("mediaType", .string(Envelope.mediaType)),
        (
          "verificationMaterial",
          .object([("publicKey", .object([("hint", .string(hint))])), ("tlogEntries", .array([]))])
        ),
        (
          "dsseEnvelope",
          .object([
            ("payload", .string(Data(payload).base64EncodedString())), ("payloadType", .string(Envelope.payloadType)),
            (
              "signatures",
              [.object([("keyid", ""), ("sig", .string(Data(signature).base64EncodedString()))])]
            ),
          ])
        ),
      ])) + [0x0A]
  }
}
