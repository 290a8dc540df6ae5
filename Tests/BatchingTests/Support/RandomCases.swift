import Inference
import TestSupport

/// Sequences that a seed decides: prompts of all lengths, some with given embeddings and positions, all decoders at all
/// depths, some drawn, some with stop tokens, some with a prompt that is no numbers.
struct RandomCases {
  private var random: SplitMix
  private let model: LoadedModel
  private let methods: [DecodingMethod]

  init(_ model: LoadedModel, seed: UInt64) {
    self.model = model
    random = SplitMix(seed: seed)
    let all: [DecodingMethod] =
      [.vanilla, .lookup(), .lookup(depth: 2), .adaptive(), .hybrid(), .hybrid(.table), .inTurn]
      + (1...4).map { .mtp(depth: $0) } + [.dflash(), .dflash(depth: 3), .eagle3(), .eagle3(depth: 2)]
    methods = all.filter { $0.missing(of: model) == nil }
  }

  mutating func next() -> Case {
    let method = methods[random.below(methods.count)]
    var item = Case(prompt: prompt(), method: method, limit: random.below(20))
    if random.below(3) == 0 {
      item.sampling = Sampling(temperature: 0.8, topK: random.below(2) * 20, topP: 0.95, seed: random.next())
    }
    if random.below(4) == 0 { item.shortlist = 16 }
    if random.below(3) == 0 {
      item.stops = Set((0..<model.configuration.vocabulary).filter { $0 % 7 == 0 })
    }
    return item
  }

  private mutating func prompt() -> Prompt {
    let count = [1, 2, 5, 17, 40, 70][random.below(6)]
    let period = 1 + random.below(count)
    let tokens = (0..<period).map { _ in random.below(240) }
    var prompt = Prompt((0..<count).map { tokens[$0 % period] })
    if count > 4, random.below(4) == 0 {
      // Rows as of an image: on three axes, and what follows has other positions than its number.
      prompt.positions = (0..<count).map { index in
        index < 2 || index > 3 ? TokenPosition(max(0, index - 1)) : TokenPosition(time: 2, height: index, width: 2)
      }
      prompt.positionDelta = -1
      for index in 2...3 { prompt.embeddings[index] = row() }
    }
    return prompt
  }

  private mutating func row() -> [Float] {
    (0..<model.configuration.hidden).map { _ in Float(random.below(2001) - 1000) / 10_000 }
  }

  /// A prompt whose logits are no numbers.
  func broken() -> Case {
    let nothing = Array(repeating: Float.nan, count: model.configuration.hidden)
    return Case(prompt: Prompt([1, 2, 3, 4], embeddings: [1: nothing]), method: .vanilla, limit: 8)
  }
}
