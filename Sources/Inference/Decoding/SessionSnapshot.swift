/// What a session knew of its tokens: states, caches, and what its drafters observed. It does not change: sessions that go
/// on from it have copies.
package final class SessionSnapshot {
  /// The tokens whose rows are in the state.
  package let tokens: [Int]
  let state: TextState
  let drafters: [DrafterKind: any Drafter]

  init(tokens: [Int], state: TextState, drafters: [DrafterKind: any Drafter]) {
    self.tokens = tokens
    self.state = state
    self.drafters = drafters
  }

  /// Bytes that it takes.
  package var bytes: Int {
    SessionSnapshot.bytes(
      tokens: tokens.count, numbers: drafters.values.reduce(state.numbers) { $0 + $1.numbers }, kinds: drafters.keys)
  }

  fileprivate static func bytes(tokens: Int, numbers: Int, kinds: some Sequence<DrafterKind>) -> Int {
    // Tokens; and where they occurred, for lookup, as `SequenceMemory` counts it.
    let each = MemoryLayout<Int>.stride + (kinds.contains(.lookup) ? SequenceMemory.lookupBytes : 0)
    return numbers * MemoryLayout<Float>.stride + tokens * each
  }

  /// Whether a decoding by a method can go on from it: all that drafts has observed the tokens.
  package func serves(_ method: DecodingMethod, _ model: LoadedModel) -> Bool {
    method.kinds(of: model).allSatisfy { drafters[$0] != nil }
  }

  /// Whether it serves whoever a snapshot of a session with the same tokens would.
  package func serves(asMuchAs session: DecodingSession) -> Bool {
    session.drafters.keys.allSatisfy { drafters[$0] != nil }
  }
}

extension DecodingSession {
  /// Whether a decoding by a method could go on from a snapshot.
  package func serves(_ method: DecodingMethod) -> Bool {
    method.kinds(of: model).allSatisfy { drafters[$0] != nil }
  }

  /// Whether a snapshot would serve whoever another one of the same tokens does.
  package func serves(asMuchAs snapshot: SessionSnapshot) -> Bool {
    snapshot.drafters.keys.allSatisfy { drafters[$0] != nil }
  }

  /// Bytes that a snapshot would take.
  package var snapshotBytes: Int {
    SessionSnapshot.bytes(
      tokens: tokens.count, numbers: drafters.values.reduce(state.heldNumbers) { $0 + $1.heldNumbers },
      kinds: drafters.keys)
  }
}
