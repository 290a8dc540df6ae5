import Digests
import Files
import Manifests
import SystemPackage

/// What a person wrote for the package's card. It is an input like every other: read once, with its digest in the lock file.
package struct CardText: Sendable {
  /// How locks and reports name it, whatever it is called on a machine.
  package static let name = "card/text.md"
  /// Most bytes of it: a card is read by people.
  static let most = 1 << 20

  /// The file.
  package let path: FilePath
  /// Its bytes.
  package let bytes: [UInt8]
  /// The same, as text.
  package let text: String

  /// - Throws: `ManifestError/cardMissing(path:)`; `ManifestError/value(place:field:expected:found:)` for what is no text;
  ///   `FileError`, as of a file that is too large.
  init(path: FilePath) throws {
    guard try path.exists else { throw ManifestError.cardMissing(path: path) }
    bytes = try ReadOnlyFile(path: path).readAll(limit: CardText.most)
    self.path = path
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ManifestError.value(place: path.string, field: "card", expected: "text in UTF-8", found: "other bytes")
    }
    // A card is shown in terminals, too.
    let isControl = { (byte: UInt8) in (byte < 0x20 && byte != 0x0A && byte != 0x0D && byte != 0x09) || byte == 0x7F }
    if let control = bytes.first(where: isControl) {
      throw ManifestError.value(
        place: path.string, field: "card", expected: "text without control characters", found: "the byte \(control)")
    }
    self.text = text
  }

  /// The text as an input file.
  var input: InputFile {
    InputFile(name: CardText.name, path: path, bytes: bytes.count, shard: nil, sha256: .of(bytes))
  }
}
