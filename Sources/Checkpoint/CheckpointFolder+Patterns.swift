extension CheckpointFolder {
  /// What a pattern over the source's names may be over the package's: with the prefix, as a release or a tool writes it,
  /// changed to the package's. None for an MLX conversion, whose names stay.
  package func packagePatterns(of pattern: String) -> [String] {
    guard conversionEvidence == nil, !isDrafter else { return [] }
    var naming = TensorNaming(table, isRaw: true)
    let canonical = naming.canonical(pattern)
    return table.sections.compactMap { section in
      guard section.source != section.package, canonical.hasPrefix(section.source) else { return nil }
      return section.package + canonical.dropFirst(section.source.count)
    }
  }
}
