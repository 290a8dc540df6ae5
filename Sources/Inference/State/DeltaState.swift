/// State of one Gated DeltaNet layer: the inputs of the convolution that the next token still needs, and the recurrent
/// state S of every value head.
///
/// A recorded pass leaves the state behind each of its rows in a slot of its own, so that taking rows back is choosing
/// a slot. A pass that is not recorded changes the current slot in place.
final class DeltaState {
  let shape: DeltaShape
  /// [K − 1 + rows, C]: rows before the pass, then the pass's own, before the convolution.
  private(set) var inputs: FloatBuffer
  private var capacity: Int
  private var slots: [FloatBuffer]
  private var current = 0

  init(_ shape: DeltaShape) {
    self.shape = shape
    capacity = 16
    inputs = FloatBuffer(count: (shape.taps - 1 + capacity) * shape.channels)
    slots = [FloatBuffer(count: shape.stateCount)]
  }

  /// Where the convolution inputs of the rows to come go: [rows, C]. K − 1 rows lie before it.
  func begin(rows: Int, recording: Bool) -> UnsafeMutablePointer<Float> {
    let history = (shape.taps - 1) * shape.channels
    if rows > capacity {
      capacity = rows
      let larger = FloatBuffer(count: (shape.taps - 1 + rows) * shape.channels)
      larger.pointer.update(from: inputs.pointer, count: history)
      inputs = larger
    }
    if recording, slots.count < rows + 1 {
      // The current state must stay where it is: it is in front again after the rotation.
      slots = Array(slots[current...] + slots[..<current])
      current = 0
      while slots.count < rows + 1 { slots.append(FloatBuffer(count: shape.stateCount)) }
    }
    return inputs.pointer + history
  }

  /// The state before the pass: [Hv, dv, dk].
  var state: FloatBuffer { slots[current] }

  /// Where a recorded pass puts the state behind its row `row`.
  func slot(after row: Int) -> FloatBuffer { slots[(current + 1 + row) % slots.count] }

  /// Keeps the first `kept` rows of the pass, and as many `inputs` of the convolution: the same number, but for planted
  /// defects.
  func finish(kept: Int, inputs keptInputs: Int, recorded: Bool) {
    if recorded { current = (current + kept) % slots.count }
    guard keptInputs > 0 else { return }
    inputs.pointer.update(from: inputs.pointer + keptInputs * shape.channels, count: (shape.taps - 1) * shape.channels)
  }

  /// The convolution inputs before the next token, [K − 1, C], oldest first.
  var history: UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(start: inputs.pointer, count: (shape.taps - 1) * shape.channels)
  }

  /// The state before the first token: zeros.
  func restart() {
    current = 0
    state.pointer.update(repeating: 0, count: shape.stateCount)
    inputs.pointer.update(repeating: 0, count: (shape.taps - 1) * shape.channels)
  }

  /// The same state, without the slots of a recorded pass.
  func copy() -> DeltaState {
    let copy = DeltaState(shape)
    copy.inputs.pointer.update(from: inputs.pointer, count: history.count)
    copy.state.pointer.update(from: state.pointer, count: shape.stateCount)
    return copy
  }
}
