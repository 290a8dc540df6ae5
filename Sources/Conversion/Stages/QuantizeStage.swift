import Digests
import Foundation
import StrictJSON
import Synchronization
import Workspace

/// Streams every tensor from the source to its planned place: read a range, transform, treat, write, journal. The unit
/// of work is a slice of a tensor.
struct QuantizeStage: Stage {
  let name = StageName.quantize

  func parameters(_ context: RunContext) -> JSONValue {
    .object([("plan_sha256", .string(context.plan.digest.hex)), ("unit_bytes", .int(Unit.sourceBytes))])
  }

  func inputs(_ context: RunContext) throws -> [FileRecord] {
    try context.inputRecords { $0.name.hasSuffix(".safetensors") }
  }

  func run(_ context: RunContext, key: SHA256Digest) throws -> [FileRecord] {
    let plan = context.plan
    let units = Unit.all(plan.tensors)
    let memory = try MemoryPlan(plan.tensors, threads: context.options.threads, budget: context.options.memory)
    let files = try WeightFiles(context)
    var (journal, records) = try Journal.open(folder: context.folder(.quantize), key: key)
    if !files.resumable, !records.isEmpty {
      try journal.remove()
      (journal, records) = try Journal.open(folder: context.folder(.quantize), key: key)
    }
    try files.prepare()

    let progress = UnitProgress(units: units.count, journal: journal, files: files)
    try progress.replay(records) { number in try files.digest(units[number], plan) }
    let pending = progress.pending
    context.observer.began(.quantize, bytes: plan.inputBytes)
    let doneBytes = plan.inputBytes - pending.reduce(0) { $0 + bytes(units[$1], plan) }
    if doneBytes > 0 { context.observer.advanced(.quantize, bytes: doneBytes, item: "resumed") }

    let scratches = (0..<memory.workers).map { _ in Scratch(memory, spareBytes: memory.sourceBytes) }
    let finished = try Workers.forEach(
      count: pending.count, threads: memory.workers, stop: { StopSignal.shared.isRequested }
    ) { index, worker in
      let unit = units[pending[index]]
      let digest = try convert(unit, context, files, scratches[worker])
      try progress.complete(pending[index], digest: digest, bytes: bytes(unit, plan))
      context.observer.advanced(.quantize, bytes: bytes(unit, plan), item: plan.tensors[unit.tensor].name)
    }
    try progress.flush()
    guard finished else { throw context.stopped }
    try context.requireUnchangedInputs()
    let outputs = try files.publish()
    let digests = progress.digests
    let list = JSONValue.object([
      ("cambium_units", 1), ("unit_bytes", .int(Unit.sourceBytes)), ("sha256", .array(digests.map { .string($0) })),
    ])
    return outputs + [try context.write(list, as: "units.json", of: .quantize)]
  }

  func finish(_ context: RunContext) throws {
    try Folder.removeTree(context.folder(.quantize) + "/" + Journal.fileName)
  }

  private func bytes(_ unit: Unit, _ plan: Plan) -> Int { unit.rows.count * plan.tensors[unit.tensor].sourceRowBytes }

  /// Converts one unit, writes it, and returns the digest of what was written.
  private func convert(
    _ unit: Unit, _ context: RunContext, _ files: WeightFiles, _ scratch: Scratch
  ) throws -> SHA256Digest {
    let tensor = context.plan.tensors[unit.tensor]
    let treatment = TensorTreatment(tensor)
    let source = UnsafeMutableRawBufferPointer(
      rebasing: scratch.source[0..<unit.rows.count * tensor.sourceRowBytes])
    try context.reader(tensor.origin).read(
      tensor.tensor, from: unit.rows.lowerBound * tensor.sourceRowBytes, into: source)
    let outputs = scratch.outputs(treatment.rowBytes.map { $0 * unit.rows.count })
    do {
      let clamped = try treatment.apply(rows: unit.rows.count, input: source, outputs: outputs, scratch: scratch.spare)
      if clamped > 0 {
        context.observer.note(
          "\(tensor.name): \(clamped) scales lie outside the safe range and were clamped (rows \(unit.rows))")
      }
    } catch {
      throw context.named(error, tensor: tensor, unit: unit)
    }
    var stream = SHA256Stream()
    for (part, output) in zip(tensor.parts, outputs) {
      let rowBytes = part.bytes / max(1, tensor.rows)
      try files.write(UnsafeRawBufferPointer(output), to: part.file, at: part.offset + unit.rows.lowerBound * rowBytes)
      stream.update(UnsafeRawBufferPointer(output))
    }
    return stream.finish()
  }
}

/// Which units are done. Data are synced before the journal says so, many units at a time.
final class UnitProgress: Sendable {
  private struct State {
    var digests: [String?]
    var waiting: [(unit: Int, digest: String)] = []
    var waitingBytes = 0
  }

  private let state: Mutex<State>
  private let journal: Journal
  private let files: WeightFiles

  /// Source bytes between two syncs: what an interruption costs at most.
  private static let batchBytes = 128 << 20

  init(units: Int, journal: Journal, files: WeightFiles) {
    state = Mutex(State(digests: Array(repeating: nil, count: units)))
    self.journal = journal
    self.files = files
  }

  /// Takes the journal's units as done, when the bytes on disk are still those that were journaled.
  func replay(_ records: [JSONValue], digest: (Int) throws -> SHA256Digest) throws {
    for record in records {
      guard let unit = record["unit"]?.intValue, let recorded = record["sha256"]?.stringValue else { continue }
      try state.withLock { state in
        guard state.digests.indices.contains(unit), try digest(unit).hex == recorded else { return }
        state.digests[unit] = recorded
      }
    }
  }

  var pending: [Int] { state.withLock { state in state.digests.indices.filter { state.digests[$0] == nil } } }
  var digests: [String] { state.withLock { $0.digests.map { $0 ?? "" } } }

  func complete(_ unit: Int, digest: SHA256Digest, bytes: Int) throws {
    try state.withLock { state in
      state.digests[unit] = digest.hex
      state.waiting.append((unit, digest.hex))
      state.waitingBytes += bytes
      if state.waitingBytes >= UnitProgress.batchBytes { try flush(&state) }
    }
  }

  func flush() throws { try state.withLock { state in try flush(&state) } }

  private func flush(_ state: inout State) throws {
    guard !state.waiting.isEmpty else { return }
    try files.sync()
    try journal.append(
      state.waiting.sorted { $0.unit < $1.unit }.map {
        .object([("unit", .int($0.unit)), ("sha256", .string($0.digest))])
      })
    try journal.sync()
    state.waiting = []
    state.waitingBytes = 0
  }
}

extension RunContext {
  /// A quantizer's complaint with file, source tensor and the index in that tensor.
  func named(_ error: any Error, tensor: PlannedTensor, unit: Unit) -> any Error {
    guard let local = NonFinite.index(error) else { return error }
    let width = tensor.tensor.dtype.bits / 8
    let folder = reader(tensor.origin).folder
    var left = (unit.rows.lowerBound * tensor.rowElements + local) * width
    for (number, segment) in tensor.tensor.segments.enumerated() {
      guard left >= segment.length else {
        let sources = tensor.tensor.sources
        let source = sources.count == tensor.tensor.segments.count ? sources[number] : sources[0]
        guard let place = folder[source] else { break }
        let begin = folder.shards[place.shard].file.header.dataStart + place.entry.begin
        return ConversionError.nonFinite(
          file: folder.shardPath(of: place), tensor: source, index: (segment.offset + left - begin) / width)
      }
      left -= segment.length
    }
    return error
  }
}
