import Inference
import Testing

/// The hybrid's choices by its table of costs: nothing depends on a clock.
@Suite struct HybridPolicyTests {
  private struct Game {
    var seconds = 0.0
    var tokens = 0
    var rounds: [DrafterKind?: Int] = [:]
    /// Of the last hundred rounds.
    var usual: [DrafterKind?: Int] = [:]
    var gain: Double { Double(tokens) / seconds }
  }

  private let arms: [HybridPolicy.Arm] = [
    .init(.lookup, deepest: 16), .init(.mtp, deepest: 8), .init(.dflash, deepest: 15),
  ]

  /// What the table says, in passes of one row.
  private func cost(_ kind: DrafterKind?, _ depth: Int, _ drafted: Int) -> Double {
    let draft = kind == .mtp ? 0.15 * Double(depth) : kind == .dflash ? 0.3 : 0
    return 1 + 0.2 * Double(drafted) + draft
  }

  /// Plays rounds; a draft is right in `share` of the cases.
  private func play(
    _ policy: inout HybridPolicy, rounds: Int, copies: Bool = false, seed: UInt64 = 7,
    share: (DrafterKind) -> Double
  ) -> Game {
    var state = seed
    let dice = {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 33) / Double(1 << 31)
    }
    var game = Game()
    for round in 0..<rounds {
      let outlook = DraftOutlook(
        room: 1000, known: round, copyable: copies ? CopyableText(matched: 20, count: 16) : nil)
      let plan = policy.plan(outlook)
      var accepted = 0
      if let kind = plan.kind {
        while accepted < plan.depth, dice() < share(kind) { accepted += 1 }
      }
      game.seconds += plan.kind == nil ? 1 : cost(plan.kind, plan.depth, plan.depth)
      game.tokens += accepted + 1
      game.rounds[plan.kind, default: 0] += 1
      if round >= rounds - 100 { game.usual[plan.kind, default: 0] += 1 }
      policy.record(
        DraftedRound(
          plan: plan, outlook: outlook, drafted: plan.kind == nil ? 0 : plan.depth, accepted: accepted,
          tokens: accepted + 1, agreement: nil, draftSeconds: 0, verifySeconds: 0))
    }
    return game
  }

  /// Tokens a second at one depth of one arm for good.
  private func fixed(_ kind: DrafterKind, _ depth: Int, share: Double) -> Double {
    var (expected, product) = (1.0, 1.0)
    for _ in 0..<depth {
      product *= share
      expected += product
    }
    return expected / cost(kind, depth, depth)
  }

  private func best(_ share: (DrafterKind) -> Double, copies: Bool = false) -> Double {
    let all = arms.filter { copies || $0.kind != .lookup }.flatMap { arm in
      (1...arm.deepest).map { fixed(arm.kind, $0, share: share(arm.kind)) }
    }
    return max(1, all.max() ?? 1)
  }

  @Test func `the drafter that gives most tokens for the time is taken, whichever it is`() {
    let cases: [(name: DrafterKind, copies: Bool, share: (DrafterKind) -> Double)] = [
      (.dflash, false, { $0 == .dflash ? 0.95 : 0.6 }), (.mtp, false, { $0 == .mtp ? 0.9 : 0.2 }),
      (.lookup, true, { $0 == .lookup ? 0.97 : 0.5 }),
    ]
    for (name, copies, share) in cases {
      var policy = HybridPolicy(arms, costs: .table)
      let game = play(&policy, rounds: 1000, copies: copies, share: share)
      #expect(game.usual[name] ?? 0 > 85, "\(name): \(game.usual)")
      #expect(game.gain > 0.95 * best(share, copies: copies), "\(name): \(game.gain)")
    }
  }

  @Test(arguments: [0.0, 0.1, 0.2, 0.3])
  func `where drafts are wrong, little is lost against plain decoding`(_ right: Double) {
    for copies in [false, true] {
      for (rounds, bound) in [(64, 0.95), (256, 0.97), (2000, 0.98)] {
        var policy = HybridPolicy(arms, costs: .table)
        let game = play(&policy, rounds: rounds, copies: copies) { _ in right }
        #expect(game.gain > bound, "\(right), \(rounds) rounds: \(game.gain)")
      }
    }
  }

  @Test func `what was bad is tried again, and what was good is left when it turns bad`() {
    var policy = HybridPolicy(arms, costs: .table)
    #expect(play(&policy, rounds: 400) { $0 == .mtp ? 0.85 : 0.1 }.usual[.mtp] ?? 0 > 85)
    #expect(play(&policy, rounds: 900) { $0 == .dflash ? 0.95 : 0.1 }.usual[.dflash] ?? 0 > 85)
    #expect(play(&policy, rounds: 900) { _ in 0 }.usual[nil] ?? 0 > 85)
  }

  @Test func `copying text and other text are learned apart`() {
    var policy = HybridPolicy(arms, costs: .table)
    _ = play(&policy, rounds: 300, copies: true) { $0 == .lookup ? 0.98 : 0.1 }
    let other = play(&policy, rounds: 300) { $0 == .mtp ? 0.9 : 0.1 }
    #expect(other.usual[.mtp] ?? 0 > 85)
    // Nothing has to be learned anew.
    let again = play(&policy, rounds: 20, copies: true) { $0 == .lookup ? 0.98 : 0.1 }
    #expect(again.rounds[.lookup] ?? 0 > 16)
  }

  @Test func `no more is drafted than there is room for, and nothing where there is none`() {
    var policy = HybridPolicy(arms, costs: .table)
    for room in [0, 1, 2] {
      let plan = policy.plan(
        DraftOutlook(room: room, known: 9, copyable: CopyableText(matched: 30, count: 16)))
      #expect(plan.depth <= room && (room > 0 || plan.kind == nil))
    }
  }
}
