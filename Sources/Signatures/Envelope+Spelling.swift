import StrictJSON

extension Envelope {
  /// Whether a bundle of another program is spelled as such programs do it: one line, a space after each comma and
  /// colon. With white space of any other kind a file could be changed and nobody would notice.
  static func isSpelledWell(_ bytes: [UInt8], _ value: JSONValue) -> Bool {
    bytes.elementsEqual(spaced(value).utf8)
  }

  private static func spaced(_ value: JSONValue) -> String {
    if let members = value.members {
      return "{" + members.map { "\(text(.string($0.key))): \(spaced($0.value))" }.joined(separator: ", ") + "}"
    }
    if let elements = value.arrayValue { return "[" + elements.map(spaced).joined(separator: ", ") + "]" }
    return text(value)
  }

  private static func text(_ value: JSONValue) -> String {
    String(decoding: JSONWriter.canonical(value), as: UTF8.self)
  }

  /// Whether a bundle, and the objects in it, have only the known members: nothing else is read, so nothing else may be there.
  static func hasOnlyKnownMembers(_ value: JSONValue) -> Bool {
    func has(_ value: JSONValue?, _ names: Set<String>) -> Bool {
      guard let members = value?.members else { return false }
      return members.allSatisfy { names.contains($0.key) }
    }
    let (material, envelope) = (value["verificationMaterial"], value["dsseEnvelope"])
    let signature = envelope?["signatures"]?.arrayValue?.first
    return has(value, ["mediaType", "verificationMaterial", "dsseEnvelope"])
      && has(material, ["publicKey", "tlogEntries"]) && has(material?["publicKey"], ["hint"])
      && material?["tlogEntries"].map { $0.arrayValue?.isEmpty == true } ?? true
      && has(envelope, ["payload", "payloadType", "signatures"]) && has(signature, ["keyid", "sig"])
      && signature?["keyid"].map { $0.stringValue?.isEmpty == true } ?? true
  }
}
