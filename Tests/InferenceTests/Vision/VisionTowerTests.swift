import TestSupport
import SystemPackage
import Images
import Inference
import Testing
import Threads

/// What the tower computes is within f32 noise of transformers.
private let tolerance: Float = 2e-4

@Suite struct VisionTowerTests {
  @Test(arguments: VisionGolden.all)
  func `pixels are the reference's bytes, and patches its numbers`(_ golden: VisionGolden) throws {
    let expected = try golden.golden.tensors()
    let patches = try golden.patches()
    let grids = try #require(try expected.integers("image_grid_thw"))
    #expect(patches.flatMap { [$0.grid.t, $0.grid.h, $0.grid.w] } == grids)
    for (index, image) in patches.enumerated() {
      let entry = try #require(expected.file.header["resized_image.\(index)"])
      let same = try expected.file.readData(of: entry).elementsEqual(image.image.pixels)
      #expect(same, "image \(index)")
    }
    // Made of the processor's own resized pixels, which differ by 1 of 255 where it resizes on tensors.
    let wanted = try expected.floats("pixel_values")
    #expect(distance(patches.flatMap { $0.values() }, wanted) < 0.0079)
    if patches.count == 1, golden.images == ["a_64x96"] {
      #expect(distance(patches.flatMap { $0.values() }, wanted) < 1e-6)
    }
  }

  /// From the reference's patches, so that only the tower is compared.
  @Test(arguments: VisionGolden.all)
  func `states and rows are the reference's`(_ golden: VisionGolden) throws {
    let expected = try golden.golden.tensors()
    let pixels = try #require(try expected.floats("pixel_values"))
    let grids = try #require(try expected.integers("image_grid_thw"))
    let tower = try VisionTower.open(golden.checkpoint)
    let pool = WorkerPool(threads: 2)
    var merged: [Float] = []
    var stages: [VisionStage: [Float]] = [:]
    var first = 0
    for image in 0..<grids.count / 3 {
      let (height, width) = (grids[3 * image + 1], grids[3 * image + 2])
      let length = tower.configuration.patchLength
      let start = first
      let rows = try tower.rows(
        kind: .image, groups: 1, height: height, width: width, pool: pool,
        onStage: { stages[$0, default: []] += $1 },
        write: { range, buffer in
          for i in 0..<range.count * length { buffer[i] = pixels[(start + range.lowerBound) * length + i] }
        })
      merged += rows.rows.flatMap { $0 }
      first += height * width
    }
    #expect(distance(merged, try expected.floats("vision.merged")) < tolerance)
    guard !expected.shape("vision.patch_embed").isEmpty else { return }
    #expect(distance(stages[.patchEmbedding] ?? [], try expected.floats("vision.patch_embed")) < tolerance)
    for block in 0..<tower.configuration.blocks {
      #expect(distance(stages[.block(block)] ?? [], try expected.floats("vision.block.\(block)")) < tolerance)
    }
  }

  @Test func `a package's tower gives the checkpoint's rows bit for bit`() throws {
    for golden in VisionGolden.all {
      try withScratchFolder { folder in
        let package = try convert(golden.golden.model, pipeline: "mxfp4", in: folder)
        let towers = try [golden.checkpoint, package].map(VisionTower.open)
        let pool = WorkerPool(threads: 1)
        for image in try golden.patches() {
          let rows = try towers.map { try $0.rows(image, pool: pool) }
          let same = rows[0] == rows[1]
          #expect(same)
        }
      }
    }
  }

  /// Large enough for many pieces, the last one not whole, and several workers.
  @Test func `threads, and images beside it, do not change an image's rows`() throws {
    let tower = try VisionTower.open(VisionGolden.all[0].checkpoint)
    let settings = try ImageSettings(folder: FilePath(VisionGolden.all[0].checkpoint))
    let image = ImagePatches.made(width: 352, height: 288, settings: settings, maxPixels: 1 << 20)
    let expected = try tower.rows(image, pool: WorkerPool(threads: 1))
    #expect(expected.rows.count == 99)
    for threads in 2...4 {
      let pool = WorkerPool(threads: threads)
      _ = try tower.rows(try #require(try VisionGolden.all[0].patches().first), pool: pool)
      let same = try tower.rows(image, pool: pool) == expected
      #expect(same, "\(threads) threads")
    }
  }

  @Test func `patches of another form than the tower's are refused`() throws {
    let tower = try VisionTower.open(VisionGolden.all[0].checkpoint)
    var settings = try ImageSettings(folder: FilePath(VisionGolden.all[0].checkpoint))
    settings.patchSize = 8
    let image = ImagePatches.made(width: 64, height: 64, settings: settings, maxPixels: 1 << 20)
    let error = #expect(throws: InferenceError.self) { try tower.rows(image, pool: WorkerPool(threads: 1)) }
    #expect(error?.diagnostic.code == "E_IMAGE_SETTINGS")
  }

  @Test func `a model without a tower says so`() throws {
    let error = #expect(throws: InferenceError.self) {
      try VisionTower.open("\(Golden.root)/qwen3_next_moe/checkpoint")
    }
    #expect(error?.diagnostic.code == "E_TOWER_MISSING")
  }

  @Test(arguments: [
    ("deepstack_visual_indexes", "[1]", "E_MODEL_UNSUPPORTED"), ("hidden_act", "\"gelu\"", "E_MODEL_UNSUPPORTED"),
    ("num_heads", "5", "E_CONFIG"), ("out_hidden_size", "65", "E_CONFIG"), ("num_heads", "0", "E_CONFIG"),
  ])
  func `a tower that is not computed is refused`(_ field: String, _ value: String, _ code: String) throws {
    try withChangedVision(field, value) { path in
      let found = refusal { _ = try VisionTower.open(path) }
      #expect(found?.code == code)
      // The text model does not mind.
      _ = try LoadedModel.open(path)
    }
  }
}
