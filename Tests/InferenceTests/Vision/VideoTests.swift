import Foundation
import SystemPackage
import Images
import Inference
import Safetensors
import Testing
import Threads

/// A video of three frames, from the frames on, beside what transformers makes of it (`Fixtures/reference/make_video.py`).
@Suite struct VideoTests {
  private let checkpoint = VisionGolden.all[0].checkpoint

  private func video() throws -> ImagePatches {
    let path = "\(Golden.root)/qwen3_5_dense_vl/images/c_200x150.png"
    let image = try ImageDecoder.decode([UInt8](Data(contentsOf: URL(fileURLWithPath: path))), file: path)
    let frames = try [image.pixels, image.pixels.map { 255 - $0 }, image.pixels.map { $0 / 2 }].map { pixels in
      try #require(RGBImage(width: image.width, height: image.height, pixels: pixels))
    }
    return try ImagePatches(video: frames, settings: ImageSettings(folder: FilePath(checkpoint)), file: "video")
  }

  @Test func `rows, positions and tokens are the reference's`() throws {
    let expected = GoldenTensors(file: try SafetensorsFile(path: FilePath("\(Golden.root)/video.safetensors")))
    let tower = try VisionTower.open(checkpoint)
    let patches = try video()
    #expect([patches.grid.t, patches.grid.h, patches.grid.w] == (try expected.integers("grid")))
    let rows = try tower.rows(patches, kind: .video, pool: WorkerPool(threads: 2))
    #expect(distance(rows.rows.flatMap { $0 }, try expected.floats("merged")) < 2e-4)

    let ids = try #require(try expected.integers("input_ids"))
    let prompt = try Prompt(ids, visuals: [rows], ids: tower.tokens)
    let positions = try #require(prompt.positions)
    #expect(
      try positions.map(\.time) + positions.map(\.height) + positions.map(\.width) == expected.integers("position_ids"))
    #expect([prompt.positionDelta] == (try expected.integers("rope_delta")))
    let greedy = try #require(try expected.integers("greedy_ids"))
    let session = DecodingSession(try LoadedModel.open(checkpoint), threads: 2, promptChunk: 6)
    let vanilla = try session.run(prompt, limit: greedy.count).decoded
    #expect(vanilla.tokens == greedy)
    for depth in 1...4 { #expect(try session.run(prompt, .mtp(depth: depth), limit: greedy.count).decoded == vanilla) }
  }

  @Test func `attention and the last frame's repetition stay inside of a group`() throws {
    let tower = try VisionTower.open(checkpoint)
    // The size of frames depends on how many share the pixels: room for all of them.
    var settings = try ImageSettings(folder: FilePath(checkpoint))
    settings.maxPixels = 1 << 20
    let pool = WorkerPool(threads: 2)
    let images = try (0..<3).map { try #require(RGBImage.made(width: 96, height: 64, shift: 31 * $0)) }
    let rows = { (frames: [RGBImage]) in
      try tower.rows(ImagePatches(video: frames, settings: settings, file: "v"), kind: .video, pool: pool).rows
    }
    let all = try rows([images[0], images[1], images[2]])
    let groups = try rows([images[0], images[1]]) + rows([images[2], images[2]])
    #expect(all.count == 12)
    let same = all == groups
    #expect(same)
  }
}
