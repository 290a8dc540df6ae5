import Diagnostics
import Safetensors
import StrictJSON

/// What a model that is elsewhere has of a head, from as few of its headers as will do: where the index names the head,
/// those of its shards; else all are searched, since tensors may be in a shard that no index names.
package struct HeadLook: Sendable {
  /// `model_type`, of the text model.
  package let architecture: String
  /// MTP layers that `config.json` promises; nil when it says nothing.
  package let declaredLayers: Int?
  /// Names of the head's tensors, in byte order.
  package let tensors: [String]
  /// Shards that hold them, with what of each is the head's.
  package let shards: [(name: String, ranges: [Range<Int>])]
  /// Bytes of the tensors.
  package let bytes: Int
  /// Tensors that the index names and their shard lacks.
  package let missing: [String]
  /// Headers that were read, of how many.
  package let searched: (read: Int, all: Int)
  private let totalBytes: Int

  /// - Parameters:
  ///   - model: A model of which only small files need be read yet.
  ///   - open: Reads the headers of some shards, several at a time.
  /// - Throws: `CheckpointError`, `JSONError`, `SafetensorsError`; what reading them there throws.
  package init(_ model: any ModelElsewhere, open: (_ shards: [String]) throws -> [SafetensorsFile]) throws {
    let config = model.folder.appending("config.json")
    let value = try JSONValue.parse(
      SmallFiles().read(config, limit: 16 << 20), file: config.string, maxValues: JSONValue.modestCount)
    let numbers = try ModelConfig(value, file: config.string)
    architecture = numbers.modelType
    declaredLayers = numbers.declaredMTPLayers
    totalBytes = model.totalBytes
    let all = model.names.filter { name in
      name.hasBytes(atEnd: ".safetensors") && !name.hasPrefix(".")
        && (!name.contains("/") || FolderListing.isNestedHead(name))
    }
    let index = try WeightIndex.read(folder: model.folder, names: model.names)
    let named = index?.head ?? []
    let wanted = Set(named.map(\.shard)).intersection(all)
    // A head in a separate folder is in no index.
    let nested = all.filter(FolderListing.isNestedHead)
    let names = wanted.isEmpty ? all : (wanted.union(nested)).sorted()
    let files = try open(names)
    searched = (names.count, all.count)
    var tensors: Set<UTF8Name> = []
    var shards: [(String, [Range<Int>])] = []
    var sizes: [Int] = []
    for (name, file) in zip(names, files) {
      let isNested = FolderListing.isNestedHead(name)
      var ranges: [Range<Int>] = []
      for entry in file.header.tensors where HeadPrefix.of(entry.name) != nil || isNested {
        guard tensors.insert(UTF8Name(HeadPrefix.of(entry.name) == nil ? "mtp." + entry.name : entry.name)).inserted
        else { continue }
        sizes.append(entry.byteCount)
        ranges.append(file.header.dataStart + entry.begin..<file.header.dataStart + entry.end)
      }
      if !ranges.isEmpty { shards.append((name, ReadRanges.joined(ranges))) }
    }
    self.tensors = tensors.sorted().map(\.string)
    self.shards = shards
    bytes = CheckedSum.clamped(sizes)
    missing = named.map(\.tensor).filter { !tensors.contains(UTF8Name($0)) }.sorted {
      $0.utf8.lexicographicallyPrecedes($1.utf8)
    }
  }

  /// The answer in a sentence.
  package var sentence: String {
    let declared =
      declaredLayers.map { "config.json declares \($0) MTP layer\($0 == 1 ? "" : "s")" }
      ?? "config.json says nothing of MTP"
    guard !tensors.isEmpty else { return "no head: \(declared), and no tensor is named mtp.*" }
    return "\(tensors.count) tensors in \(shards.map(\.name).joined(separator: ", ")); \(declared)"
  }

  /// What grafting it would move; nil without a head.
  package var forecast: String? {
    guard !tensors.isEmpty else { return nil }
    let ranges = shards.reduce(0) { $0 + $1.ranges.count }
    return "\(Fixed.bytes(bytes)) in \(ranges == 1 ? "1 range" : "\(ranges) ranges") of "
      + "\(shards.count == 1 ? "1 shard" : "\(shards.count) shards"), instead of \(Fixed.bytes(totalBytes))"
  }

  /// The lines of `inspect --head`.
  package var lines: [String] {
    var lines = [
      "architecture  \(architecture)", "MTP head      \(sentence)",
    ]
    if let forecast { lines.append("graft         \(forecast)") }
    lines.append("searched      \(searched.read) of \(searched.all) headers")
    if !missing.isEmpty {
      lines.append(
        "problem: the index names \(missing.count) tensors of a head that their shards lack, \(missing[0]) among them")
    }
    return lines
  }

  /// The document of `inspect --head --json`.
  package var json: JSONValue {
    .object([
      ("cambium_head", 1), ("architecture", .string(architecture)), ("present", .bool(!tensors.isEmpty)),
      ("declared_layers", declaredLayers.map { .int($0) } ?? .null), ("tensors", .int(tensors.count)),
      ("bytes", .int(bytes)), ("model_bytes", .int(totalBytes)),
      (
        "files",
        .array(
          shards.map { shard in
            .object([
              ("path", .string(shard.name)),
              (
                "ranges",
                .array(shard.ranges.map { .object([("offset", .int($0.lowerBound)), ("bytes", .int($0.count))]) })
              ),
            ])
          })
      ),
      ("missing", .array(missing.map { .string($0) })), ("headers_read", .int(searched.read)),
      ("headers", .int(searched.all)),
    ])
  }
}
