extension ResolvedTensor {
  /// Elements in each row that is treated independently. Rows are those of the last axis; a permuted tensor's are those
  /// of the first, and a vector is one row.
  package var rowElements: Int {
    if shape.count < 2 { return shape.reduce(1, *) }
    return transform.movesElements ? shape.dropFirst().reduce(1, *) : shape.last ?? 1
  }

  /// Rows that are treated independently.
  package var rows: Int {
    let elements = rowElements
    return elements == 0 ? 0 : shape.reduce(1, *) / elements
  }
}

extension TensorTransform {
  /// Whether an element can end up at another place, so that the whole tensor is needed at once.
  package var movesElements: Bool { self == .patchEmbed }

  /// Whether the bytes are not those of the source any more.
  package var changesBytes: Bool { self == .addOne || self == .patchEmbed }
}
