import TestSupport
import Inference
import StrictJSON
import Testing

/// Decoding with images, from the pictures on: nothing is taken from the reference but the prompt's ids.
@Suite struct ImagePromptTests {
  @Test(arguments: VisionGolden.all)
  func `positions, tokens and drafts are the reference's`(_ golden: VisionGolden) throws {
    let document = try golden.golden.document()
    let prompt = try golden.prompt(VisionTower.open(golden.checkpoint))
    let positions = try #require(try golden.golden.tensors().integers("position_ids"))
    let count = prompt.tokens.count
    let found = try #require(prompt.positions)
    #expect(found.map(\.time) + found.map(\.height) + found.map(\.width) == positions)
    #expect(prompt.positionDelta == document["rope_delta"]?.intValue)

    let ids = document.integers("greedy_ids")
    let model = try golden.golden.open()
    let greedy = try DecodingSession(model, threads: 2, promptChunk: 5).run(prompt, limit: ids.count)
    #expect(greedy.decoded.tokens == ids)

    let rounds = try #require(document["mtp_rounds"]?.arrayValue)
    let depth = try #require(rounds.map { $0.integers("drafts").count }.max())
    var drafted: [DecodingRound] = []
    let decoding = try DecodingSession(model, threads: 2).decode(
      prompt, .mtp(depth: depth), DecodingOptions(limit: ids.count + depth + 1, onRound: { drafted.append($0) }))
    #expect(Array(decoding).prefix(ids.count) == ids[...])
    #expect(drafted.count >= rounds.count)
    for (found, expected) in zip(drafted, rounds) {
      #expect(found.knownTokens == expected["known_tokens"]?.intValue && found.knownTokens > count)
      #expect(found.drafts == expected.integers("drafts"))
      #expect(found.accepted == expected["accepted"]?.intValue)
      #expect(found.emitted == expected.integers("emitted"))
    }
  }

  /// Invariant I1 with images: pieces of a prompt may end inside of an image.
  @Test(arguments: VisionGolden.all)
  func `every depth and prompt chunk gives the tokens and logits of vanilla`(_ golden: VisionGolden) throws {
    let model = try golden.golden.open()
    let tower = try VisionTower.open(golden.checkpoint)
    let prompt = try golden.prompt(tower)
    let same = try prompt == golden.prompt(tower, threads: 2)
    #expect(same)
    let expected = try DecodingSession(model, threads: 1, promptChunk: 512).run(prompt, limit: 40).decoded
    for chunk in [1, 5, 512] {
      let session = DecodingSession(model, threads: 2, promptChunk: chunk)
      for method in [.vanilla, .adaptive()] + (1...4).map({ DecodingMethod.mtp(depth: $0) }) {
        let found = try session.run(prompt, method, limit: 40)
        #expect(found.decoded == expected, "\(method), chunks of \(chunk)")
        if case .mtp = method { #expect(found.statistics.accepted > 3) }
      }
    }
  }

  @Test func `the image decides the answer`() throws {
    let golden = VisionGolden.all[0]
    let model = try golden.golden.open()
    let tower = try VisionTower.open(golden.checkpoint)
    let prompt = try golden.prompt(tower)
    var other = prompt
    for (index, row) in prompt.embeddings { other.embeddings[index] = row.map { -$0 } }
    let session = DecodingSession(model, threads: 1)
    #expect(try session.run(prompt, limit: 24).decoded != session.run(other, limit: 24).decoded)
  }

  @Test func `pads and rows that do not match are refused`() throws {
    let tower = try VisionTower.open(VisionGolden.all[0].checkpoint)
    let ids = tower.tokens
    let rows = { (kind: VisionRows.Kind, groups: Int) in
      VisionRows(
        kind: kind, groups: groups, height: 1, width: 2,
        rows: Array(repeating: Array(repeating: 0, count: tower.configuration.output), count: 2 * groups))
    }
    let image = rows(.image, 1)
    let pad = ids.image
    for (tokens, visuals) in [
      ([5, pad], [image]), ([5, pad, 5, pad], [image]), ([5, 6], [image]), ([pad, pad], []),
      ([pad, pad, 7, pad, pad], [image]), ([ids.video, ids.video], [image]), ([pad, pad], [image, image]),
      ([ids.video, ids.video], [rows(.video, 2)]),
    ] {
      let found = refusal { _ = try Prompt(tokens, visuals: visuals, ids: ids) }
      #expect(found?.code == "E_IMAGE_PLACES", "\(tokens)")
    }
    // Images side by side, without a token between, are still two.
    let prompt = try Prompt([pad, pad, pad, pad, 9], visuals: [image, image], ids: ids)
    #expect(prompt.positions?.map(\.width) == [0, 1, 2, 3, 4] && prompt.positions?.map(\.time) == [0, 0, 2, 2, 4])
    #expect(prompt.positionDelta == 0 && prompt.embeddings.count == 4)
  }
}
