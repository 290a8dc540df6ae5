import Checking
import Inference
import OutputParsing
import Serving
import StrictJSON
import SystemPackage
import TestSupport
import Tokenization

/// The demo's tokenizer and template, which have the marks of Qwen3.5.
enum DemoModel {
  static func text(context: Int = 4_096) throws -> TextModel {
    let folder = FilePath(Repository.demoTrunk)
    return try TextModel(PromptEncoder(folder: folder), folder: folder, context: context, vocabulary: 4_096)
  }

  /// A function `get_weather` with parameters of many types.
  static let weather = ToolDeclaration(
    name: "get_weather",
    parameters: [
      "type": "object",
      "properties": [
        "city": ["type": "string"], "days": ["type": "integer"], "share": ["type": "number"],
        "now": ["type": "boolean"], "tags": ["type": "array", "items": ["type": "string"]],
        "where": ["$ref": "#/$defs/place"], "unit": ["enum": ["C", "F", 7]],
        "note": ["type": ["string", "null"]],
      ],
      "$defs": [
        "place": [
          "type": "object", "properties": ["x": ["type": "integer"], "label": ["type": "string"]],
        ]
      ],
    ], declaration: ["type": "function", "function": ["name": "get_weather"]])

  /// Marks that are tokens.
  private static let marks = ["<tool_call>", "</tool_call>", "<think>", "</think>", "<|im_end|>"]

  /// The pieces of a text: each mark by itself, and what is between them.
  static func pieces(_ text: String) -> [String] {
    var pieces: [String] = []
    var rest = text[...]
    while !rest.isEmpty {
      if let mark = marks.first(where: { rest.hasPrefix($0) }) {
        pieces.append(mark)
        rest = rest.dropFirst(mark.count)
      } else {
        let end = marks.compactMap { rest.firstRange(of: $0)?.lowerBound }.min() ?? rest.endIndex
        pieces.append(String(rest[..<end]))
        rest = rest[end...]
      }
    }
    return pieces
  }

  /// Ids of a text whose plain parts are cut at random places before they are encoded, so that a model might have chosen
  /// these tokens, too.
  static func ids(_ text: String, _ tokenizer: Tokenizer, cuts random: inout SplitMix) -> [Int] {
    pieces(text).flatMap { piece -> [Int] in
      guard !marks.contains(piece) else { return tokenizer.encode(piece) }
      var ids: [Int] = []
      var part = ""
      for scalar in piece.unicodeScalars {
        part.unicodeScalars.append(scalar)
        if random.below(4) == 0 {
          ids += tokenizer.encode(part)
          part = ""
        }
      }
      return ids + tokenizer.encode(part)
    }
  }
}
