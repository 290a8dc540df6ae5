/// State of one Gated DeltaNet layer: the inputs of the convolution that the next token still needs, the recurrent state
/// S of every value head, and the rows that were accepted since S was last written.
///
/// A recorded pass runs its rows on copies of small parts of S and records what each row does to S: its key, its decay
/// and its update. Taking rows back is forgetting them; those that stay go into S at the beginning of the next pass, by
/// the very operations of their own step, so to the same bits. A pass that is not recorded changes S in place.
final class DeltaState {
  let shape: DeltaShape
  /// [K − 1 + rows, C]: rows before the pass, then the pass's own, before the convolution.
  private(set) var inputs: FloatBuffer
  private var capacity: Int
  /// S without the rows of `accepted`: [Hv, dv, dk].
  let state: FloatBuffer
  /// Recorded rows that stay, and are not yet in `state` when a pass begins.
  private var accepted = 0
  /// Recorded rows: k [rows, Hk · dk], u [rows, Hv · dv], decay [rows, Hv].
  private var keys = FloatBuffer(count: 0)
  private var updates = FloatBuffer(count: 0)
  private var decays = FloatBuffer(count: 0)
  private var recordCapacity = 0

  /// Whether `inputs` begin with what the next token needs, and nothing is to be moved there.
  private var hasHistory = false

  /// Rows of a pass that there is room for from the beginning.
  static let usual = 16

  init(_ shape: DeltaShape) {
    self.shape = shape
    capacity = DeltaState.usual
    inputs = FloatBuffer(count: (shape.taps - 1 + capacity) * shape.channels)
    state = FloatBuffer(count: shape.stateCount)
  }

  /// Where the convolution inputs of the rows to come go: [rows, C]. K − 1 rows are before it.
  func begin(rows: Int, recording: Bool) -> UnsafeMutablePointer<Float> {
    let history = (shape.taps - 1) * shape.channels
    if rows > capacity {
      capacity = rows
      let larger = FloatBuffer(count: (shape.taps - 1 + rows) * shape.channels)
      larger.pointer.update(from: inputs.pointer, count: history)
      inputs = larger
    }
    if recording, rows > recordCapacity { growRecord(rows: rows) }
    return inputs.pointer + history
  }

  private func growRecord(rows: Int) {
    recordCapacity = rows
    func grown(_ old: FloatBuffer, width: Int) -> FloatBuffer {
      let larger = FloatBuffer(count: rows * width)
      larger.pointer.update(from: old.pointer, count: accepted * width)
      return larger
    }
    keys = grown(keys, width: shape.keyWidth)
    updates = grown(updates, width: shape.valueWidth)
    decays = grown(decays, width: shape.valueHeads)
  }

  /// What a value head has to do before new rows; a recorded pass puts the updates of its rows there.
  func record(head: Int) -> DeltaRecord {
    let keyHead = head / (shape.valueHeads / shape.keyHeads)
    return DeltaRecord(
      count: accepted, keys: keys.pointer + keyHead * shape.keyDimension, keyStride: shape.keyWidth,
      decays: decays.pointer + head, decayStride: shape.valueHeads,
      updates: updates.pointer + head * shape.valueDimension, updateStride: shape.valueWidth)
  }

  /// Records the decay of a row of a value head that has run.
  func record(decay: Float, row: Int, head: Int) { decays.pointer[row * shape.valueHeads + head] = decay }

  /// Records the key of a row of a key head whose value heads have all run.
  func record(key: UnsafePointer<Float>, row: Int, keyHead: Int) {
    keys.pointer.advanced(by: row * shape.keyWidth + keyHead * shape.keyDimension)
      .update(from: key, count: shape.keyDimension)
  }

  /// Keeps the first `kept` rows of the pass, and as many `inputs` of the convolution: the same number, except for planted
  /// defects.
  func finish(kept: Int, inputs keptInputs: Int, recorded: Bool) {
    accepted = recorded ? kept : 0
    defer { hasHistory = false }
    guard keptInputs > 0, !hasHistory else { return }
    inputs.pointer.update(from: inputs.pointer + keptInputs * shape.channels, count: (shape.taps - 1) * shape.channels)
  }

  /// Keeps the convolution inputs before the next token, [K − 1, C], of a pass whose inputs are elsewhere: all of its rows
  /// stay.
  func keep(history: UnsafePointer<Float>) {
    inputs.pointer.update(from: history, count: (shape.taps - 1) * shape.channels)
    hasHistory = true
  }

  /// The convolution inputs before the next token, [K − 1, C], oldest first.
  var history: UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(start: inputs.pointer, count: (shape.taps - 1) * shape.channels)
  }

  /// Numbers that there is room for.
  var numbers: Int { inputs.count + state.count + keys.count + updates.count + decays.count }

  /// Numbers of a copy.
  var heldNumbers: Int { (shape.taps - 1 + DeltaState.usual) * shape.channels + shape.stateCount }

  /// S of all accepted tokens, between passes: rows that wait go into it.
  func settled() -> FloatBuffer {
    if accepted > 0 {
      let (dk, dv) = (shape.keyDimension, shape.valueDimension)
      for head in 0..<shape.valueHeads {
        Vector.deltaSteps(
          state: state.pointer + head * dv * dk, keyDimension: dk, valueDimension: dv, record: record(head: head),
          DeltaTokens())
      }
      accepted = 0
    }
    return state
  }

  /// The state before the first token: zeros.
  func restart() {
    accepted = 0
    state.pointer.update(repeating: 0, count: shape.stateCount)
    inputs.pointer.update(repeating: 0, count: (shape.taps - 1) * shape.channels)
  }

  /// The same state, between passes.
  func copy() -> DeltaState {
    let copy = DeltaState(shape)
    copy.inputs.pointer.update(from: inputs.pointer, count: history.count)
    copy.state.pointer.update(from: settled().pointer, count: shape.stateCount)
    return copy
  }
}
