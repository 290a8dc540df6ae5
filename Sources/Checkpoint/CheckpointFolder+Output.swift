import Safetensors

extension CheckpointFolder {
  private static let output = "lm_head.weight"

  /// Compares `tie_word_embeddings` with the tensors: an output projection that differs from the embedding is kept, as
  /// transformers 5 does, and the flag counts as false. Weights are read only where both are there.
  mutating func untieDifferingOutput() throws {
    guard model.tiedEmbeddings, !isDrafter, conversionEvidence == nil, let output = self[CheckpointFolder.output],
      let text = table.sections.first, let embedding = self[text.source + "embed_tokens.weight"]
    else { return }
    if try hasSameBytes(output, embedding) {
      notes.append("lm_head.weight equals the embedding (tie_word_embeddings): it is left out")
    } else {
      model.tiedEmbeddings = false
      notes.append(
        "lm_head.weight differs from the embedding, although tie_word_embeddings is true: it is kept, and the flag counts as false, as transformers 5 reads it"
      )
    }
  }

  /// Checks two contradicting flags against the tensors: without an output projection, the embedding is it.
  mutating func tieMissingOutput() {
    let key = "tie_word_embeddings"
    let flags = [config[key], config["text_config"]?[key]].compactMap { $0?.boolValue }
    guard !model.tiedEmbeddings, flags.contains(true), !isDrafter, conversionEvidence == nil,
      self[CheckpointFolder.output] == nil, let text = table.sections.first,
      self[text.source + "embed_tokens.weight"] != nil
    else { return }
    model.tiedEmbeddings = true
    notes.append(
      "tie_word_embeddings is true in one place and false in another, and there is no lm_head.weight: the embedding serves as output projection"
    )
  }

  private func hasSameBytes(_ one: Place, _ other: Place) throws -> Bool {
    guard one.entry.dtype == other.entry.dtype, one.entry.shape == other.entry.shape else { return false }
    let block = 1 << 20
    var at = 0
    // Elsewhere, a beginning that is equal must do: both together may have gigabytes.
    let isElsewhere = [one, other].contains { shards[$0.shard].file.isElsewhere }
    let most = isElsewhere ? min(block, one.entry.byteCount) : one.entry.byteCount
    while at < most {
      let count = min(block, most - at)
      guard try bytes(one, at: at, count: count) == bytes(other, at: at, count: count) else { return false }
      at += count
    }
    return true
  }

  private func bytes(_ place: Place, at offset: Int, count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    try bytes.withUnsafeMutableBytes {
      try shards[place.shard].file.read(into: $0, atDataOffset: place.entry.begin + offset)
    }
    return bytes
  }
}
