import Files
import StrictJSON
import SystemPackage

/// What a package says of itself, for lists and the page: how it is quantized, and whether its decoding was checked before it
/// was published. A checkpoint that says nothing has no facts.
package struct PackageFacts: Sendable {
  /// The facts, by their names.
  package let members: [(String, JSONValue)]

  /// - Throws: `FileError` for a file that is there and cannot be read: that it says nothing would be a wrong statement.
  package init(_ folder: FilePath) throws(FileError) {
    var members: [(String, JSONValue)] = []
    if let quantization = try Self.quantization(folder.appending("config.json")) {
      members.append(("quantization", .string(quantization)))
    }
    if let proof = try Self.proof(folder.appending("README.md")) { members.append(("proof", .string(proof))) }
    self.members = members
  }

  private static func content(_ path: FilePath, limit: Int) throws(FileError) -> [UInt8]? {
    try contentIfThere { () throws(FileError) in try ReadOnlyFile(path: path).readAll(limit: limit) }
  }

  private static func quantization(_ path: FilePath) throws(FileError) -> String? {
    guard let bytes = try content(path, limit: 16 << 20),
      let config = try? JSONValue.parse(bytes, file: path.string, maxValues: 1 << 20),
      let block = config["quantization"] ?? config["quantization_config"], block.members != nil
    else { return nil }
    var words = [block["mode"]?.stringValue ?? block["quant_method"]?.stringValue ?? "affine"]
    if let bits = block["bits"]?.intValue { words.append("\(bits) bits") }
    if let size = block["group_size"]?.intValue { words.append("groups of \(size)") }
    return words.joined(separator: ", ")
  }

  /// The sentences of the card that say what was decoded, as cambium writes them.
  private static func proof(_ path: FilePath) throws(FileError) -> String? {
    guard let bytes = try content(path, limit: 4 << 20) else { return nil }
    let line = bytes.split(separator: 0x0A).lazy.map { String(decoding: $0, as: UTF8.self) }.first {
      $0.hasPrefix("Decoded before it was published: ") || $0.hasPrefix("Decoding was not checked")
    }
    guard let line else { return nil }
    let end = line.firstRange(of: " Share of drafts accepted")?.lowerBound ?? line.endIndex
    return String(line[..<end].prefix(400))
  }
}
