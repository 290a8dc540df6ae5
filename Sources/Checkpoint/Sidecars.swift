import Digests
import StrictJSON

/// The files beside the weights: which travel into the package byte for byte, and which do not and why.
public struct Sidecars: Sendable {
  /// Copied verbatim, in byte order.
  public let copied: [String]
  /// Left out, with the reason.
  public let leftOut: [(file: String, reason: String)]
  /// Whether the folder has a model card.
  public let hasCard: Bool

  /// Tokenizer, template, generation and processor files of the family.
  private static let known: Set<String> = [
    "tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt", "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja", "chat_template.json", "generation_config.json", "preprocessor_config.json",
    "processor_config.json", "video_preprocessor_config.json",
  ]
  private static let legal = ["LICENSE", "LICENCE", "NOTICE", "COPYING", "USE_POLICY"]

  /// Whether a file is a licence or the like.
  public static func isLegal(_ file: String) -> Bool {
    // Letters of ASCII alone have two cases here: others become ASCII ones when their case changes.
    let name = file.utf8.map { (97...122).contains($0) ? $0 - 32 : $0 }
    return legal.contains { name.starts(with: $0.utf8) }
  }

  /// Whether a file of this name in a package is the source's, byte for byte.
  package static func isCopied(_ file: String) -> Bool { known.contains(file) || isLegal(file) }

  /// Whether a file of this name is to be one JSON text.
  static func isJSON(_ file: String) -> Bool { known.contains(file) && file.hasBytes(atEnd: ".json") }

  /// Most bytes of a JSON text beside the weights. Vocabularies of 250,000 pieces have 11 MB with their merges.
  static let mostText = 64 << 20

  static let card = "README.md"

  /// Whether a file beside the weights is read, or copied, under this name.
  static func isUsed(_ file: String) -> Bool { isCopied(file) || file == card }

  /// Whether a tokenizer is among them, in one file or in those of older releases.
  package var hasTokenizer: Bool {
    copied.contains("tokenizer.json") || copied.contains("vocab.json") && copied.contains("merges.txt")
  }

  init(_ files: [String]) {
    var copied: [String] = []
    var leftOut: [(String, String)] = []
    for file in files {
      if file.hasBytes(atEnd: ".safetensors") || file == WeightIndex.name || file == "config.json"
        || file == "README.md"
      {
        continue
      }
      if !ChecksumList.canList(file) {
        leftOut.append((file, "a name with control characters cannot be listed"))
      } else if Sidecars.isCopied(file) {
        copied.append(file)
      } else if ["bin", "pt", "pth", "ckpt", "gguf", "h5", "msgpack", "onnx"].contains(file.suffixAfterDot) {
        leftOut.append((file, "weights of another format are never read"))
      } else if file.hasSuffix(".py") {
        leftOut.append((file, "code is never copied"))
      } else {
        leftOut.append((file, "not a tokenizer, template, processor or licence file"))
      }
    }
    self.copied = copied
    self.leftOut = leftOut
    hasCard = files.contains("README.md")
  }
}

extension String {
  fileprivate var suffixAfterDot: String { split(separator: ".").last.map(String.init) ?? "" }
}
