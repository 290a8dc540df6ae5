import Files
import Foundation
import Safetensors
import StrictJSON
import SystemPackage

/// `model.safetensors.index.json`: which shard holds which tensor. Never trusted against the shard headers.
package struct WeightIndex: Sendable {
  let file: String
  let shards: Set<UTF8Name>
  let totalSize: Int?
  /// The number of the shard of each tensor among ``shardNames``, in the order of the file.
  private let entries: [(tensor: String, shard: UInt32)]
  private let shardNames: [String]
  /// Every tensor that is listed.
  let tensors: Set<UTF8Name>

  /// Whether a file repeats what other files have, and no reader takes it for a part of the model: a consolidated copy, a
  /// moving average or a trainer's state beside the shards. transformers and vLLM read the files alone that the index
  /// names, mlx-lm every `model*.safetensors`, so that one of those which is too much is a contradiction. A copy may have the
  /// names under another known prefix.
  /// - Parameter table: The architecture's, whose names are the common ones.
  func makesRedundant(_ name: String, _ header: SafetensorsHeader, _ table: ArchitectureTable) -> Bool {
    guard !shards.contains(UTF8Name(name)), !name.hasBytes(atStart: "model"), !header.tensors.isEmpty else {
      return false
    }
    if header.tensors.allSatisfy({ tensors.contains(UTF8Name($0.name)) }) { return true }
    var naming = TensorNaming(table, isRaw: true)
    let known = Set(entries.map { UTF8Name(naming.canonical($0.tensor)) })
    return header.tensors.allSatisfy { known.contains(UTF8Name(naming.canonical($0.name))) }
  }

  /// The tensors of a head that are listed, with the shards that the list names for them.
  var head: [(tensor: String, shard: String)] {
    entries.filter { HeadPrefix.of($0.tensor) != nil }.map { ($0.tensor, shardNames[Int($0.shard)]) }
  }

  static let name = "model.safetensors.index.json"

  /// Reads the index of a folder; nil when there is none.
  static func read(folder: FilePath, names: [String]) throws -> WeightIndex? {
    guard names.contains(name) else { return nil }
    let file = folder.appending(name)
    return try WeightIndex(ReadOnlyFile(path: file).readAll(limit: mostBytes), file: file.string)
  }

  /// Bytes; an index of 100,000 tensors has 11 MB. Experts one by one, in codes with scales, zero points and groups, are
  /// 300,000 tensors of an 80B model.
  package static let mostBytes = 96 << 20
  private static let mostTensors = 1 << 20

  /// Reads an index straight from the events of its text: as a tree it would take five times the memory.
  private init(_ bytes: [UInt8], file: String) throws {
    self.file = file
    var reader = try JSONReader(bytes, file: file)
    var entries: [(String, UInt32)]?
    var shardNames: [String] = []
    var totalSize: Int?
    let first = try reader.next()
    guard first == .beginObject else {
      throw CheckpointError.indexForm(file: file, expected: "an object", found: first?.name ?? "nothing")
    }
    while case .key(let key)? = try reader.next() {
      guard let value = try reader.next() else { break }
      switch key {
      case "weight_map": entries = try WeightIndex.map(value, &reader, &shardNames)
      case "metadata" where value == .beginObject: totalSize = try WeightIndex.totalSize(&reader)
      default: try reader.skip(value)
      }
    }
    // What follows the object.
    _ = try reader.next()
    guard let entries else {
      throw CheckpointError.indexForm(file: file, expected: "an object weight_map", found: "nothing")
    }
    self.entries = entries
    self.shardNames = shardNames
    tensors = Set(entries.lazy.map { UTF8Name($0.0) })
    shards = Set(shardNames.map(UTF8Name.init))
    self.totalSize = totalSize
  }

  /// The members of `weight_map`, whose beginning is `value`, each with the number of its shard among `shardNames`.
  private static func map(
    _ value: JSONEvent, _ reader: inout JSONReader, _ shardNames: inout [String]
  ) throws -> [(String, UInt32)] {
    guard value == .beginObject else {
      throw CheckpointError.indexForm(file: reader.file, expected: "an object weight_map", found: value.name)
    }
    var numbers: [UTF8Name: UInt32] = [:]
    var entries: [(String, UInt32)] = []
    while case .key(let tensor)? = try reader.next() {
      let value = try reader.next()
      guard case .string(let written)? = value else {
        throw CheckpointError.indexForm(
          file: reader.file, expected: "a shard's name for \(tensor)", found: value?.name ?? "nothing")
      }
      // transformers joins it to the folder, and means the same file.
      let name = written.hasPrefix("./") ? String(written.dropFirst(2)) : written
      let known = numbers[UTF8Name(name)]
      guard known != nil || isPlainName(name) else {
        throw CheckpointError.indexPathEscapes(file: reader.file, shard: name)
      }
      guard entries.count < mostTensors else {
        throw JSONError.values(JSONPlace(file: reader.file, position: reader.position), limit: mostTensors)
      }
      let number = known ?? UInt32(shardNames.count)
      if known == nil {
        numbers[UTF8Name(name)] = number
        shardNames.append(name)
      }
      entries.append((tensor, number))
    }
    return entries
  }

  /// The total size in `metadata`, after its beginning; nil when it says none, or no number.
  private static func totalSize(_ reader: inout JSONReader) throws -> Int? {
    var found: Int?
    while case .key(let key)? = try reader.next() {
      guard let value = try reader.next() else { break }
      if key == "total_size", case .number(let spelling) = value { found = JSONValue(.number(spelling)).intValue }
      try reader.skip(value)
    }
    return found
  }

  /// One path component that begins with a letter or digit and ends in `.safetensors`, or such a one in `mtp/`.
  private static func isPlainName(_ path: String) -> Bool {
    let below = FolderListing.headFolder + "/"
    let name = path.hasPrefix(below) ? String(path.dropFirst(below.count)) : path
    guard let first = name.utf8.first, name.utf8.count <= 255, name.hasBytes(atEnd: ".safetensors") else {
      return false
    }
    let letters = { (c: UInt8) in (48...57).contains(c) || (65...90).contains(c) || (97...122).contains(c) }
    return letters(first) && name.utf8.allSatisfy { letters($0) || $0 == 45 || $0 == 46 || $0 == 95 }
  }

  /// Refuses an index that names a shard which is not there.
  func requireShards(present: Set<UTF8Name>) throws {
    if let missing = shards.subtracting(present).sorted().first {
      let number = shardNames.firstIndex { UTF8Name($0) == missing }
      let count = entries.count { Int($0.shard) == number }
      throw CheckpointError.indexNamesMissingShard(file: file, shard: missing.string, tensors: count)
    }
  }

  /// Compares with the shard headers in both directions; differences are an error. What an index may lawfully leave
  /// out (a head in a separate file) and a wrong total come back as notes.
  func compare(with shards: [CheckpointFolder.Shard]) throws -> [String] {
    var places: [UTF8Name: UInt32] = [:]
    places.reserveCapacity(tensors.count)
    for (number, shard) in shards.enumerated() {
      for entry in shard.file.header.tensors { places[UTF8Name(entry.name)] = UInt32(number) }
    }
    var differences: [String] = []
    for (tensor, number) in entries {
      let shard = shardNames[Int(number)]
      if let place = places[UTF8Name(tensor)] {
        let actual = shards[Int(place)].name
        if UTF8Name(actual) != UTF8Name(shard) {
          differences.append("\(tensor) is in \(actual), the index says \(shard)")
        }
      } else {
        differences.append("\(tensor) is listed in \(shard), but no shard holds it")
      }
    }
    var notes: [String] = []
    var indexedBytes = 0
    for shard in shards {
      var unlisted: [TensorEntry] = []
      for entry in shard.file.header.tensors {
        if tensors.contains(UTF8Name(entry.name)) { indexedBytes += entry.byteCount } else { unlisted.append(entry) }
      }
      guard !unlisted.isEmpty else { continue }
      let isOutside = !self.shards.contains(UTF8Name(shard.name))
      if isOutside, unlisted.allSatisfy({ HeadPrefix.of(shard.key($0)) != nil }) {
        notes.append("\(shard.name) holds \(unlisted.count) tensors of an MTP head and is not listed in the index")
      } else if isOutside, unlisted.allSatisfy({ $0.name.hasBytes(atStart: HeadPrefix.valueHead) }) {
        notes.append("\(shard.name) holds a value head and is not listed in the index")
      } else {
        differences += unlisted.map { "\($0.name) is in \(shard.name), the index does not list it" }
      }
    }
    guard differences.isEmpty else {
      let shown = differences.prefix(8) + (differences.count > 8 ? ["and \(differences.count - 8) more"] : [])
      throw CheckpointError.indexMismatch(file: file, differences: Array(shown))
    }
    if let totalSize, totalSize != indexedBytes {
      notes.append("the index says total_size \(totalSize), the tensors it lists have \(indexedBytes) bytes")
    }
    return notes
  }
}
