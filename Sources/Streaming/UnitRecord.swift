import Digests
import Measuring
import Planning

/// What is known of a unit that is done: digests of what was read, checksums of what was written, sums of the error.
struct UnitRecord: Sendable, Equatable {
  struct Piece: Sendable, Equatable {
    /// Checksums of the bytes in each part.
    var checksums: [Checksum128]
    /// Scales that had to be clamped.
    var clamped: Int
    /// Errors between source and decoded values; nil when nothing is quantized.
    var errors: TensorErrorSums?
    /// What an adapter changed; nil when it changes nothing of the tensor.
    var delta: DeltaSums?
  }

  /// SHA-256 of each leaf.
  var leaves: [SHA256Digest]
  var pieces: [Piece]

  /// One line of text: the leaves; then each piece with its checksums, clamped scales and, if there are any, its sums
  /// by their bits; then, after a `+`, what an adapter changed.
  var text: String {
    let pieces = pieces.map { piece in
      let sums = piece.errors.map { ":" + $0.words.map { String($0, radix: 16) }.joined(separator: ",") } ?? ""
      let delta = piece.delta.map { ":+" + $0.words.map { String($0, radix: 16) }.joined(separator: ",") } ?? ""
      return ";" + piece.checksums.map(\.hex).joined(separator: ",") + ":\(piece.clamped)" + sums + delta
    }
    return leaves.map(\.hex).joined(separator: ",") + pieces.joined()
  }

  /// Reads ``text`` back; nil for anything else, were it another spelling of the same.
  init?(text: String) {
    let fields = text.split(separator: ";", omittingEmptySubsequences: false)
    leaves = fields[0].split(separator: ",").compactMap { SHA256Digest(hex: String($0)) }
    pieces = []
    for field in fields.dropFirst() {
      var parts = field.split(separator: ":", omittingEmptySubsequences: false)
      var delta: DeltaSums?
      if let last = parts.last, last.hasPrefix("+") {
        guard let sums = DeltaSums(words: UnitRecord.words(last.dropFirst())) else { return nil }
        delta = sums
        parts.removeLast()
      }
      guard parts.count == 2 || parts.count == 3, let clamped = Int(parts[1]), clamped >= 0 else { return nil }
      var errors: TensorErrorSums?
      if parts.count == 3 {
        guard let sums = TensorErrorSums(words: UnitRecord.words(parts[2])) else { return nil }
        errors = sums
      }
      let checksums = parts[0].split(separator: ",").compactMap { Checksum128(hex: $0) }
      pieces.append(Piece(checksums: checksums, clamped: clamped, errors: errors, delta: delta))
    }
    // What was left out above, because it is no number, is missing here.
    guard self.text.utf8.elementsEqual(text.utf8) else { return nil }
  }

  private static func words(_ text: Substring) -> [UInt64] {
    text.split(separator: ",").compactMap { UInt64($0, radix: 16) }
  }

  init(leaves: [SHA256Digest], pieces: [Piece]) {
    self.leaves = leaves
    self.pieces = pieces
  }

  /// Whether the record has the form of a unit's.
  func fits(_ unit: Unit, _ plan: Plan) -> Bool {
    leaves.count == unit.leaves.count && pieces.count == unit.pieces.count
      && zip(pieces, unit.pieces).allSatisfy { record, piece in
        let tensor = plan.tensors[piece.tensor]
        return record.checksums.count == tensor.parts.count && (record.errors == nil) == (tensor.format == nil)
          && (record.delta == nil) == (tensor.tensor.delta == nil)
      }
  }
}
