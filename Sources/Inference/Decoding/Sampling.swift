/// How a token is chosen from logits.
public struct Sampling: Sendable, Hashable {
  /// 0: the largest logit, the lowest id on ties. Above 0: drawn from softmax(logits / temperature), filtered.
  public var temperature: Float
  /// Only the k most probable tokens; 0 for all.
  public var topK: Int
  /// Only the most probable tokens that together have at least this probability; 1 for all.
  public var topP: Float
  /// Only tokens with at least this share of the largest probability; 0 for all.
  public var minP: Float
  /// The same seed yields the same choices from the same logits.
  public var seed: UInt64

  /// Creates settings, with defaults that filter nothing.
  public init(temperature: Float, topK: Int = 0, topP: Float = 1, minP: Float = 0, seed: UInt64 = 0) {
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    self.minP = minP
    self.seed = seed
  }

  /// The likeliest token, the lowest id among equals.
  public static let greedy = Sampling(temperature: 0)

  var isGreedy: Bool { temperature == 0 }

  /// - Throws: ``InferenceError/option(name:expected:found:)``.
  func check() throws(InferenceError) {
    guard temperature >= 0, temperature.isFinite else {
      throw .option(name: "temperature", expected: "a finite number, 0 or more", found: "\(temperature)")
    }
    guard temperature == 0 || temperature >= 1e-3 else {
      throw .option(name: "temperature", expected: "0, or at least 0.001", found: "\(temperature)")
    }
    guard topK >= 0 else { throw .option(name: "top k", expected: "0 or more", found: "\(topK)") }
    guard topP > 0, topP <= 1 else { throw .option(name: "top p", expected: "above 0, at most 1", found: "\(topP)") }
    guard minP >= 0, minP <= 1 else { throw .option(name: "min p", expected: "0 to 1", found: "\(minP)") }
  }
}
