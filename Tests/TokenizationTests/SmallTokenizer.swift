import StrictJSON
import Tokenization

/// A whole `tokenizer.json` of 258 tokens: the bytes (id 97 is "a"), "ab" (256) and the special "<end>" (257).
enum SmallTokenizer {
  static let json: JSONValue = [
    "version": "1.0", "truncation": nil, "padding": nil, "added_tokens": [end], "normalizer": ["type": "NFC"],
    "pre_tokenizer": [
      "type": "Sequence",
      "pretokenizers": [
        [
          "type": "Split", "pattern": ["Regex": .string(SplitPattern.qwen2.rawValue)], "behavior": "Isolated",
          "invert": false,
        ],
        ["type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false],
      ],
    ],
    "post_processor": nil, "decoder": ["type": "ByteLevel"],
    "model": ["type": "BPE", "vocab": vocabulary, "merges": [["a", "b"]]],
  ]

  private static let end: JSONValue = [
    "id": 257, "content": "<end>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
    "special": true,
  ]

  private static let vocabulary = JSONValue.object(
    byteNames.enumerated().map { ($1, .int($0)) } + [("ab", 256)])

  /// The character that stands for each byte.
  static let byteNames: [String] = {
    var next: UInt32 = 0x100
    return (0..<256).map { (byte: UInt32) in
      let printable = (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || (0xAE...0xFF).contains(byte)
      defer { if !printable { next += 1 } }
      return Unicode.Scalar(printable ? byte : next).map { String($0) } ?? ""
    }
  }()
}
