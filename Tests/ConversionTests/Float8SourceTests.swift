import PackageCheck
import Quantization
import Safetensors
import Testing

/// FP8 checkpoints: E4M3 matrices with one scale for each block of 128 × 128 become what the same numbers in bf16 do.
@Suite struct Float8SourceTests {
  /// The same model twice: as FP8 with scales, and as the bf16 numbers that FP8 stands for. Experts stay one tensor each.
  private func pair(_ family: TinyCheckpoint.Family) -> (packed: TinyCheckpoint, plain: TinyCheckpoint) {
    var packed = TinyCheckpoint(family) {
      $0.hidden = 192
      $0.hasHead = true
    }
    var plain = packed
    var random: UInt64 = 7
    func next() -> UInt64 {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return random >> 33
    }
    for (name, tensor) in packed.tensors.sorted(by: { $0.key < $1.key })
    where tensor.shape.count == 2 && name.hasSuffix("proj.weight") && !name.contains("visual") {
      let (rows, columns) = (tensor.shape[0], tensor.shape[1])
      let grid = [(rows + 127) / 128, (columns + 127) / 128]
      let scales = (0..<grid[0] * grid[1]).map { _ in Float(next() % 1000 + 1) / 65_536 }
      let codes = (0..<rows * columns).map { _ in UInt8(next() % 127) | UInt8(next() % 2) << 7 }
      packed.tensors[name] = TinyCheckpoint.Tensor(dtype: .f8e4m3, shape: tensor.shape, bytes: codes)
      packed.tensors[name + "_scale_inv"] = TinyCheckpoint.Tensor(
        dtype: .f32, shape: grid, bytes: scales.flatMap { bytes(of: $0.bitPattern) })
      plain.tensors[name]?.bytes = codes.indices.flatMap { index in
        let block = index / columns / 128 * grid[1] + index % columns / 128
        return bytes(of: UInt16(Float8Blocks.value(codes[index], scales[block]).bitPattern >> 16))
      }
    }
    return (packed, plain)
  }

  private func bytes<Word: FixedWidthInteger>(of word: Word) -> [UInt8] {
    (0..<Word.bitWidth / 8).map { UInt8(truncatingIfNeeded: word >> Word(8 * $0)) }
  }

  @Test(arguments: [TinyCheckpoint.Family.dense, .next], ["mxfp4", "affine8"])
  func `weights are those of the dequantized model`(family: TinyCheckpoint.Family, pipeline: String) throws {
    let (packed, plain) = pair(family)
    var weights: [[String: String]] = []
    for source in [packed, plain] {
      try withWorkshop(source: source) { shop in
        try shop.writeManifest([("pipeline", .string(pipeline))])
        try shop.run()
        #expect(try PackageVerifier(path: shop.package, threads: 2).verify().isGood)
        weights.append(
          try digests(shop.package).filter { $0.key.hasSuffix(".safetensors") }.mapValues { "\($0)" })
      }
    }
    #expect(weights[0] == weights[1])
    #expect(weights[0].count == 2)
  }

  @Test func `kept matrices are written in BF16 and say their transform`() throws {
    var (packed, plain) = pair(.dense)
    packed.config.set("quantization_config", to: ["quant_method": "fp8", "weight_block_size": [128, 128]])
    let name = "model.language_model.layers.0.mlp.up_proj.weight"
    try withWorkshop(source: packed) { shop in
      try shop.writeManifest([("rules", [["match": "**", "treatment": "keep"]])])
      try shop.run()
      let package = Package(shop.package)
      let written = try package.tensor("language_model.model.layers.0.mlp.up_proj.weight")
      #expect(written.dtype == .bf16)
      #expect(digest(written.bytes) == digest(plain.tensors[name]?.bytes))
      let row = try package.audit.tensors.first { $0.name == "language_model.model.layers.0.mlp.up_proj.weight" }
      #expect(row?.verdict == "converted")
      #expect(row?.json["transforms"] == ["dequantize_fp8_blocks"])
      // Readers would take the old block for a promise.
      #expect(try package.config["quantization_config"] == nil)
    }
  }

  @Test func `a matrix without its scales is refused`() throws {
    var (packed, _) = pair(.dense)
    packed.tensors["model.language_model.layers.1.mlp.down_proj.weight_scale_inv"] = nil
    try withWorkshop(source: packed) { shop in
      let error = try shop.refusal("fp8-without-scales")
      #expect(error.code == "E_DTYPE")
      #expect(error.tensor == "model.language_model.layers.1.mlp.down_proj.weight")
    }
  }

  @Test func `scales of another grid are refused`() throws {
    var (packed, _) = pair(.dense)
    let name = "model.language_model.layers.1.mlp.down_proj.weight_scale_inv"
    packed.tensors[name]?.shape.reverse()
    packed.tensors[name]?.shape.append(1)
    try withWorkshop(source: packed) { shop in
      let error = try shop.refusal("fp8-scales-of-another-grid")
      #expect(error.code == "E_SHAPE")
      #expect(error.tensor == name)
    }
  }

  @Test func `a NaN code is named`() throws {
    var (packed, _) = pair(.dense)
    let name = "model.language_model.layers.2.mlp.gate_proj.weight"
    packed.tensors[name]?.bytes[4321] = 0x7F
    try withWorkshop(source: packed) { shop in
      let error = try shop.refusal("fp8-nan")
      #expect(error.code == "E_NONFINITE")
      #expect(error.tensor == name)
      #expect(error.found == "element 4321 is not finite")
    }
  }
}
