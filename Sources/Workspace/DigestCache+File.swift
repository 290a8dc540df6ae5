import Digests
import Files
import StrictJSON
import SystemPackage

// The numbers are strings: an inode may need 64 bits without a sign.
extension DigestCache {
  static func encode(_ entries: [PathKey: Entry]) -> [UInt8] {
    let files = entries.sorted { $0.key < $1.key }.map { key, entry in
      JSONValue.object([
        ("path", .string(String(decoding: key.bytes, as: UTF8.self))),
        ("stamp", .string(Self.text(entry.identity))),
        (key.kind.rawValue, .string(entry.digest.hex)),
      ])
    }
    let json = JSONValue.object([
      ("cambium_digests", 2), ("files", .array(files)), ("sha256", .string(check(.array(files)))),
    ])
    return JSONWriter.canonical(json) + [UInt8(ascii: "\n")]
  }

  /// Whatever is wrong with the file costs a second reading of the files it names, and nothing else.
  static func load(_ path: FilePath) -> [PathKey: Entry] {
    guard let bytes = try? readSmallFile(path, limit: 256 << 20),
      let json = try? JSONValue.parse(bytes, file: path.string), json["cambium_digests"]?.intValue == 2,
      let files = json["files"], json["sha256"]?.stringValue == check(files)
    else { return [:] }
    var entries: [PathKey: Entry] = [:]
    for file in files.arrayValue ?? [] {
      guard let path = file["path"]?.stringValue, let text = file["stamp"]?.stringValue,
        let identity = identity(text)
      else { continue }
      for kind in [Kind.content, .tree, .units] {
        guard let digest = file[kind.rawValue]?.stringValue.flatMap(SHA256Digest.init(hex:)) else { continue }
        entries[PathKey(FilePath(untrusted: path), kind)] = Entry(identity: identity, digest: digest)
      }
    }
    return entries
  }

  /// The file's own checksum: it finds a file that was damaged or edited, not a forged one.
  private static func check(_ files: JSONValue) -> String { SHA256Digest.of(JSONWriter.canonical(files)).hex }

  /// Size, mtime, ctime, device and inode.
  private static func text(_ identity: FileIdentity) -> String {
    "\(identity.size) \(identity.modified) \(identity.changed) \(identity.device) \(identity.inode)"
  }

  private static func identity(_ text: String) -> FileIdentity? {
    let parts = text.split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count == 5, let size = Int(parts[0]), let modified = Int(parts[1]), let changed = Int(parts[2]),
      let device = UInt64(parts[3]), let inode = UInt64(parts[4])
    else { return nil }
    return FileIdentity(device: device, inode: inode, size: size, modified: modified, changed: changed)
  }
}
