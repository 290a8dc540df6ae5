import Inference
import Testing

/// Turns of a chat with images, in one session.
@Suite struct ImageSessionTests {
  /// Rows that no tower made.
  private func rows(_ height: Int, _ width: Int, seed: Int, _ tower: VisionTower) -> VisionRows {
    VisionRows(
      kind: .image, groups: 1, height: height, width: width,
      rows: (0..<height * width).map { row in
        (0..<tower.configuration.output).map { Float((row * 31 + $0 * 17 + seed * 97) % 41 - 20) / 8 }
      })
  }

  /// The second turn's image follows the state at once, so that the head's waiting pair gets an image row.
  @Test(arguments: [DecodingMethod.vanilla, .mtp(depth: 1), .mtp(depth: 3)])
  func `a turn with another image goes on, and gives what a new session gives`(_ method: DecodingMethod) throws {
    let golden = VisionGolden.all[0]
    let model = try golden.golden.open()
    let tower = try VisionTower.open(golden.checkpoint)
    let pad = tower.tokens.image
    let (first, second) = (rows(2, 3, seed: 1, tower), rows(3, 2, seed: 2, tower))
    let pads = Array(repeating: pad, count: 6)
    let session = DecodingSession(model, threads: 1)
    _ = try session.run(Prompt([68, 248] + pads + [249, 8], visuals: [first], ids: tower.tokens), method, limit: 9)
    let longer = try Prompt(session.tokens + pads + [3, 1], visuals: [first, second], ids: tower.tokens)
    let found = try session.run(longer, method, limit: 16)
    let expected = try DecodingSession(model, threads: 1).run(longer, method, limit: 16)
    #expect(found.statistics.reusedRows == 18)
    #expect(found.decoded == expected.decoded && found.drafts == expected.drafts)
  }

  @Test func `the same tokens with another image, or at other positions, begin anew`() throws {
    let golden = VisionGolden.all[0]
    let model = try golden.golden.open()
    let tower = try VisionTower.open(golden.checkpoint)
    let pads = Array(repeating: tower.tokens.image, count: 6)
    let start = [68, 248] + pads + [249, 8]
    let prompts = try [rows(2, 3, seed: 1, tower), rows(2, 3, seed: 2, tower), rows(3, 2, seed: 1, tower)].map {
      try Prompt(start + [77, 5], visuals: [$0], ids: tower.tokens)
    }
    for (index, prompt) in prompts.enumerated() {
      let session = DecodingSession(model, threads: 1)
      _ = try session.run(
        Prompt(start, visuals: [rows(2, 3, seed: 1, tower)], ids: tower.tokens), .mtp(depth: 2), limit: 0)
      let found = try session.run(prompt, .mtp(depth: 2), limit: 12)
      #expect(found.statistics.reusedRows == (index == 0 ? start.count : 0))
      #expect(found.decoded == (try DecodingSession(model, threads: 1).run(prompt, limit: 12).decoded))
    }
    // Pads as text are other rows than the image's.
    let session = DecodingSession(model, threads: 1)
    _ = try session.run(Prompt(start), limit: 0)
    #expect(try session.run(prompts[0], limit: 2).statistics.reusedRows == 0)
  }
}
