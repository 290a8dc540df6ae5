import StrictJSON

/// A byte-level byte-pair tokenizer, as the Qwen3-Next and Qwen3.5 families have it.
///
/// Ids are those of the `tokenizers` package for the same `tokenizer.json`: added tokens are found in the text as it
/// is; what is between them is put into normalization form C, searched for the added tokens that are normalized, cut by the
/// split pattern, and merged piece by piece.
/// The family adds no token before or after a text, so neither does encoding.
public struct Tokenizer: Sendable {
  /// The pattern that cuts a text into pieces; nil where what is between two added tokens is one piece.
  public let pattern: SplitPattern?
  /// The added tokens in the order of the file.
  public let addedTokens: [AddedToken]

  /// What the file carries and encoding leaves out: settings of a training that cut or fill up texts.
  public let notes: [String]

  /// The added tokens that are found in the text as it is, and those that are found in the normalized text.
  let trie: AddedTokenTrie
  let normalizedTrie: AddedTokenTrie
  /// Whether texts are put into normalization form C.
  let normalizes: Bool
  /// Whether a piece that is a token as a whole is that token, whatever the merges say.
  let ignoresMerges: Bool
  private let modelIds: [UTF8Name: Int]
  let merges: MergeTable
  let byteIds: [UInt32]
  private let names: [String?]
  private let ids: [UTF8Name: Int]
  private let specialIds: Set<Int>
  /// The bytes of all tokens, one after the other, and where each begins; one more start than tokens.
  private let text: [UInt8]
  private let starts: [Int]

  init(_ file: TokenizerFile) {
    pattern = file.pattern
    addedTokens = file.addedTokens
    notes = file.notes
    normalizes = file.normalizes
    ignoresMerges = file.ignoresMerges
    modelIds = file.ignoresMerges ? file.modelIds : [:]
    trie = AddedTokenTrie(file.addedTokens.filter { !$0.isNormalized })
    normalizedTrie = AddedTokenTrie(file.addedTokens.filter(\.isNormalized)) { token in
      let content = Array(token.content.utf8)
      return file.normalizes ? Normalizer.composed(content) : content
    }
    merges = file.merges
    byteIds = file.byteIds
    names = file.names
    ids = file.ids
    specialIds = Set(file.addedTokens.filter(\.isSpecial).map(\.id))
    var text: [UInt8] = []
    var starts = [0]
    for name in file.names {
      if let name { text.append(contentsOf: ByteAlphabet.bytes(of: name)) }
      starts.append(text.count)
    }
    self.text = text
    self.starts = starts
  }

  /// One more than the highest id, added tokens included; an id in a gap is of no token. A model's embedding may have more
  /// rows.
  public var vocabularySize: Int { names.count }

  /// The id of a token, spelled as in `tokenizer.json` (`Ġthe` for " the").
  public func id(of token: String) -> Int? { ids[UTF8Name(token)] }

  /// The id of the model's own token for the bytes; added tokens do not count.
  func modelId(of bytes: [UInt8]) -> Int? { modelIds[UTF8Name(ByteAlphabet.token(of: bytes))] }

  /// The token of an id, spelled as in `tokenizer.json`; nil for an id that is not of this tokenizer.
  public func token(_ id: Int) -> String? { names.indices.contains(id) ? names[id] : nil }

  /// The bytes that an id stands for in a text, perhaps a part of a character; none for an id that is not of this
  /// tokenizer.
  public func bytes(of id: Int) -> ArraySlice<UInt8> {
    names.indices.contains(id) ? text[starts[id]..<starts[id + 1]] : []
  }

  /// Whether an id is of a special added token.
  public func isSpecial(_ id: Int) -> Bool { specialIds.contains(id) }
}
