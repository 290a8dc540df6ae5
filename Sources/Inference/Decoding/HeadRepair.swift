/// A change to a head that undoes a defect which other tools have put into heads. For diagnosis: a head whose drafts are
/// refused is tried with each, and the one that restores the acceptance names the defect.
package enum HeadRepair: String, Sendable, CaseIterable {
  /// `mtp.fc.weight`: columns 0 ..< H and H ..< 2·H change places.
  case exchangeHalves
  /// `mtp.pre_fc_norm_embedding` and `mtp.pre_fc_norm_hidden` change places.
  case exchangeInputNorms
  /// 1 is added to every norm: they never had it added.
  case addOne
  /// 1 is taken from every norm: they had it added twice.
  case takeOne
}

extension MTPHead {
  /// The head with a repair; matrices are shared.
  func repaired(_ repair: HeadRepair) -> MTPHead {
    switch repair {
    case .exchangeHalves:
      var head = self
      head.takesHiddenFirst.toggle()
      return head
    case .exchangeInputNorms: return with(embeddingNorm: hiddenNorm, hiddenNorm: embeddingNorm)
    case .addOne: return withNorms(plus: 1)
    case .takeOne: return withNorms(plus: -1)
    }
  }

  private func withNorms(plus shift: Float) -> MTPHead {
    let moved = { (norm: FloatBuffer) in
      let out = FloatBuffer(count: norm.count)
      for index in 0..<norm.count { out.pointer[index] = norm.pointer[index] + shift }
      return out
    }
    return MTPHead(
      embeddingNorm: moved(embeddingNorm), hiddenNorm: moved(hiddenNorm), projection: projection,
      inputNorm: moved(inputNorm),
      attention: AttentionParameters(
        query: attention.query, key: attention.key, value: attention.value, output: attention.output,
        queryNorm: moved(attention.queryNorm), keyNorm: moved(attention.keyNorm)),
      feedForwardNorm: moved(feedForwardNorm), feedForward: feedForward, norm: moved(norm),
      takesHiddenFirst: takesHiddenFirst)
  }

  private func with(embeddingNorm: FloatBuffer, hiddenNorm: FloatBuffer) -> MTPHead {
    MTPHead(
      embeddingNorm: embeddingNorm, hiddenNorm: hiddenNorm, projection: projection, inputNorm: inputNorm,
      attention: attention, feedForwardNorm: feedForwardNorm, feedForward: feedForward, norm: norm,
      takesHiddenFirst: takesHiddenFirst)
  }
}

extension MTPDrafter {
  /// A drafter for a session's model; nil when the model has no head.
  package convenience init?(_ session: DecodingSession) {
    guard let head = session.model.head else { return nil }
    self.init(head, engine: session.engine, isModels: true, positions: session.positions)
  }

  /// A drafter with a repaired head; nil when the model has no head.
  package convenience init?(_ session: DecodingSession, repair: HeadRepair) {
    guard let head = session.model.head?.repaired(repair) else { return nil }
    self.init(head, engine: session.engine)
  }
}
