import TestSupport
import SystemPackage
import Checking
import Inference

/// The models that tests run: the demo, and random models of the three architectures with half-trained heads.
enum Models {
  static let references = ["qwen3_next_moe", "qwen3_5_dense_vl", "qwen3_5_moe"]

  static func demo() throws -> LoadedModel { try LoadedModel.open(DemoCheckpoint.shared.get().path) }

  static func reference(_ name: String) throws -> LoadedModel {
    try LoadedModel.open("\(Repository.root)/Tests/InferenceTests/Fixtures/reference/\(name)/checkpoint")
  }

  /// Prompts of made-up tokens below 256.
  static let madeUp = (0..<3).map { seed in
    EncodedPrompt(
      id: "made-up-\(seed)", kind: seed == 0 ? "one" : "other",
      tokens: (0..<9 + seed).map { ($0 * 37 + seed * 61 + 11) % 240 })
  }

  /// Some of the bundled prompts, as the demo encodes them.
  static func bundled(_ kinds: Set<String> = ["code", "chat", "tool"]) throws -> [EncodedPrompt] {
    let encoder = PromptEncoder(folder: try FilePath(DemoCheckpoint.shared.get().path))
    return try BundledPrompts.all.filter { kinds.contains($0.kind) && $0.id.hasSuffix("1") }.map(encoder.encode)
  }
}
