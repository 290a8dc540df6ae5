import Checkpoint
import Digests
import Planning
import Safetensors

/// Everything that a run reads, in the order in which the shards store it, and what becomes of it.
///
/// Units depend on headers and plan only, never on threads or memory, so that a run with other options goes on where
/// this one stopped.
package struct WorkList: Sendable {
  /// A shard of source or donor that is read.
  package struct Shard: Sendable {
    /// The shard as an input of the plan.
    package let input: InputFile
    /// The shard, open.
    package let file: SafetensorsFile
    /// Units of each tensor, in the order of the tensors' data.
    let tensors: [Range<Int>]
  }

  /// The shards that hold tensors of the plan.
  package let shards: [Shard]
  let units: [Unit]
  /// The pieces of each planned tensor, in the order of their bytes.
  let pieces: [[(unit: Int, piece: Int)]]

  /// How many units there are.
  package var count: Int { units.count }
  /// Bytes that are read.
  var bytes: Int { units.reduce(0) { $0 + $1.length } }

  /// Units with their pieces, which are those of so many tensors.
  init(shards: [Shard], units: [Unit], tensors: Int) {
    self.shards = shards
    self.units = units
    pieces = WorkList.pieces(units, tensors: tensors)
  }

  /// - Throws: `ConversionError.forecastMissed(file:planned:actual:)` when pieces and plan disagree, a fault of ours.
  package init(_ inputs: [InputFile], _ plan: Plan, headIsDonors: Bool) throws {
    var builder = UnitBuilder(plan, headIsDonors: headIsDonors)
    var shards: [Shard] = []
    for input in inputs {
      guard let shard = input.shard else { continue }
      shards.append(
        Shard(input: input, file: shard.file, tensors: builder.add(shard, number: shards.count, plan)))
    }
    self.init(shards: shards, units: builder.units, tensors: plan.tensors.count)
    for (number, tensor) in plan.tensors.enumerated() {
      var end = 0
      for place in pieces[number] {
        let piece = units[place.unit].pieces[place.piece]
        guard piece.start == end else { break }
        end += piece.length
      }
      guard end == tensor.tensor.byteCount else {
        throw ConversionError.forecastMissed(file: tensor.name, planned: tensor.tensor.byteCount, actual: end)
      }
    }
  }

  /// The pieces of each tensor, in the order of their bytes.
  private static func pieces(_ units: [Unit], tensors: Int) -> [[(unit: Int, piece: Int)]] {
    var pieces: [[(unit: Int, piece: Int)]] = Array(repeating: [], count: tensors)
    for (number, unit) in units.enumerated() {
      for (index, piece) in unit.pieces.enumerated() { pieces[piece.tensor].append((number, index)) }
    }
    return pieces.map { places in
      places.sorted { units[$0.unit].pieces[$0.piece].start < units[$1.unit].pieces[$1.piece].start }
    }
  }

  /// Digests of the source tensors and of the shards, from those of the leaves.
  func sourceDigests(_ leaves: (Int) -> [SHA256Digest]) throws -> SourceDigests {
    let tensors = shards.map { shard in shard.tensors.map { TreeDigest.of($0.flatMap(leaves)) } }
    let files = try zip(shards, tensors).map { shard, digests in
      TreeDigest.of([try shard.file.headerDigest()] + digests)
    }
    return SourceDigests(files: files, tensors: tensors)
  }
}

/// Tree digests of what was read.
package struct SourceDigests: Sendable {
  /// The digest of each shard of the work list.
  package let files: [SHA256Digest]
  /// The digests of each shard's tensors, in the order of their data.
  let tensors: [[SHA256Digest]]
}
