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

  /// Whatever is wrong with the file costs a second reading of the files it names, and nothing else: also when the disk
  /// does not return it. Nothing is concluded from a cache that cannot be read but that nothing is known, and the files
  /// themselves are read next, whose errors are told.
  static func load(_ path: FilePath) -> [PathKey: Entry] {
    guard let bytes = try? readSmallFile(path, limit: 256 << 20) else { return [:] }
    return (try? read(JSONValue.parse(bytes, file: path.string), file: path.string)) ?? [:]
  }

  /// The entries of a cache whose every row is as it was written.
  private static func read(_ json: JSONValue, file: String) throws(JSONError) -> [PathKey: Entry] {
    let fields = try JSONFields(json, file: file, what: "the cache")
    try fields.require("cambium_digests", 2)
    try fields.require("sha256", check(fields["files"] ?? .null))
    var entries: [PathKey: Entry] = [:]
    for row in try fields.objects("files") {
      let path = FilePath(untrusted: try row.string("path"))
      let identity = try row.text("stamp", as: "size, times, device and inode", identity)
      for kind in Kind.allCases where row[kind.rawValue] != nil {
        entries[PathKey(path, kind)] = Entry(identity: identity, digest: try row.sha256(kind.rawValue))
      }
    }
    return entries
  }

  /// The file's checksum: it finds a file that was damaged or edited, not a forged one.
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
