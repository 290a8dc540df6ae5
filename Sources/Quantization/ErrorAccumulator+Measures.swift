extension ErrorAccumulator {
  /// Cosine of the angle between the two tensors, Σxy / √(Σx² Σy²); 1 when both are all zero, 0 when one of them is.
  public var cosine: Double {
    if originalSquares == 0 && decodedSquares == 0 { return 1 }
    if originalSquares == 0 || decodedSquares == 0 { return 0 }
    return dot / (originalSquares.squareRoot() * decodedSquares.squareRoot())
  }

  /// Root mean square of the difference over that of the original, √(Σd² / Σx²); 0 when there is no difference,
  /// infinite when only the original is all zero.
  public var relativeRMS: Double {
    differenceSquares == 0 ? 0 : (differenceSquares / originalSquares).squareRoot()
  }

  /// Signal to quantization noise, 10 log10(Σx² / Σd²), in dB; infinite when there is no difference, −∞ when only the
  /// original is all zero.
  public var signalToNoise: Double {
    if differenceSquares == 0 { return .infinity }
    return Decibels.ofPowers(originalSquares / differenceSquares)
  }

  /// Share of the elements that are clipped; 0 of none.
  public var clippedShare: Double { Self.share(clippedElements, elements) }

  /// Share of the groups that have a clipped element; 0 of none.
  public var clippedGroupShare: Double { Self.share(clippedGroups, groups) }

  /// Share of the groups that decode to nothing but zeros although the original does not; 0 of none.
  public var zeroedGroupShare: Double { Self.share(zeroedGroups, groups) }

  private static func share(_ part: Int, _ whole: Int) -> Double { whole == 0 ? 0 : Double(part) / Double(whole) }
}
