import Digests
import Files
import StrictJSON
import SystemPackage

/// The members of a manifest, and under them those of the manifests that it extends: what a manifest says replaces what the one
/// under it says, member by member.
struct ManifestBase {
  /// All members. Those of other files have no places, since a place is one in the manifest itself.
  let value: JSONValue
  /// SHA-256 of the manifest; where it extends others, of the lines with those of all of them.
  let digest: SHA256Digest

  /// Manifests under one another.
  private static let most = 8

  /// - Parameters:
  ///   - own: The manifest.
  ///   - bytes: The manifest's text.
  ///   - path: The manifest's file.
  /// - Throws: `JSONError`; `FileError`; ``ManifestError``.
  init(_ own: JSONValue, _ bytes: [UInt8], path: FilePath) throws {
    var members = own.members ?? []
    var digests = [SHA256Digest.of(bytes)]
    var seen = [UTF8Name(path.name)]
    var (file, value) = (path, own)
    while let name = try JSONFields(value, file: file.string, what: "manifest").optionalString("extends") {
      let place = RuleParser(file: file.string).place(value["extends"] ?? value)
      // It must be in the same folder, where every relative path means the same.
      guard isSafeRelativePath(name), !name.utf8.contains(UInt8(ascii: "/")) else {
        throw ManifestError.value(
          place: place, field: "extends", expected: "the name of a manifest in the same folder", found: name)
      }
      guard seen.count < ManifestBase.most, !seen.contains(UTF8Name(name)) else {
        throw ManifestError.value(
          place: place, field: "extends",
          expected: "at most \(ManifestBase.most) manifests, and none that extends itself",
          found: name)
      }
      seen.append(UTF8Name(name))
      file = path.absolute.folder.appending(name)
      guard try file.exists else { throw ManifestError.baseMissing(path: file) }
      let text = try ReadOnlyFile(path: file).readAll(limit: 4 << 20)
      value = try JSONValue.parse(text, file: file.string, maxValues: JSONValue.modestCount)
      let fields = try JSONFields(value, file: file.string, what: "manifest")
      try fields.refuseUnknown(Manifest.fields)
      try RuleParser(file: file.string).requireVersion(fields, "cambium")
      digests.append(SHA256Digest.of(text))
      for member in value.members ?? [] where !members.contains(where: { $0.key.utf8.elementsEqual(member.key.utf8) }) {
        members.append(.init(key: member.key, value: ManifestBase.withoutPlaces(member.value)))
      }
    }
    self.value = digests.count == 1 ? own : JSONValue(.object(members), position: own.position)
    digest =
      digests.count == 1
      ? digests[0] : SHA256Digest.of(Array(digests.map { $0.hex + "\n" }.joined().utf8))
  }

  private static func withoutPlaces(_ value: JSONValue) -> JSONValue {
    if let members = value.members {
      return JSONValue(.object(members.map { .init(key: $0.key, value: withoutPlaces($0.value)) }))
    }
    if let values = value.arrayValue { return JSONValue(.array(values.map(withoutPlaces))) }
    return JSONValue(value.content)
  }
}
