import Planning
import StrictJSON
import Workspace
import Threads

/// Which units are done. Data are synced before the journal says so, many units at a time.
final class UnitProgress: Sendable {
  private struct State {
    var records: [UnitRecord?]
    var waiting: [Int] = []
    var waitingBytes = 0
  }

  private let state: Guarded<State>
  /// A lock held while a batch is synced, so that the other threads go on meanwhile.
  private let syncing = Guarded(())
  private let journal: Journal
  private let files: WeightFiles

  /// Source bytes between two syncs: what an interruption costs at most.
  private let batchBytes: Int

  /// - Parameter bytes: Bytes of all units. A sixteenth of them is synced at a time, but no less than a few units and no more
  ///   than half a second's work.
  init(units: Int, bytes: Int, journal: Journal, files: WeightFiles) {
    batchBytes = min(max(bytes / 16, 4 << 20), 512 << 20)
    state = Guarded(State(records: Array(repeating: nil, count: units)))
    self.journal = journal
    self.files = files
  }

  /// Takes the journal's units as done, when the bytes in the files are still those that were journaled.
  func replay(_ lines: [JSONValue], _ work: WorkList, _ plan: Plan) throws {
    for line in lines {
      guard let unit = line["unit"]?.intValue, let record = line["record"]?.stringValue.flatMap(UnitRecord.init(text:)),
        work.units.indices.contains(unit), record.fits(work.units[unit], plan),
        try files.hold(record, of: work.units[unit])
      else { continue }
      state.withLock { $0.records[unit] = record }
    }
  }

  var pending: [Int] { state.withLock { state in state.records.indices.filter { state.records[$0] == nil } } }
  /// The records of all units, once nothing is pending.
  var records: [UnitRecord] { state.withLock { $0.records.compactMap { $0 } } }

  /// The record of a unit that is done.
  func record(_ unit: Int) -> UnitRecord? { state.withLock { $0.records[unit] } }

  func complete(_ unit: Int, _ record: UnitRecord, bytes: Int) throws {
    let full = state.withLock { state in
      state.records[unit] = record
      state.waiting.append(unit)
      state.waitingBytes += bytes
      return state.waitingBytes >= batchBytes
    }
    if full { try flush() }
  }

  func flush() throws {
    try syncing.withLock { _ in
      let batch = state.withLock { state in
        defer { (state.waiting, state.waitingBytes) = ([], 0) }
        return state.waiting.sorted().compactMap { unit in state.records[unit].map { (unit, $0) } }
      }
      guard !batch.isEmpty else { return }
      try files.sync()
      try journal.append(
        batch.map { unit, record in .object([("unit", .int(unit)), ("record", .string(record.text))]) })
      try journal.sync()
    }
  }
}
