/// State of the trunk for one sequence.
///
/// A pass appends rows; `accept` says how many of them stay. Until then no other pass may begin.
package final class TextState {
  enum Layer {
    case attention(AttentionCache)
    case delta(DeltaState)
  }

  let layers: [Layer]
  /// Tokens accepted.
  package private(set) var length = 0
  /// Rows of the last pass, not yet accepted.
  private(set) var pending = 0
  private var recorded = false
  var plantedDefect: PlantedDefect?

  /// - Parameters:
  ///   - configuration: The trunk's configuration.
  ///   - positions: Positions for which there is room from the beginning; more make it grow.
  init(_ configuration: TextConfiguration, positions: Int = AttentionCache.usual) {
    layers = configuration.fullAttention.map { full in
      full
        ? .attention(AttentionCache(width: configuration.attention.cacheWidth, capacity: positions))
        : .delta(DeltaState(configuration.delta))
    }
  }

  private init(layers: [Layer], length: Int) {
    self.layers = layers
    self.length = length
  }

  /// Says that a pass of `rows` rows was made.
  func ran(rows: Int, recording: Bool) {
    pending = rows
    recorded = recording
  }

  /// Keeps the first `kept` of the pass's rows; the target is not run again. A pass that was not recorded can only be
  /// kept whole.
  func accept(_ kept: Int) {
    let kept = recorded ? min(kept, pending) : pending
    length += kept
    for layer in layers {
      switch layer {
      case .attention(let cache): cache.truncate(to: length)
      case .delta(let state):
        state.finish(
          kept: plantedDefect == .recurrentRollback ? pending : kept,
          inputs: plantedDefect == .convolutionRollback ? pending : kept, recorded: recorded)
      }
    }
    pending = 0
    recorded = false
  }

  /// Forgets all tokens. The memory stays, so that a new prompt does not double what is resident.
  func restart() {
    (length, pending, recorded, plantedDefect) = (0, 0, false, nil)
    for layer in layers {
      switch layer {
      case .attention(let cache): cache.truncate(to: 0)
      case .delta(let state): state.restart()
      }
    }
  }

  /// Numbers that there is room for.
  var numbers: Int {
    layers.reduce(0) { sum, layer in
      switch layer {
      case .attention(let cache): sum + cache.numbers
      case .delta(let state): sum + state.numbers
      }
    }
  }

  /// Numbers of a copy that has no more room than it needs.
  var heldNumbers: Int {
    layers.reduce(0) { sum, layer in
      switch layer {
      case .attention(let cache): sum + cache.heldNumbers
      case .delta(let state): sum + state.heldNumbers
      }
    }
  }

  /// A separate state with the same accepted tokens.
  /// - Parameter positions: See ``AttentionCache/copy(positions:)``.
  func copy(positions: Int? = nil) -> TextState {
    TextState(
      layers: layers.map { layer in
        switch layer {
        case .attention(let cache): .attention(cache.copy(positions: positions))
        case .delta(let state): .delta(state.copy())
        }
      }, length: length)
  }
}
