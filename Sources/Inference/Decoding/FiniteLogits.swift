import Quantization

/// Refuses logits that are no numbers, before anything is chosen or measured by them: every comparison with NaN is false,
/// so the first token would be chosen everywhere, and all ways of decoding would agree.
struct FiniteLogits {
  let model: LoadedModel

  /// - Parameters:
  ///   - logits: [rows, V].
  ///   - position: of the first row's token in the text.
  /// - Throws: ``InferenceError/logits(model:of:position:token:)``.
  func require(_ logits: UnsafePointer<Float>, rows: Int = 1, position: Int) throws(InferenceError) {
    let vocabulary = model.configuration.vocabulary
    let bytes = UnsafeRawBufferPointer(UnsafeBufferPointer(start: logits, count: rows * vocabulary))
    guard let index = firstNonFinite(bytes, .f32) else { return }
    throw .logits(
      model: model.path.string, of: "model itself", position: position + index / vocabulary, token: index % vocabulary)
  }

  /// - Parameters:
  ///   - draft: Logits of a drafter, [V]; tokens that may not be drafted have −∞.
  ///   - kind: Which drafter.
  ///   - position: Position of the newest token in the text.
  func require(draft logits: UnsafePointer<Float>, of kind: DrafterKind, position: Int) throws(InferenceError) {
    let vocabulary = model.configuration.vocabulary
    let row = UnsafeBufferPointer(start: logits, count: vocabulary)
    guard firstNonFinite(UnsafeRawBufferPointer(row), .f32) != nil,
      let token = row.firstIndex(where: { !($0 < .infinity) })
    else { return }
    throw .logits(model: model.path.string, of: kind.title, position: position, token: token)
  }
}
