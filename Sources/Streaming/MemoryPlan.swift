import Checkpoint
import Digests
import Files
import Planning
import Quantization

/// The memory that one worker needs, and how many workers a budget allows.
struct MemoryPlan {
  let workers: Int
  /// Bytes of a window for what is read at a time.
  let windowBytes: Int
  /// Bytes of what a unit writes, with room to begin each part where direct writing wants it.
  let outputBytes: Int
  /// Bytes of a copy of a unit, for transforms that move elements.
  let spareBytes: Int
  /// Bytes of a unit of a shard that is elsewhere, which is asked for at once; 0 where all are on this machine.
  let aheadBytes: Int
  /// The room for an adapter's factors.
  let deltaRoom: DeltaRoom

  /// Bytes for the factors of error feedback, which all workers share.
  let factorBytes: Int

  /// Bytes that are read back at a time.
  let blockBytes: Int

  /// Workers for each thread: one waits for the disk while the other computes.
  private static let workersPerThread = 2

  /// What is known of the tensors while they are converted, bytes: measured on 93,000 and 150,000 of them, the header's
  /// records, the plan, the work list, the digests and the reports together.
  private static let bytesPerSource = 1_800
  private static let bytesPerUnit = 600
  private static let bytesPerTensor = 4_096

  /// - Throws: `ConversionError.budgetTooSmall(tensor:needed:budget:)`.
  init(_ work: WorkList, _ plan: Plan, threads: Int, budget: Int) throws {
    var window = 0
    var output = 0
    var spare = 0
    var ahead = 0
    var largest = ""
    let shapes = plan.tensors.map(PieceShape.init)
    for unit in work.units {
      for (bytes, _) in unit.stretches where bytes.count > window {
        window = bytes.count
        largest = unit.pieces.first.map { plan.tensors[$0.tensor].name } ?? ""
      }
      if work.shards[unit.shard].file.isElsewhere, !unit.isWhole { ahead = max(ahead, unit.length) }
      var written = 0
      for piece in unit.pieces {
        let shape = shapes[piece.tensor]
        written += shape.parts.indices.reduce(0) { $0 + shape.bytes(piece, part: $1) + 2 * PosixFile.block }
        let tensor = plan.tensors[piece.tensor].tensor
        if tensor.transform.movesElements { spare = max(spare, piece.length) }
        if tensor.isDequantized {
          let values = TransposedCodes.rowsAtATime(tensor).map { 2 * $0 * tensor.rowElements }
          spare = max(spare, values ?? 16 / tensor.elementBits * Unit.stretch * TreeDigest.leafBytes)
        }
      }
      output = max(output, written)
    }
    windowBytes = StreamedFile.windowBytes(window)
    outputBytes = output + PosixFile.block
    spareBytes = spare
    aheadBytes = ahead
    deltaRoom = DeltaRoom(plan.tensors.map(\.tensor))
    let columns = plan.tensors.reduce(0) { max($0, $1.format?.scales == .feedback ? $1.rowElements : 0) }
    let worker =
      windowBytes + outputBytes + spareBytes + aheadBytes + deltaRoom.bytes
      + FeedbackQuantizer.scratchBytes(columns: columns)
    let (least, most) = FeedbackFactors.room(plan)
    let known = MemoryPlan.known(work, plan) + least
    blockBytes = WeightReader.blockBytes(budget: budget - known)
    let readingBack = WeightReader.memory(blockBytes: blockBytes)
    guard known + worker + readingBack <= budget else {
      let needed = MemoryPlan.enough(from: known, worker: worker)
      throw ConversionError.budgetTooSmall(tensor: largest, needed: needed, budget: budget)
    }
    let wanted = min(threads * MemoryPlan.workersPerThread, (budget - known - readingBack) / worker)
    workers = max(1, wanted)
    // What workers leave is for factors that will be needed again.
    factorBytes = least + max(0, min(most - least, budget - known - readingBack - workers * worker))
  }

  /// Bytes of what is known of the tensors.
  private static func known(_ work: WorkList, _ plan: Plan) -> Int {
    let sources = work.shards.reduce(0) { $0 + $1.file.header.tensors.count }
    return sources * bytesPerSource + work.units.count * bytesPerUnit + plan.tensors.count * bytesPerTensor
  }

  /// A budget that suffices: what is read back in takes a share of it, which grows with it.
  private static func enough(from known: Int, worker: Int) -> Int {
    var needed = known + worker
    while true {
      let next = known + worker + WeightReader.memory(blockBytes: WeightReader.blockBytes(budget: needed - known))
      guard next > needed else { return needed }
      needed = next
    }
  }
}

/// How bytes of a planned tensor's source become bytes of its parts.
struct PieceShape {
  /// Elements that are treated as one: a group of the quantizer, or one element.
  let granule: Int
  /// Bits of an element of the source.
  let bits: Int
  /// Bytes of a granule in each part.
  let parts: [Int]

  init(_ tensor: PlannedTensor) {
    granule = tensor.format?.groupSize ?? 1
    bits = tensor.tensor.elementBits
    let granules = max(1, tensor.tensor.byteCount * 8 / (bits * granule))
    parts = tensor.parts.map { $0.bytes / granules }
  }

  /// Bytes that a piece becomes in a part.
  func bytes(_ piece: Piece, part: Int) -> Int { bytes(piece.length, part: part) }

  /// Bytes that some bytes of the source become in a part.
  func bytes(_ length: Int, part: Int) -> Int { length * 8 / (bits * granule) * parts[part] }

  /// Bytes that some elements become in a part.
  func bytes(elements: Int, part: Int) -> Int { elements / granule * parts[part] }

  /// Where they begin, from the beginning of the part.
  func offset(_ piece: Piece, part: Int) -> Int { piece.start * 8 / (bits * granule) * parts[part] }
}
