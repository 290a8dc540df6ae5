import Safetensors
import StrictJSON

/// A small deterministic checkpoint, laid out and named as Hugging Face publishes its architecture. It is a value: change
/// what a test wants wrong, then write it.
struct TinyCheckpoint {
  enum Family: String {
    case dense = "qwen3_5"
    case mixture = "qwen3_5_moe"
    case next = "qwen3_next"
    case text = "qwen3_5_text"

    var isMixture: Bool { self == .mixture || self == .next }
    /// Whether the text configuration is nested and a vision tower is there.
    var isWrapped: Bool { self == .dense || self == .mixture }
  }

  /// How the head's experts are stored.
  enum ExpertLayout { case split, fused }

  struct Tensor {
    var dtype: DType
    var shape: [Int]
    var bytes: [UInt8]

    var elementCount: Int { shape.reduce(1, *) }
  }

  struct Options {
    var hidden = 64
    var layers = 4
    var vocabulary = 320
    var experts = 4
    var visionDepth = 1
    var hasHead = true
    /// Experts of the head; nil for as many as the trunk.
    var headExperts: Int?
    var headLayout = ExpertLayout.split
    var tied = false
    /// Dtype of `A_log` and of the gated norm.
    var recurrence = DType.bf16
    var seed: UInt64 = 1
  }

  let family: Family
  let options: Options
  var config: JSONValue
  var tensors: [String: Tensor] = [:]
  /// `__metadata__` of every shard.
  var metadata = ["format": "pt"]
  var sidecars: [String: [UInt8]]
  /// Numbered shards of the trunk; the head has one more.
  var trunkShards = 2
  var hasIndex = true

  init(_ family: Family, _ change: (inout Options) -> Void = { _ in }) {
    var options = Options()
    change(&options)
    self.family = family
    self.options = options
    config = TinyConfig(family, options).json
    sidecars = TinyCheckpoint.sidecars
    addTrunk()
    if options.hasHead { addHead() }
  }

  /// Without the trunk: a donor that is only its head's shard.
  var headOnly: TinyCheckpoint {
    var copy = self
    copy.tensors = tensors.filter { $0.key.hasPrefix("mtp.") }
    return copy
  }

  /// Without the head, as fine-tunes ship it; the configuration still promises it.
  var stripped: TinyCheckpoint {
    var copy = self
    copy.tensors = tensors.filter { !$0.key.hasPrefix("mtp.") }
    return copy
  }

  /// Prefix of the text stack.
  var prefix: String { family.isWrapped ? "model.language_model." : "model." }

  mutating func rename(_ old: String, to new: String) { tensors[new] = tensors.removeValue(forKey: old) }

  /// Sets one element of a bf16 tensor.
  mutating func plant(_ bits: UInt16, in name: String, at index: Int) {
    tensors[name]?.bytes[2 * index] = UInt8(bits & 0xFF)
    tensors[name]?.bytes[2 * index + 1] = UInt8(bits >> 8)
  }

  /// Sets a field of the text configuration.
  mutating func configure(_ key: String, _ value: JSONValue) {
    guard family.isWrapped, var text = config["text_config"] else {
      config.set(key, to: value)
      return
    }
    text.set(key, to: value)
    config.set("text_config", to: text)
  }

  private static let sidecars: [String: [UInt8]] = [
    "tokenizer.json": Array("{\"version\": \"1.0\"}\n".utf8),
    "chat_template.jinja": Array("{{ messages }}".utf8),
    "generation_config.json": Array("{\"bos_token_id\": 256, \"eos_token_id\": [258, 256]}\n".utf8),
    "LICENSE": Array("Apache License 2.0\n".utf8),
    "README.md": Array("---\nlicense: apache-2.0\nbase_model: org/tiny\n---\nTiny random weights.\n".utf8),
    "optimizer.bin": [1, 2, 3],
  ]
}
