import Inference

/// How often drafts are to be accepted, for weights whose own drafts say nothing: a synthetic checkpoint's.
public struct ImposedAcceptance: Sendable, Hashable {
  /// The chance that a draft is right when all before it are, by place; the last one also applies to further places.
  public var chances: [Double]
  /// The same seed imposes the same drafts.
  public var seed: UInt64

  /// - Parameters:
  ///   - chances: The chance that the target agrees, 0 to 1, by place in the draft, from 0.
  ///   - seed: The same seed imposes the same drafts.
  public init(chances: [Double], seed: UInt64 = 0) {
    self.chances = chances
    self.seed = seed
  }

  /// Whether the draft of the sequence's token `index` at a place of a draft is right: the same answer each time, so that
  /// all decoders meet the same luck.
  package func isRight(index: Int, place: Int) -> Bool {
    guard let last = chances.last else { return false }
    let chance = place < chances.count ? chances[place] : last
    let mixed = seed &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(truncatingIfNeeded: index) &* 0xBF58_476D_1CE4_E5B9
    var random = RandomSource(seed: mixed &+ UInt64(truncatingIfNeeded: place) &* 0x94D0_49BB_1331_11EB)
    return random.uniform() < chance
  }
}

/// Does all the work of the head's drafter, but returns its own tokens: the true continuation, or a wrong token where
/// the imposed chance says so. The target checks them as it checks any draft.
final class ImposedDrafter: Drafter {
  private let drafter: any Drafter
  private let imposed: ImposedAcceptance
  /// The prompt and its true continuation.
  private let truth: [Int]
  private let vocabulary: Int
  /// Tokens known: one more than rows observed.
  private var known: Int

  var rowsRun: Int { drafter.rowsRun }
  var draftVocabulary: Int? { drafter.draftVocabulary }
  var copyable: CopyableText? { drafter.copyable }
  var tappedLayers: [Int] { drafter.tappedLayers }

  init(_ drafter: any Drafter, _ imposed: ImposedAcceptance, truth: [Int], vocabulary: Int, known: Int = 1) {
    self.drafter = drafter
    self.imposed = imposed
    self.truth = truth
    self.vocabulary = vocabulary
    self.known = known
  }

  func begin(_ tokens: [Int], shortlist: Int, prediction: [Int]) {
    drafter.begin(tokens, shortlist: shortlist, prediction: prediction)
  }

  func observe(_ rows: KeptRows) {
    known += rows.count
    drafter.observe(rows)
  }

  func draft(_ request: DraftRequest, into drafts: inout [Int], choose: (UnsafePointer<Float>) -> Int) {
    var place = 0
    drafter.draft(request, into: &drafts) { logits in
      defer { place += 1 }
      return said(choose(logits), place: place)
    }
  }

  var together: MTPDrafter? { drafter.together }

  func said(_ token: Int, place: Int) -> Int {
    let index = known + place
    guard index < truth.count else { return token }
    let right = truth[index]
    return imposed.isRight(index: index, place: place) ? right : right == 0 ? min(1, vocabulary - 1) : right - 1
  }

  func replaceLast(token: Int, embedding: UnsafePointer<Float>?) {
    drafter.replaceLast(token: token, embedding: embedding)
  }

  func copy(engine: TextEngine) -> any Drafter {
    ImposedDrafter(drafter.copy(engine: engine), imposed, truth: truth, vocabulary: vocabulary, known: known)
  }
}
