import Safetensors
import StrictJSON
import SystemPackage

/// Where each tensor of a folder is, by its name: two sorted arrays, since there are folders with hundreds of thousands of
/// tensors, and a dictionary of them takes twice the memory.
struct TensorPlaces: Sendable {
  /// A tensor by numbers.
  struct Location: Sendable {
    /// Index into ``CheckpointFolder/shards``.
    let shard: UInt32
    /// Index into the tensors of the shard's header.
    let entry: UInt32
  }

  /// The names of all tensors, in byte order.
  let names: [String]
  private let locations: [Location]

  /// - Parameters:
  ///   - shards: The files.
  ///   - canonical: The name under which a tensor is known.
  /// - Throws: `CheckpointError.tensorInTwoShards`.
  init(_ shards: [CheckpointFolder.Shard], canonical: (String) -> String) throws {
    var found: [(name: String, location: Location)] = []
    found.reserveCapacity(shards.reduce(0) { $0 + $1.file.header.tensors.count })
    for (number, shard) in shards.enumerated() {
      for (place, entry) in shard.file.header.tensors.enumerated() {
        found.append((canonical(shard.key(entry)), Location(shard: UInt32(number), entry: UInt32(place))))
      }
    }
    found.sort { a, b in
      let (one, other) = (UTF8Name(a.name), UTF8Name(b.name))
      return one == other
        ? (a.location.shard, a.location.entry) < (b.location.shard, b.location.entry) : one < other
    }
    for (first, second) in zip(found, found.dropFirst()) where UTF8Name(first.name) == UTF8Name(second.name) {
      let stored = shards[Int(second.location.shard)].file
      throw CheckpointError.tensorInTwoShards(
        tensor: stored.header.tensors[Int(second.location.entry)].name,
        first: shards[Int(first.location.shard)].file.path.string, second: stored.path.string)
    }
    names = found.map(\.name)
    locations = found.map(\.location)
  }

  /// The place of a tensor; nil for one that is not there.
  subscript(name: String) -> Location? { index(of: name).map { locations[$0] } }

  /// The name in the memory that the table has of it already; nil for one that it has not.
  func kept(_ name: String) -> String? { index(of: name).map { names[$0] } }

  private func index(of name: String) -> Int? {
    let wanted = UTF8Name(name)
    var (low, high) = (0, names.count)
    while low < high {
      let middle = (low + high) / 2
      if UTF8Name(names[middle]) < wanted { low = middle + 1 } else { high = middle }
    }
    return low < names.count && UTF8Name(names[low]) == wanted ? low : nil
  }
}
