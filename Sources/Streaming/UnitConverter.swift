import Digests
import Files
import Measuring
import Planning

/// Converts units: read, digest, transform, treat, measure, write.
struct UnitConverter: Sendable {
  private let plan: Plan
  private let folders: SourceFolders
  private let files: WeightFiles
  private let shards: [WorkList.Shard]
  /// Two descriptors each.
  private let sources = FilePool<ShardReader>(limit: 8)
  private let shapes: [PieceShape]
  private let float8: Float8Reader
  /// What must be finite, by tensor.
  private let finiteness: [FiniteSource]
  private let grouped: GroupedCodeReader
  private let factors: FeedbackFactors

  /// - Parameter factorBytes: of the factors of error feedback.
  init(
    _ plan: Plan, _ work: WorkList, _ folders: SourceFolders, _ files: WeightFiles, factorBytes: Int
  ) throws {
    self.plan = plan
    self.folders = folders
    self.files = files
    shapes = plan.tensors.map(PieceShape.init)
    float8 = Float8Reader(folders)
    finiteness = plan.tensors.map(FiniteSource.init)
    grouped = GroupedCodeReader(folders)
    factors = FeedbackFactors(folders.calibration, capacity: factorBytes)
    shards = work.shards
    for number in shards.indices { _ = try source(number) }
  }

  /// Converts one unit.
  func convert(_ unit: Unit, _ scratch: WorkerScratch) throws -> UnitRecord {
    let places = unit.pieces.map { piece in
      plan.tensors[piece.tensor].parts.indices.map { place(piece, part: $0) }
    }
    var buffers = scratch.outputs(places.flatMap { $0 })[...]
    let outputs = places.map { parts in
      defer { buffers = buffers.dropFirst(parts.count) }
      return Array(buffers.prefix(parts.count))
    }
    var record = UnitRecord(
      leaves: [], pieces: unit.pieces.map { _ in UnitRecord.Piece(checksums: [], clamped: 0, errors: nil) })
    for (range, leaves) in unit.stretches {
      let bytes = try read(unit, range, scratch)
      record.leaves += unit.leaves[leaves].map { leaf in
        let begin = leaf.offset - unit.offset - range.lowerBound
        return TreeDigest.leaf(UnsafeRawBufferPointer(rebasing: bytes[begin..<begin + leaf.length]))
      }
      for (index, piece) in unit.pieces.enumerated() {
        let common = range.clamped(to: piece.offset..<piece.offset + piece.length)
        guard !common.isEmpty else { continue }
        let input = UnsafeMutableRawBufferPointer(
          rebasing: bytes[common.lowerBound - range.lowerBound..<common.upperBound - range.lowerBound])
        try treat(piece, from: common.lowerBound - piece.offset, input, outputs[index], scratch, &record.pieces[index])
      }
    }
    for (index, piece) in unit.pieces.enumerated() {
      let parts = plan.tensors[piece.tensor].parts
      for (part, (place, output)) in zip(parts, zip(places[index], outputs[index])) {
        try files.write(output, to: part.file, at: place.offset)
        record.pieces[index].checksums.append(.of(UnsafeRawBufferPointer(output)))
      }
    }
    return record
  }

  /// A shard, open.
  private func source(_ number: Int) throws -> ShardReader {
    let shard = shards[number].file
    let file = try sources.file(number) { () throws(FileError) in try ShardReader(shard) }
    guard file.identity == shard.identity else { throw ConversionError.inputChanged(file: shard.path.string) }
    return file
  }

  private func place(_ piece: Piece, part: Int) -> (bytes: Int, offset: Int) {
    let shape = shapes[piece.tensor]
    return (
      shape.bytes(piece, part: part),
      plan.tensors[piece.tensor].parts[part].offset + shape.offset(piece, part: part)
    )
  }

  private func read(
    _ unit: Unit, _ range: Range<Int>, _ scratch: WorkerScratch
  ) throws -> UnsafeMutableRawBufferPointer {
    let window = scratch.window
    let source = try source(unit.shard)
    if case .elsewhere(let file) = source, range.count < unit.length {
      // Each question takes the time of an answer: a unit is asked for at once.
      let whole = try scratch.ahead(unit) { try file.read(into: $0, at: unit.offset) }
      let bytes = UnsafeMutableRawBufferPointer(rebasing: window[0..<range.count])
      bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: whole[range]))
      return bytes
    }
    let bytes = try source.read(range.count, at: unit.offset + range.lowerBound, into: window)
    // Elements are loaded as such, and a shard's data may begin anywhere.
    guard Int(bitPattern: bytes.baseAddress) % 4 != 0 else { return bytes }
    let aligned = UnsafeMutableRawBufferPointer(rebasing: window[0..<bytes.count])
    aligned.copyMemory(from: UnsafeRawBufferPointer(bytes))
    return aligned
  }

  /// Treats the bytes of a piece from `start` on.
  private func treat(
    _ piece: Piece, from start: Int, _ input: UnsafeMutableRawBufferPointer,
    _ outputs: [UnsafeMutableRawBufferPointer], _ scratch: WorkerScratch, _ record: inout UnitRecord.Piece
  ) throws {
    let shape = shapes[piece.tensor]
    let elements = input.count * 8 / shape.bits
    let step = max(1, GroupedCodeReader.elementsAtATime(plan.tensors[piece.tensor].tensor) ?? elements)
    for begin in stride(from: 0, to: elements, by: step) {
      let block = begin..<min(begin + step, elements)
      let targets = outputs.enumerated().map { part, output in
        let at = shape.bytes(start, part: part) + shape.bytes(elements: begin, part: part)
        return UnsafeMutableRawBufferPointer(
          rebasing: output[at..<at + shape.bytes(elements: block.count, part: part)])
      }
      try treat(block, of: input, from: (piece.start + start) * 8 / shape.bits, piece.tensor, targets, scratch, &record)
    }
  }

  /// Treats some elements of what was read of a tensor.
  /// - Parameter begin: index, in the planned tensor, of the first element that was read.
  private func treat(
    _ block: Range<Int>, of read: UnsafeMutableRawBufferPointer, from begin: Int, _ number: Int,
    _ targets: [UnsafeMutableRawBufferPointer], _ scratch: WorkerScratch, _ record: inout UnitRecord.Piece
  ) throws {
    let tensor = plan.tensors[number]
    let first = begin + block.lowerBound
    do {
      let codes = try float8.decode(tensor, from: first, read, scratch)
      let input = try grouped.decode(tensor, from: begin, block, codes, scratch)
      try finiteness[number].require(UnsafeRawBufferPointer(input))
      if let sums = try AdapterDelta(tensor.tensor, scratch.delta)?.apply(to: input, from: first) {
        if record.delta == nil { record.delta = sums } else { record.delta?.merge(sums) }
      }
      let feedback = tensor.format?.scales == .feedback ? FeedbackRows(factors: factors, first: first) : nil
      record.clamped += try TensorTreatment(tensor, feedback: feedback).apply(
        input: input, outputs: targets, scratch: scratch.spare)
      if let sums = try ErrorMeter(tensor)?.measure(
        UnsafeRawBufferPointer(input), first: first, targets)
      {
        if record.errors == nil { record.errors = sums } else { record.errors?.merge(sums) }
      }
    } catch {
      throw NonFinite.named(error, tensor: tensor, first: first, folders[tensor.origin])
    }
  }
}
