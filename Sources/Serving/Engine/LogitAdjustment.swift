/// What a request changes of the logits before a token is chosen: a function of the tokens alone.
package struct LogitAdjustment: Sendable, Equatable {
  /// What is added, by token id.
  package var bias: [Int: Float]
  /// What is taken off for each time that a token was decoded, and once for a token that was decoded at all.
  package var frequencyPenalty: Float
  package var presencePenalty: Float
  /// Positive logits of tokens of the prompt and of the answer are divided by it, negative ones multiplied; 1 for none.
  package var repetitionPenalty: Float
  /// Tokens that end the answer and are not chosen before so many were decoded.
  package var ends: Set<Int>
  package var least: Int

  /// Creates an adjustment, with defaults that change nothing.
  package init(
    bias: [Int: Float] = [:], frequencyPenalty: Float = 0, presencePenalty: Float = 0, repetitionPenalty: Float = 1,
    ends: Set<Int> = [], least: Int = 0
  ) {
    self.bias = bias
    self.frequencyPenalty = frequencyPenalty
    self.presencePenalty = presencePenalty
    self.repetitionPenalty = repetitionPenalty
    self.ends = ends
    self.least = least
  }

  /// Whether it changes nothing.
  package var isNone: Bool {
    bias.isEmpty && frequencyPenalty == 0 && presencePenalty == 0 && repetitionPenalty == 1 && least == 0
  }

  /// Changes the logits [V] of one row. The order of the steps is that of vLLM: repetition, frequency, presence, then
  /// biases, then ends.
  package func apply(to logits: UnsafeMutableBufferPointer<Float>, prompt: [Int], decoded: [Int]) {
    // Rows of all requests wait for this: a table of the vocabulary is many times faster than a set of a long prompt.
    if repetitionPenalty != 1 {
      var isDone = [Bool](repeating: false, count: logits.count)
      for ids in [prompt, decoded] {
        for id in ids where isDone.indices.contains(id) && !isDone[id] {
          isDone[id] = true
          logits[id] = logits[id] > 0 ? logits[id] / repetitionPenalty : logits[id] * repetitionPenalty
        }
      }
    }
    if frequencyPenalty != 0 || presencePenalty != 0 {
      var counts = [Int](repeating: 0, count: logits.count)
      for id in decoded where counts.indices.contains(id) { counts[id] += 1 }
      for id in decoded where counts.indices.contains(id) && counts[id] > 0 {
        logits[id] -= frequencyPenalty * Float(counts[id]) + presencePenalty
        counts[id] = 0
      }
    }
    for (id, value) in bias where logits.indices.contains(id) { logits[id] += value }
    if decoded.count < least {
      for id in ends where logits.indices.contains(id) { logits[id] = -Float.greatestFiniteMagnitude }
    }
  }
}
