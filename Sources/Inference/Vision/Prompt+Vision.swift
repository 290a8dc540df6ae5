extension Prompt {
  /// A prompt with images and videos: rows of the tower in place of the pads, and positions on three axes.
  ///
  /// Positions (`get_rope_index` of transformers): text goes on by one on all axes. The rows of an image are at
  /// (p, p + row, p + column), p being where text would go on, which it then does at p + max(height, width). Each group
  /// of frames of a video counts as a separate image. So positions and rows part: `positionDelta` is their difference
  /// after the prompt.
  /// - Parameters:
  ///   - tokens: Ids with one pad for each row.
  ///   - visuals: What the pads stand for: images in their order, and videos in theirs.
  ///   - ids: The ids of the pads of images and videos.
  /// - Throws: ``InferenceError/imagePlaces(expected:found:)`` when pads and rows do not match.
  public init(_ tokens: [Int], visuals: [VisionRows], ids: VisionTokens) throws(InferenceError) {
    var queues: [VisionRows.Kind: ArraySlice<VisionGroup>] = [:]
    for visual in visuals { queues[visual.kind, default: []] += VisionGroup.of(visual) }
    var positions: [TokenPosition] = []
    positions.reserveCapacity(tokens.count)
    var embeddings: [Int: [Float]] = [:]
    var place = 0
    while positions.count < tokens.count {
      let token = tokens[positions.count]
      guard token == ids.image || token == ids.video else {
        positions.append(TokenPosition(place))
        place += 1
        continue
      }
      let kind: VisionRows.Kind = token == ids.image ? .image : .video
      guard let group = queues[kind]?.popFirst() else {
        throw .imagePlaces(expected: Prompt.wanted(visuals), found: "more places for \(kind)s")
      }
      let start = positions.count
      let end = start + group.rows.count
      guard end <= tokens.count, tokens[start..<end].allSatisfy({ $0 == token }) else {
        throw .imagePlaces(
          expected: "\(group.rows.count) pads at token \(start), for \(group.height) × \(group.width) rows",
          found: "\(tokens[start...].prefix { $0 == token }.count)")
      }
      for (index, row) in group.rows.enumerated() {
        embeddings[start + index] = row
        positions.append(
          TokenPosition(time: place, height: place + index / group.width, width: place + index % group.width))
      }
      place += max(group.height, group.width)
    }
    guard queues.values.allSatisfy(\.isEmpty) else {
      throw .imagePlaces(
        expected: Prompt.wanted(visuals), found: "no pads for \(queues.values.reduce(0) { $0 + $1.count }) of them")
    }
    self.init(tokens, positions: positions, positionDelta: place - tokens.count, embeddings: embeddings)
  }

  private static func wanted(_ visuals: [VisionRows]) -> String {
    let videos = visuals.filter { $0.kind == .video }
    return "places for \(visuals.count - videos.count) images and \(videos.count) videos"
  }
}

/// The rows of an image, or of a group of frames.
private struct VisionGroup {
  let height: Int
  let width: Int
  let rows: ArraySlice<[Float]>

  static func of(_ visual: VisionRows) -> ArraySlice<VisionGroup> {
    let count = visual.height * visual.width
    guard count > 0, visual.rows.count == visual.groups * count else { return [] }
    return ArraySlice(
      (0..<visual.groups).map { group in
        VisionGroup(
          height: visual.height, width: visual.width, rows: visual.rows[group * count..<(group + 1) * count])
      })
  }
}
