/// The protocol of `WorkerCore` and `HelperDesk` as a machine whose every step is one access to shared memory: a caller
/// and two helpers, some runs one after another, and a stop at the end.
///
/// Loops that only look again are one step that is possible while what they look for is not there; patience ends at any
/// moment; sleeping gives the lock up and waits in one step, without false awakenings, which would hide lost ones. All
/// interleavings are sequentially consistent. What the sources order weaker is one word each: the ranges carry no data,
/// and the desk's word is released by who writes the piece and acquired by who reads it.
struct PoolModel: Hashable {
  /// A fault that is built in, for the search to find.
  enum Defect: CaseIterable {
    /// The caller waits without closing the run.
    case doesNotClose
    /// A helper enters without looking whether the run is open.
    case entersClosed
    /// A helper puts its piece in its place without claiming that.
    case placesUnclaimed
    /// A helper that was dismissed counts itself out as well.
    case leavesTwice
    /// The caller writes x anew where a helper that it did not wait for may read it: how it was until the pool told.
    case reusesMemory
    /// The caller asks whether helpers are inside before it says that it sleeps.
    case sleepsTooLate
    /// The wake-up at the stop comes without the lock.
    case wakesUnlocked
  }

  enum Kind: Hashable {
    case numbers
    case detachable
  }

  /// A place in memory that is no atomic.
  enum Place: Hashable {
    case job
    /// The piece on a helper's desk.
    case piece(Int8)
    /// Prepared numbers, by the number of their memory.
    case x(Int8)
    /// The result of a piece.
    case y(Int8)
  }

  struct Job: Hashable {
    var run: Int8
    var kind: Kind
    var x: Int8
  }

  /// Helpers that sleep in a condition, and which thread has its lock: 0 is the caller, -1 nobody.
  struct Sleep: Hashable {
    var owner: Int8 = -1
    var waiting: UInt8 = 0
  }

  enum Desk: Hashable {
    case idle
    case computing(Int8)
    case placing(Int8)
  }

  // What the threads share.
  var run: Int8 = 0
  var isOpen = false
  var inside: Int8 = 0
  var isStopped = false
  var sleepers: Int8 = 0
  var callerSleeps = false
  var changed = Sleep()
  var emptied = Sleep()
  var job: Job?
  /// Of each worker: the next piece and the end, four bits each.
  var ranges: [UInt8] = [0, 0, 0]
  var desks: [Desk] = [.idle, .idle]
  var pieceOnDesk: [Int8] = [0, 0]
  /// How often each piece of this run was written.
  var written: [Int8]

  var caller = Caller()
  var helpers = [Helper(), Helper()]

  let pieces: Int8
  let defect: Defect?
  let kinds: [Kind]

  init(_ kinds: [Kind], pieces: Int8, defect: Defect? = nil) {
    self.kinds = kinds
    self.pieces = pieces
    self.defect = defect
    written = Array(repeating: 0, count: Int(pieces))
  }

  // The constants of a search stay out of it.
  static func == (a: PoolModel, b: PoolModel) -> Bool { a.key == b.key }
  func hash(into hasher: inout Hasher) { hasher.combine(key) }

  var isFinished: Bool { caller.at == .ended && helpers.allSatisfy { $0.at == .ended } }
}

/// What a search finds.
enum Violation: Error, Hashable {
  /// Two threads can touch a place at the same moment, one of them writing.
  case race(PoolModel.Place)
  /// A run returned and a piece was not done, or more than once.
  case pieceDone(times: Int8)
  /// A helper that is inside found another run's work, or none.
  case wrongJob
  /// More helpers left than were inside.
  case countedBelowZero
  /// Nobody can go on, and somebody has not ended.
  case deadlock
}
